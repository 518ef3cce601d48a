"""Forgets what was taken back at the source: the words of deleted comments, and those that an edit
took away.

What keeps a thing known stays: the delivery's key, the comment's and its versions' names. The raw
bodies go, since they hold the words, the author and the title; a body with several comments keeps
the others.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.intake.comment_store import CommentKey, Stored
from app.intake.repeated_words import GoneComment, empty_repeating_bodies
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from integrations import registry
from integrations.contract import Inbound

TAKEN_BACK_REASON = "taken_back"
TAKEN_BACK_DETAIL = "What it said was deleted or changed where it was written, so it is not kept."

# A file tells what a comment said when it was exported: its author takes nothing back by it, and
# the import itself can be taken back.
SELECT_OLD_VERSIONS = """
    select c.id, c.product_id, c.source_id, c.external_id, c.theme_id, c.thread_id, c.thread_title,
           c.opens_thread, c.author_id, c.text, c.deleted_at is not null as deleted,
           v.id as version_id, v.text as version_text
    from unnest(%t::uuid[], %t::text[]) as k(source_id, external_id)
    join comment c on c.source_id = k.source_id and c.external_id = k.external_id
    join comment_version v on v.source_id = c.source_id and v.external_id = c.external_id
    left join delivery d on d.id = c.delivery_id
    where c.deleted_at is not null
       or (v.text is distinct from c.text and not coalesce(d.headers ? 'relay-import', false))
    order by c.id, v.id
"""
BLANK_VERSIONS = "update comment_version set text = '' where id = any(%s) and text <> ''"
BLANK_COMMENTS = """
    update comment
    set text = '', thread_title = '', permalink = '', extras = '{}', fingerprint = '',
        wording = '', grouping = '{}'
    where id = any(%s)
"""
FORGET_VECTORS = "delete from comment_embedding where comment_id = any(%s)"
RETITLE_THREADS = """
    update comment c set thread_title = o.thread_title
    from unnest(%t::bigint[], %t::uuid[], %t::text[], %t::text[])
        as o(id, source_id, thread_id, thread_title)
    where c.source_id = o.source_id and c.thread_id = o.thread_id and c.id <> o.id
      and c.thread_title <> '' and c.thread_title <> o.thread_title
"""
# The answers in a thread were sent with its title, and on some platforms with all of its opening.
SELECT_BODIES = """
    with said as (
        select k.source_id, k.external_id
        from unnest(%t::uuid[], %t::text[]) as k(source_id, external_id)
        union
        select c.source_id, c.external_id
        from unnest(%t::uuid[], %t::text[]) as o(source_id, thread_id)
        join comment c on c.source_id = o.source_id and c.thread_id = o.thread_id
    ), held as (
        select v.delivery_id, v.source_id, v.external_id from said
        join comment_version v using (source_id, external_id)
        union
        select r.delivery_id, r.source_id, r.external_id from said
        join delivery_repeat r using (source_id, external_id)
    )
    select d.id, d.method, d.headers, d.query, d.body, d.received_at, s.platform,
           array_agg(held.external_id) as external_ids
    from held join delivery d on d.id = held.delivery_id join source s on s.id = d.source_id
    where d.reason not in ('taken_back', 'private_not_kept') and d.body <> ''
    group by d.id, s.platform order by d.id
"""
REPLACE_BODIES = """
    update delivery d
    set body = n.body,
        reason = case when n.body = '' then %(reason)s else d.reason end,
        detail = case when n.body = '' then %(detail)s else d.detail end
    from unnest(%(ids)b::bigint[], %(bodies)b::bytea[]) as n(id, body) where d.id = n.id
"""
# Locked before it is looked whether they have comments: the look sees what was written meanwhile.
LOCK_AUTHORS = "select id from author where id = any(%s) order by id for update"
FORGET_AUTHORS = """
    delete from author a where a.id = any(%s)
      and not exists (select from comment c where c.author_id = a.id and c.deleted_at is null)
    returning a.person_id
"""
FORGET_PERSONS = """
    delete from person p where p.id = any(%s)
      and not exists (select from author a where a.person_id = p.id)
"""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A comment of which ``texts`` are no longer said; ``deleted``: it is gone as a whole."""

    comment_id: int
    product_id: uuid.UUID
    theme_id: uuid.UUID | None
    deleted: bool
    texts: Sequence[str]


TakeBackInThemes = Callable[[Connection, Sequence[TakenBack]], Awaitable[None]]
"""What themes do about it; they stand above this room, so it is handed in."""


@dataclass(frozen=True, slots=True)
class _OldVersion:
    """A comment as it is now, with one version that says something else."""

    id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    external_id: str
    theme_id: uuid.UUID | None
    thread_id: str
    thread_title: str
    opens_thread: bool
    author_id: int | None
    text: str
    deleted: bool
    version_id: int
    version_text: str

    @property
    def key(self) -> CommentKey:
        return self.source_id, self.external_id

    @property
    def is_gone(self) -> bool:
        """Whether the version says words that the comment no longer has."""
        return self.deleted or bool(words_of(self.version_text) - words_of(self.text))


@dataclass(frozen=True, slots=True)
class _Body:
    """A stored request that holds something of these comments."""

    id: int
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime
    platform: str
    external_ids: Sequence[str]

    def without_them(self) -> bytes:
        """The body as it may be kept; empty where nothing may."""
        without = registry.source(self.platform).without
        if without is None:
            return b""
        inbound = Inbound(self.method, self.headers, bytes(self.body), self.query, self.received_at)
        return without(inbound, frozenset(self.external_ids))


def words_of(text: str) -> set[str]:
    """The different words of a text, whatever their case."""
    return set(re.findall(r"\w+", text.casefold()))


async def take_back(
    connection: Connection, stored: Stored, in_themes: TakeBackInThemes | None = None
) -> None:
    """Forget what the comments of a batch no longer say, wherever it was kept."""
    if not stored.keys:
        return
    values = _columns(sorted(stored.keys))
    versions = await fetch_all(connection, SELECT_OLD_VERSIONS, values, of=_OldVersion)
    by_comment: dict[int, list[_OldVersion]] = defaultdict(list)
    for version in versions:
        # A repeat of a version that was emptied before holds its words once more.
        again = not version.version_text and version.key in stored.repeated
        if version.is_gone or again:
            by_comment[version.id].append(version)
    if not by_comment:
        return
    gone = [versions_of_one[0] for versions_of_one in by_comment.values()]
    taken_back = _taken_back(by_comment)
    openings = [comment for comment in gone if comment.opens_thread and comment.thread_id]
    await _empty_bodies(connection, gone, openings)
    await connection.execute(
        BLANK_VERSIONS, [[v.version_id for one in by_comment.values() for v in one]]
    )
    await empty_repeating_bodies(
        connection,
        [_gone_comment(versions_of_one) for versions_of_one in by_comment.values()],
        TAKEN_BACK_REASON,
        TAKEN_BACK_DETAIL,
    )
    await _retitle_threads(connection, openings)
    deleted = [comment for comment in gone if comment.deleted]
    if deleted:
        ids = [comment.id for comment in deleted]
        await connection.execute(BLANK_COMMENTS, [ids])
        await connection.execute(FORGET_VECTORS, [ids])
        author_ids = {comment.author_id for comment in deleted if comment.author_id is not None}
        for comment in deleted:
            author_ids |= stored.author_ids.get(comment.key, set())
        await forget_authors(connection, author_ids)
    if in_themes is not None:
        await in_themes(connection, taken_back)


def _taken_back(by_comment: Mapping[int, Sequence[_OldVersion]]) -> list[TakenBack]:
    taken_back = []
    for comment_id, versions in by_comment.items():
        comment = versions[0]
        texts = [version.version_text for version in versions if version.version_text]
        if comment.deleted and comment.thread_title:
            texts.append(comment.thread_title)
        taken_back.append(
            TakenBack(comment_id, comment.product_id, comment.theme_id, comment.deleted, texts)
        )
    return taken_back


def _gone_comment(versions: Sequence[_OldVersion]) -> GoneComment:
    comment = versions[0]
    texts = [version.version_text for version in versions if version.version_text]
    return GoneComment(comment.source_id, comment.external_id, comment.deleted, texts)


async def _empty_bodies(
    connection: Connection, gone: Sequence[_OldVersion], openings: Sequence[_OldVersion]
) -> None:
    keys = _columns([comment.key for comment in gone]) or [[], []]
    threads = _columns([(one.source_id, one.thread_id) for one in openings]) or [[], []]
    bodies = await fetch_all(connection, SELECT_BODIES, [*keys, *threads], of=_Body)
    if bodies:
        values = {
            "ids": [body.id for body in bodies],
            "bodies": [body.without_them() for body in bodies],
            "reason": TAKEN_BACK_REASON,
            "detail": TAKEN_BACK_DETAIL,
        }
        await connection.execute(REPLACE_BODIES, values)


async def _retitle_threads(connection: Connection, openings: Sequence[_OldVersion]) -> None:
    """The other comments of a thread are called by what its opening is called now."""
    if openings:
        titles = [
            (one.id, one.source_id, one.thread_id, "" if one.deleted else one.thread_title)
            for one in openings
        ]
        await connection.execute(RETITLE_THREADS, _columns(titles))


async def forget_authors(connection: Connection, author_ids: Iterable[int]) -> None:
    """Remove the authors who have no comment left, and the persons who have no author left."""
    ids = sorted(author_ids)
    if not ids:
        return
    await fetch_value(connection, LOCK_AUTHORS, [ids])
    forgotten = await fetch_all(connection, FORGET_AUTHORS, [ids])
    persons = sorted({row["person_id"] for row in forgotten if row["person_id"] is not None})
    if persons:
        await connection.execute(FORGET_PERSONS, [persons])


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
