"""Which ticket of a tracker is due, and when the next push is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.models.states import TicketState
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.themes.taking_back import TAKEN_BACK_TITLE
from app.tickets.ledger import wake_push
from integrations.tracker_contract import Attempt, TicketRef
from integrations.tracker_writes import Earlier

SHIPPED_BEFORE = "shipped"
"""Why a ticket stands for its theme no more: it was done, and people spoke of it again."""

SELECT_NEXT_DUE_TICKET = """
    select k.id, k.theme_id, k.state, k.marker, k.remote_id, k.remote_key, k.url, k.content_hash,
           k.title, k.title_gone, k.attempts, k.due_at, k.create_unconfirmed_at, k.create_note,
           k.superseded_at, k.last_words, k.duplicate_mark, k.writing, k.linked_at, k.comment_id,
           k.former,
           extract(epoch from coalesce(%(now)s::timestamptz, now()) - k.called_at)::float
             as seconds_since_call
    from ticket k
    where k.tracker_id = %(tracker)s and k.due_at <= coalesce(%(now)s::timestamptz, now())
      and k.state in ('pending', 'creating', 'created')
    order by k.due_at, k.id limit 1
"""
SELECT_NEXT_PUSH_AT = """
    select greatest(min(k.due_at), max(t.paused_until), coalesce(%(now)s::timestamptz, now()))
    from ticket k join tracker t on t.id = k.tracker_id
    where k.tracker_id = %(tracker)s and t.enabled and k.due_at is not null
      and k.state in ('pending', 'creating', 'created')
    having count(*) > 0
"""
SELECT_DUE_TRACKERS = """
    select distinct k.tracker_id, now() as wake_at
    from ticket k join tracker t on t.id = k.tracker_id
    where k.due_at <= now() and k.state in ('pending', 'creating', 'created') and t.enabled
      and (t.paused_until is null or t.paused_until <= now())
"""
POSTPONE_TICKET = """
    update ticket
    set due_at = coalesce(%(now)s::timestamptz, now()) + make_interval(secs => %(seconds)s)
    where id = %(ticket)s
"""


def earlier_of(former: Sequence[Mapping[str, Any]]) -> Earlier | None:
    """The last of a row's former tickets, where it was shipped before people spoke of it again."""
    if not former or former[-1].get("why") != SHIPPED_BEFORE:
        return None
    last = former[-1]
    until = datetime.fromisoformat(str(last["until"]))
    return Earlier(str(last["key"]), str(last["url"]), until.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class DueTicket:
    """A row of the ledger whose push is due. The remote fields are empty until it was created."""

    id: uuid.UUID
    theme_id: uuid.UUID
    state: TicketState
    marker: str
    remote_id: str
    remote_key: str
    url: str
    content_hash: str
    title: str
    title_gone: bool
    attempts: int
    due_at: datetime
    seconds_since_call: float | None
    """How long ago the create call went out; None where none did."""
    create_unconfirmed_at: datetime | None
    """When a create call went out whose outcome is not known."""
    create_note: str
    superseded_at: datetime | None
    """When its theme was merged away; None for a ticket that lives."""
    last_words: Mapping[str, Any]
    duplicate_mark: Mapping[str, Any]
    writing: str
    linked_at: datetime | None
    """When a person linked it: then we write nothing there but a comment of ours."""
    comment_id: str
    former: Sequence[Mapping[str, Any]]
    """What the row led to before, oldest first."""

    @property
    def earlier(self) -> Earlier | None:
        """The ticket that was shipped before this one was made; None where none was."""
        return earlier_of(self.former)

    @property
    def is_linked(self) -> bool:
        """Whether the ticket is people's own."""
        return self.linked_at is not None

    @property
    def ref(self) -> TicketRef:
        """Where the ticket is in the tracker."""
        return TicketRef(self.remote_id, self.remote_key, self.url)

    @property
    def attempt(self) -> Attempt | None:
        """The create call that was cut off; None where none is in doubt."""
        if self.create_unconfirmed_at is None:
            return None
        return Attempt(self.create_unconfirmed_at, self.create_note)

    @property
    def former_title(self) -> str:
        """The title of ours that may not stay in the tracker; empty where it may."""
        return self.title if self.title_gone or self.title == TAKEN_BACK_TITLE else ""


@dataclass(frozen=True, slots=True)
class DueTracker:
    """A tracker that has something to push, and when the push is to start."""

    tracker_id: uuid.UUID
    wake_at: datetime


async def next_due_ticket(
    connection: Connection, tracker_id: uuid.UUID, now: datetime | None
) -> DueTicket | None:
    """The ticket that has been due for the longest; None where none is."""
    values = {"tracker": tracker_id, "now": now}
    return await fetch_one(connection, SELECT_NEXT_DUE_TICKET, values, of=DueTicket)


async def postpone_ticket(
    connection: Connection, ticket_id: uuid.UUID, seconds: float, now: datetime | None
) -> None:
    """Let the ticket be due again in ``seconds``."""
    values = {"ticket": ticket_id, "seconds": seconds, "now": now}
    await connection.execute(POSTPONE_TICKET, values)


async def wake_when_due(
    connection: Connection, tracker_id: uuid.UUID, now: datetime | None
) -> None:
    """Defer a push for the moment when one of the tracker's tickets is due again."""
    values = {"tracker": tracker_id, "now": now}
    next_push_at = await fetch_value(connection, SELECT_NEXT_PUSH_AT, values)
    if next_push_at is not None:
        await wake_push(connection, tracker_id, next_push_at)


async def wake_due_trackers(connection: Connection) -> None:
    """Defer a push to every tracker that has something due, as far as none waits already."""
    for tracker in await fetch_all(connection, SELECT_DUE_TRACKERS, of=DueTracker):
        await wake_push(connection, tracker.tracker_id, tracker.wake_at)
