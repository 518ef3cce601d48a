"""What people enter for a GitHub tracker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from integrations.tracker_contract import Audience
from integrations.trackers.credentials import (
    ASKED_WITH,
    ASKED_WITHOUT,
    MULTILINE,
    SECRETIVE,
    PrivateKey,
    Token,
)
from integrations.trackers.entered import Address, Repository

_EITHER = "Enter a token, or the id and the private key of a GitHub App; the other one stays blank."


class GitHubSettings(BaseModel):
    """Where the tickets of a product go on GitHub."""

    repository: Repository = Field(examples=["acme/app"])
    base_url: Address = Field(default="https://api.github.com")
    audience: Audience = ""

    own_account: bool = Field(
        default=False,
        description="Nobody else writes by the token's account: whatever it writes is ours, and no "
        "feedback. An App's account always is.",
    )
    close_duplicates: bool = Field(
        default=True,
        description="When themes are merged, close the tickets that do not live on as duplicates. "
        "Undoing the merge opens them again.",
    )


def page_host(settings: GitHubSettings) -> str:
    """The host of the pages: of GitHub Enterprise Server they are on the host of its API."""
    host = (urlsplit(settings.base_url).hostname or "").lower()
    return "github.com" if host == "api.github.com" else host


class GitHubCredentials(BaseModel):
    """What lets us in: a personal access token, or the id and the private key of a GitHub App."""

    # Whoever fills in what is required gets in by a token; of an App the token stays blank.
    model_config = SECRETIVE | ConfigDict(json_schema_extra={"required": ["token"]})

    token: Token = Field(
        default=SecretStr(""),
        description="A personal access token. Leave it blank for a GitHub App.",
        json_schema_extra={ASKED_WITHOUT: "app_id"},
    )
    app_id: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]*$",
        examples=["123456"],
        description="The id, or the client id, of a GitHub App.",
    )
    installation_id: str = Field(
        default="",
        pattern=r"^[0-9]*$",
        description="Where the App is installed. Blank: asked of GitHub.",
    )
    private_key: PrivateKey = Field(
        default=SecretStr(""),
        description="The App's private key: the whole .pem file.",
        json_schema_extra={ASKED_WITH: "app_id", MULTILINE: True},
    )

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_used(cls, value: Any) -> Any:
        """Of an App there is no token, and of a token no App; a blank one is as none."""
        if not isinstance(value, Mapping):
            return value
        secrets = ("token", "private_key") if value.get("app_id") else ("private_key",)
        return {
            name: entered
            for name, entered in value.items()
            if name not in secrets or _plain(entered).strip()
        }

    @model_validator(mode="after")
    def _one_of_both(self) -> GitHubCredentials:
        token, key = self.token.get_secret_value(), self.private_key.get_secret_value()
        if bool(token) == bool(self.app_id) or bool(self.app_id) != bool(key):
            raise ValueError(_EITHER)
        return self


def _plain(secret: Any) -> str:
    return secret.get_secret_value() if isinstance(secret, SecretStr) else str(secret or "")
