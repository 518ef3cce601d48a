"""Keeps the middle of every theme: the mean vector of its latest comments, worked out anew whenever
it is counted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from psycopg import sql
from psycopg.rows import tuple_row

from app.storage.db import Connection
from app.themes.voices import SPEAKS
from classifiers.middle import MIDDLE_COMMENTS, Middle

# Where a theme's comments were read by two encoders, those of the one that read more of them count.
COMPUTE_MIDDLES = sql.SQL("""
    select t.id, n.model, n.comments, n.middle
    from unnest(%(themes)s::uuid[]) as t(id) cross join lateral (
        select latest.model, count(*) as comments, avg(latest.embedding)::halfvec(384) as middle
        from (
            select e.model, e.embedding
            from comment cm join comment_embedding e on e.comment_id = cm.id
            where cm.theme_id = t.id and cm.deleted_at is null
              and cm.id <> all (%(but)s::bigint[]) and {speaks}
            order by cm.created_at desc, cm.id desc limit {latest}
        ) latest
        group by latest.model order by count(*) desc, latest.model limit 1
    ) n
""").format(latest=sql.Literal(MIDDLE_COMMENTS), speaks=SPEAKS)
STORE_MIDDLES = sql.SQL("""
    with now as ({middles}), gone as (
        delete from theme_middle
        where theme_id = any(%(themes)s::uuid[]) and theme_id not in (select id from now)
    )
    insert into theme_middle (theme_id, model, comments, middle)
    select id, model, comments, middle from now
    on conflict (theme_id) do update
    set model = excluded.model, comments = excluded.comments, middle = excluded.middle
""").format(middles=COMPUTE_MIDDLES)
SELECT_MIDDLES = sql.SQL("""
    select theme_id, model, comments, middle from theme_middle where theme_id = any(%(themes)s)
""")

ByModel = dict[str, dict[str, Middle]]
"""The middles of themes, by the space of their vectors and the theme's id: only those of one space
compare."""


async def store_middles(connection: Connection, themes: Sequence[uuid.UUID]) -> None:
    """Bring the middles of these themes up to date. Whoever calls holds the themes' rows."""
    await connection.execute(STORE_MIDDLES, {"themes": list(themes), "but": []})


async def middles_of(
    connection: Connection, themes: Iterable[str], *, but: Sequence[int] = ()
) -> ByModel:
    """The middles of these themes as they are stored; ``but``: worked out without these
    comments."""
    by_model: ByModel = {}
    values = {"themes": [uuid.UUID(theme) for theme in sorted(set(themes))], "but": list(but)}
    async with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(COMPUTE_MIDDLES if but else SELECT_MIDDLES, values)
        for theme_id, model, comments, middle in await cursor.fetchall():
            vector = middle.to_numpy().astype("float32")
            by_model.setdefault(model, {})[str(theme_id)] = Middle(vector, comments)
    return by_model
