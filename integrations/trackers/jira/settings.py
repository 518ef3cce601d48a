"""What people enter for a Jira tracker."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue, field_validator

from integrations.tracker_contract import Audience
from integrations.trackers.credentials import SECRETIVE, Token
from integrations.trackers.entered import Address, OptionalAddress, ProjectKey

FILLED_FIELDS = frozenset({"project", "issuetype", "summary", "description", "labels"})
"""Ids of the fields that the service fills in by itself."""


class Deployment(StrEnum):
    cloud = "cloud"
    data_center = "data_center"


class JiraSettings(BaseModel):
    """Where the tickets of a product go in Jira. ``extra_fields`` maps field ids to values of
    Jira's own shape."""

    base_url: Address = Field(examples=["https://acme.atlassian.net"])
    site_url: OptionalAddress = Field(
        default="",
        examples=["https://acme.atlassian.net"],
        description="The address that people open, where base_url is another one (tokens with "
        "scopes); asked of Jira where it is blank.",
    )
    project: ProjectKey = Field(examples=["APP"])
    deployment: Deployment = Deployment.cloud
    issue_type_bug: str = Field(default="Bug", min_length=1)
    issue_type_feature: str = Field(default="Task", min_length=1)
    extra_fields: dict[str, JsonValue] = Field(default_factory=dict)
    audience: Audience = ""
    close_duplicates: bool = Field(
        default=False,
        description="When themes are merged, close the tickets that do not live on. They are "
        "linked as duplicates in any case.",
    )

    @field_validator("extra_fields")
    @classmethod
    def _not_filled_in(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if reserved := sorted(FILLED_FIELDS & value.keys()):
            raise ValueError(
                f"{', '.join(reserved)}: filled in by the service; leave it out of extra_fields."
            )
        return value


class JiraCredentials(BaseModel):
    """What lets us in: e-mail and API token (Cloud), or a personal access token alone (Data
    Center)."""

    model_config = SECRETIVE

    email: str = Field(default="", pattern=r"^[^\s:]*$", examples=["ann@example.com"])
    token: Token
