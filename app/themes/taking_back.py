"""Themes let go of words that somebody took back: titles, summaries, phrases and the record.

A title of ours goes with the comment that gave it, and wherever it holds a word that only the
taken-back texts had. A person's title stays: those are the team's own words. It goes only where it
is a quotation, at least ``QUOTED_WORDS_LEAST`` words in a row that nobody else in the theme says.
The face step names the theme anew from what is left.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.intake.taking_back import TakenBack, words_of
from app.models.states import DecidedBy
from app.storage.db import Connection
from app.storage.rows import fetch_all

TAKEN_BACK_TITLE = "Taken back by whoever wrote it"
QUOTED_WORDS_LEAST = 4
"""A person's title of fewer words names a subject, whoever spoke of it first."""
STANDING_TEXTS_MOST = 300
TITLE_KEYS = ("title", "from", "to")
"""Where a record of what happened to a theme holds a title."""

SELECT_THEMES_AT_RISK = """
    with recursive family(id, lives_in) as (
        select id, id from theme where id = any(%(themes)s::uuid[])
        union
        select t.id, f.lives_in from theme t join family f on t.merged_into = f.id
    ),
    at_risk as (
        select id, lives_in from family
        union
        select f.theme_id, coalesce(t.merged_into, t.id)
        from theme_face f join theme t on t.id = f.theme_id
        where f.comment_id = any(%(comments)s::bigint[])
          and f.theme_id not in (select id from family)
    )
    select t.id, t.title, t.title_by, r.lives_in, f.comment_id as titled_by
    from at_risk r join theme t on t.id = r.id left join theme_face f on f.theme_id = t.id
    order by t.id for update of t
"""
SELECT_STANDING_TEXTS = """
    select left(text, 4000) || ' ' || thread_title as text from comment
    where theme_id = %s and deleted_at is null and id <> all(%s::bigint[])
    order by created_at desc, id desc limit %s
"""
SELECT_EDITED_TEXTS = """
    select text || ' ' || thread_title as text from comment
    where id = any(%s::bigint[]) and deleted_at is null
"""
TAKE_TITLE = "update theme set title = %s, title_by = 'model', changed_at = now() where id = %s"
FORGET_ANSWERS = """
    delete from written_answer w using theme_face f
    where f.theme_id = any(%s) and f.summary <> '' and w.summary = f.summary
"""
FORGET_FACES = """
    update theme_face set summary = '', summary_by = '', asked = 0, phrases = '{}'
    where theme_id = any(%s)
"""
# What a ticket said last is kept as ids of comments, so their words go by themselves.
REWRITE_SUPERSEDED = """
    update ticket
    set last_words = last_words - 'phrases' - 'summary' - 'summary_by',
        due_at = case when state = 'created' then clock_timestamp() else due_at end
    where theme_id = any(%s) and superseded_at is not null
"""
SELECT_RECORDS = """
    select id, detail, before from activity
    where theme_id = any(%s) and (detail <> '{}' or before <> '{}')
"""
REWRITE_RECORD = "update activity set detail = %s, before = %s where id = %s"
SELECT_TICKET_TITLES = "select id, theme_id, title from ticket where theme_id = any(%s)"
MARK_TITLES_GONE = """
    update ticket
    set title_gone = true,
        due_at = case when state = 'created' then clock_timestamp() else due_at end
    where id = any(%s)
"""


@dataclass(frozen=True, slots=True)
class _ThemeAtRisk:
    """A theme that may hold words of a comment; ``titled_by`` is the comment its title is of,
    ``lives_in`` the theme that its comments are in since it was merged, or itself."""

    id: uuid.UUID
    title: str
    title_by: str
    lives_in: uuid.UUID
    titled_by: int | None


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Record:
    id: int
    detail: Mapping[str, Any]
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _TicketTitle:
    id: uuid.UUID
    theme_id: uuid.UUID
    title: str


@dataclass(frozen=True, slots=True)
class _Words:
    """What was taken back, and what is still said."""

    gone: Sequence[str]
    standing: Sequence[str]

    def tell(self, title: str) -> bool:
        """Whether a title has a word that only the texts that are gone had."""
        gone = set().union(*map(words_of, self.gone))
        return bool((words_of(title) & gone).difference(*map(words_of, self.standing)))

    def are_quoted_by(self, title: str) -> bool:
        """Whether a title repeats a text that is gone, and nobody else says the same."""
        phrase = _plain(title)
        if len(phrase.split()) < QUOTED_WORDS_LEAST:
            return False
        quoted = [text for text in self.gone if phrase in _plain(text)]
        return bool(quoted) and not any(phrase in _plain(text) for text in self.standing)


def _plain(text: str) -> str:
    """The words of a text with a space on both sides of each, so that phrases are found whole."""
    words = re.findall(r"\w+", text.casefold())
    return f" {' '.join(words)} "


async def take_back_in_themes(connection: Connection, taken_back: Sequence[TakenBack]) -> None:
    """Take what these comments no longer say out of the themes that they were in. To be called
    while their new state is stored already."""
    values = {
        "themes": sorted({one.theme_id for one in taken_back if one.theme_id is not None}),
        "comments": [one.comment_id for one in taken_back],
    }
    themes = await fetch_all(connection, SELECT_THEMES_AT_RISK, values, of=_ThemeAtRisk)
    if not themes:
        return
    ids = [theme.id for theme in themes]
    await connection.execute(FORGET_ANSWERS, [ids])
    await connection.execute(FORGET_FACES, [ids])
    await connection.execute(REWRITE_SUPERSEDED, [ids])
    for theme in themes:
        await _take_back_in(connection, theme, taken_back)


async def _take_back_in(
    connection: Connection, theme: _ThemeAtRisk, taken_back: Sequence[TakenBack]
) -> None:
    lives_in = theme.lives_in
    of_theme = [
        one for one in taken_back if one.theme_id == lives_in or one.comment_id == theme.titled_by
    ]
    words = await _words(connection, lives_in, of_theme)
    by_person = theme.title_by == DecidedBy.person
    deleted = {one.comment_id for one in of_theme if one.deleted}
    goes = words.are_quoted_by(theme.title) if by_person else words.tell(theme.title)
    if goes or (not by_person and theme.titled_by in deleted):
        await connection.execute(TAKE_TITLE, [TAKEN_BACK_TITLE, theme.id])
    old_titles = await _ticket_titles_that_go(connection, theme, words)
    await connection.execute(MARK_TITLES_GONE, [old_titles])
    await _rewrite_records(connection, theme.id, words)


async def _words(
    connection: Connection, theme_id: uuid.UUID, taken_back: Sequence[TakenBack]
) -> _Words:
    ids = [one.comment_id for one in taken_back]
    values = [theme_id, ids, STANDING_TEXTS_MOST]
    standing = await fetch_all(connection, SELECT_STANDING_TEXTS, values, of=_Text)
    standing += await fetch_all(connection, SELECT_EDITED_TEXTS, [ids], of=_Text)
    gone = [text for one in taken_back for text in one.texts]
    return _Words(gone, [row.text for row in standing])


async def _ticket_titles_that_go(
    connection: Connection, theme: _ThemeAtRisk, words: _Words
) -> list[uuid.UUID]:
    """Tickets under a title of ours that is to go. One that carries a person's title keeps it for
    as long as the theme would."""
    tickets = await fetch_all(connection, SELECT_TICKET_TITLES, [[theme.id]], of=_TicketTitle)
    gone = []
    for ticket in tickets:
        persons = theme.title_by == DecidedBy.person and ticket.title == theme.title
        tells = words.are_quoted_by if persons else words.tell
        if tells(ticket.title):
            gone.append(ticket.id)
    return gone


async def _rewrite_records(connection: Connection, theme_id: uuid.UUID, words: _Words) -> None:
    """Undo must not bring words back either, so they go from the record too."""
    for row in await fetch_all(connection, SELECT_RECORDS, [[theme_id]], of=_Record):
        detail, before = _without(row.detail, words), _without(row.before, words)
        if (detail, before) != (row.detail, row.before):
            await connection.execute(
                REWRITE_RECORD, [json.dumps(detail), json.dumps(before), row.id]
            )


def _without(value: Any, words: _Words) -> Any:
    """JSON with another title wherever one tells what is gone."""
    if isinstance(value, list):
        return [_without(item, words) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: TAKEN_BACK_TITLE
        if key in TITLE_KEYS and isinstance(item, str) and words.tell(item)
        else _without(item, words)
        for key, item in value.items()
    }
