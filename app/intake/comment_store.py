"""Stores what happened to comments: authors, versions, and the newest version of each comment."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.storage.db import Connection
from integrations import registry
from integrations.source_contract import AuthorRef, CommentEvent, EventType

AUTHORS = """
    insert into author as a (product_id, realm, external_id, handle, name, is_staff, is_bot)
    select * from unnest(%t::uuid[], %t::text[], %t::text[], %t::text[], %t::text[], %t::boolean[], %t::boolean[])
    on conflict (product_id, realm, external_id) do update
    set handle = excluded.handle, name = coalesce(nullif(excluded.name, ''), a.name),
        is_staff = excluded.is_staff, is_bot = excluded.is_bot
    returning product_id, realm, external_id, id
"""
VERSIONS = """
    insert into comment_version (product_id, source_id, external_id, version, type, text, delivery_id)
    select * from unnest(%t::uuid[], %t::uuid[], %t::text[], %t::text[], %t::text[], %t::text[], %t::bigint[])
    on conflict (source_id, external_id, version, type) do nothing
    returning source_id, external_id, version, type
"""
# Nothing is written later than it arrives: a clock that is ahead must not hold a comment on top of
# every list. A version that is not newer than the one we have changes nothing; at the same version
# a deletion wins. The text of a deleted comment goes, here and in its history: whoever deletes a
# comment takes it back.
COMMENTS = """
    insert into comment as c (
        product_id, source_id, platform, external_id, version, delivery_id, thread_id, thread_title, permalink,
        parent_id, opens_thread, author_id, text, likes, extras, created_at, edited_at, deleted_at, received_at,
        stage, kind, kind_reason
    )
    select n.product_id, n.source_id, n.platform, n.external_id, n.version, n.delivery_id, n.thread_id, n.thread_title,
           n.permalink, n.parent_id, n.opens_thread, n.author_id, n.text, n.likes, n.extras,
           least(coalesce(n.created_at, n.received_at), n.received_at + interval '5 minutes'),
           n.edited_at, n.deleted_at, n.received_at,
           case when n.deleted_at is not null or a.is_bot then 'grouped' else 'parsed' end,
           case when a.is_bot then 'other' else '' end, case when a.is_bot then 'bot' else '' end
    from unnest(
        %t::uuid[], %t::uuid[], %t::text[], %t::text[], %t::text[], %t::bigint[], %t::text[], %t::text[], %t::text[],
        %t::text[], %t::boolean[], %t::bigint[], %t::text[], %t::int[], %t::jsonb[],
        %t::timestamptz[], %t::timestamptz[], %t::timestamptz[], %t::timestamptz[]
    ) as n(product_id, source_id, platform, external_id, version, delivery_id, thread_id, thread_title, permalink,
           parent_id, opens_thread, author_id, text, likes, extras, created_at, edited_at, deleted_at, received_at)
    left join author a on a.id = n.author_id
    on conflict (source_id, external_id) do update
    set version = excluded.version,
        delivery_id = excluded.delivery_id,
        thread_id = coalesce(nullif(excluded.thread_id, ''), c.thread_id),
        thread_title = coalesce(nullif(excluded.thread_title, ''), c.thread_title),
        permalink = coalesce(nullif(excluded.permalink, ''), c.permalink),
        parent_id = coalesce(nullif(excluded.parent_id, ''), c.parent_id),
        opens_thread = excluded.opens_thread or c.opens_thread,
        author_id = coalesce(c.author_id, excluded.author_id),
        text = excluded.text,
        likes = greatest(excluded.likes, c.likes),
        extras = c.extras || excluded.extras,
        created_at = least(c.created_at, excluded.created_at),
        edited_at = coalesce(excluded.edited_at, c.edited_at),
        deleted_at = excluded.deleted_at,
        stage = case when excluded.deleted_at is not null and c.theme_id is null then 'grouped'
                     when excluded.deleted_at is not null then 'enriched'
                     when c.kind_reason = 'bot' then c.stage
                     when excluded.text is distinct from c.text or c.deleted_at is not null then 'parsed'
                     else c.stage end,
        attempts = 0, lease_until = null
    where (c.version, c.deleted_at is not null) < (excluded.version, excluded.deleted_at is not null)
"""
FORGET = """
    update comment_version v set text = ''
    from unnest(%t::uuid[], %t::text[]) as d(source_id, external_id)
    where v.source_id = d.source_id and v.external_id = d.external_id and v.text <> ''
"""


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
class _Happened:
    delivery: ParsedDelivery
    event: CommentEvent

    @property
    def comment(self) -> tuple[uuid.UUID, str]:
        return self.delivery.source_id, self.event.external_id

    @property
    def version(self) -> tuple[uuid.UUID, str, str, str]:
        return *self.comment, self.event.version, self.event.type.value

    @property
    def author(self) -> tuple[uuid.UUID, str, str] | None:
        if self.event.author is None:
            return None
        source = registry.source(self.delivery.platform)
        realm = source.name if source.global_authors else f"{source.name}:{self.delivery.source_id}"
        return self.delivery.product_id, realm, self.event.author.external_id


async def store_comments(connection: Connection, deliveries: Iterable[ParsedDelivery]) -> None:
    """Store every event once; rows are written in key order, so that concurrent batches never wait
    in a circle."""
    happened = [_Happened(delivery, event) for delivery in deliveries for event in delivery.events]
    first: dict[tuple[uuid.UUID, str, str, str], _Happened] = {}
    for each in happened:
        first.setdefault(each.version, each)
    versions = sorted(first.items(), key=lambda item: item[0])
    cursor = await connection.execute(
        VERSIONS,
        _columns(
            (
                h.delivery.product_id,
                *h.version,
                "" if h.event.type is EventType.deleted else h.event.text,
                h.delivery.id,
            )
            for _, h in versions
        ),
    )
    new = {tuple(row.values()) for row in await cursor.fetchall()}
    newest: dict[tuple[uuid.UUID, str], _Happened] = {}
    for key, each in versions:
        if key in new:
            older = newest.get(each.comment)
            newest[each.comment] = each if older is None else _later(older, each)
    if not newest:
        return
    authors = await _store_authors(connection, newest.values())
    ordered = [newest[key] for key in sorted(newest)]
    await connection.execute(COMMENTS, _columns(_comment_row(each, authors) for each in ordered))
    deleted = [each.comment for each in ordered if each.event.type is EventType.deleted]
    if deleted:
        await connection.execute(FORGET, _columns(deleted))


def _later(one: _Happened, other: _Happened) -> _Happened:
    """The later of two events, with what only the earlier one said: a deletion may name no more
    than an id."""
    early, late = sorted(
        (one, other), key=lambda each: (each.event.version, each.event.type is EventType.deleted)
    )
    kept = {
        name: getattr(early.event, name)
        for name in (
            "thread_id",
            "thread_title",
            "permalink",
            "parent_id",
            "author",
            "created_at",
            "edited_at",
            "opens_thread",
        )
        if not getattr(late.event, name)
    }
    return _Happened(late.delivery, replace(late.event, **kept))


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def _store_authors(
    connection: Connection, happened: Iterable[_Happened]
) -> dict[tuple[uuid.UUID, str, str], int]:
    named: dict[tuple[uuid.UUID, str, str], AuthorRef] = {}
    for each in happened:
        if each.author is not None and each.event.author is not None:
            named[each.author] = each.event.author
    if not named:
        return {}
    cursor = await connection.execute(
        AUTHORS,
        _columns(
            (*key, ref.handle, ref.name, ref.is_staff, ref.is_bot)
            for key, ref in sorted(named.items())
        ),
    )
    return {
        (row["product_id"], row["realm"], row["external_id"]): int(row["id"])
        for row in await cursor.fetchall()
    }


def _comment_row(
    happened: _Happened, authors: dict[tuple[uuid.UUID, str, str], int]
) -> Sequence[object]:
    delivery, event = happened.delivery, happened.event
    deleted = event.type is EventType.deleted
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
        authors.get(happened.author) if happened.author else None,
        "" if deleted else event.text,
        event.likes,
        json.dumps(dict(event.extras)),
        event.created_at,
        event.edited_at,
        delivery.received_at if deleted else None,
        delivery.received_at,
    )
