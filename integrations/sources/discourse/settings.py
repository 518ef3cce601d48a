"""What people enter for a Discourse source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate


class Settings(BaseModel):
    """What a Discourse source needs to know."""

    base_url: payload.SettingAddress = Field(
        default="",
        description="Address of the forum (https://forum.example.com). "
        "Leave it blank to use what Discourse sends.",
    )
    public_categories: str = Field(
        default="",
        description="The categories that everybody may read: their IDs or slugs, separated by "
        "commas. What stands in any other one counts as private. Leave it blank where all of them "
        "are public.",
    )
    login_required: bool = Field(
        default=False, description="Only members who signed in can read this forum."
    )
    keep_private: KeepPrivate = False
