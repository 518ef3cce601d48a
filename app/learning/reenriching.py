"""Reads comments again whose vectors or judgements are of another model than the one in force.

Comments in a theme come first: they get new vectors and keep kind and theme, which people may have
seen and decided about. By the time that the others are judged again, and go on to be grouped, every
theme can be found.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.judging.product_models import own_kinds
from app.judging.saving import SAVE_ENRICHED, JudgedComment, judgement_columns, save_vectors
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_value
from app.themes.counts import recount
from app.themes.locks import lock_grouping
from classifiers.contract import Enricher, Enrichment

REENRICH_BATCH_SIZE = 256

_FROM_STALE_COMMENTS = """
    from comment c join comment_embedding e on e.comment_id = c.id
    where c.stage = 'grouped' and c.deleted_at is null
      and (e.model <> %(space)s or not starts_with(c.model_version, %(judge)s))
"""
COUNT_STALE_COMMENTS = f"select count(*) as count {_FROM_STALE_COMMENTS}"
SELECT_STALE_COMMENTS = f"""
    select c.id, c.product_id, c.version, c.text {_FROM_STALE_COMMENTS}
      and c.id > %(after)s and (c.theme_id is not null) = %(themed)s
    order by c.id limit %(limit)s
"""
# What is in a theme keeps its kind, and what was said about it.
SAVE_IN_THEME = """
    update comment c
    set language = n.language, fingerprint = n.fingerprint, sentiment = n.sentiment,
        model_version = n.model_version, other_kinds = string_to_array(n.other_kinds, ' '),
        tone = n.tone, tone_confidence = n.hostile, wording = n.wording
    from unnest(
        %(id)s::bigint[], %(version)s::text[], %(language)s::text[], %(fingerprint)s::text[],
        %(sentiment)s::float[], %(model_version)s::text[], %(other_kinds)s::text[],
        %(tone)s::text[], %(hostile)s::float[], %(wording)s::text[]
    ) as n(
        id, version, language, fingerprint, sentiment, model_version, other_kinds,
        tone, hostile, wording
    )
    where c.id = n.id and c.version = n.version and c.stage = 'grouped' and c.theme_id is not null
    returning c.theme_id
"""
# The others take the usual way again from here; one that was edited meanwhile is on it already.
SEND_BACK_TO_ENRICH = """
    update comment c set stage = 'parsed'
    from unnest(%(id)s::bigint[], %(version)s::text[]) as n(id, version)
    where c.id = n.id and c.version = n.version and c.stage = 'grouped' and c.theme_id is null
"""


@dataclass(frozen=True, slots=True)
class StaleComment:
    """A version of a comment that another model has read."""

    id: int
    product_id: uuid.UUID
    version: str
    text: str


@dataclass(frozen=True, slots=True)
class RereadBatch:
    """How many comments were read again, and the id of the last one."""

    last_id: int
    comments: int


@dataclass(frozen=True, slots=True)
class _ThemeOfComment:
    theme_id: uuid.UUID


async def stale_comments(connection: Connection, enricher: Enricher) -> int:
    """How many comments another model has read."""
    return int(await fetch_value(connection, COUNT_STALE_COMMENTS, _model_of(enricher)))


async def reenrich(
    database: Database, enricher: Enricher, *, say: Callable[[int], None] = lambda _: None
) -> int:
    """Read every such comment again, those in themes first; returns how many. ``say`` gets the
    number so far.

    It can be stopped and started again at any time. Raises DatabaseAway.
    """
    done = 0
    for themed in (True, False):
        last_id = 0
        while batch := await reread_batch(database, enricher, last_id=last_id, themed=themed):
            last_id = batch.last_id
            done += batch.comments
            say(done)
    return done


async def reread_batch(
    database: Database,
    enricher: Enricher,
    *,
    last_id: int,
    themed: bool,
    limit: int = REENRICH_BATCH_SIZE,
) -> RereadBatch | None:
    """Read the next such comments after ``last_id`` again, in themes or in none; None where there
    are none left. Raises DatabaseAway."""
    values = {**_model_of(enricher), "after": last_id, "themed": themed, "limit": limit}
    async with database.transaction() as connection:
        comments = await fetch_all(connection, SELECT_STALE_COMMENTS, values, of=StaleComment)
    if not comments:
        return None
    texts = [comment.text for comment in comments]
    enrichments = await asyncio.to_thread(enricher.enrich, texts)
    async with database.transaction() as connection:
        judged = await _judge(connection, enricher, comments, enrichments)
        await _save(connection, enricher.space, judged, themed=themed)
    return RereadBatch(comments[-1].id, len(comments))


def _model_of(enricher: Enricher) -> dict[str, object]:
    return {"space": enricher.space, "judge": enricher.version}


async def _judge(
    connection: Connection,
    enricher: Enricher,
    comments: Sequence[StaleComment],
    enrichments: Sequence[Enrichment],
) -> list[JudgedComment]:
    products = [comment.product_id for comment in comments]
    own, judges = await own_kinds(connection, enricher, products, enrichments)
    return [
        JudgedComment(
            comment.id, comment.product_id, comment.version, comment.text, enrichment, judge
        )
        for comment, enrichment, judge in zip(comments, own, judges, strict=True)
    ]


async def _save(
    connection: Connection, space: str, judged: Sequence[JudgedComment], *, themed: bool
) -> None:
    # Before any row, as whoever moves comments does.
    for product_id in sorted({comment.product_id for comment in judged}):
        await lock_grouping(connection, product_id)
    await save_vectors(connection, space, judged)
    columns = judgement_columns(judged)
    if themed:
        saved = await fetch_all(connection, SAVE_IN_THEME, columns, of=_ThemeOfComment)
        await recount(connection, {row.theme_id for row in saved})
    else:
        await connection.execute(SEND_BACK_TO_ENRICH, columns)
        await connection.execute(SAVE_ENRICHED, columns)
