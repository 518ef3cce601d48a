"""What a decision keeps of the state before it, so that it can be undone: one shape for each kind
of decision, stored as JSON in ``activity.before``.

The keys are part of the stored data: lines that were written years ago are read by these shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.models.states import DecidedBy, ThemeStatus, TicketState, Visibility


class Before(BaseModel):
    """What every shape can do."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return self.model_dump(mode="json", by_alias=True)


class StatusBefore(Before):
    """Of a theme that was accepted, ignored or reopened."""

    status: ThemeStatus
    status_reason: str
    decided_at: datetime | None


class ShownBefore(Before):
    """Of the tickets of a theme that a person let say more than fits their tracker: how private
    what they showed was before."""

    tickets: dict[str, Visibility]


class RowBefore(Before):
    """Of the ledger's row of a ticket: where it led."""

    state: TicketState
    marker: str
    title: str
    remote_id: str
    remote_key: str
    url: str
    linked_at: datetime | None
    comment_id: str
    former: list[dict[str, Any]]


class LinkBefore(Before):
    """Of a ticket that was linked, or let go of; ``was`` is None where it led nowhere before."""

    ticket: UUID
    was: RowBefore | None


class KindBefore(Before):
    """Of a theme whose kind was changed."""

    kind: str
    kind_by: DecidedBy


class TitleBefore(Before):
    """Of a theme that was renamed; ``title_by`` may also name a language model."""

    title: str
    title_by: str


class MergeBefore(Before):
    """Of themes that were merged ``into`` another: the status and the comments of each, the theme
    that each ticket was of, and the tickets whose matter is followed in others since.
    ``by_itself``: no person merged them, so that undoing it keeps them apart."""

    into: UUID
    themes: dict[UUID, ThemeStatus]
    comments: dict[UUID, list[int]]
    tickets: dict[str, str]
    superseded: list[UUID] = []
    unmade: list[UUID] | None = None
    """Tickets that waited to be made; None in lines that were written before these were kept."""
    by_itself: bool = False

    @property
    def moved(self) -> list[int]:
        """The comments of all of them."""
        return [number for numbers in self.comments.values() for number in numbers]


class PlaceBefore(Before):
    """Of comments that were split off or moved: who had put them into ``old_theme``."""

    comments: Sequence[int]
    old_theme: UUID | None = Field(alias="from")
    new_theme: UUID = Field(alias="new")
    theme_by: DecidedBy = DecidedBy.model

    @property
    def themes(self) -> list[UUID]:
        """Both themes, or the one there is."""
        return [theme for theme in (self.old_theme, self.new_theme) if theme is not None]


class CommentKindBefore(Before):
    """Of a comment whose kind was corrected; ``theme`` is the one that it was in."""

    comment: int
    kind: str
    kind_by: DecidedBy
    kind_confidence: float
    kind_reason: str
    theme: UUID | None
    theme_by: DecidedBy


class SuggestionBefore(Before):
    """Of a suggestion that was rejected, with the two themes it was about."""

    suggestion: int
    theme: UUID
    other: UUID


class SuggestionsBefore(Before):
    """Of several suggestions that were rejected in one decision."""

    suggestions: Sequence[SuggestionBefore]


class PostponedBefore(Before):
    """Of suggestions that were put off: until when each was before."""

    later_until: dict[int, datetime | None]
