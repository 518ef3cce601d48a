"""How the sandbox is told to behave: who may come in, what it knows, and whom it tells."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from integrations.sandbox.vendors import Vendor


class SandboxApp(BaseModel):
    """A GitHub App that is installed: ``public_key`` in PEM is what its signatures are held
    against; it sees ``repositories``, all where the list is empty."""

    app_id: str
    public_key: str
    slug: str = "feedback-relay"
    installation_id: int = 1
    repositories: list[str] = Field(default_factory=list)
    permissions: dict[str, str] = Field(
        default_factory=lambda: {"issues": "write", "metadata": "read"}
    )
    suspended: bool = False


class AppToken(BaseModel):
    """A token that an App was given."""

    app: SandboxApp
    expires_at: datetime


class Hook(BaseModel):
    """A webhook that was registered: by ``container``, a repository, or blank for the site of
    Jira."""

    id: int
    vendor: Vendor
    container: str = ""
    url: str
    secret: str


class Settings(BaseModel):
    """How the sandbox behaves. ``search_lag`` in seconds; empty ``require_token`` and
    ``containers`` accept any.

    ``required_fields`` maps ids of Jira fields that a new ticket has to have to their names;
    ``jira_fields`` are more of them, as create metadata tells of them; ``milestones`` of GitHub
    are titles by number, ``issue_types`` those of its organisations.
    ``fields_off_screen`` are ids of those that Jira refuses to set. Without ``silent_edits`` Jira
    Data Center refuses edits by which nobody gets mail. ``github_apps`` are installed; while there
    is one, a token that looks like an App's has to be one that it was given. ``link_types`` are
    those that Jira has; ``former_keys`` maps keys that Jira projects had to those they have now.
    Without ``may_register_hooks`` an account is refused to add webhooks.
    """

    search_lag: float = Field(default=0.0, ge=0)
    require_token: str = ""
    containers: list[str] = Field(default_factory=list)
    required_fields: dict[str, str] = Field(default_factory=dict)
    jira_fields: list[dict[str, Any]] = Field(default_factory=list)
    milestones: dict[int, str] = Field(default_factory=dict)
    issue_types: list[str] = Field(default_factory=list)
    fields_off_screen: list[str] = Field(default_factory=list)
    silent_edits: bool = True
    github_apps: list[SandboxApp] = Field(default_factory=list)
    link_types: list[str] = Field(default=["Blocks", "Duplicate"])
    former_keys: dict[str, str] = Field(default_factory=dict)
    may_register_hooks: bool = True
