"""Digests as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr

from app.api.schemas.base import CleanText, Flag, In, JsonNumber, Out, Word, example
from app.api.schemas.metrics import SpanOut
from app.digests.digest import Change, Digest, Unit
from app.models.states import DispatchChannel, DispatchState, Frequency

DIGEST_LINE_EXAMPLE = {
    "text": "Export crashes",
    "path": "/themes/5d7f1f6e-6d3e-4f5d-8c1c-0a3a52f0a001",
    "note": "9 people, 3 before",
    "note_path": "/comments?theme=5d7f1f6e-6d3e-4f5d-8c1c-0a3a52f0a001",
}


class LineOut(Out):
    """One thing in words, with the pages of this service where it stands."""

    text: str
    path: str
    note: str
    note_path: str


class FigureOut(Out):
    """One of the five numbers. `change` says whether it went as one would have it."""

    name: str
    title: str
    unit: Unit
    value: float | None = Field(description="Null where there is nothing to count.")
    before: float | None = Field(description="The same of the period before.")
    change: Change
    path: str
    parts: list[LineOut]


class SectionOut(Out):
    """The first lines of a list, of `total` in all."""

    name: str
    title: str
    lines: list[LineOut]
    total: int
    path: str
    empty: str


class DigestOut(Out):
    """A week or a day: five numbers, what moved, and what waits."""

    period: str
    frequency: Frequency
    span: SpanOut
    compared: SpanOut
    product: str = Field(description="Blank where all products are meant.")
    path: str
    figures: list[FigureOut]
    sections: list[SectionOut]
    notes: list[str]
    ended: bool = Field(description="The period is over.")
    eventful: bool = Field(description="Something happened; nothing is sent where this is false.")
    read_at: datetime

    model_config = Out.model_config | example(
        {
            "period": "2026-W49",
            "frequency": "weekly",
            "span": {"first": "2026-11-30", "last": "2026-12-06", "tz": "UTC"},
            "compared": {"first": "2026-11-23", "last": "2026-11-29", "tz": "UTC"},
            "product": "Atlas",
            "path": "/digests/2026-W49?product=atlas&tz=UTC",
            "figures": [
                {
                    "name": "people_heard",
                    "title": "People heard",
                    "unit": "people",
                    "value": 141.0,
                    "before": 133.0,
                    "change": "better",
                    "path": "/insights/people?which=heard",
                    "parts": [DIGEST_LINE_EXAMPLE],
                }
            ],
            "sections": [
                {
                    "name": "moved",
                    "title": "What moved",
                    "lines": [DIGEST_LINE_EXAMPLE],
                    "total": 1,
                    "path": "/insights",
                    "empty": "No theme has more or fewer people than before.",
                }
            ],
            "notes": ["Staff and programs are no people heard."],
            "ended": True,
            "eventful": True,
            "read_at": "2026-12-07T06:00:00Z",
        }
    )


def digest_out(digest: Digest) -> DigestOut:
    """A digest as it goes over the wire."""
    period = digest.period
    return DigestOut(
        period=period.key,
        frequency=period.frequency,
        span=SpanOut.model_validate(period.span),
        compared=SpanOut.model_validate(period.span.before()),
        product=digest.product,
        path=digest.path,
        figures=[FigureOut.model_validate(figure) for figure in digest.figures],
        sections=[SectionOut.model_validate(section) for section in digest.sections],
        notes=list(digest.notes),
        ended=digest.ended,
        eventful=digest.eventful,
        read_at=digest.read_at,
    )


SUBSCRIPTION_EXAMPLE = {
    "channel": "email",
    "product_id": None,
    "digests": True,
    "alerts": False,
    "frequency": "weekly",
    "weekday": 0,
    "hour": 8,
    "time_zone": "Europe/Berlin",
}


class SubscriptionIn(In):
    """Who gets what."""

    channel: DispatchChannel
    address: Annotated[CleanText, Field(min_length=3, max_length=2000)] = Field(
        description="An address of mail, or that of a webhook; it is stored encrypted."
    )
    signing_secret: SecretStr = Field(
        default=SecretStr(""),
        max_length=500,
        description="Of channel `webhook`: signs what it gets, as Standard Webhooks have it.",
    )
    product_id: UUID | None = Field(default=None, description="Null for all products.")
    digests: Flag = True
    alerts: Flag = Field(default=False, description="Spikes and silent sources, at once.")
    frequency: Frequency = Frequency.weekly
    weekday: Annotated[int, Field(ge=0, le=6), JsonNumber] = Field(
        default=0, description="0 is Monday; for weekly ones."
    )
    hour: Annotated[int, Field(ge=0, le=23), JsonNumber] = 8
    time_zone: Word = "UTC"

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{**SUBSCRIPTION_EXAMPLE, "address": "kim@example.org"}]},
    )


class SubscriptionOut(Out):
    """Who gets what, and what became of the last sending. `shown` is what may be read of the
    address."""

    id: UUID
    channel: DispatchChannel
    shown: str
    product_id: UUID | None
    digests: bool
    alerts: bool
    frequency: Frequency
    weekday: int
    hour: int
    time_zone: str
    enabled: bool = Field(description="False once somebody ended it by the link in a mail.")
    next_at: datetime | None
    created_at: datetime
    last_about: str
    last_state: DispatchState | None
    last_reason: str
    last_detail: str
    last_at: datetime | None

    model_config = Out.model_config | example(
        {
            "id": "7b1f1f6e-6d3e-4f5d-8c1c-0a3a52f0a001",
            **SUBSCRIPTION_EXAMPLE,
            "shown": "kim@example.org",
            "enabled": True,
            "next_at": "2026-12-07T07:00:00Z",
            "created_at": "2026-12-01T09:00:00Z",
            "last_about": "2026-W48",
            "last_state": "sent",
            "last_reason": "",
            "last_detail": "",
            "last_at": "2026-11-30T07:00:02Z",
        }
    )
