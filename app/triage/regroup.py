"""A person's changes to what belongs together: merge, split and move."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import Conflict, Invalid
from app.models.ids import ordered_id
from app.models.states import DecidedBy
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.activity import record
from app.themes.counts import recount
from app.themes.leaving import forget_derived
from app.themes.locks import lock_comment, lock_grouping_of_theme, lock_theme
from app.themes.placing import opening_title
from app.tickets.merge_reach import words_at_risk
from app.tickets.merging import merge_tickets
from app.triage.before import MergeBefore, PlaceBefore
from app.triage.labels import label_pairs
from classifiers.contract import THEME_KINDS, Kind

PUT_INTO_THEME = """
    update comment set theme_id = %s, theme_by = %s where id = any(%s::bigint[])
"""
# Whoever was put somewhere by a person does not wait for the group step any more.
LEAVE_QUEUE = """
    update comment set stage = 'grouped', grouped_at = now()
    where id = any(%s::bigint[]) and stage = 'enriched'
"""
SEPARATE = """
    insert into separation (comment_id, theme_id) select unnest(%s::bigint[]), %s
    on conflict do nothing
"""
END_SEPARATION = """
    delete from separation where theme_id = %s and comment_id = any(%s::bigint[])
"""
MERGE_THEMES = """
    update theme
    set status = 'merged', merged_into = %s, version = version + 1, changed_at = now()
    where id = any(%s::uuid[])
"""
RAISE_VERSION = "update theme set version = version + 1 where id = %s"
ANSWER_SUGGESTIONS = """
    update theme_suggestion set state = 'accepted'
    where state = 'open' and theme_id = any(%(all)s::uuid[]) and other_id = any(%(all)s::uuid[])
"""
SELECT_COMMENTS = "select id from comment where theme_id = %s order by id"
SELECT_OPENING_COMMENT = """
    select text, thread_title, opens_thread from comment
    where id = any(%s::bigint[]) order by id limit 1
"""
INSERT_THEME = "insert into theme (id, product_id, kind, title) values (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class OpeningComment:
    """The comment that a theme begins with."""

    text: str
    thread_title: str
    opens_thread: bool


async def merge(
    connection: Connection,
    into_id: uuid.UUID,
    theme_ids: Sequence[uuid.UUID],
    *,
    actor: str,
    version: int | None = None,
    tickets_of: uuid.UUID | None = None,
    although: bool = False,
    undo_seconds: float = 0.0,
) -> int:
    """Move everything of ``theme_ids`` into ``into_id``.

    Where several of them have tickets, those of one theme live on as tickets of ``into_id``: of
    ``tickets_of``, or of the theme with the oldest ticket. The others say where the matter is
    followed; that waits ``undo_seconds`` for second thoughts.

    Raises Conflict (``merge_shows_private``) where a ticket would say words of another theme to
    more people than could read them; not with ``although``, which is recorded.
    """
    absorbed = sorted(set(theme_ids) - {into_id})
    if not absorbed:
        raise Invalid("Name at least one other theme to merge.", reason="nothing_to_merge")
    product_id = await lock_grouping_of_theme(connection, into_id)
    themes = {
        theme_id: await lock_theme(connection, theme_id, version if theme_id == into_id else None)
        for theme_id in sorted([into_id, *absorbed])
    }
    if any(theme.product_id != product_id for theme in themes.values()):
        raise Invalid("Only themes of one product can be merged.", reason="other_product")
    comments = {theme_id: await comments_of(connection, theme_id) for theme_id in absorbed}
    at_risk = await words_at_risk(connection, [into_id, *absorbed])
    tickets = await merge_tickets(
        connection, into_id, absorbed, tickets_of=tickets_of, wait_seconds=undo_seconds
    )
    if not although:
        at_risk.refuse_showing(but=tickets.ended)
    statuses = {theme_id: themes[theme_id].status for theme_id in absorbed}
    before = MergeBefore(
        into=into_id,
        themes=statuses,
        comments=comments,
        tickets=tickets.moved,
        superseded=tickets.superseded,
        unmade=tickets.unmade,
    )
    await put_into_theme(connection, before.moved, into_id, DecidedBy.person)
    await connection.execute(END_SEPARATION, [into_id, before.moved])
    await connection.execute(MERGE_THEMES, [into_id, absorbed])
    await connection.execute(RAISE_VERSION, [into_id])
    await connection.execute(ANSWER_SUGGESTIONS, {"all": [into_id, *absorbed]})
    await forget_derived(connection, absorbed, before.moved)
    await recount(connection, [into_id, *absorbed], comments=before.moved)
    activity = await record(
        connection,
        product_id,
        into_id,
        "merged",
        actor=actor,
        detail={
            "themes": [{"id": theme_id, "title": themes[theme_id].title} for theme_id in absorbed],
            "comments": len(before.moved),
            **({"although": True} if although else {}),
        },
        before=before.stored(),
    )
    stayed = sorted(set(await comments_of(connection, into_id)) - set(before.moved))
    for numbers in comments.values():
        await label_pairs(connection, product_id, numbers, stayed, activity, same=True)
    return activity


async def split(
    connection: Connection,
    theme_id: uuid.UUID,
    comment_ids: Sequence[int],
    *,
    actor: str,
    version: int | None = None,
) -> tuple[int, uuid.UUID]:
    """Take some comments out into a theme of their own; they are never joined to the old one
    again. Returns the line of activity and the new theme."""
    product_id = await lock_grouping_of_theme(connection, theme_id)
    theme = await lock_theme(connection, theme_id, version)
    members = await comments_of(connection, theme_id)
    chosen = sorted(set(comment_ids))
    if not chosen or not set(chosen) <= set(members):
        raise Invalid("Choose comments that belong to this theme.", reason="comments_not_in_theme")
    if len(chosen) == len(members):
        raise Invalid("Leave at least one comment in the theme.", reason="nothing_left")
    new_id = await _new_theme(connection, product_id, theme.kind, chosen)
    await _move_comments(connection, chosen, theme_id, new_id)
    await connection.execute(RAISE_VERSION, [theme_id])
    await forget_derived(connection, [theme_id], chosen)
    await recount(connection, [theme_id, new_id], comments=chosen)
    before = PlaceBefore(comments=chosen, old_theme=theme_id, new_theme=new_id)
    activity = await record(
        connection,
        product_id,
        theme_id,
        "split",
        actor=actor,
        detail={"comments": len(chosen), "new": new_id},
        before=before.stored(),
    )
    stayed = sorted(set(members) - set(chosen))
    await label_pairs(connection, product_id, chosen, stayed, activity, same=False)
    detail = {"split_from": theme_id}
    await record(connection, product_id, new_id, "created", actor=actor, detail=detail)
    return activity, new_id


async def move(
    connection: Connection, comment_id: int, theme_id: uuid.UUID | None, *, actor: str
) -> int:
    """Put one comment into another theme, or (None) into a new one of its own."""
    comment = await lock_comment(connection, comment_id)
    old_id, product_id = comment.theme_id, comment.product_id
    if theme_id is not None and theme_id == old_id:
        raise Conflict("The comment is in this theme already.", reason="already_in_theme")
    if theme_id is None:
        if old_id is not None and len(await comments_of(connection, old_id)) == 1:
            raise Conflict("The comment has this theme to itself already.", reason="already_alone")
        kind = Kind(comment.kind) if comment.kind in THEME_KINDS else Kind.bug
        new_id = await _new_theme(connection, product_id, kind, [comment_id])
    else:
        target = await lock_theme(connection, theme_id)
        if target.product_id != product_id:
            raise Invalid("A comment can only move within its product.", reason="other_product")
        await connection.execute(END_SEPARATION, [theme_id, [comment_id]])
        new_id = theme_id
    before = PlaceBefore(
        comments=[comment_id], old_theme=old_id, new_theme=new_id, theme_by=comment.theme_by
    )
    await _move_comments(connection, [comment_id], old_id, new_id)
    await forget_derived(connection, before.themes, [comment_id])
    await recount(connection, before.themes, comments=[comment_id])
    activity = await record(
        connection,
        product_id,
        new_id,
        "comment_moved",
        actor=actor,
        detail={"comment": comment_id, "from": old_id, "to": new_id},
        before=before.stored(),
    )
    for place, same in ((old_id, False), (new_id, True)):
        members = await comments_of(connection, place) if place is not None else []
        await label_pairs(connection, product_id, [comment_id], members, activity, same=same)
    return activity


async def put_into_theme(
    connection: Connection,
    comment_ids: Sequence[int],
    theme_id: uuid.UUID | None,
    theme_by: DecidedBy,
) -> None:
    """Put comments into a theme, or (None) into none, as ``theme_by`` said."""
    await connection.execute(PUT_INTO_THEME, [theme_id, theme_by, list(comment_ids)])


async def _move_comments(
    connection: Connection,
    comment_ids: Sequence[int],
    old_id: uuid.UUID | None,
    new_id: uuid.UUID,
) -> None:
    await put_into_theme(connection, comment_ids, new_id, DecidedBy.person)
    await connection.execute(LEAVE_QUEUE, [list(comment_ids)])
    if old_id is not None:
        await connection.execute(SEPARATE, [list(comment_ids), old_id])


async def _new_theme(
    connection: Connection, product_id: uuid.UUID, kind: Kind, comment_ids: Sequence[int]
) -> uuid.UUID:
    values = [list(comment_ids)]
    opening = await fetch_one(connection, SELECT_OPENING_COMMENT, values, of=OpeningComment)
    assert opening is not None
    title = opening_title(opening.text, kind, opening.thread_title, opening.opens_thread)
    new_id = ordered_id()
    await connection.execute(INSERT_THEME, [new_id, product_id, kind, title])
    return new_id


async def comments_of(connection: Connection, theme_id: uuid.UUID) -> list[int]:
    """The ids of a theme's comments, deleted ones too, in the order of their coming."""
    return [row["id"] for row in await fetch_all(connection, SELECT_COMMENTS, [theme_id])]
