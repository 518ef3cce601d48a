"""The ledger of tickets: what is to be pushed where, written in the same transaction as the
decision."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value

PUSH_TASK = "push_tickets"
FOLLOW_TASK = "follow_tickets"
QUEUE = "relay"

# A product on hold keeps its tickets undated: they are pushed when the policy changes. A ticket
# that is taken up again and may be in the tracker is looked up there first. Where the theme's only
# ticket says already that the matter is followed elsewhere, none is made beside it.
PLAN_TICKETS = """
    insert into ticket as k (id, product_id, theme_id, tracker_id, marker, due_at)
    select gen_random_uuid(), t.product_id, t.id, r.id, 'relay-' || replace(t.id::text, '-', ''),
           case when p.policy = 'hold' then null else now() + make_interval(secs => %(wait)s) end
    from theme t
    join product p on p.id = t.product_id
    join tracker r on r.product_id = t.product_id and r.enabled
      and t.kind = any(string_to_array(r.kinds, ','))
    where t.id = %(theme)s and not exists (
        select 1 from ticket x where x.theme_id = t.id and x.tracker_id = r.id
        having bool_and(x.superseded_at is not null)
    )
    on conflict (theme_id, tracker_id) where superseded_at is null do update
    set due_at = excluded.due_at, attempts = 0, reason = '', detail = '',
        create_unconfirmed_at =
          case when k.remote_id <> '' then coalesce(k.called_at, k.created_at)
               else k.create_unconfirmed_at end,
        state = case when k.create_unconfirmed_at is null and k.remote_id = '' then 'pending'
                     else 'creating' end
    where k.state in ('cancelled', 'blocked')
    returning k.tracker_id, k.due_at
"""
# One whose call is out already is left to its end.
CANCEL_TICKETS = """
    update ticket set state = 'cancelled', due_at = null
    where theme_id = %s and state in ('pending', 'blocked') and superseded_at is null
"""
DEFER_TASK = """
    select procrastinate.procrastinate_defer_jobs_v1(array[row(
        %(queue)s, %(task)s, 0, null, null,
        jsonb_build_object('tracker_id', %(tracker)s::text), %(at)s
    )::procrastinate.procrastinate_job_to_defer_v1])
    where not exists (
        select 1 from procrastinate.procrastinate_jobs
        where status = 'todo' and task_name = %(task)s
          and args ->> 'tracker_id' = %(tracker)s::text
          and coalesce(scheduled_at, '-infinity') <= %(at)s
    )
"""

IS_FOLLOWED = sql.SQL(
    """
    (k.remote_id <> '' and k.superseded_at is null and (k.state in ('created', 'gone')
      or (k.state = 'blocked' and k.reason in ('ticket_hidden', 'ticket_moved'))))
    """
)
"""Whether somebody looks after a ticket ``k``: it was made, and is there or was lost sight of."""


@dataclass(frozen=True, slots=True)
class PlannedTicket:
    """A row of the ledger that was just written; ``due_at`` is None for a product on hold."""

    tracker_id: uuid.UUID
    due_at: datetime | None


async def plan_tickets(connection: Connection, theme_id: uuid.UUID, *, wait_seconds: float) -> None:
    """One row for every tracker that takes the theme, due after ``wait_seconds``; standing rows are
    left."""
    values = {"theme": theme_id, "wait": wait_seconds}
    for ticket in await fetch_all(connection, PLAN_TICKETS, values, of=PlannedTicket):
        if ticket.due_at is not None:
            await wake_push(connection, ticket.tracker_id, ticket.due_at)


async def cancel_tickets(connection: Connection, theme_id: uuid.UUID) -> None:
    """Make no ticket of what was not pushed yet."""
    await connection.execute(CANCEL_TICKETS, [theme_id])


async def wake_push(connection: Connection, tracker_id: uuid.UUID, at: datetime) -> None:
    """Defer a push of this tracker's tickets, unless one waits already. A hint: the sweep finds
    what is due as well."""
    values = {"queue": QUEUE, "task": PUSH_TASK, "tracker": tracker_id, "at": at}
    await connection.execute(DEFER_TASK, values)


async def wake_at_once(connection: Connection, task: str, tracker_id: uuid.UUID) -> None:
    """Defer a task of this tracker for now, unless one waits already."""
    now = await fetch_value(connection, "select now()")
    values = {"queue": QUEUE, "task": task, "tracker": tracker_id, "at": now}
    await connection.execute(DEFER_TASK, values)
