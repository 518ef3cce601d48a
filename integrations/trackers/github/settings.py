"""What people enter for a GitHub tracker."""

from __future__ import annotations

from pydantic import BaseModel, Field, field_validator

from integrations.tracker_contract import Audience
from integrations.trackers.credentials import SECRETIVE, Token


class GitHubSettings(BaseModel):
    """Where the tickets of a product go on GitHub."""

    repository: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$",
        examples=["acme/app"],
    )
    base_url: str = Field(default="https://api.github.com", pattern=r"^https?://[^\s/?#]+[^\s?#]*$")
    audience: Audience = ""

    @field_validator("base_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")


class GitHubCredentials(BaseModel):
    """What lets us in: a personal access token, or an installation token of a GitHub App."""

    model_config = SECRETIVE

    token: Token
