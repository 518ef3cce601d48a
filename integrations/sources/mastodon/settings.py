"""What people enter for a Mastodon source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate


class Settings(BaseModel):
    """What a Mastodon source needs to know."""

    base_url: payload.SettingAddress = Field(
        default="", description="Address of the server that your account is on."
    )
    hashtags: str = Field(
        default="",
        description="Hashtags to follow, without #, separated by commas.",
    )
    account: str = Field(
        default="",
        description="Your own account's name there, without @. What mentions it is read where a "
        "webhook sends every post of the server.",
    )
    staff: str = Field(
        default="",
        description="Accounts that belong to your own team (name, or name@server of another "
        "server), separated by commas.",
    )
    keep_private: KeepPrivate = False
