"""The decisions people take about themes. Each is one transaction, leaves a line of activity, and
can be undone.

``actor`` is ``user:<email>``, ``token:<name>`` or ``system``. ``version``, where it is given, is
the theme's version that the person saw: somebody else's later decision makes the call a Conflict
instead of being overwritten.
"""

from __future__ import annotations

import uuid

from app.errors import Conflict, Invalid
from app.models.states import DecidedBy, ThemeStatus
from app.storage.db import Connection
from app.themes.activity import record
from app.themes.counts import recount
from app.themes.locks import LockedTheme, lock_comment, lock_theme
from app.tickets.ledger import cancel_tickets, plan_tickets
from app.triage import labels
from app.triage.before import CommentKindBefore, KindBefore, StatusBefore, TitleBefore
from classifiers.contract import THEME_KINDS, Kind

TITLE_MAX_CHARACTERS = 200
IGNORE_REASON_MAX_CHARACTERS = 500
EMPTIED = "emptied"
"""The reason of a theme that was ignored by itself, because nobody stands behind it any more."""

SET_STATUS = """
    update theme set status = %(status)s, status_reason = %(reason)s, version = version + 1,
                     changed_at = now(),
                     decided_at = case when %(status)s = 'triage' then null else now() end
    where id = %(theme)s
"""
SET_KIND = """
    update theme set kind = %s, kind_by = 'person', version = version + 1, changed_at = now()
    where id = %s
"""
SET_TITLE = """
    update theme set title = %s, title_by = 'person', version = version + 1, changed_at = now()
    where id = %s
"""
# The group step finds the place of a comment that is of another kind now.
SET_COMMENT_KIND = """
    update comment
    set kind = %(kind)s, kind_by = 'person', kind_confidence = 1, kind_reason = '',
        theme_by = case when kind = %(kind)s then theme_by else 'model' end,
        stage = case when stage = 'parsed' or kind = %(kind)s then stage else 'enriched' end
    where id = %(comment)s
"""


async def accept(
    connection: Connection,
    theme_id: uuid.UUID,
    *,
    actor: str,
    undo_seconds: float,
    version: int | None = None,
) -> int:
    """Approve a theme: it gets a ticket in every tracker that takes its kind.

    Tickets wait ``undo_seconds`` for second thoughts; 0 where no person decided.
    """
    theme = await lock_theme(connection, theme_id, version)
    if theme.status is ThemeStatus.accepted:
        raise Conflict("This theme is accepted already.", reason="already_accepted")
    await _set_status(connection, theme_id, ThemeStatus.accepted)
    await plan_tickets(connection, theme_id, wait_seconds=undo_seconds)
    activity = await record(
        connection,
        theme.product_id,
        theme_id,
        "accepted",
        actor=actor,
        before=_status_before(theme).stored(),
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
    stated = stated_reason(reason)
    theme = await lock_theme(connection, theme_id, version)
    if theme.status is ThemeStatus.ignored and theme.status_reason != EMPTIED:
        raise Conflict("This theme is ignored already.", reason="already_ignored")
    await _set_status(connection, theme_id, ThemeStatus.ignored, stated)
    await cancel_tickets(connection, theme_id)
    return await record(
        connection,
        theme.product_id,
        theme_id,
        "ignored",
        actor=actor,
        detail={"reason": stated},
        before=_status_before(theme).stored(),
    )


async def reopen(
    connection: Connection, theme_id: uuid.UUID, *, actor: str, version: int | None = None
) -> int:
    """Put a decided theme back into the queue. A ticket that exists stays; one that waits is not
    made."""
    theme = await lock_theme(connection, theme_id, version)
    if theme.status is ThemeStatus.triage:
        raise Conflict("This theme waits for a decision already.", reason="already_open")
    await _set_status(connection, theme_id, ThemeStatus.triage)
    await cancel_tickets(connection, theme_id)
    return await record(
        connection,
        theme.product_id,
        theme_id,
        "reopened",
        actor=actor,
        before=_status_before(theme).stored(),
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
    if theme.kind == kind:
        raise Conflict(f"This theme is a {kind} already.", reason="already_this_kind")
    await connection.execute(SET_KIND, [kind, theme_id])
    activity = await record(
        connection,
        theme.product_id,
        theme_id,
        "kind_changed",
        actor=actor,
        detail={"from": theme.kind, "to": kind},
        before=KindBefore(kind=theme.kind, kind_by=theme.kind_by).stored(),
    )
    await labels.label_theme(connection, theme_id, kind, activity, corrected=True)
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
    if not cleaned or len(cleaned) > TITLE_MAX_CHARACTERS:
        raise Invalid(f"A title has 1 to {TITLE_MAX_CHARACTERS} characters.", reason="title_length")
    theme = await lock_theme(connection, theme_id, version)
    await connection.execute(SET_TITLE, [cleaned, theme_id])
    await recount(connection, [theme_id])
    return await record(
        connection,
        theme.product_id,
        theme_id,
        "renamed",
        actor=actor,
        detail={"from": theme.title, "to": cleaned},
        before=TitleBefore(title=theme.title, title_by=theme.title_by).stored(),
    )


async def reclassify(connection: Connection, comment_id: int, kind: str, *, actor: str) -> int:
    """Correct a comment's kind, or confirm it. Where the kind is another one, the comment leaves a
    theme it no longer fits, and finds one if it now is a bug or request."""
    _check_kind(kind, frozenset(Kind))
    comment = await lock_comment(connection, comment_id)
    if comment.kind == kind and comment.kind_by is DecidedBy.person:
        raise Conflict(f"This comment is a {kind} already.", reason="already_this_kind")
    await connection.execute(SET_COMMENT_KIND, {"kind": kind, "comment": comment_id})
    before = CommentKindBefore(
        comment=comment_id,
        kind=comment.kind,
        kind_by=comment.kind_by,
        kind_confidence=comment.kind_confidence,
        kind_reason=comment.kind_reason,
        theme=comment.theme_id,
        theme_by=comment.theme_by,
    )
    activity = await record(
        connection,
        comment.product_id,
        comment.theme_id,
        "comment_reclassified",
        actor=actor,
        detail={"comment": comment_id, "from": comment.kind, "to": kind},
        before=before.stored(),
    )
    await labels.label_comment(connection, comment, kind, activity)
    return activity


def stated_reason(reason: str) -> str:
    """Why a theme is ignored, as it is kept. Raises Invalid where nothing is said."""
    if not reason.strip():
        raise Invalid(
            "Say why the theme is ignored; the people who asked may be told.",
            reason="reason_missing",
        )
    return reason.strip()[:IGNORE_REASON_MAX_CHARACTERS]


def _status_before(theme: LockedTheme) -> StatusBefore:
    return StatusBefore(
        status=theme.status, status_reason=theme.status_reason, decided_at=theme.decided_at
    )


async def _set_status(
    connection: Connection, theme_id: uuid.UUID, status: ThemeStatus, reason: str = ""
) -> None:
    values = {"status": status, "reason": reason, "theme": theme_id}
    await connection.execute(SET_STATUS, values)


def _check_kind(kind: str, allowed: frozenset[Kind]) -> None:
    if kind not in allowed:
        raise Invalid(f"A kind is one of {', '.join(sorted(allowed))}.", reason="kind_invalid")
