"""Spikes as the API shows them."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import PRODUCT_EXAMPLE, Out, example
from app.models.states import SpikeSort, SpikeState


class SpikeOut(Out):
    """A day on which far more people spoke than usual (`theme`, `phrase`), or far fewer
    (`silence`)."""

    id: int
    product_id: UUID
    sort: SpikeSort
    title: str = Field(description="The theme's title, the phrase, or the source's name.")
    theme_id: UUID | None
    source_id: UUID | None
    day: date
    people: int
    expected: float = Field(description="People on a usual day of that weekday.")
    chance: float = Field(description="That so many, or so few, come by themselves.")
    escalates: bool = Field(description="The theme was ignored when it was found.")
    state: SpikeState
    found_at: datetime
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str

    model_config = Out.model_config | example(
        {
            "id": 12,
            "product_id": PRODUCT_EXAMPLE,
            "sort": "theme",
            "title": "Export crashes",
            "theme_id": "5d7f1f6e-6d3e-4f5d-8c1c-0a3a52f0a001",
            "source_id": None,
            "day": "2026-12-01",
            "people": 14,
            "expected": 2.1,
            "chance": 1.2e-7,
            "escalates": False,
            "state": "open",
            "found_at": "2026-12-01T09:20:00Z",
            "ended_at": None,
            "acknowledged_at": None,
            "acknowledged_by": "",
        }
    )
