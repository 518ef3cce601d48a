"""The ledger of what is sent: one row for each subscription and thing told, written before
anything is called."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.digests.periods import last_ended
from app.digests.schedule import Schedule
from app.models.states import DispatchChannel, DispatchState, Frequency
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value

LOST_DETAIL = "The answer was lost: it may have arrived, and is not sent again by itself."

LOCK_DUE_SUBSCRIPTIONS = """
    select id, frequency, weekday, hour, time_zone from digest_subscription
    where next_at <= %(now)s and digests and enabled order by next_at, id limit 500 for update
"""
SET_NEXT = "update digest_subscription set next_at = %s where id = %s"
INSERT_DISPATCH = """
    insert into dispatch (id, subscription_id, about, due_at)
    values (gen_random_uuid(), %(subscription)s, %(about)s, %(now)s)
    on conflict (subscription_id, about) do nothing returning id
"""
# Whoever holds the lock calls this before anything else: so no living process is at these.
GIVE_UP_LOST = """
    update dispatch set state = 'unknown', reason = 'answer_lost', detail = %s
    where state = 'sending' returning id
"""
SELECT_DUE = """
    select d.id, d.subscription_id, d.about, d.attempts, s.product_id, s.channel, s.address,
           s.signing_secret, s.frequency, s.time_zone, s.enabled
    from dispatch d join digest_subscription s on s.id = d.subscription_id
    where d.state = 'pending' and d.due_at <= %(now)s
      and (%(only)s::uuid is null or d.id = %(only)s)
    order by s.product_id, d.about, d.due_at, d.id limit %(most)s
"""
CLAIM = """
    update dispatch set state = 'sending', called_at = %s, attempts = attempts + 1
    where id = %s and state = 'pending' returning id
"""
SETTLE = """
    update dispatch set state = %(state)s, reason = %(reason)s, detail = %(detail)s,
           due_at = coalesce(%(due)s, due_at), sent_at = %(sent)s
    where id = %(id)s
"""
SELECT_TROUBLED = """
    select s.id as subscription_id, s.channel, s.shown, d.state, d.reason, d.detail
    from digest_subscription s cross join lateral (
      select state, reason, detail from dispatch where subscription_id = s.id
      order by created_at desc, id limit 1) d
    where s.enabled and (d.state in ('failed', 'unknown') or d.state = 'pending' and d.reason <> '')
    order by s.shown, s.id
"""


@dataclass(frozen=True, slots=True)
class DueDispatch:
    """Something to send now; ``address`` and ``signing_secret`` are encrypted."""

    id: uuid.UUID
    subscription_id: uuid.UUID
    about: str
    attempts: int
    product_id: uuid.UUID | None
    channel: DispatchChannel
    address: bytes
    signing_secret: bytes | None
    frequency: Frequency
    time_zone: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class TroubledSubscription:
    """A subscription whose last sending did not arrive for certain."""

    subscription_id: uuid.UUID
    channel: DispatchChannel
    shown: str
    state: DispatchState
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Due:
    id: uuid.UUID
    frequency: Frequency
    weekday: int
    hour: int
    time_zone: str


async def write_due_digests(connection: Connection, now: datetime) -> int:
    """A row for each digest whose hour has come, of the newest period that is over: what was
    missed while nothing ran is not sent after the event. Returns how many are new."""
    added = 0
    due = await fetch_all(connection, LOCK_DUE_SUBSCRIPTIONS, {"now": now}, of=_Due)
    for one in due:
        schedule = Schedule(one.frequency, one.weekday, one.hour, one.time_zone)
        period = last_ended(one.frequency, now, one.time_zone)
        added += await write_dispatch(connection, one.id, period.key, now) is not None
        await connection.execute(SET_NEXT, [schedule.next_after(now), one.id])
    return added


async def write_dispatch(
    connection: Connection, subscription_id: uuid.UUID, about: str, now: datetime
) -> uuid.UUID | None:
    """A row for one thing to tell; None where it is there already."""
    values = {"subscription": subscription_id, "about": about, "now": now}
    added: uuid.UUID | None = await fetch_value(connection, INSERT_DISPATCH, values)
    return added


async def give_up_lost(connection: Connection) -> int:
    """What a process that died was sending may have arrived: it is told as unknown."""
    return len(await fetch_all(connection, GIVE_UP_LOST, [LOST_DETAIL]))


async def due_dispatches(
    connection: Connection, now: datetime, most: int, only: uuid.UUID | None = None
) -> list[DueDispatch]:
    """What is to be sent now, together what tells the same; ``only`` one of it where that is
    named."""
    values = {"now": now, "most": most, "only": only}
    return await fetch_all(connection, SELECT_DUE, values, of=DueDispatch)


async def claim(connection: Connection, dispatch_id: uuid.UUID, now: datetime) -> bool:
    """Say that the call goes out now; False where somebody else said so."""
    return await fetch_value(connection, CLAIM, [now, dispatch_id]) is not None


async def settle_dispatch(
    connection: Connection,
    dispatch_id: uuid.UUID,
    state: DispatchState,
    *,
    reason: str = "",
    detail: str = "",
    due_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> None:
    """Write down what became of it."""
    values = {
        "id": dispatch_id,
        "state": state,
        "reason": reason,
        "detail": detail,
        "due": due_at,
        "sent": sent_at,
    }
    await connection.execute(SETTLE, values)


async def troubled_subscriptions(connection: Connection) -> list[TroubledSubscription]:
    """Subscriptions whose last sending failed, is tried again or may not have arrived."""
    return await fetch_all(connection, SELECT_TROUBLED, of=TroubledSubscription)
