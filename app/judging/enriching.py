"""The enrich step: language, vector, kind and sentiment of every comment that waits."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
import structlog
from structlog.contextvars import bound_contextvars

from app.judging.places import place_of
from app.judging.product_models import own_kinds
from app.judging.saving import SAVE_ENRICHED, JudgedComment, judgement_columns, save_vectors
from app.metrics import STAGE_ROWS
from app.models.states import CommentStage
from app.storage.db import Connection, Database, is_away
from app.storage.rows import fetch_all
from classifiers.contract import Enricher
from classifiers.kinds.doubt import by_sort

log = structlog.get_logger(__name__)

CLAIM_COMMENTS = """
    with picked as (
        select id from comment
        where stage = 'parsed' and (lease_until is null or lease_until < now())
        order by delivery_id, id limit %(limit)s for update skip locked
    )
    update comment c
    set lease_until = now() + make_interval(secs => %(lease)s), attempts = c.attempts + 1
    from picked where c.id = picked.id
    returning c.id, c.product_id, c.version, c.text, c.attempts, c.platform, c.thread_id
"""
FAIL_COMMENTS = """
    update comment set stage = 'failed', reason = %s, detail = %s, lease_until = null
    where id = any(%s) and stage = 'parsed'
"""
GAVE_UP = (
    "The worker stopped every time it tried this comment; replay its delivery after an update."
)


@dataclass(frozen=True, slots=True)
class ClaimedComment:
    """A version of a comment that this worker has a lease on."""

    id: int
    product_id: uuid.UUID
    version: str
    text: str
    attempts: int
    platform: str
    thread_id: str


async def enrich_batch(
    database: Database, enricher: Enricher, *, limit: int, lease: float, max_attempts: int
) -> int:
    """Enrich up to ``limit`` comments; returns how many were taken. The model runs in a thread.
    Raises DatabaseAway."""
    with bound_contextvars(stage="enrich"):
        async with database.transaction() as connection:
            values = {"limit": limit, "lease": lease}
            claimed = await fetch_all(connection, CLAIM_COMMENTS, values, of=ClaimedComment)
            hopeless = [comment.id for comment in claimed if comment.attempts > max_attempts]
            if hopeless:
                await _fail(connection, hopeless, "gave_up", GAVE_UP)
        comments = [comment for comment in claimed if comment.attempts <= max_attempts]
        if comments:
            comments.sort(key=lambda comment: comment.id)
            judged = await _judge(database, enricher, comments)
            await _save_batch(database, enricher.space, judged)
        return len(claimed)


async def _judge(
    database: Database, enricher: Enricher, comments: Sequence[ClaimedComment]
) -> list[JudgedComment]:
    """What the model makes of the comments, with the doubt that is due where they were said, and
    what their products' own versions make of that."""
    texts = [comment.text for comment in comments]
    sorts = [place_of(comment.platform, comment.thread_id) for comment in comments]
    enrichments = by_sort(enricher, await asyncio.to_thread(enricher.enrich, texts), sorts)
    products = [comment.product_id for comment in comments]
    async with database.transaction() as connection:
        enrichments, judges = await own_kinds(connection, enricher, products, enrichments)
    return [
        JudgedComment(
            comment.id, comment.product_id, comment.version, comment.text, enrichment, judge
        )
        for comment, enrichment, judge in zip(comments, enrichments, judges, strict=True)
    ]


async def _save_batch(database: Database, space: str, judged: Sequence[JudgedComment]) -> None:
    """Store the batch in one transaction, or one by one where the database refuses something."""
    try:
        await _save(database, space, judged)
    except (psycopg.Error, ValueError) as error:
        if is_away(error):
            raise
        log.warning("enrich_batch_split", size=len(judged), error=type(error).__name__)
        for comment in judged:
            with bound_contextvars(product=str(comment.product_id), comment=comment.id):
                await _save_alone(database, space, comment)


async def _save_alone(database: Database, space: str, comment: JudgedComment) -> None:
    """One comment in its own transaction, so that one the database refuses does not hold the
    others back."""
    try:
        await _save(database, space, [comment])
    except (psycopg.Error, ValueError) as error:
        if is_away(error) or isinstance(error, psycopg.OperationalError):
            raise
        log.exception("enrichment_refused")
        async with database.transaction() as connection:
            await _fail(
                connection, [comment.id], "not_storable", "The database refused it; see the log."
            )


async def _save(database: Database, space: str, judged: Sequence[JudgedComment]) -> None:
    async with database.transaction() as connection:
        await save_vectors(connection, space, judged)
        await connection.execute(SAVE_ENRICHED, judgement_columns(judged))
    for comment in judged:
        STAGE_ROWS.labels("enrich", comment.enrichment.kind.value).inc()


async def _fail(connection: Connection, ids: Sequence[int], reason: str, detail: str) -> None:
    await connection.execute(FAIL_COMMENTS, [reason, detail, ids])
    STAGE_ROWS.labels("enrich", CommentStage.failed).inc(len(ids))
