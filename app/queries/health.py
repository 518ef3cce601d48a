"""What waits where, and whether every source still speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.queries.rows import build
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from integrations import registry


class SourceStatus(StrEnum):
    """How a source does, in one word."""

    ok = "ok"
    quiet = "quiet"
    """It is silent for longer than usual."""
    refusing = "refusing"
    """What arrived last was refused: nothing has been accepted since."""
    asked = "asked"
    """Its webhook is silent, and asking the platform found what it did not send."""
    held = "held"
    """It is only asked, and that fails until somebody changes something."""
    failing = "failing"
    """More of its last finished deliveries failed than were parsed."""
    never = "never"
    """Nothing arrived yet."""
    disabled = "disabled"


@dataclass(frozen=True, slots=True)
class StageWait:
    """One step of the way: how many rows wait, how long the oldest has (seconds), and how many
    failed for good."""

    stage: str
    waiting: int
    oldest_seconds: float
    failed: int


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source does.

    ``deliveries_24h`` counts by arrival, ``comments_24h`` by the time of writing; ``failed``,
    ``unknown`` and ``ignored`` count the last seven days. ``silent``: it has not spoken for more
    than a day, for more than ten times the mean gap of its last 100 deliveries, and for half as
    long again as the longest of those gaps; what was fetched counts by when it was written.
    ``status`` is ``failing`` by its last 20 finished deliveries. ``last_refused_at``: when a
    request was refused last; looks at the address with GET do not count.
    """

    source_id: UUID
    product_id: UUID
    name: str
    platform: str
    enabled: bool
    last_delivery_at: datetime | None
    deliveries_24h: int
    comments_24h: int
    failed: int
    unknown: int
    ignored: int
    silent: bool
    last_refused_at: datetime | None
    credentials_end_at: datetime | None
    status: SourceStatus


COUNT_WAITING = """
    with clock as (select coalesce(%(now)s::timestamptz, now()) as now),
    waits as (
      select 1 as place, 'parse' as stage, count(*) as waiting, min(received_at) as oldest
      from delivery
      where stage = 'received' and (%(product)s::uuid is null or product_id = %(product)s)
      union all
      select 2, 'enrich', count(*), min(received_at) from comment
      where stage = 'parsed' and (%(product)s::uuid is null or product_id = %(product)s)
      union all
      select 3, 'group', count(*), min(received_at) from comment
      where stage = 'enriched' and (%(product)s::uuid is null or product_id = %(product)s)
      union all
      select 4, 'push', count(*), min(due_at) from ticket, clock
      where due_at <= clock.now and (%(product)s::uuid is null or product_id = %(product)s)
    ),
    failures as (
      select 'parse' as stage, count(*) as failed from delivery
      where stage = 'failed' and (%(product)s::uuid is null or product_id = %(product)s)
      union all
      select case when kind = '' then 'enrich' else 'group' end, count(*) from comment
      where stage = 'failed' and (%(product)s::uuid is null or product_id = %(product)s)
      group by 1
      union all
      select 'push', count(*) from ticket
      where state = 'blocked' and (%(product)s::uuid is null or product_id = %(product)s)
    )
    select w.stage, w.waiting, coalesce(f.failed, 0) as failed,
           greatest(0, coalesce(extract(epoch from clock.now - w.oldest), 0))::float8
             as oldest_seconds
    from clock, waits w left join failures f using (stage) order by w.place
"""
SELECT_SOURCE_HEALTH = """
    with clock as (select coalesce(%(now)s::timestamptz, now()) as now),
    week as (
      select source_id,
             count(*) filter (where received_at > clock.now - interval '24 hours')
               as deliveries_24h,
             count(*) filter (where stage = 'failed') as failed,
             count(*) filter (where stage = 'unknown') as unknown,
             count(*) filter (where stage = 'ignored') as ignored
      from delivery, clock where received_at > clock.now - interval '7 days' group by source_id
    ),
    written as (
      select source_id, count(*) as comments_24h from comment, clock
      where created_at > clock.now - interval '24 hours'
        and (%(product)s::uuid is null or product_id = %(product)s) group by source_id
    )
    select s.id as source_id, s.product_id, s.name, s.platform, s.enabled, latest.*,
      coalesce(week.deliveries_24h, 0) as deliveries_24h,
      coalesce(written.comments_24h, 0) as comments_24h,
      coalesce(week.failed, 0) as failed, coalesce(week.unknown, 0) as unknown,
      coalesce(week.ignored, 0) as ignored,
      coalesce(n >= 4 and last_said_at < clock.now - interval '1 day'
        and clock.now - last_said_at > 10 * (last_said_at - first_said_at) / greatest(1, n - 1)
        and clock.now - last_said_at > 1.5 * longest_gap, false) as silent,
      refused.last_refused_at, p.credentials_end_at,
      coalesce(refused.last_refused_at > coalesce(heard.last_heard_at, '-infinity')
        and refused.last_refused_at > clock.now - interval '7 days', false) as refusing,
      coalesce(p.missed_at > coalesce(heard.last_heard_at, '-infinity'), false) as missed_since,
      coalesce(p.enabled and p.failures > 0 and p.paused_until > clock.now + interval '20 minutes',
        false) as held
    from clock, source s
    left join source_poll p on p.source_id = s.id
    left join lateral (
      select max(last_at) as last_refused_at from refused_request
      where source_id = s.id and reason <> 'method_not_allowed'
    ) refused on true
    left join week on week.source_id = s.id left join written on written.source_id = s.id
    cross join lateral (
      select max(received_at) as last_delivery_at,
             count(*) filter (where place <= 20 and stage = 'failed')
               > count(*) filter (where place <= 20 and stage = 'parsed') as failing
      from (select received_at, stage, row_number() over (order by id desc) as place
            from delivery where source_id = s.id and reason <> 'test_event'
            order by id desc limit 20) recent
    ) latest
    cross join lateral (
      select max(said_at) as last_said_at, min(said_at) as first_said_at, count(*) as n,
             coalesce(max(said_at - earlier_at), interval '0') as longest_gap
      from (select said_at, lag(said_at) over (order by said_at) as earlier_at
            from (select coalesce(
                      (select min(c.created_at) from comment c
                       where c.delivery_id = d.id and d.headers ? 'relay-poll'),
                      d.received_at) as said_at
                  from delivery d
                  where d.source_id = s.id and d.reason <> 'test_event'
                    and not d.headers ? 'relay-gone'
                  order by d.id desc limit 100) timed) gaps
    ) rhythm
    cross join lateral (
      select max(d.received_at) as last_heard_at
      from (select received_at, headers, reason from delivery
            where source_id = s.id order by id desc limit 200) d
      where d.reason <> 'test_event'
        and not d.headers ?| array['relay-poll', 'relay-gone', 'relay-import']
    ) heard
    where (%(product)s::uuid is null or s.product_id = %(product)s)
      and (%(source)s::uuid is null or s.id = %(source)s)
    order by s.name, s.id
"""
COUNT_ACTIVE_SECRETS = """
    select count(*) from source_secret where source_id = %s and retired_at is null
"""


async def stages(
    connection: Connection, product_id: UUID | None = None, *, now: datetime | None = None
) -> list[StageWait]:
    """What waits in parse, enrich, group and push, in this order."""
    values = {"product": product_id, "now": now}
    return await fetch_all(connection, COUNT_WAITING, values, of=StageWait)


async def sources(
    connection: Connection,
    product_id: UUID | None = None,
    *,
    source_id: UUID | None = None,
    now: datetime | None = None,
) -> list[SourceHealth]:
    """Every source with its health, by name."""
    values = {"product": product_id, "source": source_id, "now": now}
    rows = await fetch_all(connection, SELECT_SOURCE_HEALTH, values)
    return [build(SourceHealth, {**row, "status": _status(row)}) for row in rows]


def _status(row: Mapping[str, Any]) -> SourceStatus:
    if not row["enabled"]:
        return SourceStatus.disabled
    sends = registry.source(row["platform"]).sends
    if row["refusing"]:
        return SourceStatus.refusing
    if row["last_delivery_at"] is None:
        return SourceStatus.never
    if row["failing"]:
        return SourceStatus.failing
    if row["held"] and not sends:
        return SourceStatus.held
    if row["missed_since"] and sends:
        return SourceStatus.asked
    if row["silent"]:
        return SourceStatus.quiet
    return SourceStatus.ok


async def count_active_secrets(connection: Connection, source_id: UUID) -> int:
    """How many secrets a source's deliveries may be signed with."""
    count: int = await fetch_value(connection, COUNT_ACTIVE_SECRETS, [source_id])
    return count
