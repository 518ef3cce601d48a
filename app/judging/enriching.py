"""The enrich step: language, vector, kind and sentiment of every comment that waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import psycopg
import structlog
from pgvector import HalfVector

from app.judging.product_models import own_kinds
from app.metrics import STAGE_ROWS
from app.storage.db import Database, is_away
from classifiers.contract import THEME_KINDS, Enricher, Enrichment
from classifiers.grouping.copies import wording
from classifiers.texts.text import fingerprint

log = structlog.get_logger(__name__)

CLAIM = """
    with picked as (
        select id from comment
        where stage = 'parsed' and (lease_until is null or lease_until < now())
        order by id limit %(limit)s for update skip locked
    )
    update comment c set lease_until = now() + make_interval(secs => %(lease)s), attempts = c.attempts + 1
    from picked where c.id = picked.id
    returning c.id, c.product_id, c.version, c.text, c.attempts
"""
# A comment that was edited while it was with the model stays 'parsed' and comes round again.
# Staff's answers are understood like all others, but only what they open a thread with makes
# themes, unless the product says otherwise.
SAVE = """
    update comment c
    set language = n.language, fingerprint = n.fingerprint, sentiment = n.sentiment, model_version = n.model_version,
        kind = case when c.kind_by = 'person' then c.kind else n.kind end,
        kind_confidence = case when c.kind_by = 'person' then 1 else n.confidence end,
        kind_scores = n.scores,
        kind_reason = case when c.kind_by = 'person' then '' else n.reason end,
        other_kinds = string_to_array(n.other_kinds, ' '), tone = n.tone, tone_confidence = n.hostile,
        wording = n.wording,
        stage = case
            when c.theme_id is not null then 'enriched'
            when (case when c.kind_by = 'person' then c.kind else n.kind end) <> all (%(theme_kinds)s) then 'grouped'
            when c.kind_by = 'model' and coalesce(a.is_staff, false) and not c.opens_thread and not p.count_staff
                then 'grouped'
            else 'enriched' end,
        attempts = 0, lease_until = null, reason = '', detail = ''
    from unnest(
        %(id)s::bigint[], %(version)s::text[], %(language)s::text[], %(fingerprint)s::text[], %(sentiment)s::float[],
        %(model_version)s::text[], %(kind)s::text[], %(confidence)s::float[], %(scores)s::jsonb[], %(reason)s::text[],
        %(other_kinds)s::text[], %(tone)s::text[], %(hostile)s::float[], %(wording)s::text[]
    ) as n(id, version, language, fingerprint, sentiment, model_version, kind, confidence, scores, reason, other_kinds,
           tone, hostile, wording),
    product p, comment same left join author a on a.id = same.author_id
    where c.id = n.id and same.id = n.id and c.version = n.version and c.stage = 'parsed' and p.id = c.product_id
"""
VECTORS = """
    insert into comment_embedding (comment_id, product_id, model, embedding)
    select * from unnest(%b::bigint[], %b::uuid[], %t::text[], %b::halfvec[])
    on conflict (comment_id) do update set model = excluded.model, embedding = excluded.embedding
"""
GIVE_UP = """
    update comment set stage = 'failed', reason = %s, detail = %s, lease_until = null
    where id = any(%s) and stage = 'parsed'
"""


async def enrich_batch(
    database: Database, enricher: Enricher, *, limit: int, lease: float, max_attempts: int
) -> int:
    """Enrich up to ``limit`` comments; returns how many were taken. The model runs in a thread.
    Raises DatabaseAway."""
    async with database.transaction() as connection:
        cursor = await connection.execute(CLAIM, {"limit": limit, "lease": lease})
        rows = sorted(await cursor.fetchall(), key=lambda row: int(row["id"]))
        hopeless = [row["id"] for row in rows if row["attempts"] > max_attempts]
        if hopeless:
            sentence = "The worker stopped every time it tried this comment; replay its delivery after an update."
            await connection.execute(GIVE_UP, ["gave_up", sentence, hopeless])
            STAGE_ROWS.labels("enrich", "failed").inc(len(hopeless))
            rows = [row for row in rows if row["attempts"] <= max_attempts]
    if not rows:
        return len(hopeless)
    found = await asyncio.to_thread(enricher.enrich, [row["text"] for row in rows])
    async with database.transaction() as connection:
        found, judges = await own_kinds(
            connection, enricher, [row["product_id"] for row in rows], found
        )
    rows = [row | {"judge": judge} for row, judge in zip(rows, judges, strict=True)]
    try:
        await _save(database, enricher.space, rows, found)
    except (psycopg.Error, ValueError) as error:
        if is_away(error):
            raise
        log.warning("enrich_batch_split", size=len(rows), error=type(error).__name__)
        for row, each in zip(rows, found, strict=True):
            await _save_alone(database, enricher.space, row, each)
    return len(rows) + len(hopeless)


async def _save_alone(
    database: Database, space: str, row: dict[str, Any], found: Enrichment
) -> None:
    try:
        await _save(database, space, [row], [found])
    except (psycopg.Error, ValueError) as error:
        if is_away(error) or isinstance(error, psycopg.OperationalError):
            raise
        log.exception("enrichment_refused", comment=row["id"])
        async with database.transaction() as connection:
            await connection.execute(
                GIVE_UP, ["not_storable", "The database refused it; see the log.", [row["id"]]]
            )
        STAGE_ROWS.labels("enrich", "failed").inc()


async def _save(
    database: Database, space: str, rows: Sequence[dict[str, Any]], found: Sequence[Enrichment]
) -> None:
    values = {
        "id": [row["id"] for row in rows],
        "version": [row["version"] for row in rows],
        "language": [each.language for each in found],
        "fingerprint": [fingerprint(row["text"]) for row in rows],
        "sentiment": [each.sentiment for each in found],
        "model_version": [row["judge"] for row in rows],
        "kind": [each.kind.value for each in found],
        "confidence": [each.confidence for each in found],
        "scores": [
            json.dumps({kind.value: round(score, 4) for kind, score in each.scores.items()})
            for each in found
        ],
        "reason": [each.reason for each in found],
        "other_kinds": [" ".join(kind.value for kind in each.other_kinds) for each in found],
        "tone": [each.tone for each in found],
        "hostile": [each.hostile for each in found],
        "wording": [wording(row["text"]) for row in rows],
        "theme_kinds": [kind.value for kind in THEME_KINDS],
    }
    vectors = [HalfVector(each.vector) for each in found]
    async with database.transaction() as connection:
        await connection.execute(
            VECTORS,
            [values["id"], [row["product_id"] for row in rows], [space] * len(rows), vectors],
        )
        await connection.execute(SAVE, values)
    for each in found:
        STAGE_ROWS.labels("enrich", each.kind.value).inc()
