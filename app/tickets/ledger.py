"""The ledger of tickets: what is to be pushed where, written in the same transaction as the
decision."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from app.models.states import Policy
from app.setup.routing_rules import HELD_BY_RULE, held_sentence
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.tickets.routing import decide_theme

PUSH_TASK = "push_tickets"
FOLLOW_TASK = "follow_tickets"
QUEUE = "relay"

# What is held keeps its tickets undated: they are pushed when the policy changes. A ticket that is
# taken up again and may be in the tracker is looked up there first. Where the theme's only ticket
# says already that the matter is followed elsewhere, none is made beside it. With rules, a theme
# that has a ticket stays where that is, whatever the rules say by now.
PLAN_TICKETS = """
    insert into ticket as k (id, product_id, theme_id, tracker_id, marker, due_at, reason, detail,
                             rule_id, rule_name, rule_why)
    select gen_random_uuid(), t.product_id, t.id, r.id, 'relay-' || replace(t.id::text, '-', ''),
           case when %(held)s then null else now() + make_interval(secs => %(wait)s) end,
           %(reason)s, %(detail)s, %(rule)s, %(rule_name)s, %(why)s
    from theme t
    join tracker r on r.product_id = t.product_id and r.enabled
    where t.id = %(theme)s and not exists (
        select 1 from ticket x where x.theme_id = t.id and x.tracker_id = r.id
        having bool_and(x.superseded_at is not null)
    )
    and case when %(stays)s then exists (
            select 1 from ticket x where x.theme_id = t.id and x.tracker_id = r.id
              and x.superseded_at is null
              and (x.remote_id <> '' or x.create_unconfirmed_at is not null))
        when %(tracker)s::uuid is null then t.kind = any(string_to_array(r.kinds, ','))
        else r.id = %(tracker)s end
    on conflict (theme_id, tracker_id) where superseded_at is null do update
    set due_at = excluded.due_at, attempts = 0, reason = excluded.reason,
        detail = excluded.detail, rule_id = excluded.rule_id, rule_name = excluded.rule_name,
        rule_why = excluded.rule_why,
        create_unconfirmed_at =
          case when k.remote_id <> '' then coalesce(k.called_at, k.created_at)
               else k.create_unconfirmed_at end,
        state = case when k.create_unconfirmed_at is null and k.remote_id = '' then 'pending'
                     else 'creating' end
    where k.state in ('cancelled', 'blocked')
    returning k.tracker_id, k.due_at
"""
IS_TICKETED = """
    select exists (
        select 1 from ticket where theme_id = %s and superseded_at is null
          and (remote_id <> '' or create_unconfirmed_at is not null))
"""
SELECT_PRODUCT_OF_THEME = "select product_id from theme where id = %s"
# One whose call is out already is left to its end.
CANCEL_TICKETS = """
    update ticket
    set state = 'cancelled', due_at = null,
        detail = case when reason = 'held_by_rule' then '' else detail end,
        reason = case when reason = 'held_by_rule' then '' else reason end
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
    """A row of the ledger that was just written; ``due_at`` is None for one that is held."""

    tracker_id: uuid.UUID
    due_at: datetime | None


async def plan_tickets(connection: Connection, theme_id: uuid.UUID, *, wait_seconds: float) -> None:
    """One row for every tracker that the product's rules choose, due after ``wait_seconds``;
    standing rows are left."""
    product_id = await fetch_value(connection, SELECT_PRODUCT_OF_THEME, [theme_id])
    decision = await decide_theme(connection, product_id, theme_id)
    holds = decision.policy is Policy.hold
    by_rule = decision.rule is not None
    values = {
        "theme": theme_id,
        "wait": wait_seconds,
        "held": holds,
        "reason": HELD_BY_RULE if holds and by_rule else "",
        "detail": held_sentence(decision.rule_name) if holds and by_rule else "",
        "rule": decision.rule_id,
        "rule_name": decision.rule_name,
        "why": decision.why if by_rule else "",
        "tracker": decision.tracker_id,
        "stays": decision.has_rules and await fetch_value(connection, IS_TICKETED, [theme_id]),
    }
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
