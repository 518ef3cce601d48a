"""What a ticket says of a theme of which it may not show everything: counted, named and phrased
anew, from the comments that it may show."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from app.intake.taking_back import words_of
from app.models.states import DecidedBy
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.taking_back import TAKEN_BACK_TITLE
from app.themes.voices import CREDIT
from classifiers.faces.titles import title_of

SHOWN_TEXTS_MOST = 300

COUNT_SHOWN = sql.SQL("""
    select count(distinct said.credit) as people, count(said.id) as mentions,
           min(said.created_at) as first_seen, max(said.created_at) as last_seen
    from (
        select cm.id, cm.created_at, {credit} as credit
        from comment cm left join author a on a.id = cm.author_id
        where cm.theme_id = %(theme)s and cm.deleted_at is null
          and cm.visibility <> all(%(hidden)s::text[])
    ) said
""").format(credit=CREDIT)
SELECT_SHOWN_TEXTS = """
    select id, left(text, 4000) as text, thread_title, opens_thread from comment
    where theme_id = %(theme)s and deleted_at is null and visibility <> all(%(hidden)s::text[])
    order by likes desc, created_at desc, id desc limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class _Counts:
    people: int
    mentions: int
    first_seen: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class _ShownText:
    id: int
    text: str
    thread_title: str
    opens_thread: bool


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A theme without what its ticket may not show. The times are missing where nothing remains."""

    title: str
    people: int
    mentions: int
    first_seen: datetime | None
    last_seen: datetime | None
    texts: Sequence[str]

    def says(self, phrase: str) -> bool:
        """Whether several say it where the readers of the ticket may read it."""
        saying = [text for text in self.texts if phrase.casefold() in text.casefold()]
        return len(saying) > 1

    def holds(self, title: str) -> bool:
        """Whether every word of a title is said where the readers of the ticket may read it."""
        return words_of(title) <= set().union(*map(words_of, self.texts))


async def shown_part(
    connection: Connection,
    theme_id: uuid.UUID,
    hidden: Sequence[str],
    *,
    titled_by: int | None,
    title: str,
    title_by: str,
    kind: str,
) -> ShownPart:
    """The part of a theme without comments of these visibilities. A title that a person gave stays;
    one of ours only where the comment that it is of may be shown, and one that a language model
    made of all comments never."""
    values = {"theme": theme_id, "hidden": list(hidden), "most": SHOWN_TEXTS_MOST}
    counts = await fetch_one(connection, COUNT_SHOWN, values, of=_Counts)
    assert counts is not None  # an aggregate has a row
    texts = await fetch_all(connection, SELECT_SHOWN_TEXTS, values, of=_ShownText)
    is_shown = title_by == DecidedBy.model and titled_by in [text.id for text in texts]
    if title_by != DecidedBy.person and not is_shown:
        title = _title(texts, kind)
    return ShownPart(
        title,
        counts.people,
        counts.mentions,
        counts.first_seen,
        counts.last_seen,
        [f"{text.text} {text.thread_title}" for text in texts],
    )


def _title(texts: Sequence[_ShownText], kind: str) -> str:
    if not texts:
        return TAKEN_BACK_TITLE
    best = texts[0]
    return title_of(best.text, best.thread_title if best.opens_thread else "", kind)
