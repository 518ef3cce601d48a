"""Tickets that are there already, and what a person says about which of them stands for a theme."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import CleanText, In, Out, Version, example
from app.api.schemas.ticket import TicketOut, TicketStatus

TICKET_NAME = (
    "Its address, or what the tracker calls it: `17`, `owner/name#17`, `APP-12`. An address may "
    "stand without `tracker_id`."
)
TicketName = Annotated[CleanText, Field(min_length=1, max_length=500, description=TICKET_NAME)]


class SimilarTicketOut(Out):
    """A ticket whose title is like the theme's."""

    tracker_id: UUID
    tracker_name: str
    key: str
    url: str
    title: str
    status: TicketStatus
    theme_id: UUID | None = Field(description="The theme that has this ticket already.")

    model_config = Out.model_config | example(
        {
            "tracker_id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001",
            "tracker_name": "Desktop app",
            "key": "12",
            "url": "https://github.com/example/desktop/issues/12",
            "title": "CSV export crashes",
            "status": "open",
            "theme_id": None,
        }
    )


class RelinkIn(In):
    """Another ticket for a theme."""

    ticket: TicketName

    model_config = In.model_config | example({"ticket": "12"})


class LinkIn(RelinkIn):
    """The ticket that is to stand for a theme."""

    tracker_id: UUID | None = Field(
        default=None,
        description="The tracker that it is in; by default the first of the product's trackers "
        "that knows it.",
    )
    version: Version = None

    model_config = In.model_config | example(
        {"ticket": "12", "tracker_id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001", "version": 3}
    )


class TicketDecisionOut(Out):
    """A decision about a ticket, and the ticket as it is now."""

    action_ids: list[int] = Field(
        description="What undo takes, oldest first: accepting the theme, where it was not, and the "
        "decision itself."
    )
    ticket: TicketOut
