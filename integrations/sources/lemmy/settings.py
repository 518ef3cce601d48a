"""What people enter for a Lemmy source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate


class Settings(BaseModel):
    """What a Lemmy source needs to know."""

    base_url: payload.SettingAddress = Field(
        default="", description="Address of the instance, such as https://lemmy.example."
    )
    communities: str = Field(
        default="",
        description="Communities to follow (name, or name@instance of another one), separated by "
        "commas.",
    )
    staff: str = Field(
        default="",
        description="Names of the accounts that belong to your own team, the one that answers too, "
        "separated by commas. "
        "Moderators who mark what they write as official count as staff anyway.",
    )
    keep_private: KeepPrivate = False

    def url(self, path: str) -> str:
        """The address of a call."""
        return f"{self.base_url}/api/v3/{path}"
