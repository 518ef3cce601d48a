"""What people enter for a Gitea or Forgejo tracker."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, model_validator

from integrations.tracker_contract import Audience
from integrations.trackers.credentials import SECRETIVE, Token
from integrations.trackers.entered import Address, ProjectPath

GITEA_API_PATH = "/api/v1"


def _without_api(address: str) -> str:
    return address.removesuffix(GITEA_API_PATH).rstrip("/")


class GiteaSettings(BaseModel):
    """Where the tickets of a product go in Gitea or Forgejo."""

    repository: ProjectPath = Field(examples=["acme/app"])
    base_url: Annotated[Address, AfterValidator(_without_api)] = Field(
        examples=["https://codeberg.org"],
        description="The address that people open, with its path where there is one.",
    )
    audience: Audience = ""
    started_labels: str = Field(
        default="doing, in progress, status/in progress",
        description="Labels of an open issue that say somebody is at it, separated by commas.",
    )
    declined_labels: str = Field(
        default="wontfix, won't fix, won't do, declined, invalid, cannot reproduce",
        description="Labels of a closed issue that say it will not be done, separated by commas. "
        "A closed one with the label duplicate is a duplicate.",
    )
    close_duplicates: bool = Field(
        default=True,
        description="When themes are merged, close the tickets that do not live on. Undoing the "
        "merge opens them again.",
    )

    @model_validator(mode="after")
    def _owner_and_name(self) -> GiteaSettings:
        """A repository whose address was copied, with the server's path before it and more
        behind."""
        sub_path = urlsplit(self.base_url).path.strip("/")
        name = self.repository.removeprefix(f"{sub_path}/") if sub_path else self.repository
        self.repository = "/".join(name.split("/")[:2])
        if "/" not in self.repository:
            raise ValueError("repository should be owner/name, such as acme/app")
        return self


class GiteaCredentials(BaseModel):
    """What lets us in: an access token."""

    model_config = SECRETIVE

    token: Token
