"""Applies a product's version in force to what it may still change: unsure comments that no person
decided about."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from structlog.contextvars import bound_contextvars

from app.judging.places import place_of
from app.judging.product_models import base_of, own_kinds
from app.judging.saving import scores_json
from app.models.states import Learned
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_value
from classifiers.contract import UNSURE, Enricher, Enrichment
from classifiers.kinds.doubt import by_sort

REJUDGED_MAX = 5_000
REJUDGE_BATCH_SIZE = 64

SELECT_UNSURE_COMMENTS = """
    select c.id, c.version, c.text, c.kind, c.platform, c.thread_id
    from comment c left join theme t on t.id = c.theme_id
    where c.product_id = %(product)s and c.id > %(after)s
      and c.deleted_at is null and c.stage = 'grouped'
      and c.kind_by = 'model' and c.theme_by = 'model' and c.kind_reason in ('', %(unsure)s)
      and (c.kind_reason = %(unsure)s or c.kind_confidence < %(below)s)
      and (t.id is null or t.status = 'triage')
      and not exists (
        select 1 from author a where a.id = c.author_id and (a.is_staff or a.is_bot)
      )
    order by c.id limit %(limit)s
"""
# A comment of another kind now goes through grouping again; one that was changed meanwhile is left
# alone.
SAVE_REJUDGED = """
    update comment c
    set kind = n.kind, kind_confidence = n.confidence, kind_scores = n.scores,
        model_version = n.judge, kind_reason = n.reason,
        stage = case when c.kind <> n.kind then 'enriched' else c.stage end
    from unnest(
        %(id)s::bigint[], %(version)s::text[], %(kind)s::text[], %(confidence)s::float[],
        %(scores)s::jsonb[], %(judge)s::text[], %(reason)s::text[]
    ) as n(id, version, kind, confidence, scores, judge, reason)
    where c.id = n.id and c.version = n.version and c.kind_by = 'model' and c.stage = 'grouped'
"""
SELECT_UNSURE_BELOW = """
    select settings ->> 'unsure_below' as below from product_model
    where product_id = %s and what = %s and status = 'active' and base = %s
"""


@dataclass(frozen=True, slots=True)
class UnsureComment:
    """A version of a comment whose kind may still change."""

    id: int
    version: str
    text: str
    kind: str
    platform: str
    thread_id: str


async def rejudge(database: Database, enricher: Enricher, product_id: uuid.UUID) -> tuple[int, int]:
    """Judge again what is unsure or less sure than the threshold in force; returns (looked at, of
    another kind).

    A person's word stays, and so does everything in a theme that was accepted or ignored.
    """
    looked_at = changed = last_id = 0
    with bound_contextvars(product=str(product_id)):
        unsure_below = await _unsure_below(database, enricher, product_id)
        while looked_at < REJUDGED_MAX:
            values = {
                "product": product_id,
                "after": last_id,
                "unsure": UNSURE,
                "below": unsure_below,
                "limit": REJUDGE_BATCH_SIZE,
            }
            async with database.transaction() as connection:
                comments = await fetch_all(
                    connection, SELECT_UNSURE_COMMENTS, values, of=UnsureComment
                )
            if not comments:
                break
            texts = [comment.text for comment in comments]
            sorts = [place_of(comment.platform, comment.thread_id) for comment in comments]
            enrichments = by_sort(enricher, await asyncio.to_thread(enricher.enrich, texts), sorts)
            products = [product_id] * len(comments)
            async with database.transaction() as connection:
                judged, judges = await own_kinds(connection, enricher, products, enrichments)
                await _save(connection, comments, judged, judges)
            last_id = comments[-1].id
            looked_at += len(comments)
            changed += sum(
                comment.kind != enrichment.kind.value
                for comment, enrichment in zip(comments, judged, strict=True)
            )
    return looked_at, changed


async def _unsure_below(database: Database, enricher: Enricher, product_id: uuid.UUID) -> float:
    """The product's own threshold of doubt, or the model's where it has none."""
    values = [product_id, Learned.kind, base_of(enricher)]
    async with database.transaction() as connection:
        unsure_below = await fetch_value(connection, SELECT_UNSURE_BELOW, values)
    return float(getattr(enricher, "unsure_below", 0.0) if unsure_below is None else unsure_below)


async def _save(
    connection: Connection,
    comments: Sequence[UnsureComment],
    judged: Sequence[Enrichment],
    judges: Sequence[str],
) -> None:
    columns = {
        "id": [comment.id for comment in comments],
        "version": [comment.version for comment in comments],
        "kind": [enrichment.kind.value for enrichment in judged],
        "confidence": [enrichment.confidence for enrichment in judged],
        "scores": [scores_json(enrichment.scores) for enrichment in judged],
        "judge": judges,
        "reason": [enrichment.reason for enrichment in judged],
    }
    await connection.execute(SAVE_REJUDGED, columns)
