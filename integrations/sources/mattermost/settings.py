"""What people enter for a Mattermost source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate


class Settings(BaseModel):
    """What a Mattermost source needs to know."""

    site_url: payload.SettingAddress = Field(
        default="", description="Address of the server, such as https://chat.example.com."
    )
    channels: str = Field(
        default="",
        description="Only these channels, by the names that their addresses end with or by their "
        "ids, separated by commas. Leave it blank to follow all that the bot is in.",
    )
    staff: str = Field(
        default="",
        description="Names of the users that belong to your own team, separated by commas.",
    )
    keep_private: KeepPrivate = False

    def follows(self, number: str, name: str) -> bool:
        """Whether a channel is followed."""
        followed = {one.removeprefix("~").lower() for one in payload.listed(self.channels)}
        return not followed or bool(followed & {number.lower(), name.lower()})
