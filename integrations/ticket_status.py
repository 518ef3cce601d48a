"""What a ticket is in its tracker now, and what a tracker reports about changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class TicketRef:
    """Where a ticket is. ``id`` never changes; ``key`` is what people call it and may move (PROJ-1,
    17, or owner/name#17 in another repository than the tracker's); ``url`` is for people."""

    id: str
    key: str
    url: str


class StatusCategory(StrEnum):
    """What a status means, whatever the tracker calls it. ``done`` was finished, ``declined`` was
    closed without being done, ``duplicate`` because another ticket says the same, ``gone`` was
    deleted for certain, ``hidden`` was deleted or is hidden from our account, which still sees the
    repository or project. ``untold``: the tracker does not say, so what it told last counts."""

    open = "open"
    in_progress = "in_progress"
    done = "done"
    declined = "declined"
    duplicate = "duplicate"
    gone = "gone"
    hidden = "hidden"
    untold = "untold"


@dataclass(frozen=True, slots=True)
class RemoteState:
    """A ticket as the tracker holds it now: ``status`` in its own words, ``category`` in ours.

    ``resolution``: why it is closed, in the tracker's words. ``since`` and ``by``: when it got this
    status and who gave it, as far as the answer tells. ``duplicate_of``: the ticket that lives on,
    where the tracker says which.
    """

    ref: TicketRef
    status: str
    category: StatusCategory
    title: str = ""
    resolution: str = ""
    since: datetime | None = None
    by: str = ""
    duplicate_of: TicketRef | None = None


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """A change of a ticket that a tracker reported by webhook: a hint, since deliveries come late,
    twice and out of order. ``actor`` is who did it, for people to read; ``at`` is an aware time in
    UTC; ``moved_to`` is the object that a transferred ticket became."""

    state: RemoteState
    actor: str
    at: datetime
    moved_to: TicketRef | None = None


@dataclass(frozen=True, slots=True)
class ChangedTickets:
    """One page of the tickets that changed lately, oldest change first; hints as well.

    ``bookmark`` is where the next call goes on, in words of the tracker's own; ``is_last``: there
    is nothing more for now.
    """

    states: Sequence[RemoteState]
    bookmark: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class RegisteredHook:
    """A webhook that the tracker sends to us. ``expires_at`` is None where it stays for ever."""

    id: str
    expires_at: datetime | None = None
