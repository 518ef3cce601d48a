"""What people enter for a GitLab tracker."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, Field, model_validator

from integrations.tracker_contract import Audience
from integrations.trackers.credentials import SECRETIVE, Token
from integrations.trackers.entered import Address, ProjectPath

GITLAB_API_PATH = "/api/v4"


def _without_api(address: str) -> str:
    """The address that people open, of one that somebody copied from a description of the API."""
    return address.removesuffix(GITLAB_API_PATH).rstrip("/")


class GitLabSettings(BaseModel):
    """Where the tickets of a product go in GitLab."""

    project: ProjectPath = Field(examples=["acme/app"])
    base_url: Annotated[Address, AfterValidator(_without_api)] = Field(
        default="https://gitlab.com",
        examples=["https://acme.example/gitlab"],
        description="The address that people open, with its path where GitLab has one.",
    )
    audience: Audience = ""
    confidential: bool = Field(
        default=False,
        description="Make new tickets confidential: only the project's team sees them.",
    )
    started_labels: str = Field(
        default="doing, in progress, workflow::in dev, status::in progress",
        description="Labels of an open issue that say somebody is at it, separated by commas.",
    )
    declined_labels: str = Field(
        default="wontfix, won't fix, won't do, declined, invalid, cannot reproduce",
        description="Labels of a closed issue that say it will not be done, separated by commas. "
        "GitLab itself does not tell that from what was done.",
    )
    close_duplicates: bool = Field(
        default=True,
        description="When themes are merged, close the tickets that do not live on as duplicates. "
        "Undoing the merge opens them again.",
    )

    @model_validator(mode="after")
    def _without_sub_path(self) -> GitLabSettings:
        """A project whose address was copied from a server below a path."""
        sub_path = urlsplit(self.base_url).path.strip("/")
        if sub_path and self.project.lower().startswith(f"{sub_path.lower()}/"):
            self.project = self.project[len(sub_path) + 1 :]
        return self


class GitLabCredentials(BaseModel):
    """What lets us in: a project, group or personal access token, or one of OAuth."""

    model_config = SECRETIVE

    token: Token


def project_address(project: str) -> str:
    """A project, by its path or its id, in the API's addresses."""
    return f"/projects/{quote(project, safe='')}"
