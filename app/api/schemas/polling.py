"""How sources are polled, as the API shows it, and what changes that."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from app.api.schemas.base import CleanJson, Flag, In, Moment, Out, example
from app.models.states import HistoryState


class PollCredentialsIn(In):
    """What lets us read the platform; `GET /platforms` names the fields."""

    credentials: CleanJson = Field(description="Kept encrypted, never answered.")

    model_config = In.model_config | example(
        {"credentials": {"api_key": "a key of the forum", "api_username": "reader"}}
    )


class PollingPatch(In):
    """What to change; fields that are left out stay."""

    enabled: Flag | None = None
    interval_seconds: int | None = Field(
        default=None,
        strict=True,
        ge=0,
        le=604_800,
        description="How long to wait between two polls, at least 30; 0 for the platform's pace.",
    )

    credentials_end_at: AwareDatetime | None = Field(
        default=None, description="When the credentials end, where the platform does not tell."
    )

    model_config = In.model_config | example({"interval_seconds": 600})


class HistoryIn(In):
    """How far back to fetch."""

    since: Moment | None = Field(default=None, description="Null for everything there is.")

    model_config = In.model_config | example({"since": "2026-01-01T00:00:00Z"})


class HistoryOut(Out):
    """The fetching of a source's history."""

    id: int
    since: datetime | None
    state: HistoryState
    reached_at: datetime | None = Field(description="How far in time it is.")
    percent: int | None = Field(description="How much of the time is walked; null if unknown.")
    pages: int
    comments: int = Field(description="What was new.")
    repeated: int = Field(description="What was there already.")
    started_at: datetime
    finished_at: datetime | None


class RechecksOut(Out):
    """What looking again at comments found that no event had told."""

    ended_at: datetime | None = Field(description="When all comments had been looked at last.")
    edited: int
    gone: int = Field(description="Deletions.")
    reason: str
    detail: str = Field(description="What could not be looked at, and why.")


class PollingOut(Out):
    """How polling a source does. ``reason`` and ``detail`` say why it waits, if it does."""

    source_id: UUID
    has_credentials: bool
    enabled: bool
    interval_seconds: int
    due_at: datetime = Field(description="When it is polled next.")
    paused_until: datetime | None
    reason: str
    detail: str
    polled_at: datetime | None = Field(description="When it was polled last.")
    comments: int = Field(description="What polls brought besides its history.")
    missed: int = Field(description="What of it the webhook should have sent, and did not.")
    missed_at: datetime | None
    credentials_end_at: datetime | None = Field(
        description="When the credentials end, where the platform or somebody said so."
    )
    history: HistoryOut | None
    rechecks: RechecksOut | None

    model_config = Out.model_config | example(
        {
            "source_id": "9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
            "has_credentials": True,
            "enabled": True,
            "interval_seconds": 0,
            "due_at": "2026-11-20T12:05:00Z",
            "paused_until": None,
            "reason": "",
            "detail": "",
            "polled_at": "2026-11-20T12:00:00Z",
            "comments": 12,
            "missed": 2,
            "missed_at": "2026-11-20T11:00:00Z",
            "credentials_end_at": None,
            "history": None,
            "rechecks": {
                "ended_at": "2026-11-20T03:00:00Z",
                "edited": 4,
                "gone": 1,
                "reason": "",
                "detail": "",
            },
        }
    )
