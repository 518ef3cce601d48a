"""Reads comments again whose vectors or judgements are of another model than the one in force.

Comments in a theme come first: they get new vectors and keep kind and theme, which people may have
seen and decided about. By the time that the others are judged again, and go on to be grouped, every
theme can be found.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from pgvector import HalfVector

from app.judging.enriching import SAVE, VECTORS
from app.judging.product_models import own_kinds
from app.storage.db import Connection, Database
from app.themes.counts import recount
from app.themes.locks import lock_grouping
from classifiers.contract import THEME_KINDS, Enricher, Enrichment
from classifiers.grouping.copies import wording
from classifiers.texts.text import fingerprint

AT_ONCE = 256
STALE = """
    from comment c join comment_embedding e on e.comment_id = c.id
    where c.stage = 'grouped' and c.deleted_at is null
      and (e.model <> %(space)s or not starts_with(c.model_version, %(judge)s))
"""
NEXT = f"""
    select c.id, c.product_id, c.version, c.text, c.theme_id {STALE}
      and c.id > %(after)s and (c.theme_id is not null) = %(themed)s
    order by c.id limit %(most)s
"""
OTHER_SPACE = """
    select count(*) as count from comment_embedding e join comment c on c.id = e.comment_id
    where e.model <> %s and c.deleted_at is null
"""
# What is in a theme keeps its kind, and what was said about it.
IN_THEME = """
    update comment c
    set language = n.language, fingerprint = n.fingerprint, sentiment = n.sentiment, model_version = n.model_version,
        other_kinds = string_to_array(n.other_kinds, ' '), tone = n.tone, tone_confidence = n.hostile,
        wording = n.wording
    from unnest(%(id)s::bigint[], %(version)s::text[], %(language)s::text[], %(fingerprint)s::text[],
                %(sentiment)s::float[], %(model_version)s::text[], %(other_kinds)s::text[], %(tone)s::text[],
                %(hostile)s::float[], %(wording)s::text[])
        as n(id, version, language, fingerprint, sentiment, model_version, other_kinds, tone, hostile, wording)
    where c.id = n.id and c.version = n.version and c.stage = 'grouped' and c.theme_id is not null
    returning c.theme_id
"""
# The others take the usual way again from here; one that was edited meanwhile is on it already.
WAKE = """
    update comment c set stage = 'parsed'
    from unnest(%(id)s::bigint[], %(version)s::text[]) as n(id, version)
    where c.id = n.id and c.version = n.version and c.stage = 'grouped' and c.theme_id is null
"""


async def stale_comments(connection: Connection, enricher: Enricher) -> int:
    """How many comments another model has read."""
    row = await (
        await connection.execute(f"select count(*) as count {STALE}", _marks(enricher))
    ).fetchone()
    return 0 if row is None else int(row["count"])


async def comments_of_other_encoders(connection: Connection, space: str) -> int:
    """How many comments cannot be compared with new ones, because their vectors are not of
    ``space``."""
    row = await (await connection.execute(OTHER_SPACE, [space])).fetchone()
    return 0 if row is None else int(row["count"])


async def reenrich(
    database: Database, enricher: Enricher, *, say: Callable[[int], None] = lambda _: None
) -> int:
    """Read every such comment again, those in themes first; returns how many. ``say`` gets the
    number so far.

    It can be stopped and started again at any time. Raises DatabaseAway.
    """
    done = 0
    for themed in (True, False):
        after = 0
        while rows := await _next(database, enricher, after=after, themed=themed):
            after = int(rows[-1]["id"])
            found = await asyncio.to_thread(enricher.enrich, [row["text"] for row in rows])
            async with database.transaction() as connection:
                await _save(connection, enricher, rows, found, themed=themed)
            done += len(rows)
            say(done)
    return done


def _marks(enricher: Enricher) -> dict[str, object]:
    return {"space": enricher.space, "judge": enricher.version}


async def _next(
    database: Database, enricher: Enricher, *, after: int, themed: bool
) -> list[dict[str, Any]]:
    values = {**_marks(enricher), "after": after, "themed": themed, "most": AT_ONCE}
    async with database.transaction() as connection:
        return await (await connection.execute(NEXT, values)).fetchall()


async def _save(
    connection: Connection,
    enricher: Enricher,
    rows: Sequence[dict[str, Any]],
    found: Sequence[Enrichment],
    *,
    themed: bool,
) -> None:
    products = [row["product_id"] for row in rows]
    judged, judges = await own_kinds(connection, enricher, products, found)
    values = {
        "id": [row["id"] for row in rows],
        "version": [row["version"] for row in rows],
        "language": [each.language for each in judged],
        "fingerprint": [fingerprint(row["text"]) for row in rows],
        "sentiment": [each.sentiment for each in judged],
        "model_version": judges,
        "kind": [each.kind.value for each in judged],
        "confidence": [each.confidence for each in judged],
        "scores": [
            json.dumps({kind.value: score for kind, score in each.scores.items()})
            for each in judged
        ],
        "reason": [each.reason for each in judged],
        "other_kinds": [" ".join(kind.value for kind in each.other_kinds) for each in judged],
        "tone": [each.tone for each in judged],
        "hostile": [each.hostile for each in judged],
        "wording": [wording(row["text"]) for row in rows],
        "theme_kinds": [kind.value for kind in THEME_KINDS],
    }
    vectors = [HalfVector(each.vector) for each in judged]
    for product_id in sorted(set(products)):  # before any row, as whoever moves comments does
        await lock_grouping(connection, product_id)
    await connection.execute(
        VECTORS, [values["id"], products, [enricher.space] * len(rows), vectors]
    )
    if themed:
        cursor = await connection.execute(IN_THEME, values)
        await recount(connection, {row["theme_id"] for row in await cursor.fetchall()})
    else:
        await connection.execute(WAKE, values)
        await connection.execute(SAVE, values)
