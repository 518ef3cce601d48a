"""Pairs that are as likely as a comment has to be to join: nobody is asked about them.

The pass that proposes merges finds that small themes say the same from either side, so also where
the comment alone would not have said so. A theme of at most as many comments as speak for a theme,
which nobody has decided about and which has no ticket, goes where they say; about all others a
person decides.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from app.storage.db import Connection, Database
from app.storage.rows import fetch_all
from app.themes.links import SPEAKERS_PER_THEME
from app.themes.locks import lock_grouping
from app.triage.by_itself import merge_by_itself

MERGED_IN_ONE_TRANSACTION = 32

# What a person kept apart stays apart, also before the suggestion is withdrawn. Words that not
# everybody can read join no theme with a ticket: somebody may have let it show more.
CERTAIN_PAIRS = sql.SQL("""
    from theme_suggestion g
    cross join lateral (values (g.theme_id, g.other_id), (g.other_id, g.theme_id))
      as side(small, into_id)
    join theme s on s.id = side.small join theme t on t.id = side.into_id
    where g.state = 'open' and s.kind = t.kind
      and (g.evidence ->> 'score')::float >= (g.evidence ->> 'join_at')::float
      and coalesce(g.evidence -> 'apart', '[]') = '[]'
      and s.status = 'triage' and s.mentions between 1 and %(most)s and s.kind_by = 'model'
      and s.title_by <> 'person' and t.status in ('triage', 'accepted') and t.mentions > 0
      and (t.people, t.mentions, t.id) > (s.people, s.mentions, s.id)
      and not exists (select from ticket k where k.theme_id = s.id)
      and (s.visibility in ('public', 'unknown')
        or not exists (select from ticket k where k.theme_id = t.id))
      and not exists (select from comment c where c.theme_id = s.id and c.deleted_at is null
        and (c.theme_by <> 'model' or c.stage <> 'grouped'))
      and not exists (
        select from separation x join comment c on c.id = x.comment_id
        where (x.theme_id = t.id and c.theme_id = s.id)
           or (x.theme_id = s.id and c.theme_id = t.id))
""")
SELECT_CERTAIN_PAIRS = sql.SQL("""
    select s.id as theme_id, t.id as into_id, g.evidence,
           (select array_agg(c.id order by c.id) from comment c where c.theme_id = s.id) as comments
    {pairs} and g.product_id = %(product)s order by g.score desc, g.id limit %(at_once)s
""").format(pairs=CERTAIN_PAIRS)


@dataclass(frozen=True, slots=True)
class CertainPair:
    """A small theme, all of its comments, and the theme that they say the same as."""

    theme_id: uuid.UUID
    into_id: uuid.UUID
    evidence: Mapping[str, Any]
    comments: Sequence[int]


async def merge_certain_pairs(database: Database, product_id: uuid.UUID) -> int:
    """Merge what is certain in a product, a few pairs at once; returns how many. What is left, and
    what hangs together with these, waits for the next call."""
    async with database.transaction() as connection:
        await lock_grouping(connection, product_id)
        return await _merge_some(connection, product_id)


async def _merge_some(connection: Connection, product_id: uuid.UUID) -> int:
    values = {
        "most": SPEAKERS_PER_THEME,
        "product": product_id,
        "at_once": MERGED_IN_ONE_TRANSACTION,
    }
    pairs = await fetch_all(connection, SELECT_CERTAIN_PAIRS, values, of=CertainPair)
    touched: set[uuid.UUID] = set()
    for pair in pairs:
        if not {pair.theme_id, pair.into_id} & touched:
            evidence = {**pair.evidence, "verdict": "join"}
            await merge_by_itself(
                connection, product_id, pair.theme_id, pair.comments, pair.into_id, evidence
            )
            touched |= {pair.theme_id, pair.into_id}
    return len(touched) // 2
