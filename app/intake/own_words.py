"""What we wrote ourselves into a tracker is no feedback when a platform reports it back.

A comment is ours where it contains a whole text that we posted, or where a machine's account that
a tracker's credentials belong to wrote it, in the place of that tracker's tickets; what carries our
marker is told by its platform's module. A person's account proves nothing: its owner writes by it
as well (docs/decisions/0014-our-own-words.md).
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from app.storage.db import Connection
from app.storage.rows import fetch_all
from integrations import registry
from integrations.source_contract import CommentEvent
from integrations.tracker_contract import OwnPlace

OWN_WORDS_DETAIL = "We wrote this ourselves, so it is not what the community says; it is not kept."
POSTED_TEXTS_PER_TICKET = 10
"""Of a ticket that changes, this many of the newest texts are recognised."""
LINES_COMPARED_MAX = 2_000

SELECT_TRACKER_ACCOUNTS = """
    select type, settings, account_login as login, account_is_machine as is_machine from tracker
    where account_confirmed
"""
# The lead of a posted text is its longest line, so what contains the text contains the lead.
SELECT_POSTED_TEXTS = "select lead, lines from posted_text where lead = any(%t::bigint[])"
INSERT_POSTED_TEXT = """
    insert into posted_text (ticket_id, lead, lines) values (%(ticket)s, %(lead)s, %(lines)s)
"""
FORGET_OLD_POSTED_TEXTS = """
    delete from posted_text where id in (
        select id from posted_text where ticket_id = %(ticket)s order by id desc offset %(most)s
    )
"""


@dataclass(frozen=True, slots=True)
class _TrackerAccount:
    type: str
    settings: Mapping[str, Any]
    login: str
    is_machine: bool


@dataclass(frozen=True, slots=True)
class _PostedText:
    lead: int
    lines: Sequence[int]


async def remember_posted(connection: Connection, ticket_id: uuid.UUID, text: str) -> None:
    """Keep the digests of a text that is about to be posted, as a platform will report it."""
    lines = line_digests(text)
    if not lines:
        return
    values = {"ticket": ticket_id, "lead": _lead(text), "lines": sorted(lines)}
    await connection.execute(INSERT_POSTED_TEXT, values)
    values = {"ticket": ticket_id, "most": POSTED_TEXTS_PER_TICKET}
    await connection.execute(FORGET_OLD_POSTED_TEXTS, values)


async def own_events(
    connection: Connection, events: Iterable[tuple[str, CommentEvent]]
) -> set[int]:
    """Which of the events, each with its source's platform, tell of what we wrote, by ``id()``."""
    waiting = [(platform, event) for platform, event in events if event.text]
    if not waiting:
        return set()
    accounts = await fetch_all(connection, SELECT_TRACKER_ACCOUNTS, of=_TrackerAccount)
    places = [(account, place) for account in accounts if (place := _place(account)) is not None]
    platforms = {place.platform for _, place in places}
    waiting = [(platform, event) for platform, event in waiting if platform in platforms]
    own = {id(event) for platform, event in waiting if _is_by_machine(platform, event, places)}
    return own | await _containing_posted(
        connection, [event for _, event in waiting if id(event) not in own]
    )


def _place(account: _TrackerAccount) -> OwnPlace | None:
    tracker_type = registry.trackers().get(account.type)
    if tracker_type is None or tracker_type.place is None:
        return None
    try:
        return tracker_type.place(tracker_type.settings.model_validate(dict(account.settings)))
    except ValidationError:
        return None


def _is_by_machine(
    platform: str, event: CommentEvent, places: Iterable[tuple[_TrackerAccount, OwnPlace]]
) -> bool:
    if event.author is None:
        return False
    handle = event.author.handle.lower()
    host = (urlsplit(event.permalink).hostname or "").lower()
    container = str(event.extras.get("repository") or "").lower()
    return any(
        account.is_machine
        and account.login.lower() == handle
        and place.platform == platform
        and (host == place.host or container == place.container.lower())
        for account, place in places
    )


async def _containing_posted(connection: Connection, events: Sequence[CommentEvent]) -> set[int]:
    lines_of = {id(event): line_digests(event.text) for event in events}
    leads = sorted({line for lines in lines_of.values() for line in lines})
    if not leads:
        return set()
    posted = await fetch_all(connection, SELECT_POSTED_TEXTS, [leads], of=_PostedText)
    return {
        event_id
        for event_id, lines in lines_of.items()
        if any(text.lead in lines and lines.issuperset(text.lines) for text in posted)
    }


def _plain_lines(text: str) -> list[str]:
    """Lines as letters and digits alone: Markdown, blanks and case tell nothing about who wrote."""
    plain_lines = (" ".join(re.findall(r"\w+", line.casefold())) for line in text.splitlines())
    return [line for line in plain_lines if line][:LINES_COMPARED_MAX]


def line_digests(text: str) -> set[int]:
    """A signed 64-bit digest of each line that says something."""
    return {_digest(line) for line in _plain_lines(text)}


def _lead(text: str) -> int:
    return _digest(max(_plain_lines(text), key=len))


def _digest(line: str) -> int:
    return int.from_bytes(hashlib.blake2b(line.encode(), digest_size=8).digest(), signed=True)
