"""What people enter for a GitHub source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

UNFOLLOWED_CATEGORIES = "announcements, polls, show-and-tell"
"""Categories of discussions that GitHub makes in every repository and that hold no feedback."""


class Settings(BaseModel):
    """What a GitHub source needs to know."""

    repositories: str = Field(
        default="",
        description="Only these repositories (owner/name, separated by commas). "
        "Leave it blank to follow all.",
    )
    discussion_categories: str = Field(
        default="",
        description="Only discussions in these categories: their slugs, as the address of a "
        "category ends (ideas, q-a), separated by commas. Leave it blank to follow all but those "
        "left out below.",
    )
    left_out_categories: str = Field(
        default=UNFOLLOWED_CATEGORIES,
        description="Discussions in these categories are not read, unless they are named above.",
    )
    left_out_labels: str = Field(
        default="internal",
        description="Issues and discussions with one of these labels are not read, nor their "
        "comments. Separate labels by commas.",
    )
    api_url: payload.SettingAddress = Field(
        default="",
        description="Address of the API, where it is not GitHub's own (https://git.example.com/"
        "api/v3). It is asked for history and for what the webhook missed.",
    )
    keep_private: KeepPrivate = False
