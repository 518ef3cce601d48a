"""The decisions people take about themes. Each is one transaction, leaves a line of activity, and
can be undone.

``actor`` is ``user:<email>``, ``token:<name>`` or ``system``. ``version``, where it is given, is
the theme's version that the person saw: somebody else's later decision makes the call a Conflict
instead of being overwritten.
"""

from __future__ import annotations

import uuid

from app.config import settings
from app.errors import Conflict, Invalid
from app.storage.db import Connection
from app.themes.activity import SYSTEM, record
from app.themes.counts import recount
from app.themes.locks import lock_comment, lock_theme
from app.tickets.ledger import cancel_tickets, plan_tickets
from app.triage import labels
from classifiers.contract import THEME_KINDS, Kind

TITLE_MOST = 200
_STATUS = ("status", "status_reason", "decided_at")


async def accept(
    connection: Connection, theme_id: uuid.UUID, *, actor: str, version: int | None = None
) -> int:
    """Approve a theme: it gets a ticket in every tracker that takes its kind."""
    theme = await lock_theme(connection, theme_id, version)
    if theme["status"] == "accepted":
        raise Conflict("This theme is accepted already.", reason="already_accepted")
    before = {name: theme[name] for name in _STATUS}
    await _set_status(connection, theme_id, "accepted", "")
    wait = 0.0 if actor == SYSTEM else settings().undo_seconds
    await plan_tickets(connection, theme_id, wait_seconds=wait)
    activity = await record(
        connection, theme["product_id"], theme_id, "accepted", actor=actor, before=before
    )
    await labels.confirm(connection, theme, activity, actor)
    return activity


async def ignore(
    connection: Connection,
    theme_id: uuid.UUID,
    *,
    actor: str,
    reason: str,
    version: int | None = None,
) -> int:
    """Decline a theme, with a reason that people will read. Later comments that say the same still
    count towards it."""
    if not reason.strip():
        raise Invalid(
            "Say why the theme is ignored; the people who asked may be told.",
            reason="reason_missing",
        )
    theme = await lock_theme(connection, theme_id, version)
    if theme["status"] == "ignored" and theme["status_reason"] != "emptied":
        raise Conflict("This theme is ignored already.", reason="already_ignored")
    before = {name: theme[name] for name in _STATUS}
    await _set_status(connection, theme_id, "ignored", reason.strip()[:500])
    await cancel_tickets(connection, theme_id)
    detail = {"reason": reason.strip()[:500]}
    return await record(
        connection,
        theme["product_id"],
        theme_id,
        "ignored",
        actor=actor,
        detail=detail,
        before=before,
    )


async def reopen(
    connection: Connection, theme_id: uuid.UUID, *, actor: str, version: int | None = None
) -> int:
    """Put a decided theme back into the queue. A ticket that exists stays; one that waits is not
    made."""
    theme = await lock_theme(connection, theme_id, version)
    if theme["status"] == "triage":
        raise Conflict("This theme waits for a decision already.", reason="already_open")
    before = {name: theme[name] for name in _STATUS}
    await _set_status(connection, theme_id, "triage", "")
    await cancel_tickets(connection, theme_id)
    return await record(
        connection, theme["product_id"], theme_id, "reopened", actor=actor, before=before
    )


async def change_kind(
    connection: Connection,
    theme_id: uuid.UUID,
    kind: str,
    *,
    actor: str,
    version: int | None = None,
) -> int:
    """Say what a theme really is; the classifiers do not change it again."""
    _check_kind(kind, THEME_KINDS)
    theme = await lock_theme(connection, theme_id, version)
    if theme["kind"] == kind:
        raise Conflict(f"This theme is a {kind} already.", reason="already_this_kind")
    await connection.execute(
        "update theme set kind = %s, kind_by = 'person', version = version + 1, changed_at = now() "
        "where id = %s",
        [kind, theme_id],
    )
    before = {"kind": theme["kind"], "kind_by": theme["kind_by"]}
    detail = {"from": theme["kind"], "to": kind}
    activity = await record(
        connection,
        theme["product_id"],
        theme_id,
        "kind_changed",
        actor=actor,
        detail=detail,
        before=before,
    )
    await labels.label_theme(connection, theme_id, kind, activity, said=True)
    return activity


async def rename(
    connection: Connection,
    theme_id: uuid.UUID,
    title: str,
    *,
    actor: str,
    version: int | None = None,
) -> int:
    """Give a theme a title of one's own; it stays whatever comments follow."""
    cleaned = " ".join(title.split())
    if not cleaned or len(cleaned) > TITLE_MOST:
        raise Invalid(f"A title has 1 to {TITLE_MOST} characters.", reason="title_length")
    theme = await lock_theme(connection, theme_id, version)
    await connection.execute(
        "update theme set title = %s, title_by = 'person', version = version + 1, changed_at = "
        "now() where id = %s",
        [cleaned, theme_id],
    )
    await recount(connection, [theme_id])
    before = {"title": theme["title"], "title_by": theme["title_by"]}
    detail = {"from": theme["title"], "to": cleaned}
    return await record(
        connection,
        theme["product_id"],
        theme_id,
        "renamed",
        actor=actor,
        detail=detail,
        before=before,
    )


async def reclassify(connection: Connection, comment_id: int, kind: str, *, actor: str) -> int:
    """Correct a comment's kind, or confirm it. Where the kind is another one, the comment leaves a
    theme it no longer fits, and finds one if it now is a bug or request."""
    _check_kind(kind, frozenset(Kind))
    comment = await lock_comment(connection, comment_id)
    if comment["kind"] == kind and comment["kind_by"] == "person":
        raise Conflict(f"This comment is a {kind} already.", reason="already_this_kind")
    await connection.execute(
        """
        update comment
        set kind = %(kind)s, kind_by = 'person', kind_confidence = 1, kind_reason = '',
            theme_by = case when kind = %(kind)s then theme_by else 'model' end,
            stage = case when stage = 'parsed' or kind = %(kind)s then stage else 'enriched' end
        where id = %(id)s
        """,
        {"kind": kind, "id": comment_id},
    )
    before = {
        name: comment[name]
        for name in ("kind", "kind_by", "kind_confidence", "kind_reason", "theme_by")
    }
    before |= {"comment": comment_id, "theme": comment["theme_id"]}
    detail = {"comment": comment_id, "from": comment["kind"], "to": kind}
    activity = await record(
        connection,
        comment["product_id"],
        comment["theme_id"],
        "comment_reclassified",
        actor=actor,
        detail=detail,
        before=before,
    )
    await labels.label_comment(connection, comment, kind, activity)
    return activity


async def _set_status(
    connection: Connection, theme_id: uuid.UUID, status: str, reason: str
) -> None:
    await connection.execute(
        """
        update theme set status = %s, status_reason = %s, version = version + 1, changed_at = now(),
                         decided_at = case when %s = 'triage' then null else now() end
        where id = %s
        """,
        [status, reason, status, theme_id],
    )


def _check_kind(kind: str, allowed: frozenset[Kind]) -> None:
    if kind not in allowed:
        raise Invalid(f"A kind is one of {', '.join(sorted(allowed))}.", reason="kind_invalid")
