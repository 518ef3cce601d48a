"""What people enter for Reddit."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

REDDIT_API = "https://oauth.reddit.com"
REDDIT_SITE = "https://www.reddit.com"


class Settings(BaseModel):
    """What a Reddit source needs to know."""

    subreddits: str = Field(
        default="",
        description="Names of the subreddits to follow, without r/, separated by commas.",
    )
    staff: str = Field(
        default="",
        description="Names of the accounts that belong to your own team, separated by commas.",
    )
    api_url: payload.SettingAddress = Field(
        default="", description="Address of the API, where it is not https://oauth.reddit.com."
    )
    site_url: payload.SettingAddress = Field(
        default="", description="Address of the site, where it is not https://www.reddit.com."
    )
    keep_private: KeepPrivate = False
