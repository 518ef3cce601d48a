"""What of a polled page is new: the rest is never stored."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel

from app.intake.private_words import keeps_private, visibility_of
from app.models.states import Visibility
from app.storage.db import Connection
from app.storage.rows import fetch_all
from integrations import registry
from integrations.contract import Inbound, PayloadError
from integrations.poll_contract import PolledItem
from integrations.source_contract import CommentEvent, Source

POLL_HEADER = "relay-poll"
"""The header of a delivery that was polled: by which walk."""

SELECT_STORED_COMMENTS = """
    select external_id, version, text, visibility, thread_id, deleted_at is not null as deleted
    from comment where source_id = %(source)s and external_id = any(%(ids)s)
"""
SELECT_STORED_THREADS = """
    select distinct thread_id from comment
    where source_id = %(source)s and thread_id = any(%(threads)s)
"""


@dataclass(frozen=True, slots=True)
class ReadItem:
    """A polled delivery and the comments in it. ``private``: nothing of it may be stored.
    ``unreadable``: it is stored as it is and shows as failed."""

    inbound: Inbound
    dedup_key: str
    events: Sequence[CommentEvent] = ()
    private: bool = False
    unreadable: bool = False


@dataclass(slots=True)
class Sifted:
    """What is to be stored of a page, each with the comments that are new in it, and how many
    comments are not."""

    items: list[tuple[ReadItem, Sequence[CommentEvent]]] = field(default_factory=list)
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class _StoredComment:
    external_id: str
    version: str
    text: str
    visibility: Visibility
    thread_id: str
    deleted: bool

    def has(self, event: CommentEvent) -> bool:
        """Whether the event says nothing that is not stored already."""
        if event.version <= self.version:
            return True
        same_words = not self.deleted and event.text == self.text
        return same_words and event.visibility == self.visibility


@dataclass(frozen=True, slots=True)
class _StoredThread:
    thread_id: str


def read_page(
    source: Source[BaseModel],
    settings: BaseModel,
    items: Sequence[PolledItem],
    walk: str,
    now: datetime,
) -> list[ReadItem]:
    """The page's deliveries with the comments in them, without those that are ignored on purpose.
    Pure: no database, no network."""
    read_items = [_read(source, settings, item, walk, now) for item in items]
    return [item for item in read_items if item is not None]


def _read(
    source: Source[BaseModel], settings: BaseModel, item: PolledItem, walk: str, now: datetime
) -> ReadItem | None:
    inbound = Inbound("POST", {**item.headers, POLL_HEADER: walk}, item.body, {}, now)
    dedup_key = _dedup_key(source, inbound)
    try:
        handling, _ = registry.outcome(source, source.event(inbound))
        if handling == "ignored":
            return None
        private = visibility_of(source, inbound, settings) is Visibility.private
        events = source.parse(inbound, settings)
    except PayloadError:
        return ReadItem(inbound, dedup_key, unreadable=True)
    private = private or any(event.visibility is Visibility.private for event in events)
    if not events:
        return None
    return ReadItem(inbound, dedup_key, events, private and not keeps_private(settings))


def _dedup_key(source: Source[BaseModel], inbound: Inbound) -> str:
    try:
        delivery_id = source.delivery_id(inbound)
    except PayloadError:
        delivery_id = None
    return delivery_id.replace("\x00", "") if delivery_id else _hashed(inbound.body)


def _hashed(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


async def sift(connection: Connection, source_id: uuid.UUID, items: Sequence[ReadItem]) -> Sifted:
    """What of these is to be stored. A private item is, only where something of its thread was
    stored before it became private: that goes, and the item's own words are not kept."""
    ids = [event.external_id for item in items for event in item.events]
    values = {"source": source_id, "ids": ids}
    rows = await fetch_all(connection, SELECT_STORED_COMMENTS, values, of=_StoredComment)
    stored = {row.external_id: row for row in rows}
    threads = await _threads(connection, source_id, items)
    sifted = Sifted()
    for item in items:
        if item.unreadable:
            sifted.items.append((item, ()))
            continue
        if item.private:
            if any(event.thread_id in threads for event in item.events):
                sifted.items.append((item, ()))
            continue
        new_events = [event for event in item.events if not _is_stored(stored, event)]
        sifted.repeated += len(item.events) - len(new_events)
        if new_events:
            sifted.items.append((item, new_events))
    return sifted


def _is_stored(stored: Mapping[str, _StoredComment], event: CommentEvent) -> bool:
    comment = stored.get(event.external_id)
    return comment is not None and comment.has(event)


async def _threads(
    connection: Connection, source_id: uuid.UUID, items: Sequence[ReadItem]
) -> set[str]:
    """The threads of private items of which something is stored."""
    threads = {event.thread_id for item in items if item.private for event in item.events}
    if not threads:
        return set()
    values = {"source": source_id, "threads": list(threads)}
    rows = await fetch_all(connection, SELECT_STORED_THREADS, values, of=_StoredThread)
    return {row.thread_id for row in rows}
