"""A person's changes to what belongs together: merge, split, move, and the answer to a
suggestion."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from app.errors import Conflict, Invalid, NotFound
from app.storage.db import Connection
from app.themes.activity import record
from app.themes.counts import recount
from app.themes.locks import lock_comment, lock_grouping, lock_theme
from app.tickets.ledger import hand_over_tickets
from app.triage.labels import label_pairs
from classifiers.faces.titles import title_of

_SEPARATE = "insert into separation (comment_id, theme_id) select unnest(%s::bigint[]), %s on conflict do nothing"


async def merge(
    connection: Connection,
    into_id: uuid.UUID,
    theme_ids: Sequence[uuid.UUID],
    *,
    actor: str,
    version: int | None = None,
) -> int:
    """Move everything of ``theme_ids`` into ``into_id``. Their tickets go along where it has none
    in that tracker."""
    absorbed = sorted(set(theme_ids) - {into_id})
    if not absorbed:
        raise Invalid("Name at least one other theme to merge.", reason="nothing_to_merge")
    product_id = await _product_of(connection, into_id)
    await lock_grouping(connection, product_id)
    themes = {
        each: await lock_theme(connection, each, version if each == into_id else None)
        for each in sorted([into_id, *absorbed])
    }
    if any(theme["product_id"] != product_id for theme in themes.values()):
        raise Invalid("Only themes of one product can be merged.", reason="other_product")
    before: dict[str, Any] = {"into": into_id, "themes": {}, "comments": {}, "tickets": {}}
    for each in absorbed:
        before["themes"][str(each)] = themes[each]["status"]
        before["comments"][str(each)] = await _comments_of(connection, each)
        before["tickets"] |= await hand_over_tickets(connection, each, into_id)
    moved = [number for numbers in before["comments"].values() for number in numbers]
    await connection.execute(
        "update comment set theme_id = %s, theme_by = 'person' where id = any(%s::bigint[])",
        [into_id, moved],
    )
    await connection.execute(
        "delete from separation where theme_id = %s and comment_id = any(%s::bigint[])",
        [into_id, moved],
    )
    await connection.execute(
        """
        update theme set status = 'merged', merged_into = %s, version = version + 1, changed_at = now()
        where id = any(%s::uuid[])
        """,
        [into_id, absorbed],
    )
    await connection.execute("update theme set version = version + 1 where id = %s", [into_id])
    await connection.execute(
        """
        update theme_suggestion set state = 'accepted'
        where state = 'open' and theme_id = any(%(all)s::uuid[]) and other_id = any(%(all)s::uuid[])
        """,
        {"all": [into_id, *absorbed]},
    )
    await recount(connection, [into_id, *absorbed])
    detail = {
        "themes": [{"id": each, "title": themes[each]["title"]} for each in absorbed],
        "comments": len(moved),
    }
    activity = await record(
        connection, product_id, into_id, "merged", actor=actor, detail=detail, before=before
    )
    stayed = sorted(set(await _comments_of(connection, into_id)) - set(moved))
    for numbers in before["comments"].values():
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
    again."""
    product_id = await _product_of(connection, theme_id)
    await lock_grouping(connection, product_id)
    theme = await lock_theme(connection, theme_id, version)
    members = await _comments_of(connection, theme_id)
    chosen = sorted(set(comment_ids))
    if not chosen or not set(chosen) <= set(members):
        raise Invalid("Choose comments that belong to this theme.", reason="comments_not_in_theme")
    if len(chosen) == len(members):
        raise Invalid("Leave at least one comment in the theme.", reason="nothing_left")
    new_id = await _new_theme(connection, product_id, theme["kind"], chosen)
    before = {"comments": chosen, "from": theme_id, "new": new_id}
    await _move_comments(connection, chosen, theme_id, new_id)
    await connection.execute("update theme set version = version + 1 where id = %s", [theme_id])
    await recount(connection, [theme_id, new_id], comments=chosen)
    detail = {"comments": len(chosen), "new": new_id}
    activity = await record(
        connection, product_id, theme_id, "split", actor=actor, detail=detail, before=before
    )
    await label_pairs(
        connection, product_id, chosen, sorted(set(members) - set(chosen)), activity, same=False
    )
    await record(
        connection, product_id, new_id, "created", actor=actor, detail={"split_from": theme_id}
    )
    return activity, new_id


async def move(
    connection: Connection, comment_id: int, theme_id: uuid.UUID | None, *, actor: str
) -> int:
    """Put one comment into another theme, or (None) into a new one of its own."""
    comment = await lock_comment(connection, comment_id)
    old = comment["theme_id"]
    if theme_id is not None and theme_id == old:
        raise Conflict("The comment is in this theme already.", reason="already_in_theme")
    if theme_id is None:
        if old is not None and len(await _comments_of(connection, old)) == 1:
            raise Conflict("The comment has this theme to itself already.", reason="already_alone")
        kind = comment["kind"] if comment["kind"] in ("bug", "feature") else "bug"
        theme_id = await _new_theme(connection, comment["product_id"], kind, [comment_id])
    else:
        target = await lock_theme(connection, theme_id)
        if target["product_id"] != comment["product_id"]:
            raise Invalid("A comment can only move within its product.", reason="other_product")
        await connection.execute(
            "delete from separation where comment_id = %s and theme_id = %s", [comment_id, theme_id]
        )
    before = {
        "comments": [comment_id],
        "from": old,
        "new": theme_id,
        "theme_by": comment["theme_by"],
    }
    await _move_comments(connection, [comment_id], old, theme_id)
    await recount(
        connection, [each for each in (old, theme_id) if each is not None], comments=[comment_id]
    )
    detail = {"comment": comment_id, "from": old, "to": theme_id}
    activity = await record(
        connection,
        comment["product_id"],
        theme_id,
        "comment_moved",
        actor=actor,
        detail=detail,
        before=before,
    )
    for place, same in ((old, False), (theme_id, True)):
        members = await _comments_of(connection, place) if place is not None else []
        await label_pairs(
            connection, comment["product_id"], [comment_id], members, activity, same=same
        )
    return activity


async def decide_suggestion(
    connection: Connection, suggestion_id: int, accept: bool, *, actor: str
) -> int:
    """Merge what the classifiers think is the same, or keep it apart for good."""
    cursor = await connection.execute(
        "select * from theme_suggestion where id = %s for update", [suggestion_id]
    )
    suggestion = await cursor.fetchone()
    if suggestion is None:
        raise NotFound("There is no suggestion with this id.", reason="suggestion_not_found")
    if suggestion["state"] != "open":
        raise Conflict(
            f"This suggestion was {suggestion['state']} already.", reason="suggestion_decided"
        )
    theme_id, other_id = suggestion["theme_id"], suggestion["other_id"]
    if accept:
        return await merge(connection, other_id, [theme_id], actor=actor)
    await lock_grouping(connection, suggestion["product_id"])
    for one, other in ((theme_id, other_id), (other_id, theme_id)):
        await connection.execute(_SEPARATE, [await _comments_of(connection, one), other])
    await connection.execute(
        "update theme_suggestion set state = 'rejected' where id = %s", [suggestion_id]
    )
    activity = await record(
        connection,
        suggestion["product_id"],
        theme_id,
        "suggestion_rejected",
        actor=actor,
        detail={"other": other_id},
        before={"suggestion": suggestion_id, "theme": theme_id, "other": other_id},
    )
    here, there = await _comments_of(connection, theme_id), await _comments_of(connection, other_id)
    await label_pairs(connection, suggestion["product_id"], here, there, activity, same=False)
    return activity


async def restore_comments(
    connection: Connection, comment_ids: Sequence[int], theme_id: uuid.UUID | None, theme_by: str
) -> None:
    """Put comments back where they were, for undo."""
    await connection.execute(
        "update comment set theme_id = %s, theme_by = %s where id = any(%s::bigint[])",
        [theme_id, theme_by, list(comment_ids)],
    )


async def _move_comments(
    connection: Connection, comment_ids: Sequence[int], old: uuid.UUID | None, new: uuid.UUID
) -> None:
    await restore_comments(connection, comment_ids, new, "person")
    await connection.execute(
        "update comment set stage = 'grouped', grouped_at = now() where id = any(%s::bigint[]) and "
        "stage = 'enriched'",
        [list(comment_ids)],
    )
    if old is not None:
        await connection.execute(_SEPARATE, [list(comment_ids), old])


async def _new_theme(
    connection: Connection, product_id: uuid.UUID, kind: str, comment_ids: Sequence[int]
) -> uuid.UUID:
    cursor = await connection.execute(
        "select text, opens_thread, thread_title from comment where id = any(%s::bigint[]) order "
        "by id limit 1",
        [list(comment_ids)],
    )
    first = await cursor.fetchone()
    assert first is not None
    title = title_of(first["text"], first["thread_title"] if first["opens_thread"] else "", kind)
    new_id = uuid.uuid4()
    await connection.execute(
        "insert into theme (id, product_id, kind, title) values (%s, %s, %s, %s)",
        [new_id, product_id, kind, title],
    )
    return new_id


async def _comments_of(connection: Connection, theme_id: uuid.UUID) -> list[int]:
    cursor = await connection.execute(
        "select id from comment where theme_id = %s order by id", [theme_id]
    )
    return [row["id"] for row in await cursor.fetchall()]


async def _product_of(connection: Connection, theme_id: uuid.UUID) -> uuid.UUID:
    cursor = await connection.execute("select product_id from theme where id = %s", [theme_id])
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("There is no theme with this id.", reason="theme_not_found")
    product_id: uuid.UUID = row["product_id"]
    return product_id
