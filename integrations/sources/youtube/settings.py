"""What people enter for a YouTube source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

YOUTUBE_API = "https://www.googleapis.com/youtube/v3"
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"


class Settings(BaseModel):
    """What a YouTube source needs to know."""

    channel: str = Field(
        default="",
        max_length=40,
        description="The channel's ID (UC...): YouTube shows it under Settings → Advanced "
        "settings.",
    )
    staff: str = Field(
        default="",
        description="IDs of the channels (UC...) that belong to your own team, separated by "
        "commas. The channel itself does anyway.",
    )
    api_url: payload.SettingAddress = Field(
        default="",
        description="Address of the API, where it is not https://www.googleapis.com/youtube/v3.",
    )
    token_url: payload.SettingAddress = Field(
        default="",
        description="Where tokens are asked for, where it is not Google's own address.",
    )
    keep_private: KeepPrivate = False

    def api(self) -> str:
        """The address that every call begins with."""
        return self.api_url or YOUTUBE_API
