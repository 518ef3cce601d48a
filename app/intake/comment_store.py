"""Stores what happened to comments: authors, versions, and the newest version of each comment."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.intake.answered import name_what_is_answered
from app.storage.db import Connection
from app.storage.rows import fetch_all
from integrations import registry
from integrations.source_contract import AuthorRef, CommentEvent, EventType

# A comment that is older than what the account is called now does not name it: deliveries arrive in
# any order.
UPSERT_AUTHORS = """
    insert into author as a
        (product_id, realm, external_id, handle, name, is_staff, is_bot, named_at, identities)
    select n.product_id, n.realm, n.external_id, n.handle, n.name, n.is_staff, n.is_bot, n.named_at,
           string_to_array(n.identities, chr(10))
    from unnest(
        %t::uuid[], %t::text[], %t::text[], %t::text[], %t::text[], %t::boolean[], %t::boolean[],
        %t::timestamptz[], %t::text[]
    ) as n(product_id, realm, external_id, handle, name, is_staff, is_bot, named_at, identities)
    on conflict (product_id, realm, external_id) do update
    set handle = case when excluded.named_at >= coalesce(a.named_at, '-infinity')
                      then excluded.handle else a.handle end,
        name = case when excluded.named_at >= coalesce(a.named_at, '-infinity')
                    then coalesce(nullif(excluded.name, ''), a.name) else a.name end,
        named_at = greatest(excluded.named_at, a.named_at),
        is_staff = excluded.is_staff, is_bot = excluded.is_bot,
        identities = case when excluded.identities = '{}' then a.identities
                          else excluded.identities end
    returning product_id, realm, external_id, id
"""
INSERT_VERSIONS = """
    insert into comment_version
        (product_id, source_id, external_id, version, type, text, delivery_id)
    select * from unnest(
        %t::uuid[], %t::uuid[], %t::text[], %t::text[], %t::text[], %t::text[], %t::bigint[]
    )
    on conflict (source_id, external_id, version, type) do nothing
    returning source_id, external_id, version, type
"""
# Nothing is written later than it arrives: a clock that is ahead must not hold a comment on top of
# every list. A version that is not newer than the one we have changes nothing; at the same version
# a deletion wins; what was kept of it is forgotten in ``taking_back``.
UPSERT_COMMENTS = """
    insert into comment as c (
        product_id, source_id, platform, external_id, version, delivery_id, thread_id,
        thread_title, permalink, parent_id, opens_thread, position, answers_position, author_id,
        text, likes, extras, created_at, edited_at, deleted_at, received_at, visibility, place,
        stage, kind, kind_reason
    )
    select n.product_id, n.source_id, n.platform, n.external_id, n.version, n.delivery_id,
           n.thread_id, n.thread_title, n.permalink, n.parent_id, n.opens_thread, n.position,
           n.answers_position, n.author_id, n.text, n.likes, n.extras,
           least(coalesce(n.created_at, n.received_at), n.received_at + interval '5 minutes'),
           n.edited_at, n.deleted_at, n.received_at, n.visibility, n.place,
           case when n.deleted_at is not null or a.is_bot then 'grouped' else 'parsed' end,
           case when a.is_bot then 'other' else '' end,
           case when a.is_bot then 'bot' else '' end
    from unnest(
        %t::uuid[], %t::uuid[], %t::text[], %t::text[], %t::text[], %t::bigint[], %t::text[],
        %t::text[], %t::text[], %t::text[], %t::boolean[], %t::int[], %t::int[], %t::bigint[],
        %t::text[], %t::int[], %t::jsonb[], %t::timestamptz[], %t::timestamptz[],
        %t::timestamptz[], %t::timestamptz[], %t::text[], %t::text[]
    ) as n(
        product_id, source_id, platform, external_id, version, delivery_id, thread_id,
        thread_title, permalink, parent_id, opens_thread, position, answers_position, author_id,
        text, likes, extras, created_at, edited_at, deleted_at, received_at, visibility, place
    )
    left join author a on a.id = n.author_id
    on conflict (source_id, external_id) do update
    set version = excluded.version,
        delivery_id = excluded.delivery_id,
        thread_id = coalesce(nullif(excluded.thread_id, ''), c.thread_id),
        thread_title = coalesce(nullif(excluded.thread_title, ''), c.thread_title),
        permalink = coalesce(nullif(excluded.permalink, ''), c.permalink),
        parent_id = coalesce(nullif(excluded.parent_id, ''), c.parent_id),
        opens_thread = excluded.opens_thread or c.opens_thread,
        position = coalesce(nullif(excluded.position, 0), c.position),
        answers_position = coalesce(nullif(excluded.answers_position, 0), c.answers_position),
        author_id = coalesce(c.author_id, excluded.author_id),
        text = excluded.text,
        likes = greatest(excluded.likes, c.likes),
        extras = c.extras || excluded.extras,
        created_at = least(c.created_at, excluded.created_at),
        edited_at = coalesce(excluded.edited_at, c.edited_at),
        deleted_at = excluded.deleted_at,
        visibility = case when excluded.deleted_at is null then excluded.visibility
                          else c.visibility end,
        place = coalesce(nullif(excluded.place, ''), c.place),
        stage = case
            when excluded.deleted_at is not null and c.theme_id is null then 'grouped'
            when excluded.deleted_at is not null then 'enriched'
            when c.kind_reason = 'bot' then c.stage
            when excluded.text is distinct from c.text or c.deleted_at is not null then 'parsed'
            when excluded.visibility <> c.visibility and c.theme_id is not null then 'parsed'
            else c.stage end,
        attempts = 0, lease_until = null
    where (c.version, c.deleted_at is not null)
        < (excluded.version, excluded.deleted_at is not null)
"""
# Only what is delivered again needs a row: a version remembers the delivery that brought it.
INSERT_REPEATS = """
    insert into delivery_repeat (delivery_id, source_id, external_id)
    select n.delivery_id, n.source_id, n.external_id
    from unnest(%t::bigint[], %t::uuid[], %t::text[]) as n(delivery_id, source_id, external_id)
    where not exists (
        select from comment_version v
        where v.source_id = n.source_id and v.external_id = n.external_id
          and v.delivery_id = n.delivery_id)
    on conflict do nothing
"""

CommentKey = tuple[uuid.UUID, str]
"""A comment's source and its id there."""
VersionKey = tuple[uuid.UUID, str, str, str]
"""The same with its version, and with what happened to it."""
AuthorKey = tuple[uuid.UUID, str, str]
"""An author's product, realm and id there."""

FILLED_FROM_EARLIER = (
    "thread_id",
    "thread_title",
    "permalink",
    "parent_id",
    "author",
    "created_at",
    "edited_at",
    "opens_thread",
    "position",
    "answers_position",
    "place",
)
"""What a later event takes over from an earlier one where it says nothing of it."""


@dataclass(frozen=True, slots=True)
class ParsedDelivery:
    """One delivery and what it says happened."""

    id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    platform: str
    received_at: datetime
    events: Sequence[CommentEvent]


@dataclass(frozen=True, slots=True)
class _DeliveredEvent:
    """Something that happened to a comment, and the delivery that says so."""

    delivery: ParsedDelivery
    event: CommentEvent

    @property
    def comment_key(self) -> CommentKey:
        return self.delivery.source_id, self.event.external_id

    @property
    def version_key(self) -> VersionKey:
        return *self.comment_key, self.event.version, self.event.type.value

    @property
    def author_key(self) -> AuthorKey | None:
        if self.event.author is None:
            return None
        platform = registry.source(self.delivery.platform)
        realm = platform.name
        if not platform.global_authors:
            realm = f"{realm}:{self.delivery.source_id}"
        return self.delivery.product_id, realm, self.event.author.external_id

    @property
    def author(self) -> AuthorRef:
        """Its author; to be asked only where there is a key of one."""
        assert self.event.author is not None
        return self.event.author

    @property
    def said_at(self) -> datetime:
        """When it was written, or edited last; never later than it arrived."""
        moment = self.event.edited_at or self.event.created_at or self.delivery.received_at
        return min(moment, self.delivery.received_at)

    @property
    def is_deletion(self) -> bool:
        return self.event.type is EventType.deleted

    @property
    def text(self) -> str:
        """The text that may be stored: none of a deleted comment."""
        return "" if self.is_deletion else self.event.text


@dataclass(frozen=True, slots=True)
class Stored:
    """The comments that a batch spoke of: those in ``repeated`` by a version that was known, and
    the authors that it named for each."""

    keys: set[CommentKey] = field(default_factory=set)
    repeated: set[CommentKey] = field(default_factory=set)
    author_ids: dict[CommentKey, set[int]] = field(default_factory=dict)


async def store_comments(connection: Connection, deliveries: Iterable[ParsedDelivery]) -> Stored:
    """Store every event once; rows are written in key order, so that concurrent batches never wait
    in a circle."""
    events_by_version: dict[VersionKey, _DeliveredEvent] = {}
    repeats: list[_DeliveredEvent] = []
    for delivery in deliveries:
        for event in delivery.events:
            delivered = _DeliveredEvent(delivery, event)
            if events_by_version.setdefault(delivered.version_key, delivered) is not delivered:
                repeats.append(delivered)
    new = await _store_versions(connection, events_by_version)
    new_keys = {delivered.version_key for delivered in new}
    repeats += [event for key, event in events_by_version.items() if key not in new_keys]
    newest = _newest_by_comment(new)
    author_ids = await _store_authors(connection, newest.values())
    if newest:
        comment_rows = [_comment_row(newest[key], author_ids) for key in sorted(newest)]
        await connection.execute(UPSERT_COMMENTS, _columns(comment_rows))
        numbered = [key for key in sorted(newest) if newest[key].event.position]
        await name_what_is_answered(connection, numbered)
    if repeats:
        repeat_rows = sorted({(event.delivery.id, *event.comment_key) for event in repeats})
        await connection.execute(INSERT_REPEATS, _columns(repeat_rows))
    stored = Stored({delivered.comment_key for delivered in events_by_version.values()})
    stored.repeated.update(event.comment_key for event in repeats)
    for key, delivered in newest.items():
        if delivered.author_key in author_ids:
            stored.author_ids.setdefault(key, set()).add(author_ids[delivered.author_key])
    return stored


async def _store_versions(
    connection: Connection, events: Mapping[VersionKey, _DeliveredEvent]
) -> list[_DeliveredEvent]:
    """Store the versions; returns the events whose version was not known yet, in key order."""
    ordered = sorted(events.items(), key=lambda item: item[0])
    version_rows = [
        (delivered.delivery.product_id, *key, delivered.text, delivered.delivery.id)
        for key, delivered in ordered
    ]
    stored = await fetch_all(connection, INSERT_VERSIONS, _columns(version_rows))
    new_keys = {tuple(row.values()) for row in stored}
    return [delivered for key, delivered in ordered if key in new_keys]


def _newest_by_comment(
    events: Iterable[_DeliveredEvent],
) -> dict[CommentKey, _DeliveredEvent]:
    newest: dict[CommentKey, _DeliveredEvent] = {}
    for delivered in events:
        key = delivered.comment_key
        newest[key] = _later(newest[key], delivered) if key in newest else delivered
    return newest


def _later(one: _DeliveredEvent, other: _DeliveredEvent) -> _DeliveredEvent:
    """The later of two events, with what only the earlier one said: a deletion may name no more
    than an id."""
    earlier, later = sorted(
        (one, other), key=lambda delivered: (delivered.event.version, delivered.is_deletion)
    )
    filled = {
        name: getattr(earlier.event, name)
        for name in FILLED_FROM_EARLIER
        if not getattr(later.event, name)
    }
    return _DeliveredEvent(later.delivery, replace(later.event, **filled))


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def _store_authors(
    connection: Connection, events: Iterable[_DeliveredEvent]
) -> dict[AuthorKey, int]:
    naming: dict[AuthorKey, _DeliveredEvent] = {}
    for delivered in events:
        key = delivered.author_key
        if key is not None and (key not in naming or naming[key].said_at <= delivered.said_at):
            naming[key] = delivered
    if not naming:
        return {}
    author_rows = [
        (
            *key,
            delivered.author.handle,
            delivered.author.name,
            delivered.author.is_staff,
            delivered.author.is_bot,
            delivered.said_at,
            "\n".join(delivered.author.identities),
        )
        for key, delivered in sorted(naming.items(), key=lambda item: item[0])
    ]
    stored = await fetch_all(connection, UPSERT_AUTHORS, _columns(author_rows), of=_StoredAuthor)
    return {(row.product_id, row.realm, row.external_id): row.id for row in stored}


@dataclass(frozen=True, slots=True)
class _StoredAuthor:
    product_id: uuid.UUID
    realm: str
    external_id: str
    id: int


def _comment_row(
    delivered: _DeliveredEvent, author_ids: Mapping[AuthorKey, int]
) -> Sequence[object]:
    delivery, event = delivered.delivery, delivered.event
    author_key = delivered.author_key
    return (
        delivery.product_id,
        delivery.source_id,
        delivery.platform,
        event.external_id,
        event.version,
        delivery.id,
        event.thread_id,
        event.thread_title,
        event.permalink,
        event.parent_id,
        event.opens_thread,
        event.position,
        event.answers_position,
        author_ids.get(author_key) if author_key else None,
        delivered.text,
        event.likes,
        json.dumps(dict(event.extras)),
        event.created_at,
        event.edited_at,
        delivery.received_at if delivered.is_deletion else None,
        delivery.received_at,
        event.visibility,
        event.place,
    )
