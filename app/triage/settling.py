"""Themes settle once their product is quiet: what has become the same is proposed, and merged where
nobody needs to be asked.

What becomes of the same deliveries must not depend on the minute in which somebody looks. So
nothing settles while comments are on their way, and then everything does, in one order. A product
that is never quiet is looked at all the same once its themes have waited long enough.
"""

from __future__ import annotations

import time
import uuid

from psycopg import sql
from structlog.contextvars import bound_contextvars

from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Database
from app.storage.rows import fetch_all
from app.themes.proposals import TO_COMPARE, propose_merges
from app.triage.certain_pairs import merge_certain_pairs
from app.triage.second_look import SINGLE, look_again
from classifiers.contract import Grouper

QUIET_SECONDS = 10.0
"""A product is quiet when nothing of it waits and nothing arrived for so long."""
OVERDUE_SECONDS = 600.0
"""After so long themes settle also where comments never stop coming."""

SELECT_PRODUCTS_TO_SETTLE = sql.SQL("""
    select p.id from product p
    where (
        exists (select from theme t where t.product_id = p.id and ({to_compare} or ({single})))
        or exists (select from theme_suggestion g where g.product_id = p.id and g.state = 'open')
      ) and (
        not exists (select from delivery d where d.product_id = p.id and d.stage = 'received')
        and not exists (
          select from comment c where c.product_id = p.id and c.stage in ('parsed', 'enriched'))
        and not exists (
          select from source s cross join lateral (
            select d.received_at from delivery d
            where d.source_id = s.id order by d.id desc limit 1) latest
          where s.product_id = p.id
            and latest.received_at > now() - make_interval(secs => %(quiet)s))
        or exists (
          select from theme t where t.product_id = p.id and {to_compare}
            and t.changed_at < now() - make_interval(secs => %(overdue)s))
      )
    order by p.id
""").format(to_compare=TO_COMPARE, single=SINGLE)


async def settle(
    database: Database,
    grouper: Grouper,
    *,
    quiet_seconds: float = QUIET_SECONDS,
    seconds: float = 30.0,
) -> int:
    """Settle the themes of every product that is quiet, for about ``seconds`` at most; returns how
    many were merged. What is left waits for the next pass."""
    end, merged = time.monotonic() + seconds, 0
    async with database.transaction() as connection:
        values = {"quiet": quiet_seconds, "overdue": OVERDUE_SECONDS}
        rows = await fetch_all(connection, SELECT_PRODUCTS_TO_SETTLE, values)
    for row in rows:
        with bound_contextvars(product=str(row["id"])):
            merged += await _settle_product(database, grouper, row["id"], end)
    return merged


async def _settle_product(
    database: Database, grouper: Grouper, product_id: uuid.UUID, end: float
) -> int:
    """Propose, look again and merge what is certain, as long as that changes anything."""
    merged = 0
    async with held_alone(database, AdvisoryLock.settle, product_id) as alone:
        while alone:
            await propose_merges(database, grouper, product_id, end)
            changed = await look_again(database, grouper, product_id, end)
            changed += await merge_certain_pairs(database, product_id)
            merged += changed
            if not changed or time.monotonic() >= end:
                break
    return merged
