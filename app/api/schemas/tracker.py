"""Trackers as the API shows them, and what sets them up."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, field_validator

from app.api.schemas.base import (
    PRODUCT_EXAMPLE,
    CleanJson,
    CleanText,
    Flag,
    In,
    Name,
    Out,
    Word,
    example,
)
from app.api.schemas.comment import Visibility
from app.api.schemas.source import KindOfIntegrationOut
from integrations import registry

ThemeKinds = Annotated[list[Literal["bug", "feature"]], Field(min_length=1, max_length=2)]


class TrackerTypeOut(KindOfIntegrationOut):
    """A kind of tracker. ``credentials`` is a JSON Schema of what is kept encrypted."""

    credentials: dict[str, Any]

    model_config = Out.model_config | example(
        {
            "name": "github",
            "title": "GitHub Issues",
            "settings": {"type": "object", "properties": {}},
            "credentials": {"type": "object", "properties": {}},
        }
    )


class TrackerIn(In):
    """A new tracker. `GET /tracker-types` names the settings and credentials of each type."""

    product_id: UUID
    type: Annotated[Word, Field(json_schema_extra={"enum": [*registry.trackers()]})]
    name: Name
    settings: CleanJson
    credentials: CleanJson = Field(description="Kept encrypted, never answered.")
    kinds: ThemeKinds = Field(default=["bug", "feature"])

    model_config = In.model_config | example(
        {
            "product_id": PRODUCT_EXAMPLE,
            "type": "github",
            "name": "Desktop app",
            "settings": {"repository": "example/desktop"},
            "credentials": {"token": "a token with issues: write"},
        }
    )


class TrackerPatch(In):
    """What to change; fields that are left out stay. A pause after an error ends."""

    name: Name | None = None
    settings: CleanJson | None = None
    credentials: CleanJson | None = None
    kinds: ThemeKinds | None = None
    enabled: Flag | None = None
    confirm_account: bool = Field(
        default=False,
        description="The credentials may belong to another account than before: what paused with "
        "`account_changed` goes on.",
    )
    status_map: (
        dict[CleanText, Literal["open", "in_progress", "done", "declined", "duplicate", "ignore"]]
        | None
    ) = Field(
        default=None,
        max_length=100,
        description="What statuses, or resolutions, mean as the tracker calls them; `ignore` "
        "changes nothing here. Replaces the whole map.",
    )
    recurrence: Literal["nothing", "comment", "reopen", "new_ticket"] | None = Field(
        default=None,
        description="What is done in the tracker when people speak again of what was shipped.",
    )
    announces: bool | None = Field(
        default=None,
        description="Whether a ticket gets a comment when 10, 50 or 100 people speak of it, when "
        "it is said much more often, and when a new version is named.",
    )

    model_config = In.model_config | example({"kinds": ["bug"]})


class TrackerOut(Out):
    """A Jira project or a GitHub repository. ``reason`` and ``detail`` say what is wrong with it,
    if anything."""

    id: UUID
    product_id: UUID
    type: str
    name: str
    settings: dict[str, Any]
    kinds: list[str]
    enabled: bool
    paused_until: datetime | None
    reason: str
    detail: str
    checked_at: datetime | None
    created_at: datetime
    seen_audience: Visibility = Field(
        description="Who can read its tickets, as it said when it was asked last; the setting "
        "`audience` overrules it."
    )
    status_map: dict[str, str] = Field(
        description="What statuses mean that would be taken for something else."
    )
    recurrence: str
    announces: bool
    heard_at: datetime | None = Field(description="When its webhook told something last.")
    compared_at: datetime | None = Field(description="When its list of tickets was read last.")

    @field_validator("kinds", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    model_config = Out.model_config | example(
        {
            "id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001",
            "product_id": PRODUCT_EXAMPLE,
            "type": "github",
            "name": "Desktop app",
            "settings": {"repository": "example/desktop"},
            "kinds": ["bug", "feature"],
            "enabled": True,
            "paused_until": None,
            "reason": "",
            "detail": "",
            "checked_at": None,
            "created_at": "2026-11-20T12:00:00Z",
            "seen_audience": "unknown",
            "status_map": {"in review": "in_progress"},
            "recurrence": "nothing",
            "announces": True,
            "heard_at": "2026-11-20T12:00:00Z",
            "compared_at": "2026-11-20T11:58:00Z",
        }
    )


class FindingOut(Out):
    """One line of a check."""

    subject: str
    ok: bool
    detail: str
    remedy: str = Field(description="What to do where it is not right.")

    model_config = Out.model_config | example(
        {"subject": "permissions", "ok": True, "detail": "Issues can be written.", "remedy": ""}
    )
