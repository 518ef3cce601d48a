"""A person's word that a ticket is to be tried again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.errors import Conflict, NotFound
from app.models.states import TicketState
from app.storage.db import Database
from app.storage.rows import fetch_one, fetch_value
from app.tickets.ledger import wake_push

LOCK_TICKET = """
    select state, tracker_id, superseded_at is not null as superseded
    from ticket where id = %s for update
"""
# A ticket that is gone is made anew, so its old place in the tracker is forgotten. One whose create
# call was cut off is looked up first, and one that is not to be seen is looked for where it was.
RETRY_TICKET = """
    update ticket
    set due_at = now(), attempts = 0, reason = '', detail = '',
        remote_id = case when state = 'gone' then '' else remote_id end,
        remote_key = case when state = 'gone' then '' else remote_key end,
        url = case when state = 'gone' then '' else url end,
        linked_at = case when state = 'gone' then null else linked_at end,
        comment_id = case when state = 'gone' then '' else comment_id end,
        create_unconfirmed_at =
          case when state = 'blocked' and remote_id <> '' then coalesce(called_at, created_at)
               else create_unconfirmed_at end,
        state = case when state not in ('blocked', 'gone') then state
                     when create_unconfirmed_at is not null then 'creating'
                     when state = 'blocked' and remote_id <> '' then 'creating'
                     else 'pending' end
    where id = %s
"""
RESUME_TRACKER = """
    update tracker set paused_until = null, reason = '', detail = '' where id = %s
    returning now()
"""


@dataclass(frozen=True, slots=True)
class LockedTicket:
    """What decides whether a ticket can be tried again."""

    state: TicketState
    tracker_id: uuid.UUID
    superseded: bool


async def retry_ticket(database: Database, ticket_id: uuid.UUID) -> None:
    """Try a ticket again now, after a person has put right what was wrong; one that is gone is made
    anew, and one that may be in the tracker is looked up there first.

    Raises NotFound; Conflict for a ticket whose theme is not accepted any more, and for one that is
    gone and whose matter is followed in another one.
    """
    async with database.transaction() as connection:
        ticket = await fetch_one(connection, LOCK_TICKET, [ticket_id], of=LockedTicket)
        if ticket is None:
            raise NotFound("There is no ticket with this id.", reason="ticket_not_found")
        if ticket.state is TicketState.cancelled:
            raise Conflict(
                "This ticket is cancelled; accept its theme again.", reason="ticket_not_retryable"
            )
        if ticket.state is TicketState.unlinked:
            raise Conflict(
                "Somebody let go of this ticket: make a new one, or link another.",
                reason="ticket_not_retryable",
            )
        if ticket.superseded and ticket.state is TicketState.gone:
            raise Conflict(
                "The matter of this ticket is followed in another one, so it is not made anew.",
                reason="ticket_not_retryable",
            )
        await connection.execute(RETRY_TICKET, [ticket_id])
        now = await fetch_value(connection, RESUME_TRACKER, [ticket.tracker_id])
        await wake_push(connection, ticket.tracker_id, now)
