"""What becomes of tickets after they were created, as the API shows it."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import Out, example


class TrackerHookOut(Out):
    """The webhook by which a tracker tells of changes. ``secret`` signs it: enter both there."""

    url: str
    secret: str
    registered: bool = Field(description="Whether the service registered it there by itself.")
    heard_at: datetime | None = Field(description="When it told something last.")
    compared_at: datetime | None = Field(description="When lists of tickets were compared last.")

    model_config = Out.model_config | example(
        {
            "url": "https://relay.example.org/hooks/trackers/c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001",
            "secret": "kept between the tracker and this service",
            "registered": False,
            "heard_at": "2026-11-20T12:00:00Z",
            "compared_at": "2026-11-20T11:58:00Z",
        }
    )


class TicketsLookedAtOut(Out):
    """How many tickets are looked at in the tracker now, as fast as the budget of calls allows."""

    tickets: int

    model_config = Out.model_config | example({"tickets": 12})


class WaitingThreadOut(Out):
    """A thread in which people spoke of a theme; ``permalink`` is that of the first comment."""

    source_name: str
    platform: str
    title: str
    permalink: str
    authors: list[str] = Field(description="Some of the names.")
    people: int
    last_at: datetime


class ShippedThemeOut(Out):
    """A theme whose ticket is done, and whose people nobody told of it yet."""

    theme_id: UUID
    product_id: UUID
    title: str
    kind: str
    ticket_id: UUID
    ticket_key: str
    ticket_url: str
    tracker_name: str
    remote_status: str
    shipped_at: datetime
    people: int = Field(description="Who stands behind the theme.")
    said_again: int = Field(description="People who spoke of it since it was shipped.")
    threads: list[WaitingThreadOut] = Field(description="At most 50, the latest first.")

    model_config = Out.model_config | example(
        {
            "theme_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
            "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
            "title": "Export to CSV crashes",
            "kind": "bug",
            "ticket_id": "4b8e3a52-9a57-4c3e-9d43-0c3d6b5fd001",
            "ticket_key": "17",
            "ticket_url": "https://github.com/example/desktop/issues/17",
            "tracker_name": "Desktop app",
            "remote_status": "closed (completed)",
            "shipped_at": "2026-11-20T12:00:00Z",
            "people": 7,
            "said_again": 0,
            "threads": [
                {
                    "source_name": "Forum",
                    "platform": "discourse",
                    "title": "Export",
                    "permalink": "https://forum.example.org/t/17/3",
                    "authors": ["Ada"],
                    "people": 1,
                    "last_at": "2026-11-19T12:00:00Z",
                }
            ],
        }
    )
