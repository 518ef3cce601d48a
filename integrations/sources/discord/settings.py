"""What people enter for a Discord server."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

DISCORD_API = "https://discord.com/api/v10"


class Settings(BaseModel):
    """What a Discord source needs to know."""

    server: str = Field(
        default="",
        description="ID of the server: switch on Developer Mode in Discord, then Copy Server ID.",
    )
    channels: str = Field(
        default="",
        description="Only these channels and forums: their IDs, separated by commas. "
        "Leave it blank to follow all that the bot can see.",
    )
    staff: str = Field(
        default="",
        description="IDs of the members who belong to your own team, separated by commas.",
    )
    staff_roles: str = Field(
        default="",
        description="IDs of the roles whose members belong to your own team, separated by commas. "
        "Discord names roles in live events alone, not in history.",
    )
    api_url: payload.SettingAddress = Field(
        default="",
        description="Address of Discord's API, where it is another one than "
        "https://discord.com/api/v10.",
    )
    keep_private: KeepPrivate = False
