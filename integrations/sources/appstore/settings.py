"""What people enter for a source of the App Store."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

APPLE_API = "https://api.appstoreconnect.apple.com"


class Settings(BaseModel):
    """What a source of the App Store needs to know."""

    app: str = Field(
        default="", max_length=20, pattern=r"^\d*$", description="The app's Apple ID, a number."
    )
    api_url: payload.SettingAddress = Field(
        default="", description="Address of the API, where it is not Apple's own."
    )
    keep_private: KeepPrivate = False

    def url(self, path: str) -> str:
        """The address of a call."""
        return f"{self.api_url or APPLE_API}/v1/{path}"
