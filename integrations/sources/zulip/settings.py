"""What people enter for a Zulip source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate


class Settings(BaseModel):
    """What a Zulip source needs to know."""

    site_url: payload.SettingAddress = Field(
        default="", description="Address of the organization, such as https://acme.zulipchat.com."
    )
    channels: str = Field(
        default="",
        description="Only these channels, by their names or numbers, separated by commas. Leave it "
        "blank to follow all that the bot is subscribed to.",
    )
    staff: str = Field(
        default="",
        description="Numbers or e-mail addresses of the users that belong to your own team, "
        "separated by commas.",
    )
    keep_private: KeepPrivate = False

    def follows(self, number: str, name: str) -> bool:
        """Whether a channel is followed."""
        followed = {one.strip().lower() for one in self.channels.split(",")} - {""}
        return not followed or bool(followed & {number, name.lower()})
