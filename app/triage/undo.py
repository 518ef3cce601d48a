"""Takes a decision back, from the line of activity that it left."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from app.errors import Conflict, NotFound
from app.storage.db import Connection
from app.themes.activity import record
from app.themes.counts import recount
from app.themes.locks import lock_grouping
from app.tickets.ledger import cancel_tickets, give_back_tickets, plan_tickets
from app.triage.regroup import restore_comments

Before = dict[str, Any]


async def undo(connection: Connection, activity_id: int, *, actor: str) -> int:
    """Restore what was before; returns the new line of activity.

    Raises NotFound; Conflict for what cannot be undone, was undone, or has later decisions on top
    of it.
    """
    cursor = await connection.execute(
        "select * from activity where id = %s for update", [activity_id]
    )
    line = await cursor.fetchone()
    if line is None:
        raise NotFound("There is no activity with this id.", reason="activity_not_found")
    if line["verb"] not in _RESTORE or not line["before"]:
        raise Conflict("This step cannot be undone.", reason="not_undoable")
    if line["undone_by"] is not None:
        raise Conflict("This step was undone already.", reason="already_undone")
    await lock_grouping(connection, line["product_id"])
    cursor = await connection.execute(
        """
        select verb from activity
        where theme_id = %s and id > %s and before <> '{}' and undone_by is null order by id desc limit 1
        """,
        [line["theme_id"], activity_id],
    )
    later = await cursor.fetchone()
    if later is not None:
        raise Conflict(
            f"A later step ({later['verb'].replace('_', ' ')}) builds on this one; undo that "
            "first.",
            reason="later_step",
        )
    await _RESTORE[line["verb"]](connection, line["theme_id"], line["before"])
    if line["theme_id"] is not None:
        await connection.execute(
            "update theme set version = version + 1, changed_at = now() where id = %s",
            [line["theme_id"]],
        )
    number = await record(
        connection,
        line["product_id"],
        line["theme_id"],
        "undone",
        actor=actor,
        detail={"of": activity_id, "verb": line["verb"]},
    )
    await connection.execute(
        "update activity set undone_by = %s where id = %s", [number, activity_id]
    )
    return number


async def _status(connection: Connection, theme_id: uuid.UUID, before: Before) -> None:
    await connection.execute(
        "update theme set status = %s, status_reason = %s, decided_at = %s where id = %s",
        [before["status"], before["status_reason"], before["decided_at"], theme_id],
    )
    await cancel_tickets(connection, theme_id)
    if before["status"] == "accepted":
        await plan_tickets(connection, theme_id, wait_seconds=0)


async def _kind(connection: Connection, theme_id: uuid.UUID, before: Before) -> None:
    await connection.execute(
        "update theme set kind = %s, kind_by = %s where id = %s",
        [before["kind"], before["kind_by"], theme_id],
    )


async def _title(connection: Connection, theme_id: uuid.UUID, before: Before) -> None:
    await connection.execute(
        "update theme set title = %s, title_by = %s where id = %s",
        [before["title"], before["title_by"], theme_id],
    )
    await recount(connection, [theme_id])


async def _merge(connection: Connection, theme_id: uuid.UUID, before: Before) -> None:
    for each, status in before["themes"].items():
        await connection.execute(
            "update theme set status = %s, merged_into = null, version = version + 1 where id = %s",
            [status, each],
        )
        await restore_comments(connection, before["comments"][each], uuid.UUID(each), "model")
    await give_back_tickets(connection, before["tickets"])
    theme = await (
        await connection.execute("select status from theme where id = %s", [theme_id])
    ).fetchone()
    if theme is not None and theme["status"] == "accepted":
        await plan_tickets(connection, theme_id, wait_seconds=0)
    await connection.execute(
        """
        update theme_suggestion set state = 'open'
        where state = 'accepted' and theme_id = any(%(all)s::uuid[]) and other_id = any(%(all)s::uuid[])
        """,
        {"all": [str(theme_id), *before["themes"]]},
    )
    moved = [number for numbers in before["comments"].values() for number in numbers]
    await recount(connection, [theme_id, *map(uuid.UUID, before["themes"])], comments=moved)


async def _placed(connection: Connection, theme_id: uuid.UUID, before: Before) -> None:
    """Undo of split and move."""
    old = uuid.UUID(before["from"]) if before["from"] else None
    new = uuid.UUID(before["new"])
    await restore_comments(connection, before["comments"], old, before.get("theme_by", "model"))
    if old is not None:
        await connection.execute(
            "delete from separation where theme_id = %s and comment_id = any(%s::bigint[])",
            [old, before["comments"]],
        )
    await recount(
        connection, [each for each in (old, new) if each is not None], comments=before["comments"]
    )


async def _comment_kind(connection: Connection, theme_id: uuid.UUID | None, before: Before) -> None:
    cursor = await connection.execute(
        "select theme_id from comment where id = %s", [before["comment"]]
    )
    now = await cursor.fetchone()
    await connection.execute(
        """
        update comment set kind = %s, kind_by = %s, kind_confidence = %s, kind_reason = %s, theme_id = %s,
                           theme_by = %s,
                           stage = case when stage = 'enriched' then 'grouped' else stage end
        where id = %s
        """,
        [
            before["kind"],
            before["kind_by"],
            before["kind_confidence"],
            before["kind_reason"],
            before["theme"],
            before["theme_by"],
            before["comment"],
        ],
    )
    places = {
        now["theme_id"] if now else None,
        uuid.UUID(before["theme"]) if before["theme"] else None,
    }
    await recount(
        connection, [each for each in places if each is not None], comments=[before["comment"]]
    )


async def _suggestion(connection: Connection, theme_id: uuid.UUID, before: Before) -> None:
    await connection.execute(
        "update theme_suggestion set state = 'open' where id = %s", [before["suggestion"]]
    )
    for one, other in ((before["theme"], before["other"]), (before["other"], before["theme"])):
        await connection.execute(
            """
            delete from separation where theme_id = %s and comment_id in (select id from comment where theme_id = %s)
            """,
            [other, one],
        )


_RESTORE: dict[str, Callable[[Connection, Any, Before], Awaitable[None]]] = {
    "accepted": _status,
    "ignored": _status,
    "reopened": _status,
    "kind_changed": _kind,
    "renamed": _title,
    "merged": _merge,
    "split": _placed,
    "comment_moved": _placed,
    "comment_reclassified": _comment_kind,
    "suggestion_rejected": _suggestion,
}
