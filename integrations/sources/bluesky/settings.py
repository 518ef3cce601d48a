"""What people enter for a Bluesky source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

BLUESKY_SERVER = "https://bsky.social"


class Settings(BaseModel):
    """What a Bluesky source needs to know."""

    words: str = Field(
        default="",
        description="Words, names or #tags to search for beside what mentions your account, "
        "separated by commas.",
    )
    staff: str = Field(
        default="",
        description="Handles of the accounts that belong to your own team, your own one too, "
        "separated by commas.",
    )
    service_url: payload.SettingAddress = Field(
        default="", description="Address of your account's server, where it is not bsky.social."
    )
    keep_private: KeepPrivate = False

    def xrpc(self, method: str) -> str:
        """The address of a method."""
        return f"{self.service_url or BLUESKY_SERVER}/xrpc/{method}"
