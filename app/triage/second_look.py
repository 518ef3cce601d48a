"""The second look: themes of one comment are held again against what has grown since they were
opened, and against each other.

Only what nobody has decided is touched: a theme that waits and has no ticket, with one comment that
the classifiers put there. It is merged where the comment would join today; everything bigger is
proposed (``app.themes.proposals``), and merged where it is small and certain
(``app.triage.certain_pairs``). Each merge can be undone, and is then kept apart. When it is time
says ``app.triage.settling``.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Sequence

import structlog
from psycopg import sql

from app.judging.product_models import own_grouper
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all
from app.themes.evidence import decision_evidence
from app.themes.locks import lock_grouping
from app.themes.middles import middles_of
from app.themes.placing import SELECT_WAITING, WaitingComment, barred_themes
from app.themes.pools import pools_of
from app.triage.by_itself import merge_by_itself
from classifiers.contract import Decision, Grouper, Verdict

log = structlog.get_logger(__name__)

LOOKED_AT_ONCE = 32
"""Themes in one transaction."""

# A theme is looked at once for itself, and again whenever one that it may be the same as has grown.
SINGLE = sql.SQL("""
    t.status = 'triage' and t.mentions = 1 and t.kind_by = 'model' and t.title_by <> 'person'
    and not exists (select from ticket k where k.theme_id = t.id)
    and (t.looked_at is null or exists (
        select from theme_suggestion g
        join theme o on o.id = case when g.theme_id = t.id then g.other_id else g.theme_id end
        where (g.theme_id = t.id or g.other_id = t.id) and g.state = 'open'
          and o.changed_at > t.looked_at))
""")
SELECT_SINGLES = sql.SQL("""
    {waiting}
    join theme t on t.id = c.theme_id
    where t.product_id = %s and {single} and c.deleted_at is null and c.theme_by = 'model'
      and c.stage = 'grouped'
    order by t.created_at, c.id limit %s
""").format(waiting=sql.SQL(SELECT_WAITING), single=SINGLE)
MARK_LOOKED = """
    update theme t set looked_at = now()
    where t.product_id = %s and (t.id = any(%s::uuid[]) or (%s and t.looked_at is null
      and t.status = 'triage' and t.mentions = 1))
"""


async def look_again(
    database: Database, grouper: Grouper, product_id: uuid.UUID, end: float = math.inf
) -> int:
    """Hold the single themes of a product again against all others, until ``end``
    (``time.monotonic``); returns how many were merged. What is left waits for the next pass."""
    merged = 0
    while True:
        looked, joined = await _look_at_some(database, grouper, product_id)
        merged += joined
        if looked < LOOKED_AT_ONCE or time.monotonic() >= end:
            break
    if merged:
        log.info("single_themes_merged", merged=merged)
    return merged


async def _look_at_some(
    database: Database, grouper: Grouper, product_id: uuid.UUID
) -> tuple[int, int]:
    """One transaction's worth: how many were looked at, and how many of them merged."""
    async with database.transaction() as connection:
        await lock_grouping(connection, product_id)
        values = [product_id, LOOKED_AT_ONCE]
        singles = await fetch_all(
            connection, SELECT_SINGLES, values, of=WaitingComment, binary=True
        )
        own = await own_grouper(connection, product_id, grouper)
        joins = await _would_join(connection, own, product_id, singles)
        gone: set[uuid.UUID] = set()
        for single, decision in joins:
            into = uuid.UUID(decision.theme_id or "")
            if single.theme_id is not None and not {single.theme_id, into} & gone:
                evidence = decision_evidence(decision)
                await merge_by_itself(
                    connection, product_id, single.theme_id, [single.id], into, evidence
                )
                gone |= {single.theme_id, into}
        looked = [single.theme_id for single in singles]
        is_last = len(singles) < LOOKED_AT_ONCE
        await connection.execute(MARK_LOOKED, [product_id, looked, is_last])
    return len(singles), len(gone) // 2


async def _would_join(
    connection: Connection,
    grouper: Grouper,
    product_id: uuid.UUID,
    singles: Sequence[WaitingComment],
) -> list[tuple[WaitingComment, Decision]]:
    """Those that would join another theme today."""
    ids = [single.id for single in singles]
    if not ids:
        return []
    pools = await pools_of(connection, product_id, ids, ())
    barred = await barred_themes(connection, ids)
    by_model = await middles_of(connection, {one.theme_id for one in pools.members.values()})
    joins = []
    for single in singles:
        if single.embedding is None:
            continue
        member = single.as_member(single.embedding.to_numpy().astype("float32"))
        blocked = frozenset({str(single.theme_id), *barred.get(single.id, ())})
        middles = by_model.get(single.model or "")
        candidates = [
            one for one in pools.candidates(single.id, {}) if one.theme_id != str(single.theme_id)
        ]
        decision = grouper.decide(member, candidates, blocked, middles)
        if decision.verdict is Verdict.join:
            joins.append((single, decision))
    return joins
