"""Which answer of a source is to be sent next, and whether it may leave now: quiet hours, the
budget of an hour, and pauses of the account."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import sql

from app.replies.ledger import REPLY_COLUMNS, Reply
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value

# What is in doubt goes first: it holds nobody up, and its outcome matters most.
SELECT_NEXT_REPLY = sql.SQL(
    """
    select {columns} from reply p
    where p.source_id = %s and p.state in ('approved', 'sending') and p.due_at <= now()
    order by p.state <> 'sending', p.due_at, p.id limit 1
    """
).format(columns=REPLY_COLUMNS)
SELECT_SOURCES_TO_ANSWER = """
    select distinct p.source_id from reply p join source_replies r on r.source_id = p.source_id
    where p.due_at <= now() and p.state in ('approved', 'sending') and r.enabled
      and (r.paused_until is null or r.paused_until <= now())
"""
SELECT_OPEN_ACCOUNT = """
    select s.platform, s.settings, r.credentials, r.per_hour, r.reason <> '' as troubled
    from source_replies r join source s on s.id = r.source_id
    where r.source_id = %s and r.enabled and (r.paused_until is null or r.paused_until <= now())
"""
# One row that all workers change: the budget is spent before the call.
SPEND_ANSWER = """
    update source_replies
    set sent = case when sent_from > now() - interval '1 hour' then sent + 1 else 1 end,
        sent_from = case when sent_from > now() - interval '1 hour' then sent_from else now() end
    where source_id = %(source)s
      and (sent_from is null or sent_from <= now() - interval '1 hour' or sent < %(most)s)
    returning sent
"""
POSTPONE_REPLY = """
    update reply set due_at = %(at)s, reason = %(reason)s, detail = %(detail)s where id = %(reply)s
"""
SELECT_BUDGET_END = """
    select sent_from + interval '1 hour' from source_replies where source_id = %s
"""


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """The account of a source that may be used now; ``credentials`` are encrypted."""

    platform: str
    settings: Mapping[str, Any]
    credentials: bytes
    per_hour: int
    troubled: bool


@dataclass(frozen=True, slots=True)
class _SourceToAnswer:
    source_id: uuid.UUID


async def sources_to_answer(connection: Connection) -> list[uuid.UUID]:
    """Sources that have an answer to be sent now."""
    rows = await fetch_all(connection, SELECT_SOURCES_TO_ANSWER, of=_SourceToAnswer)
    return [row.source_id for row in rows]


async def open_account(connection: Connection, source_id: uuid.UUID) -> OpenAccount | None:
    """The account of a source; None where it has none, is switched off, or pauses."""
    return await fetch_one(connection, SELECT_OPEN_ACCOUNT, [source_id], of=OpenAccount)


async def next_reply(connection: Connection, source_id: uuid.UUID) -> Reply | None:
    """The answer that has been due for the longest."""
    return await fetch_one(connection, SELECT_NEXT_REPLY, [source_id], of=Reply)


async def spend_answer(connection: Connection, source_id: uuid.UUID, most: int) -> datetime | None:
    """Take one answer out of the hour's budget; None where there was one, else when there is one
    again."""
    values = {"source": source_id, "most": most}
    if await fetch_value(connection, SPEND_ANSWER, values) is not None:
        return None
    again_at: datetime = await fetch_value(connection, SELECT_BUDGET_END, [source_id])
    return again_at


async def postpone_reply(
    connection: Connection, reply_id: uuid.UUID, at: datetime, reason: str = "", detail: str = ""
) -> None:
    """Let the answer be due at ``at``."""
    values = {"reply": reply_id, "at": at, "reason": reason, "detail": detail}
    await connection.execute(POSTPONE_REPLY, values)


def quiet_until(now: datetime, zone: ZoneInfo, first_hour: int, end_hour: int) -> datetime | None:
    """When the quiet hours end in which ``now`` lies; None outside of them. 22 to 7 goes over
    midnight; the same hour twice is none at all."""
    local = now.astimezone(zone)
    is_over_midnight = first_hour > end_hour
    if is_over_midnight:
        is_quiet = local.hour >= first_hour or local.hour < end_hour
    else:
        is_quiet = first_hour <= local.hour < end_hour
    if not is_quiet:
        return None
    day = local.date()
    if is_over_midnight and local.hour >= first_hour:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, end_hour, tzinfo=zone)
