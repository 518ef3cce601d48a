"""Numbers as the API shows them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import Out, example
from app.api.schemas.theme import ThemeOut


class OverviewOut(Out):
    """The totals of a period (comments, people, tone) and of now (themes, tickets)."""

    days: int
    comments: int
    people: int = Field(description="Distinct people, staff and bots left out.")
    previous_comments: int = Field(description="In as many days before.")
    previous_people: int
    net_tone: float | None = Field(
        description="(friendly - unfriendly) / comments with a tone; null without any."
    )
    toned: int
    hostile: int = Field(description="Comments of the period that may attack a person.")
    themes_triage: int
    themes_accepted: int
    themes_ignored: int
    tickets_created: int
    tickets_open: int
    tickets_blocked: int
    shipped_untold: int = Field(
        description="Themes whose ticket is done and whose people nobody told of it."
    )
    oldest_decision_seconds: float | None = Field(
        description="How long the oldest theme in triage has waited."
    )
    suggestions: int

    model_config = Out.model_config | example(
        {
            "days": 30,
            "comments": 312,
            "people": 141,
            "previous_comments": 280,
            "previous_people": 133,
            "net_tone": -0.12,
            "toned": 190,
            "hostile": 2,
            "themes_triage": 24,
            "themes_accepted": 11,
            "themes_ignored": 6,
            "tickets_created": 10,
            "tickets_open": 1,
            "tickets_blocked": 0,
            "shipped_untold": 3,
            "oldest_decision_seconds": 86400.0,
            "suggestions": 2,
        }
    )


class VolumeOut(Out):
    """Comments and people of one source on one day."""

    day: date
    source_id: UUID
    source_name: str
    platform: str
    comments: int
    people: int

    model_config = Out.model_config | example(
        {
            "day": "2026-11-20",
            "source_id": "9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
            "source_name": "Forum",
            "platform": "discourse",
            "comments": 12,
            "people": 9,
        }
    )


class KindCountOut(Out):
    """Comments and people of one kind."""

    kind: str
    comments: int
    people: int

    model_config = Out.model_config | example({"kind": "bug", "comments": 120, "people": 71})


class TopThemeOut(Out):
    """A theme with what was said in the period."""

    theme: ThemeOut
    mentions: int
    people: int
    copies: int = Field(
        description="Mentions in the words of somebody before; they add nobody to `people`."
    )


class StageWaitOut(Out):
    """One step of the way a comment takes."""

    stage: Literal["parse", "enrich", "group", "push"]
    waiting: int
    oldest_seconds: float
    failed: int

    model_config = Out.model_config | example(
        {"stage": "enrich", "waiting": 4, "oldest_seconds": 0.8, "failed": 0}
    )


class SourceHealthOut(Out):
    """How a source does."""

    source_id: UUID
    product_id: UUID
    name: str
    platform: str
    enabled: bool
    last_delivery_at: datetime | None
    deliveries_24h: int
    comments_24h: int
    failed: int = Field(description="Deliveries of the last seven days.")
    unknown: int
    ignored: int
    silent: bool = Field(
        description="It has not spoken for a day, for ten times its usual gap, and for half as "
        "long again as its longest."
    )
    last_refused_at: datetime | None = Field(description="When a request was refused last.")
    credentials_end_at: datetime | None
    status: Literal["ok", "quiet", "refusing", "asked", "held", "failing", "never", "disabled"]

    model_config = Out.model_config | example(
        {
            "source_id": "9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
            "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
            "name": "Forum",
            "platform": "discourse",
            "enabled": True,
            "last_delivery_at": "2026-11-20T11:58:01Z",
            "deliveries_24h": 40,
            "comments_24h": 31,
            "failed": 0,
            "unknown": 0,
            "ignored": 9,
            "silent": False,
            "last_refused_at": None,
            "credentials_end_at": None,
            "status": "ok",
        }
    )
