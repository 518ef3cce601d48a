"""A person's word that a ticket may say what fewer people could read than can read its tracker."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from app.errors import Conflict
from app.models.states import TicketState, Visibility
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.activity import record
from app.themes.locks import lock_theme
from app.themes.visibility import MORE_PRIVATE_REASON, MOST_PRIVATE
from app.tickets.ledger import wake_push
from app.triage.before import ShownBefore

SELECT_MOST_PRIVATE = sql.SQL("""
    select {most_private} from comment said where said.theme_id = %s and said.deleted_at is null
""").format(most_private=MOST_PRIVATE)
SELECT_TICKETS_TO_SHOW = """
    select id, tracker_id, state, reason, shown_visibility from ticket
    where theme_id = %s order by id for update
"""
SHOW_IN_TICKET = """
    update ticket
    set shown_visibility = %(shown)s,
        state = case when state <> 'blocked' or reason <> %(reason)s then state
                     when linked_at is not null then 'created' else 'pending' end,
        detail = case when state = 'blocked' and reason = %(reason)s then '' else detail end,
        due_at = case when state = 'created' or (state = 'blocked' and reason = %(reason)s)
                      then clock_timestamp() else due_at end,
        reason = case when state = 'blocked' and reason = %(reason)s then '' else reason end
    where id = %(ticket)s
    returning due_at
"""


@dataclass(frozen=True, slots=True)
class _TicketToShow:
    id: uuid.UUID
    tracker_id: uuid.UUID
    state: TicketState
    reason: str
    shown_visibility: Visibility


async def show_although(
    connection: Connection,
    theme_id: uuid.UUID,
    *,
    actor: str,
    version: int | None = None,
) -> int:
    """Let the theme's tickets say everything that is said in it now, although more people read
    them. It holds for later comments that are no more private than those; the most private ones
    need another word.

    Raises NotFound; Conflict for a theme of which nothing is withheld (``nothing_withheld``).
    """
    theme = await lock_theme(connection, theme_id, version)
    visibility = Visibility(await fetch_value(connection, SELECT_MOST_PRIVATE, [theme_id]))
    tickets = await fetch_all(connection, SELECT_TICKETS_TO_SHOW, [theme_id], of=_TicketToShow)
    closed = [ticket for ticket in tickets if not visibility.fits(ticket.shown_visibility)]
    if not closed:
        raise Conflict("Nothing of this theme is kept out of a ticket.", reason="nothing_withheld")
    for ticket in closed:
        await _show(connection, ticket, visibility)
    before = {str(ticket.id): ticket.shown_visibility for ticket in closed}
    return await record(
        connection,
        theme.product_id,
        theme_id,
        "shown_although",
        actor=actor,
        detail={"visibility": visibility},
        before=ShownBefore(tickets=before).stored(),
    )


async def show_as_before(connection: Connection, tickets: Mapping[str, Visibility]) -> None:
    """Undo of ``show_although``: what stands in a ticket already is taken out of it."""
    for ticket_id, shown in tickets.items():
        await connection.execute(
            SHOW_IN_TICKET,
            {"shown": shown, "ticket": ticket_id, "reason": MORE_PRIVATE_REASON},
        )


async def _show(connection: Connection, ticket: _TicketToShow, shown: Visibility) -> None:
    values = {"shown": shown, "ticket": ticket.id, "reason": MORE_PRIVATE_REASON}
    due_at = await fetch_value(connection, SHOW_IN_TICKET, values)
    if due_at is not None:
        await wake_push(connection, ticket.tracker_id, due_at)
