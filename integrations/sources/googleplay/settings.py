"""What people enter for a source of Google Play."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

PLAY_API = "https://androidpublisher.googleapis.com"
PLAY_TOKENS = "https://oauth2.googleapis.com/token"


class Settings(BaseModel):
    """What a source of Google Play needs to know."""

    package: str = Field(
        default="",
        max_length=200,
        pattern=r"^[A-Za-z0-9._]*$",
        description="The app's package name, such as com.example.app.",
    )
    api_url: payload.SettingAddress = Field(
        default="", description="Address of the API, where it is not Google's own."
    )
    token_url: payload.SettingAddress = Field(
        default="", description="Where tokens are asked for, where it is not Google's own address."
    )
    keep_private: KeepPrivate = False

    def reviews(self) -> str:
        """The address of the app's reviews."""
        path = f"androidpublisher/v3/applications/{self.package}/reviews"
        return f"{self.api_url or PLAY_API}/{path}"
