"""The ledger of tickets: what is to be pushed where, written in the same transaction as the
decision."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from app.storage.db import Connection

PUSH_TASK = "push_tickets"
QUEUE = "relay"

# A product on hold keeps its tickets undated: they are pushed when the policy changes.
PLAN = """
    insert into ticket as k (id, product_id, theme_id, tracker_id, marker, due_at)
    select gen_random_uuid(), t.product_id, t.id, r.id, 'relay-' || replace(t.id::text, '-', ''),
           case when p.policy = 'hold' then null else now() + make_interval(secs => %(wait)s) end
    from theme t
    join product p on p.id = t.product_id
    join tracker r on r.product_id = t.product_id and r.enabled and t.kind = any(string_to_array(r.kinds, ','))
    where t.id = %(theme)s
    on conflict (theme_id, tracker_id) do update
    set state = 'pending', due_at = excluded.due_at, attempts = 0, reason = '', detail = ''
    where k.state in ('cancelled', 'blocked')
    returning k.tracker_id, k.due_at
"""


async def plan_tickets(connection: Connection, theme_id: uuid.UUID, *, wait_seconds: float) -> None:
    """One ledger row for every tracker that takes the theme, due after ``wait_seconds``; standing
    rows are left."""
    cursor = await connection.execute(PLAN, {"theme": theme_id, "wait": wait_seconds})
    for row in await cursor.fetchall():
        if row["due_at"] is not None:
            await wake_push(connection, row["tracker_id"], row["due_at"])


async def cancel_tickets(connection: Connection, theme_id: uuid.UUID) -> None:
    """Tickets that were not pushed yet are not made; one whose call is out already is left to its
    end."""
    await connection.execute(
        "update ticket set state = 'cancelled', due_at = null where theme_id = %s and state in "
        "('pending', 'blocked')",
        [theme_id],
    )


async def hand_over_tickets(
    connection: Connection, old: uuid.UUID, new: uuid.UUID
) -> dict[str, str]:
    """Give a merged theme's tickets to the theme it went into, where none was made; returns
    {ticket: old theme}."""
    await cancel_tickets(connection, old)
    await connection.execute(
        """
        delete from ticket x where x.theme_id = %(new)s and x.state in ('pending', 'blocked', 'cancelled')
          and exists (select 1 from ticket k where k.theme_id = %(old)s and k.tracker_id = x.tracker_id
                      and k.state in ('creating', 'created'))
        """,
        {"old": old, "new": new},
    )
    cursor = await connection.execute(
        """
        update ticket k set theme_id = %(new)s, due_at = coalesce(k.due_at, now())
        where k.theme_id = %(old)s and k.state in ('creating', 'created')
          and not exists (select 1 from ticket x where x.theme_id = %(new)s and x.tracker_id = k.tracker_id)
        returning k.id
        """,
        {"old": old, "new": new},
    )
    return {str(row["id"]): str(old) for row in await cursor.fetchall()}


async def give_back_tickets(connection: Connection, tickets: Mapping[str, str]) -> None:
    """Undo of ``hand_over_tickets``."""
    for ticket_id, theme_id in tickets.items():
        await connection.execute(
            "update ticket set theme_id = %s, due_at = coalesce(due_at, now()) where id = %s",
            [theme_id, ticket_id],
        )


async def wake_push(connection: Connection, tracker_id: uuid.UUID, at: datetime) -> None:
    """Defer a push of this tracker's tickets, unless one waits already. A hint: the sweep finds
    what is due as well."""
    await connection.execute(
        """
        select procrastinate.procrastinate_defer_jobs_v1(array[row(
            %(queue)s, %(task)s, 0, null, null, jsonb_build_object('tracker_id', %(tracker)s::text), %(at)s
        )::procrastinate.procrastinate_job_to_defer_v1])
        where not exists (
            select 1 from procrastinate.procrastinate_jobs
            where status = 'todo' and task_name = %(task)s and args ->> 'tracker_id' = %(tracker)s::text
              and coalesce(scheduled_at, '-infinity') <= %(at)s
        )
        """,
        {"queue": QUEUE, "task": PUSH_TASK, "tracker": tracker_id, "at": at},
    )
