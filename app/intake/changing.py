"""Carries out what a platform says of more than one comment: a topic or a repository that is
private by now, one that is gone, a topic that is called otherwise, an account with another name.

Where a source does not keep private words, the comments of what became private are taken back like
deleted ones; else their visibility changes, and tickets follow.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from psycopg import sql

from app.intake.comment_store import CommentKey
from app.intake.renaming import rename_account
from app.models.states import Visibility
from app.storage.advisory import AdvisoryLock, lock_or_share
from app.storage.db import Connection
from app.storage.rows import fetch_all
from integrations.source_contract import AccountChange, Change, ScopeChange

# What was written in a thread while it was private is private, whenever it arrives; what was
# written in one before it was deleted is gone with it.
REMEMBER_SCOPE = """
    insert into private_scope as p (source_id, kind, key, since) values (%s, %s, %s, %s)
    on conflict (source_id, kind, key) do update set since = greatest(p.since, excluded.since)
"""
FORGET_SCOPE = """
    delete from private_scope where source_id = %s and kind = %s and key = %s and since <= %s
"""
SELECT_IN_SCOPE = sql.SQL("""
    select c.id, c.source_id, c.external_id, c.theme_id from comment c
    where c.source_id = %(source)s and c.deleted_at is null
      and ((%(kind)s = 'comment' and c.external_id = %(key)s)
        or (%(kind)s = 'thread' and c.thread_id = %(key)s)
        or (%(kind)s = 'place' and c.place = %(key)s and c.place <> ''))
      and {condition}
    order by c.id for update of c
""")
WRITTEN_UNTIL = sql.SQL("coalesce(c.edited_at, c.created_at) <= %(until)s")
ARRIVED_BEFORE = sql.SQL("coalesce(c.delivery_id, 0) < %(delivery)s")
OF_OTHER_VISIBILITY = sql.SQL("c.visibility <> %(visibility)s")
WHENEVER = sql.SQL("true")
WITHDRAW_COMMENTS = """
    update comment
    set deleted_at = now(), visibility = coalesce(%(visibility)s::text, visibility),
        stage = case when theme_id is null then 'grouped' else 'enriched' end,
        attempts = 0, lease_until = null
    where id = any(%(ids)s::bigint[])
"""
SET_VISIBILITY = "update comment set visibility = %(visibility)s where id = any(%(ids)s::bigint[])"
RETITLE_SCOPE = """
    update comment c
    set thread_title = case when %(title)s <> '' then %(title)s else c.thread_title end,
        permalink = case when %(pattern)s <> ''
            then regexp_replace(c.permalink, %(pattern)s, %(link)s) else c.permalink end
    where c.source_id = %(source)s and c.thread_id = %(key)s and c.deleted_at is null
      and ((%(title)s <> '' and c.thread_title <> %(title)s)
        or (%(pattern)s <> '' and c.permalink ~ %(pattern)s
            and c.permalink <> regexp_replace(c.permalink, %(pattern)s, %(link)s)))
    returning c.theme_id
"""
# Of a batch of comments that was just stored, those in a thread or place that is private or gone.
SELECT_STORED_IN_SCOPE = """
    select c.id, c.source_id, c.external_id, c.theme_id,
           p.kind in ('gone thread', 'gone place') as gone
    from unnest(%t::uuid[], %t::text[]) as k(source_id, external_id)
    join comment c on c.source_id = k.source_id and c.external_id = k.external_id
    join private_scope p on p.source_id = c.source_id
      and ((p.kind in ('thread', 'gone thread') and p.key = c.thread_id)
        or (p.kind in ('place', 'gone place') and p.key = c.place))
    where c.deleted_at is null
      and (p.kind in ('gone thread', 'gone place') or c.visibility <> 'private')
      and coalesce(c.edited_at, c.created_at) <= p.since
    order by c.id for update of c
"""


class ThemesChanged(Protocol):
    """What themes do when their comments say something else of themselves; they stand above this
    room, so it is handed in."""

    async def __call__(
        self, connection: Connection, theme_ids: Iterable[uuid.UUID], *, comments: Iterable[int]
    ) -> None:
        """``comments`` are those that other people may read now."""


@dataclass(frozen=True, slots=True)
class DeliveredChanges:
    """What one delivery says of more than its comments. ``keep``: its source keeps private
    words."""

    delivery_id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    platform: str
    received_at: datetime
    keep: bool
    changes: Sequence[Change]


@dataclass(slots=True)
class Changed:
    """What was changed: the comments to be taken back, those that other people may read now, and
    the themes to be looked at again."""

    withdrawn: set[CommentKey] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)
    themes: set[uuid.UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _InScope:
    id: int
    source_id: uuid.UUID
    external_id: str
    theme_id: uuid.UUID | None
    gone: bool = False


async def lock_scopes(
    connection: Connection, statements: Iterable[tuple[uuid.UUID, Sequence[Change]]]
) -> None:
    """Keep comments that are stored and what becomes of their whole thread apart until the
    transaction ends, before any row is locked. ``statements``: sources, and what each tells of
    more than a comment."""
    alone: dict[uuid.UUID, bool] = {}
    for source_id, changes in statements:
        is_wide = any(isinstance(change, ScopeChange) for change in changes)
        alone[source_id] = alone.get(source_id, False) or is_wide
    if alone:
        await lock_or_share(connection, AdvisoryLock.scope, alone)


async def carry_out(
    connection: Connection,
    deliveries: Iterable[DeliveredChanges],
    stored: Iterable[CommentKey] = (),
    keeping: frozenset[uuid.UUID] = frozenset(),
) -> Changed:
    """Carry out the changes in the order in which they arrived, then hold what was just ``stored``
    to what is private; ``keeping`` are the sources that keep private words."""
    changed = Changed()
    for delivered in sorted(deliveries, key=lambda delivered: delivered.delivery_id):
        for change in delivered.changes:
            if isinstance(change, AccountChange):
                changed.themes |= await rename_account(
                    connection,
                    delivered.product_id,
                    delivered.source_id,
                    delivered.platform,
                    delivered.received_at,
                    change,
                )
            else:
                await _change_scope(connection, delivered, change, changed)
    await _hold_to_scopes(connection, stored, keeping, changed)
    return changed


async def _hold_to_scopes(
    connection: Connection,
    keys: Iterable[CommentKey],
    keeping: frozenset[uuid.UUID],
    changed: Changed,
) -> None:
    """Take back, or mark as private, what was just stored and was written in a thread or place
    before that was deleted or became private."""
    ordered = sorted(keys)
    if not ordered:
        return
    columns = [list(column) for column in zip(*ordered, strict=True)]
    rows = await fetch_all(connection, SELECT_STORED_IN_SCOPE, columns, of=_InScope)
    await _withdraw(connection, [row for row in rows if row.gone], changed)
    private = [row for row in rows if not row.gone]
    await _make_private(
        connection, [row for row in private if row.source_id in keeping], changed, keep=True
    )
    await _make_private(
        connection, [row for row in private if row.source_id not in keeping], changed, keep=False
    )


async def _change_scope(
    connection: Connection, delivered: DeliveredChanges, change: ScopeChange, changed: Changed
) -> None:
    kind, key = _scope(change)
    values = {
        "source": delivered.source_id,
        "kind": kind,
        "key": key,
        "until": delivered.received_at,
        "delivery": delivered.delivery_id,
        "title": change.title,
        "pattern": change.link_pattern,
        "link": change.link,
        "visibility": change.visibility,
    }
    gone = [delivered.source_id, f"gone {kind}", key, delivered.received_at]
    if change.restored:
        await connection.execute(FORGET_SCOPE, gone)
    if change.deleted:
        await connection.execute(REMEMBER_SCOPE, gone)
        query = SELECT_IN_SCOPE.format(condition=ARRIVED_BEFORE)
        rows = await fetch_all(connection, query, values, of=_InScope)
        await _withdraw(connection, rows, changed)
        return
    if change.visibility is not None:
        await _set_visibility(connection, delivered, change.visibility, values, changed)
    if change.title or change.link_pattern:
        retitled = await fetch_all(connection, RETITLE_SCOPE, values)
        changed.themes |= {row["theme_id"] for row in retitled if row["theme_id"] is not None}


async def _set_visibility(
    connection: Connection,
    delivered: DeliveredChanges,
    visibility: Visibility,
    values: dict[str, object],
    changed: Changed,
) -> None:
    scope = [delivered.source_id, values["kind"], values["key"], delivered.received_at]
    private = visibility is Visibility.private
    if values["kind"] != "comment":
        await connection.execute(REMEMBER_SCOPE if private else FORGET_SCOPE, scope)
    # What a source that keeps nothing private has stored is not private: it need not be asked.
    if not private and not delivered.keep:
        return
    when = WHENEVER if values["kind"] == "comment" else WRITTEN_UNTIL
    of = OF_OTHER_VISIBILITY if delivered.keep else WHENEVER
    query = SELECT_IN_SCOPE.format(condition=sql.SQL(" and ").join([when, of]))
    rows = await fetch_all(connection, query, values, of=_InScope)
    if private:
        await _make_private(connection, rows, changed, keep=delivered.keep)
        return
    await _show_to(connection, rows, visibility, changed)


async def _make_private(
    connection: Connection, rows: Sequence[_InScope], changed: Changed, *, keep: bool
) -> None:
    if not keep:
        await _withdraw(connection, rows, changed, Visibility.private)
        return
    await _show_to(connection, rows, Visibility.private, changed)


async def _show_to(
    connection: Connection, rows: Sequence[_InScope], visibility: Visibility, changed: Changed
) -> None:
    if not rows:
        return
    ids = [row.id for row in rows]
    await connection.execute(SET_VISIBILITY, {"ids": ids, "visibility": visibility})
    changed.reached.update(ids)
    changed.themes |= {row.theme_id for row in rows if row.theme_id is not None}


async def _withdraw(
    connection: Connection,
    rows: Sequence[_InScope],
    changed: Changed,
    visibility: Visibility | None = None,
) -> None:
    """As if their authors had deleted them; what was kept of them is forgotten in
    ``taking_back``."""
    if not rows:
        return
    values = {"ids": [row.id for row in rows], "visibility": visibility}
    await connection.execute(WITHDRAW_COMMENTS, values)
    changed.withdrawn |= {(row.source_id, row.external_id) for row in rows}


def _scope(change: ScopeChange) -> tuple[str, str]:
    """What a change is about, and its key there."""
    if change.external_id:
        return "comment", change.external_id
    if change.thread_id:
        return "thread", change.thread_id
    return "place", change.place
