"""What a developer wants to know of a theme, gathered from its comments: where it happens, since
when, how often it is said lately, error messages, ways around, files, and the report that says
most."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from psycopg import sql

from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.voices import VOICE
from classifiers.texts.personal import redact
from classifiers.texts.technical import Technical, technical
from integrations.ticket_facts import Fact, Often

READ_COMMENTS_MOST = 300
"""Comments that are read for it, the newest ones."""
READ_CHARACTERS = 8_000
VALUES_SHOWN = 8
LOGS_SHOWN = 2
WORKAROUNDS_SHOWN = 3
FILES_SHOWN = 5
REPORT_FROM_WEIGHT = 3
"""A comment that says less is no report that should stand first."""
LATELY = timedelta(days=7)

SELECT_EVIDENCE = sql.SQL("""
    select cm.id, left(cm.text, {length}) as text, cm.created_at, ({voice})::text as voice
    from comment cm left join author a on a.id = cm.author_id
    where cm.theme_id = %(theme)s and cm.deleted_at is null
      and cm.visibility <> all(%(hidden)s::text[])
    order by cm.created_at desc, cm.id desc limit %(most)s
""").format(length=READ_CHARACTERS, voice=VOICE)


@dataclass(frozen=True, slots=True)
class _Said:
    id: int
    text: str
    created_at: datetime
    voice: str


@dataclass(slots=True)
class _Counted:
    """Who names a value, and when it was named first."""

    voices: set[str] = field(default_factory=set)
    first: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """``report`` is the comment that says most to a developer, None where none says much;
    ``often`` is None where too little is said for a comparison."""

    facts: Sequence[Fact] = ()
    often: Often | None = None
    logs: Sequence[str] = ()
    workarounds: Sequence[str] = ()
    files: Sequence[str] = ()
    report: int | None = None


async def gather_evidence(
    connection: Connection, theme_id: uuid.UUID, hidden: Sequence[str]
) -> Evidence:
    """What the newest comments of a theme say, without those whose visibility is ``hidden``."""
    values = {"theme": theme_id, "hidden": list(hidden), "most": READ_COMMENTS_MOST}
    comments = await fetch_all(connection, SELECT_EVIDENCE, values, of=_Said)
    return evidence_of(comments)


def evidence_of(comments: Sequence[_Said]) -> Evidence:
    """What comments, the newest first, say together. Personal data is replaced in every word."""
    read = [(comment, technical(comment.text)) for comment in comments]
    facts = [
        _fact("Versions", read, lambda one: one.versions, since=True),
        _fact("Systems", read, lambda one: one.systems),
        _fact("Browsers", read, lambda one: one.browsers),
        _fact("Devices", read, lambda one: one.devices),
        _fact("Plans", read, lambda one: one.plans),
    ]
    best = max(read, key=lambda pair: (pair[1].weight, pair[0].created_at), default=None)
    report = best[0].id if best and best[1].weight >= REPORT_FROM_WEIGHT else None
    return Evidence(
        facts=[fact for fact in facts if fact.values],
        often=_often(comments),
        logs=_texts(read, lambda one: one.logs, LOGS_SHOWN),
        workarounds=_texts(read, lambda one: one.workarounds, WORKAROUNDS_SHOWN),
        files=_texts(read, lambda one: one.files, FILES_SHOWN),
        report=report,
    )


Read = Sequence[tuple[_Said, Technical]]


def _fact(
    label: str, read: Read, values: Callable[[Technical], Iterable[str]], *, since: bool = False
) -> Fact:
    """The values that most people name, with how many do."""
    counted: dict[str, _Counted] = {}
    for comment, facts in read:
        for value in values(facts):
            one = counted.setdefault(value, _Counted())
            one.voices.add(comment.voice)
            one.first = min(one.first or comment.created_at, comment.created_at)
    ranked = sorted(counted.items(), key=lambda item: (-len(item[1].voices), item[0]))
    named = min(counted.items(), key=lambda item: (item[1].first, item[0]), default=None)
    first = f"{named[0]} was named first" if since and named and len(counted) > 1 else ""
    return Fact(label, [(name, len(one.voices)) for name, one in ranked[:VALUES_SHOWN]], first)


def _often(comments: Sequence[_Said]) -> Often | None:
    """The week that ends with the last comment, and the one before; None in the first week."""
    if not comments:
        return None
    until = comments[0].created_at
    week = sum(comment.created_at > until - LATELY for comment in comments)
    before = sum(until - 2 * LATELY < comment.created_at <= until - LATELY for comment in comments)
    if comments[-1].created_at > until - LATELY:
        return None
    return Often(until, week, before)


def _texts(read: Read, values: Callable[[Technical], Iterable[str]], most: int) -> Sequence[str]:
    """The newest of these, one of each comment at least before a second of one."""
    ordered = [
        redact(value)
        for place in range(3)
        for _, facts in read
        for value in list(values(facts))[place : place + 1]
    ]
    return list(dict.fromkeys(ordered))[:most]
