"""What a theme shows of itself: its comments as the classifiers see them, quotes that differ,
phrases and summary."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.storage.db import Connection
from app.themes.voices import VOICE
from classifiers.faces.face import Portrait, Spoken

QUOTES = 4
_LOOKED_AT = 120
_READ = 4_000
_ABOUT = ("fingerprint", "text", "author", "platform", "source", "permalink", "created_at")

_MEMBERS = sql.SQL("""
    select cm.id, left(cm.text, {length}) as text, cm.fingerprint, cm.likes, cm.created_at, cm.platform, cm.permalink,
           case when cm.opens_thread then cm.thread_title else '' end as thread_title, ({voice})::text as voice,
           coalesce(nullif(a.name, ''), nullif(a.handle, ''), 'somebody') as author, s.name as source,
           e.model, e.embedding
    from comment cm join source s on s.id = cm.source_id left join author a on a.id = cm.author_id
    left join comment_embedding e on e.comment_id = cm.id
    where cm.theme_id = %(theme)s and cm.deleted_at is null
    order by cm.id = %(first)s desc, {order} cm.created_at desc, cm.id desc limit %(most)s
""")


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A comment of a theme, for its face: ``spoken`` is what the classifiers read of it."""

    spoken: Spoken
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
class FaceRow:
    """``comment_id`` gave the title when the theme had ``mentions``; ``summary`` is by the language
    model named in ``summary_by``, empty where there is none."""

    comment_id: int | None
    fingerprint: str
    mentions: int
    phrases: tuple[str, ...]
    summary: str
    summary_by: str
    asked: int


async def read_face(c: Connection, theme_id: UUID) -> FaceRow | None:
    """What was found for a theme; None where nobody looked yet."""
    found = await c.execute(
        "select comment_id, fingerprint, mentions, phrases, summary, summary_by, asked from "
        "theme_face"
        " where theme_id = %s",
        [theme_id],
    )
    row = await found.fetchone()
    return None if row is None else FaceRow(**{**row, "phrases": tuple(row["phrases"])})


async def read_members(
    c: Connection, theme_id: UUID, most: int, *, first: int | None = None, liked: bool = False
) -> list[MemberRow]:
    """At most ``most`` standing comments of a theme, the newest (or most liked) first, ``first``
    before all others.

    Vectors of another model than that of most of them are left out.
    """
    query = _MEMBERS.format(
        length=_READ, voice=VOICE, order=sql.SQL("cm.likes desc," if liked else "")
    )
    cursor = await c.execute(
        query, {"theme": theme_id, "most": most, "first": first or 0}, binary=True
    )
    rows = await cursor.fetchall()
    models = Counter(row["model"] for row in rows if row["model"])
    common = min(models, key=lambda model: (-models[model], model), default=None)
    newest = max((row["created_at"] for row in rows), default=None)
    made = []
    for row in rows:
        vector = (
            row["embedding"].to_numpy().astype("float32")
            if row["model"] == common and common
            else None
        )
        age = (newest - row["created_at"]).total_seconds() / 86_400 if newest else 0.0
        spoken = Spoken(
            row["id"], row["text"], vector, row["voice"], row["thread_title"], row["likes"], age
        )
        about = [
            row[name]
            for name in (
                "fingerprint",
                "text",
                "author",
                "platform",
                "source",
                "permalink",
                "created_at",
            )
        ]
        made.append(MemberRow(spoken, *about))
    return made


async def theme_quotes(c: Connection, theme_id: UUID, most: int = QUOTES) -> list[MemberRow]:
    """Comments that show best what a theme is about, of one person each, unlike each other."""
    rows = {
        row.spoken.comment_id: row
        for row in await read_members(c, theme_id, _LOOKED_AT, liked=True)
    }
    portrait = await asyncio.to_thread(
        lambda: Portrait([row.spoken for row in rows.values()]).quotes(most)
    )
    return [rows[comment_id] for comment_id in portrait]
