"""What a ticket says whose theme was merged away: what it said when that happened.

Counts and dates are kept as they were. Quotes and threads are kept as the ids of their comments,
not as words: what somebody takes back later goes from here as from everywhere, and nothing of it
has to be found in stored text.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.intake.taking_back import words_of
from app.models.states import Visibility
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.quotes import read_quoted, theme_quotes
from app.themes.taking_back import TAKEN_BACK_TITLE
from app.themes.visibility import hidden_from
from app.tickets.drafts import (
    TICKET_QUOTES_MAX,
    TICKET_THREADS_MAX,
    TicketThread,
    load_draft,
    quote_of,
    shown_thread,
)
from app.tickets.due import DueTicket
from classifiers.faces.titles import title_of
from classifiers.texts.personal import redact
from integrations.tracker_contract import Draft
from integrations.tracker_writes import Followed

# What may stand in a ticket, as far as it is known without asking the tracker.
SELECT_KNOWN_REACH = """
    select k.shown_visibility as let_in,
           coalesce(nullif(r.settings ->> 'audience', ''), nullif(r.seen_audience, ''), 'unknown')
             as audience
    from ticket k join tracker r on r.id = k.tracker_id where k.id = %s
"""
SELECT_THREAD_COMMENTS = """
    select (array_agg(c.id order by c.permalink))[1] as id
    from comment c
    where c.theme_id = %(theme)s and c.deleted_at is null and c.permalink <> ''
      and c.visibility <> all(%(hidden)s::text[])
    group by c.source_id, case when c.thread_id = '' then c.permalink else c.thread_id end
    order by max(c.created_at) desc, min(c.permalink) limit %(most)s
"""
SELECT_KEPT_TEXTS = """
    select left(text, 4000) || ' ' || thread_title as text,
           visibility = any(%(hidden)s::text[]) as hidden
    from comment where id = any(%(comments)s::bigint[]) and deleted_at is null
"""
SELECT_TITLED_BY = """
    select t.title_by = 'person' as by_person, f.comment_id as comment
    from theme t left join theme_face f on f.theme_id = t.id where t.id = %s
"""
SELECT_KEPT_THREADS = """
    select c.thread_title as title, c.permalink, c.created_at, c.platform, s.name as source
    from unnest(%(comments)s::bigint[]) with ordinality as o(id, place)
    join comment c on c.id = o.id join source s on s.id = c.source_id
    where c.deleted_at is null and c.permalink <> ''
      and c.visibility <> all(%(hidden)s::text[])
    order by o.place
"""


@dataclass(frozen=True, slots=True)
class _KnownReach:
    """What a person let into a ticket, and who can read it."""

    let_in: Visibility
    audience: Visibility


@dataclass(frozen=True, slots=True)
class _TitledBy:
    by_person: bool
    comment: int | None


@dataclass(frozen=True, slots=True)
class _KeptText:
    text: str
    hidden: bool


class LastWords(BaseModel):
    """What a superseded ticket keeps, stored as JSON in ``ticket.last_words``. ``quotes`` and
    ``threads`` are ids of comments, ``titled_by`` that of the one which gave the title. ``shown``
    is how private they are at most, ``let_in`` how private a person allowed them to be whoever
    reads the tracker."""

    model_config = ConfigDict(frozen=True)

    title: str
    kind: str
    product: str
    people: int
    mentions: int
    first_seen: datetime
    last_seen: datetime
    labels: Sequence[str]
    quotes: Sequence[int] = ()
    threads: Sequence[int] = ()
    phrases: Sequence[str] = ()
    summary: str = ""
    summary_by: str = ""
    titled_by: int | None = None
    titled_by_person: bool = False
    shown: Visibility
    let_in: Visibility

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return self.model_dump(mode="json")


async def last_words(
    connection: Connection, theme_id: uuid.UUID, ticket_id: uuid.UUID
) -> LastWords:
    """What the ticket of a theme says now, to be kept while its comments go elsewhere."""
    reach = await fetch_one(connection, SELECT_KNOWN_REACH, [ticket_id], of=_KnownReach)
    assert reach is not None  # its row is locked
    shown = reach.let_in if reach.audience.fits(reach.let_in) else reach.audience
    draft = await load_draft(connection, theme_id, "", "", shown=shown)
    quoted = await theme_quotes(connection, theme_id, TICKET_QUOTES_MAX, shown=shown)
    values = {"theme": theme_id, "hidden": hidden_from(shown), "most": TICKET_THREADS_MAX}
    threads = await fetch_all(connection, SELECT_THREAD_COMMENTS, values)
    titled = await fetch_one(connection, SELECT_TITLED_BY, [theme_id], of=_TitledBy)
    assert titled is not None  # tickets go with their theme
    return LastWords(
        title=draft.title,
        kind=draft.kind,
        product=draft.product,
        people=draft.people,
        mentions=draft.mentions,
        first_seen=draft.first_seen,
        last_seen=draft.last_seen,
        labels=draft.labels,
        quotes=[member.id for member in quoted],
        threads=[row["id"] for row in threads],
        phrases=draft.phrases,
        summary=draft.summary,
        summary_by=draft.summary_by,
        titled_by=titled.comment,
        titled_by_person=titled.by_person,
        shown=shown,
        let_in=reach.let_in,
    )


async def last_draft(
    connection: Connection,
    words: LastWords,
    ticket: DueTicket,
    followed: Followed,
    shown: Visibility,
) -> Draft:
    """The draft of a superseded ticket, without what was taken back since, and without comments
    that are more private than ``shown``. Its title stays while it tells of none of these."""
    hidden = hidden_from(shown)
    quoted = await read_quoted(connection, words.quotes, hidden)
    values = {"comments": list(words.threads), "hidden": hidden}
    threads = await fetch_all(connection, SELECT_KEPT_THREADS, values, of=TicketThread)
    kept_ids = [*words.quotes, *words.threads, *filter(None, [words.titled_by])]
    values = {"comments": kept_ids, "hidden": hidden}
    texts = await fetch_all(connection, SELECT_KEPT_TEXTS, values, of=_KeptText)
    narrower = not words.shown.fits(shown) or any(text.hidden for text in texts)
    title = ticket.title
    persons = words.titled_by_person and title == words.title
    if ticket.former_title or (not persons and _tells_hidden(title, texts)):
        title = title_of(redact(quoted[0].text), "", words.kind) if quoted else TAKEN_BACK_TITLE
    return Draft(
        marker=ticket.marker,
        title=title,
        former_title="" if title == ticket.title else ticket.title,
        kind=words.kind,
        product=words.product,
        people=words.people,
        mentions=words.mentions,
        first_seen=words.first_seen,
        last_seen=words.last_seen,
        quotes=[quote_of(comment) for comment in quoted],
        threads=[shown_thread(thread) for thread in threads],
        labels=words.labels,
        theme_url=followed.theme_url,
        phrases=() if narrower else words.phrases,
        summary="" if narrower else words.summary,
        summary_by="" if narrower else words.summary_by,
        followed=followed,
    )


def _tells_hidden(title: str, texts: Sequence[_KeptText]) -> bool:
    """Whether a title has a word that is said only where fewer people read than in the tracker."""
    hidden = set().union(*(words_of(text.text) for text in texts if text.hidden))
    shown = set().union(*(words_of(text.text) for text in texts if not text.hidden))
    return bool((words_of(title) & hidden) - shown)
