"""What becomes of the tickets of themes that are merged.

One theme's tickets live on: those of the theme that a person chose, or of the one with the oldest
ticket. They become tickets of the theme that the others went into. Every other ticket that is or
may be in a tracker is *superseded*: it keeps what it said last, says where the matter is followed
now, and is marked as a duplicate there. What was not made yet is not made any more.

All is written in the transaction of the merge, so nothing has to be remembered by whoever pushes;
undo gives the tickets back in the same way.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.errors import Invalid
from app.models.states import TicketState
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.tickets.last_words import last_words
from app.tickets.ledger import wake_push

LOCK_TICKETS_TO_MERGE = """
    select k.id, k.theme_id, k.tracker_id, k.state, k.created_at, r.enabled,
           k.remote_id <> '' or k.create_unconfirmed_at is not null as sent
    from ticket k join tracker r on r.id = k.tracker_id
    where k.theme_id = any(%s::uuid[]) and k.superseded_at is null
    order by k.id for update of k
"""
# A row of the theme that the others go into makes room for the ticket that lives on.
CANCEL_UNMADE = """
    update ticket
    set state = 'cancelled', due_at = null,
        superseded_at = case when %(makes_room)s then now() end
    where id = %(ticket)s
"""
SUPERSEDE_TICKET = """
    update ticket
    set superseded_at = now(), superseded_by = %(living)s, last_words = %(words)s,
        due_at = case when state in ('creating', 'created')
                      then now() + make_interval(secs => %(wait)s) end
    where id = %(ticket)s returning due_at
"""
GIVE_TICKET_TO = """
    update ticket
    set theme_id = %(theme)s,
        due_at = case when state = 'blocked' then due_at
                      else coalesce(due_at, now() + make_interval(secs => %(wait)s)) end
    where id = %(ticket)s returning due_at
"""
REVIVE_TICKETS = """
    update ticket
    set superseded_at = null, superseded_by = null, last_words = '{}',
        due_at = case when state in ('creating', 'created') then now() end,
        look_at = now()
    where id = any(%s::uuid[])
"""
# One that was in doubt, and turned out not to be there while its theme was merged, is made after
# all; ``called_at`` tells it from those that were cancelled before.
SELECT_FOUND_UNMADE = """
    select id from ticket
    where id = any(%s::uuid[]) and state = 'cancelled' and called_at is not null
      and remote_id = '' and create_unconfirmed_at is null
"""
PLAN_UNMADE = """
    update ticket k
    set superseded_at = null,
        state = case when t.status = 'accepted' then 'pending' else 'cancelled' end,
        due_at = case when t.status = 'accepted' and k.reason <> 'held_by_rule'
                        and (p.policy <> 'hold' or k.rule_id is not null) then now() end
    from theme t join product p on p.id = t.product_id
    where t.id = k.theme_id and k.id = any(%s::uuid[]) and k.state = 'cancelled'
"""
# Whoever follows a ticket says where it is, through any number of merges.
REFRESH_FOLLOWERS = """
    with recursive followers(id) as (
        select id from ticket where superseded_by = any(%s::uuid[])
        union
        select k.id from ticket k join followers f on k.superseded_by = f.id
    )
    update ticket set due_at = clock_timestamp() + make_interval(secs => %s)
    where id in (select id from followers) and state = 'created'
"""


@dataclass(frozen=True, slots=True)
class MergedTicket:
    """A ticket of one of the themes that are merged. ``sent``: a create call went out for it;
    ``enabled``: its tracker is switched on."""

    id: uuid.UUID
    theme_id: uuid.UUID
    tracker_id: uuid.UUID
    state: TicketState
    created_at: datetime
    enabled: bool
    sent: bool

    @property
    def is_there(self) -> bool:
        """Whether it is or may be in the tracker."""
        if self.state in (TicketState.created, TicketState.creating):
            return True
        return self.state is TicketState.blocked and self.sent

    @property
    def is_unmade(self) -> bool:
        """Whether it waits to be made, and nothing was sent for it."""
        return not self.sent and self.state in (TicketState.pending, TicketState.blocked)

    @property
    def rank(self) -> tuple[bool, bool, datetime, uuid.UUID]:
        """What comes first lives on: where we can write, what is there for certain, the oldest."""
        return not self.enabled, self.state is not TicketState.created, self.created_at, self.id


@dataclass(slots=True)
class TicketsMerged:
    """What a merge did to tickets: the theme that each moved one was of, the superseded ones, and
    those that are not made any more."""

    moved: dict[str, str] = field(default_factory=dict)
    superseded: list[uuid.UUID] = field(default_factory=list)
    unmade: list[uuid.UUID] = field(default_factory=list)

    @property
    def ended(self) -> set[uuid.UUID]:
        """The tickets that say nothing more of what is said from now on."""
        return {*self.superseded, *self.unmade}


async def merge_tickets(
    connection: Connection,
    into_id: uuid.UUID,
    absorbed: Sequence[uuid.UUID],
    *,
    tickets_of: uuid.UUID | None = None,
    wait_seconds: float = 0.0,
) -> TicketsMerged:
    """Let the tickets of one theme live on, and supersede the others; to be called while every
    comment is still where it was.

    ``tickets_of`` is the theme whose tickets live on; what is told to people waits
    ``wait_seconds``. Raises Invalid (``ticket_choice_invalid``) where that theme has none.
    """
    tickets = await fetch_all(
        connection, LOCK_TICKETS_TO_MERGE, [[into_id, *absorbed]], of=MergedTicket
    )
    living = _living(tickets, tickets_of)
    await refresh_followers(connection, [ticket.id for ticket in tickets], wait_seconds)
    merged = TicketsMerged()
    taken_places = {ticket.tracker_id for ticket in living if ticket.theme_id != into_id}
    wakes: dict[uuid.UUID, datetime] = {}
    for ticket in tickets:
        if ticket in living:
            continue
        is_in_the_way = ticket.theme_id == into_id and ticket.tracker_id in taken_places
        if ticket.is_there or (is_in_the_way and not ticket.is_unmade):
            heir = _heir(ticket, living)
            due_at = await _supersede(connection, ticket, heir, wait_seconds)
            merged.superseded.append(ticket.id)
            if due_at is not None:
                wakes[ticket.tracker_id] = due_at
        elif ticket.is_unmade and (living or ticket.theme_id != into_id):
            values = {"ticket": ticket.id, "makes_room": ticket.theme_id == into_id}
            await connection.execute(CANCEL_UNMADE, values)
            merged.unmade.append(ticket.id)
    for ticket in living:
        if ticket.theme_id != into_id:
            merged.moved[str(ticket.id)] = str(ticket.theme_id)
            values = {"ticket": ticket.id, "theme": into_id, "wait": wait_seconds}
            await fetch_value(connection, GIVE_TICKET_TO, values)
    for tracker_id, due_at in wakes.items():
        await wake_push(connection, tracker_id, due_at)
    return merged


async def unmerge_tickets(
    connection: Connection,
    moved: Mapping[str, str],
    superseded: Sequence[uuid.UUID],
    unmade: Sequence[uuid.UUID],
) -> None:
    """Undo of ``merge_tickets``, after the themes have their status again: every ticket is of its
    own theme, and says so; those that waited wait again."""
    for ticket_id, theme_id in moved.items():
        values = {"ticket": ticket_id, "theme": theme_id, "wait": 0.0}
        await connection.execute(GIVE_TICKET_TO, values)
    await connection.execute(REVIVE_TICKETS, [list(superseded)])
    found_unmade = await fetch_all(connection, SELECT_FOUND_UNMADE, [list(superseded)])
    await connection.execute(PLAN_UNMADE, [[*unmade, *(row["id"] for row in found_unmade)]])
    await refresh_followers(connection, superseded)


async def refresh_followers(
    connection: Connection, ticket_ids: Iterable[uuid.UUID], wait_seconds: float = 0.0
) -> None:
    """Let the tickets that say where the matter of these is followed be written anew."""
    await connection.execute(REFRESH_FOLLOWERS, [list(ticket_ids), wait_seconds])


def _living(
    tickets: Sequence[MergedTicket], tickets_of: uuid.UUID | None
) -> Sequence[MergedTicket]:
    """The tickets that live on, the oldest first; none where none is there."""
    there = sorted((one for one in tickets if one.is_there), key=lambda one: one.rank)
    if tickets_of is None:
        return [one for one in there if one.theme_id == there[0].theme_id]
    chosen = [one for one in there if one.theme_id == tickets_of]
    if not chosen:
        raise Invalid(
            "The theme whose tickets are to live on is none of these, or has no ticket.",
            reason="ticket_choice_invalid",
        )
    return chosen


def _heir(ticket: MergedTicket, living: Sequence[MergedTicket]) -> uuid.UUID:
    """The ticket in which the matter is followed: the one in the same tracker, where there is
    one."""
    same_place = [one.id for one in living if one.tracker_id == ticket.tracker_id]
    return [*same_place, living[0].id][0]


async def _supersede(
    connection: Connection, ticket: MergedTicket, living_id: uuid.UUID, wait_seconds: float
) -> datetime | None:
    words = await last_words(connection, ticket.theme_id, ticket.id)
    values = {
        "ticket": ticket.id,
        "living": living_id,
        "words": json.dumps(words.stored()),
        "wait": wait_seconds,
    }
    due_at: datetime | None = await fetch_value(connection, SUPERSEDE_TICKET, values)
    return due_at
