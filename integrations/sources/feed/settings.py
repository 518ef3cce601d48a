"""What people enter for a feed."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate


class Settings(BaseModel):
    """What a feed needs to know."""

    url: payload.SettingAddress = Field(
        default="",
        description="Address of the RSS or Atom feed (https://forum.example.com/posts.rss).",
    )
    staff: str = Field(
        default="",
        description="Names of authors who belong to your own team, separated by commas.",
    )
    keep_private: KeepPrivate = False
