"""What a theme shows of itself: its comments as the classifiers see them, quotes that differ,
phrases and summary."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pgvector import HalfVector
from psycopg import sql

from app.models.states import Visibility
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.visibility import hidden_from
from app.themes.voices import VOICE
from classifiers.contract import Vectors
from classifiers.faces.face import Portrait, PortraitComment

QUOTES_PER_THEME = 4
QUOTED_FROM_MOST = 120
"""Comments that the quotes are chosen from, the most liked ones."""
MEMBER_TEXT_MAX_CHARACTERS = 4_000

SELECT_FACE = """
    select comment_id, fingerprint, mentions, phrases, summary, summary_by, asked
    from theme_face where theme_id = %s
"""
SELECT_MEMBERS_OF_THEME = sql.SQL("""
    select cm.id, left(cm.text, {length}) as text, cm.fingerprint, cm.likes, cm.created_at,
           cm.platform, cm.permalink, s.name as source, e.model, e.embedding,
           case when cm.opens_thread then cm.thread_title else '' end as thread_title,
           ({voice})::text as voice,
           coalesce(nullif(a.name, ''), nullif(a.handle, ''), 'somebody') as author
    from comment cm
    join source s on s.id = cm.source_id
    left join author a on a.id = cm.author_id
    left join comment_embedding e on e.comment_id = cm.id
    where cm.theme_id = %(theme)s and cm.deleted_at is null
      and cm.visibility <> all(%(hidden)s::text[])
    order by cm.id = %(first)s desc, {order} cm.created_at desc, cm.id desc limit %(most)s
""")
SELECT_QUOTED_COMMENTS = sql.SQL("""
    select left(cm.text, {length}) as text, cm.platform, cm.permalink, cm.created_at,
           cm.thread_title, s.name as source,
           coalesce(nullif(a.name, ''), nullif(a.handle, ''), 'somebody') as author
    from unnest(%(comments)s::bigint[]) with ordinality as o(id, place)
    join comment cm on cm.id = o.id
    join source s on s.id = cm.source_id
    left join author a on a.id = cm.author_id
    where cm.deleted_at is null and cm.text <> '' and cm.visibility <> all(%(hidden)s::text[])
    order by o.place
""").format(length=MEMBER_TEXT_MAX_CHARACTERS)
NEWEST_FIRST, MOST_LIKED_FIRST = sql.SQL(""), sql.SQL("cm.likes desc,")


@dataclass(frozen=True, slots=True)
class _StoredMember:
    """A comment of a theme as the query gives it."""

    id: int
    text: str
    fingerprint: str
    likes: int
    created_at: datetime
    platform: str
    permalink: str
    source: str
    model: str | None
    embedding: HalfVector | None
    thread_title: str
    voice: str
    author: str

    def vector(self, model: str | None) -> Vectors | None:
        """Its vector, if it is one of ``model``."""
        if self.embedding is None or self.model != model:
            return None
        vector: Vectors = self.embedding.to_numpy().astype("float32")
        return vector


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A comment of a theme, for its face: ``spoken`` is what the classifiers read of it."""

    spoken: PortraitComment
    fingerprint: str
    text: str
    author: str
    platform: str
    source: str
    permalink: str
    created_at: datetime

    @property
    def id(self) -> int:
        """The comment's id."""
        return self.spoken.comment_id


@dataclass(frozen=True, slots=True)
class QuotedComment:
    """A comment as it is quoted, wherever it belongs by now."""

    text: str
    author: str
    platform: str
    source: str
    permalink: str
    created_at: datetime
    thread_title: str


@dataclass(frozen=True, slots=True)
class FaceRow:
    """``comment_id`` gave the title when the theme had ``mentions``; ``summary`` is by the language
    model named in ``summary_by``, empty where there is none."""

    comment_id: int | None
    fingerprint: str
    mentions: int
    phrases: Sequence[str]
    summary: str
    summary_by: str
    asked: int


async def read_face(connection: Connection, theme_id: UUID) -> FaceRow | None:
    """What was found for a theme; None where nobody looked yet."""
    return await fetch_one(connection, SELECT_FACE, [theme_id], of=FaceRow)


async def read_members(
    connection: Connection,
    theme_id: UUID,
    most: int,
    *,
    first: int | None = None,
    liked: bool = False,
    shown: Visibility = Visibility.private,
) -> list[MemberRow]:
    """At most ``most`` standing comments of a theme, the newest (or most liked) first, ``first``
    before all others; only those that may stand where ``shown`` is the most that may.

    Vectors of another model than that of most of them are left out.
    """
    query = SELECT_MEMBERS_OF_THEME.format(
        length=MEMBER_TEXT_MAX_CHARACTERS,
        voice=VOICE,
        order=MOST_LIKED_FIRST if liked else NEWEST_FIRST,
    )
    hidden = hidden_from(shown)
    values = {"theme": theme_id, "most": most, "first": first or 0, "hidden": hidden}
    rows = await fetch_all(connection, query, values, of=_StoredMember, binary=True)
    if not rows:
        return []
    counts = Counter(row.model for row in rows if row.model)
    common_model = min(counts, key=lambda model: (-counts[model], model), default=None)
    newest = max(row.created_at for row in rows)
    return [_member_of(row, common_model, newest) for row in rows]


def _member_of(row: _StoredMember, model: str | None, newest: datetime) -> MemberRow:
    """``newest`` is the time from which the age of a comment counts."""
    as_read = PortraitComment(
        row.id,
        row.text,
        row.vector(model),
        row.voice,
        row.thread_title,
        row.likes,
        (newest - row.created_at) / timedelta(days=1),
    )
    return MemberRow(
        as_read,
        row.fingerprint,
        row.text,
        row.author,
        row.platform,
        row.source,
        row.permalink,
        row.created_at,
    )


async def theme_quotes(
    connection: Connection,
    theme_id: UUID,
    most: int = QUOTES_PER_THEME,
    *,
    shown: Visibility = Visibility.private,
) -> list[MemberRow]:
    """Comments that show best what a theme is about, of one person each, unlike each other."""
    members = await read_members(connection, theme_id, QUOTED_FROM_MOST, liked=True, shown=shown)
    portrait_of = [member.spoken for member in members]
    ids = await asyncio.to_thread(lambda: Portrait(portrait_of).quotes(most))
    by_id = {member.id: member for member in members}
    return [by_id[comment_id] for comment_id in ids]


async def read_quoted(
    connection: Connection, comment_ids: Sequence[int], hidden: Sequence[str]
) -> list[QuotedComment]:
    """These comments in their order, as far as they still stand; none of a visibility that is
    ``hidden``."""
    values = {"comments": list(comment_ids), "hidden": list(hidden)}
    return await fetch_all(connection, SELECT_QUOTED_COMMENTS, values, of=QuotedComment)
