"""Applies a product's version in force to what it may still change: unsure comments that no person
decided about."""

from __future__ import annotations

import asyncio
import json
import uuid

from app.judging.product_models import KIND, base_of, own_kinds
from app.storage.db import Database
from classifiers.contract import UNSURE, Enricher

MOST = 5_000
AT_ONCE = 64

OPEN = """
    select c.id, c.version, c.text, c.kind from comment c left join theme t on t.id = c.theme_id
    where c.product_id = %(product)s and c.id > %(after)s and c.deleted_at is null and c.stage = 'grouped'
      and c.kind_by = 'model' and c.theme_by = 'model' and c.kind_reason in ('', %(unsure)s)
      and (c.kind_reason = %(unsure)s or c.kind_confidence < %(below)s) and (t.id is null or t.status = 'triage')
      and not exists (select 1 from author a where a.id = c.author_id and (a.is_staff or a.is_bot))
    order by c.id limit %(most)s
"""
# A comment of another kind now goes through grouping again; one that was changed meanwhile is left
# alone.
WRITE = """
    update comment c
    set kind = n.kind, kind_confidence = n.confidence, kind_scores = n.scores, model_version = n.judge,
        kind_reason = n.reason, stage = case when c.kind <> n.kind then 'enriched' else c.stage end
    from unnest(%(id)s::bigint[], %(version)s::text[], %(kind)s::text[], %(confidence)s::float[], %(scores)s::jsonb[],
                %(judge)s::text[], %(reason)s::text[]) as n(id, version, kind, confidence, scores, judge, reason)
    where c.id = n.id and c.version = n.version and c.kind_by = 'model' and c.stage = 'grouped'
"""
THRESHOLD = """
    select settings ->> 'unsure_below' as below from product_model
    where product_id = %s and what = %s and status = 'active' and base = %s
"""


async def rejudge(database: Database, enricher: Enricher, product_id: uuid.UUID) -> tuple[int, int]:
    """Judge again what is unsure or less sure than the threshold in force; returns (looked at, of
    another kind).

    A person's word stays, and so does everything in a theme that was accepted or ignored.
    """
    async with database.transaction() as connection:
        row = await (
            await connection.execute(THRESHOLD, [product_id, KIND, base_of(enricher)])
        ).fetchone()
    below = float(row["below"]) if row else float(getattr(enricher, "unsure_below", 0.0))
    seen = changed = after = 0
    while seen < MOST:
        async with database.transaction() as connection:
            values = {
                "product": product_id,
                "after": after,
                "unsure": UNSURE,
                "below": below,
                "most": AT_ONCE,
            }
            rows = await (await connection.execute(OPEN, values)).fetchall()
        if not rows:
            break
        found = await asyncio.to_thread(enricher.enrich, [row["text"] for row in rows])
        async with database.transaction() as connection:
            judged, names = await own_kinds(connection, enricher, [product_id] * len(rows), found)
            columns = {
                "id": [row["id"] for row in rows],
                "version": [row["version"] for row in rows],
                "kind": [each.kind.value for each in judged],
                "confidence": [each.confidence for each in judged],
                "scores": [
                    json.dumps({kind.value: round(score, 4) for kind, score in each.scores.items()})
                    for each in judged
                ],
                "judge": names,
                "reason": [each.reason for each in judged],
            }
            await connection.execute(WRITE, columns)
        seen, after = seen + len(rows), rows[-1]["id"]
        changed += sum(
            row["kind"] != each.kind.value for row, each in zip(rows, judged, strict=True)
        )
    return seen, changed
