"""Comments put into a theme as they are after grouping, with the vectors that a test wants."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from pgvector import HalfVector

from app.themes.middles import store_middles
from classifiers.contract import Vectors
from classifiers.texts.text import fingerprint
from tests.scenes.forum import Forum


async def add_grouped_comments(
    forum: Forum, texts: Sequence[str], vectors: Sequence[Vectors] | Vectors, space: str = "one"
) -> list[int]:
    """Live comments of one theme of their own, with these vectors; returns their ids."""
    async with forum.database.transaction() as connection:
        theme = uuid.uuid4()
        await connection.execute(
            "insert into theme (id, product_id, kind) values (%s, %s, 'bug')",
            [theme, forum.product_id],
        )
        cursor = await connection.execute(
            """
            insert into comment (product_id, source_id, external_id, text, stage, kind, theme_id,
                fingerprint)
            select %s, %s, gen_random_uuid(), said, 'grouped', 'bug', %s, printed
            from unnest(%s::text[], %s::text[]) as t(said, printed) returning id
            """,
            [
                forum.product_id,
                forum.source_id,
                theme,
                list(texts),
                [fingerprint(text) for text in texts],
            ],
        )
        ids = [int(row["id"]) for row in await cursor.fetchall()]
        await connection.execute(
            """
            insert into comment_embedding (comment_id, product_id, model, live, embedding)
            select id, %s, %s, true, v from unnest(%s::bigint[], %s::halfvec[]) as t(id, v)
            """,
            [forum.product_id, space, ids, [HalfVector(vector) for vector in vectors]],
        )
        await store_middles(connection, [theme])
    return ids
