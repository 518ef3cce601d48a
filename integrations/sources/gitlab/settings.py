"""What people enter for a GitLab source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

GITLAB_SITE = "https://gitlab.com"


class Settings(BaseModel):
    """What a GitLab source needs to know."""

    projects: str = Field(
        default="",
        description="Only these projects (group/project, separated by commas). Leave it blank to "
        "follow all that send; name them so that they can be asked for history.",
    )
    staff: str = Field(
        default="",
        description="Names of the accounts that belong to your own team, separated by commas.",
    )
    left_out_labels: str = Field(
        default="internal",
        description="Issues with one of these labels are not read, nor what is written in them. "
        "Separate labels by commas.",
    )
    base_url: payload.SettingAddress = Field(
        default="", description="Address of GitLab, where it is not https://gitlab.com."
    )
    keep_private: KeepPrivate = False

    def api(self) -> str:
        """The address that every call begins with."""
        return f"{self.base_url or GITLAB_SITE}/api/v4"
