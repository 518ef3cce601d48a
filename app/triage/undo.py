"""Takes a decision back, from the line of activity that it left."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from app.errors import Conflict, NotFound
from app.models.states import DecidedBy, ThemeStatus
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.themes.activity import record
from app.themes.counts import recount
from app.themes.leaving import forget_derived
from app.themes.locks import lock_grouping
from app.tickets.ledger import cancel_tickets, plan_tickets
from app.tickets.linking import restore_row
from app.tickets.merging import unmerge_tickets
from app.triage.before import (
    Before,
    CommentKindBefore,
    KindBefore,
    LinkBefore,
    MergeBefore,
    PlaceBefore,
    PostponedBefore,
    ShownBefore,
    StatusBefore,
    SuggestionBefore,
    SuggestionsBefore,
    TitleBefore,
)
from app.triage.regroup import SEPARATE, put_into_theme
from app.triage.showing import show_as_before

SELECT_LINE_PRODUCT = "select product_id from activity where id = %s"
SELECT_LINE_FOR_UPDATE = """
    select product_id, theme_id, verb, before, undone_by from activity where id = %s for update
"""
SELECT_LATER_VERB = """
    select verb from activity
    where theme_id = %s and id > %s and before <> '{}' and undone_by is null
    order by id desc limit 1
"""
TOUCH_THEME = "update theme set version = version + 1, changed_at = now() where id = %s"
MARK_UNDONE = "update activity set undone_by = %s where id = %s"
RESTORE_STATUS = """
    update theme set status = %s, status_reason = %s, decided_at = %s where id = %s
"""
RESTORE_KIND = "update theme set kind = %s, kind_by = %s where id = %s"
RESTORE_TITLE = "update theme set title = %s, title_by = %s where id = %s"
REVIVE_THEME = """
    update theme set status = %s, merged_into = null, version = version + 1 where id = %s
"""
# Whoever says that a merge which happened by itself was wrong says so of both sides.
SEPARATE_THEMES = """
    insert into separation (comment_id, theme_id)
    select c.id, other.id from unnest(%s::uuid[]) as other(id) join comment c on c.theme_id = %s
    on conflict do nothing
"""
SELECT_STATUS = "select status from theme where id = %s"
SELECT_STILL_THERE = """
    select id from comment where id = any(%(comments)s::bigint[]) and theme_id = %(into)s
"""
SELECT_MERGED_AWAY = """
    select id from theme
    where id = any(%s::uuid[]) and status = 'merged' order by id limit 1
"""
SELECT_THEMES_OF = "select distinct theme_id from comment where id = any(%s::bigint[])"
REOPEN_ANSWERED_SUGGESTIONS = """
    update theme_suggestion set state = 'open'
    where state = 'accepted' and theme_id = any(%(all)s::uuid[])
      and other_id = any(%(all)s::uuid[])
"""
DELETE_SEPARATIONS = """
    delete from separation where theme_id = %s and comment_id = any(%s::bigint[])
"""
SELECT_COMMENT_THEME = "select theme_id from comment where id = %s"
RESTORE_COMMENT_KIND = """
    update comment
    set kind = %(kind)s, kind_by = %(kind_by)s, kind_confidence = %(kind_confidence)s,
        kind_reason = %(kind_reason)s, theme_id = %(theme)s, theme_by = %(theme_by)s,
        stage = case when stage = 'enriched' then 'grouped' else stage end
    where id = %(comment)s
"""
REOPEN_SUGGESTION = "update theme_suggestion set state = 'open' where id = %s"
RESTORE_LATER = "update theme_suggestion set later_until = %s where id = %s"
DELETE_SEPARATIONS_OF_THEME = """
    delete from separation
    where theme_id = %s and comment_id in (select id from comment where theme_id = %s)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of activity; ``before`` is empty where nothing can be undone."""

    product_id: uuid.UUID
    theme_id: uuid.UUID | None
    verb: str
    before: Mapping[str, Any]
    undone_by: int | None


async def undo(connection: Connection, activity_id: int, *, actor: str) -> int:
    """Restore what was before; returns the new line of activity.

    Raises NotFound; Conflict for what cannot be undone, was undone, or has later decisions on top
    of it.
    """
    line = await _lock_line(connection, activity_id)
    restore = _RESTORE.get(line.verb)
    if restore is None or not line.before:
        raise Conflict("This step cannot be undone.", reason="not_undoable")
    if line.undone_by is not None:
        raise Conflict("This step was undone already.", reason="already_undone")
    later_verb = await fetch_value(connection, SELECT_LATER_VERB, [line.theme_id, activity_id])
    if later_verb is not None:
        raise Conflict(
            f"A later step ({later_verb.replace('_', ' ')}) builds on this one; undo that first.",
            reason="later_step",
        )
    merged_away = await fetch_value(connection, SELECT_MERGED_AWAY, [_living_themes(line)])
    if merged_away is not None:
        raise Conflict(
            "A theme of this step was merged into another one since; undo that first.",
            reason="later_step",
        )
    await restore(connection, line)
    if line.theme_id is not None:
        await connection.execute(TOUCH_THEME, [line.theme_id])
    undone_by = await record(
        connection,
        line.product_id,
        line.theme_id,
        "undone",
        actor=actor,
        detail={"of": activity_id, "verb": line.verb},
    )
    await connection.execute(MARK_UNDONE, [undone_by, activity_id])
    return undone_by


def _living_themes(line: Line) -> list[uuid.UUID]:
    """The themes that have to stand by themselves for a step to be undone."""
    themes = [] if line.theme_id is None else [line.theme_id]
    if line.verb in ("split", "comment_moved"):
        themes += PlaceBefore.model_validate(line.before).themes
    return themes


async def _lock_line(connection: Connection, activity_id: int) -> Line:
    """The line under its product's grouping lock, which comes before every row."""
    product_id = await fetch_value(connection, SELECT_LINE_PRODUCT, [activity_id])
    if product_id is None:
        raise NotFound("There is no activity with this id.", reason="activity_not_found")
    await lock_grouping(connection, product_id)
    line = await fetch_one(connection, SELECT_LINE_FOR_UPDATE, [activity_id], of=Line)
    if line is None:
        raise NotFound("There is no activity with this id.", reason="activity_not_found")
    return line


async def _status(connection: Connection, theme_id: uuid.UUID, before: StatusBefore) -> None:
    values = [before.status, before.status_reason, before.decided_at, theme_id]
    await connection.execute(RESTORE_STATUS, values)
    await cancel_tickets(connection, theme_id)
    if before.status is ThemeStatus.accepted:
        await plan_tickets(connection, theme_id, wait_seconds=0)


async def _kind(connection: Connection, theme_id: uuid.UUID, before: KindBefore) -> None:
    await connection.execute(RESTORE_KIND, [before.kind, before.kind_by, theme_id])


async def _title(connection: Connection, theme_id: uuid.UUID, before: TitleBefore) -> None:
    await connection.execute(RESTORE_TITLE, [before.title, before.title_by, theme_id])
    await recount(connection, [theme_id])


async def _merge(connection: Connection, theme_id: uuid.UUID, before: MergeBefore) -> None:
    for absorbed, status in before.themes.items():
        await connection.execute(REVIVE_THEME, [status, absorbed])
        # What a person put elsewhere meanwhile stays there.
        values = {"comments": before.comments[absorbed], "into": theme_id}
        standing = await fetch_all(connection, SELECT_STILL_THERE, values)
        numbers = [row["id"] for row in standing]
        await put_into_theme(connection, numbers, absorbed, DecidedBy.model)
    unmade = before.unmade or ()
    await unmerge_tickets(connection, before.tickets, before.superseded, unmade)
    status = await fetch_value(connection, SELECT_STATUS, [theme_id])
    if before.unmade is None and status == ThemeStatus.accepted:
        await plan_tickets(connection, theme_id, wait_seconds=0)
    if before.by_itself:
        await connection.execute(SEPARATE, [before.moved, theme_id])
        await connection.execute(SEPARATE_THEMES, [list(before.themes), theme_id])
    themes = [theme_id, *before.themes]
    await connection.execute(REOPEN_ANSWERED_SUGGESTIONS, {"all": themes})
    await forget_derived(connection, themes, before.moved)
    await recount(connection, themes, comments=before.moved)


async def _place(connection: Connection, theme_id: uuid.UUID, before: PlaceBefore) -> None:
    """Undo of split and move. Themes that the comments came into meanwhile lose them, and say
    so."""
    places = await fetch_all(connection, SELECT_THEMES_OF, [list(before.comments)])
    themes = {*before.themes, *(row["theme_id"] for row in places)} - {None}
    await put_into_theme(connection, before.comments, before.old_theme, before.theme_by)
    if before.old_theme is not None:
        values = [before.old_theme, list(before.comments)]
        await connection.execute(DELETE_SEPARATIONS, values)
    await forget_derived(connection, sorted(themes), before.comments)
    await recount(connection, themes, comments=before.comments)


async def _shown(connection: Connection, theme_id: uuid.UUID, before: ShownBefore) -> None:
    await show_as_before(connection, before.tickets)


async def _linked(connection: Connection, theme_id: uuid.UUID, before: LinkBefore) -> None:
    was = before.was.stored() if before.was else None
    if was is not None:
        was["former"] = json.dumps(was["former"])
    await restore_row(connection, before.ticket, was)
    status = await fetch_value(connection, SELECT_STATUS, [theme_id])
    if was is None and status == ThemeStatus.accepted:
        await plan_tickets(connection, theme_id, wait_seconds=0)


async def _comment_kind(
    connection: Connection, theme_id: uuid.UUID | None, before: CommentKindBefore
) -> None:
    theme_now = await fetch_value(connection, SELECT_COMMENT_THEME, [before.comment])
    await connection.execute(RESTORE_COMMENT_KIND, before.model_dump())
    themes = {theme_now, before.theme} - {None}
    await recount(connection, themes, comments=[before.comment])


async def _suggestion(
    connection: Connection, theme_id: uuid.UUID, before: SuggestionBefore
) -> None:
    await connection.execute(REOPEN_SUGGESTION, [before.suggestion])
    for theme, partner in ((before.theme, before.other), (before.other, before.theme)):
        await connection.execute(DELETE_SEPARATIONS_OF_THEME, [partner, theme])


async def _suggestions(
    connection: Connection, theme_id: uuid.UUID, before: SuggestionsBefore
) -> None:
    for rejected in before.suggestions:
        await _suggestion(connection, theme_id, rejected)


async def _postponed(connection: Connection, theme_id: uuid.UUID, before: PostponedBefore) -> None:
    for suggestion_id, later_until in before.later_until.items():
        await connection.execute(RESTORE_LATER, [later_until, suggestion_id])


State = TypeVar("State", bound=Before)
Restore = Callable[[Connection, Line], Awaitable[None]]


def _from(
    shape: type[State], restore: Callable[[Connection, Any, State], Awaitable[None]]
) -> Restore:
    """Read a line's state as ``shape`` and restore it."""

    async def restore_line(connection: Connection, line: Line) -> None:
        await restore(connection, line.theme_id, shape.model_validate(line.before))

    return restore_line


_RESTORE: Mapping[str, Restore] = {
    "accepted": _from(StatusBefore, _status),
    "ignored": _from(StatusBefore, _status),
    "reopened": _from(StatusBefore, _status),
    "kind_changed": _from(KindBefore, _kind),
    "renamed": _from(TitleBefore, _title),
    "merged": _from(MergeBefore, _merge),
    "shown_although": _from(ShownBefore, _shown),
    "ticket_linked": _from(LinkBefore, _linked),
    "ticket_unlinked": _from(LinkBefore, _linked),
    "split": _from(PlaceBefore, _place),
    "comment_moved": _from(PlaceBefore, _place),
    "comment_reclassified": _from(CommentKindBefore, _comment_kind),
    "suggestion_rejected": _from(SuggestionBefore, _suggestion),
    "suggestions_rejected": _from(SuggestionsBefore, _suggestions),
    "suggestions_postponed": _from(PostponedBefore, _postponed),
}
"""How each step is restored; a step that stands not here cannot be undone."""
