"""What a person can do to a theme; every one of these can be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from app.errors import Invalid, NotFound
from app.queries.suggestions import remaining_theme
from app.storage.db import Connection
from app.triage import decisions, regroup, suggestions, undo
from app.triage.showing import show_although
from app.web import guard
from app.web.guard import Act, Acting
from app.web.merging import although, merge_or_ask
from app.web.routes import PageRoute
from app.web.words import KIND_NAMES, counted

router = APIRouter(route_class=PageRoute)
Decision = Callable[[Connection], Awaitable[int]]


async def _decide(act: Act, text: str, decision: Decision, *, to: str = "") -> Response:
    async with act.database.transaction() as connection:
        activity = await decision(connection)
    return act.done(text, activity, to=to)


@router.post("/themes/{theme_id}/accept")
async def accept(act: Acting, theme_id: UUID) -> Response:
    """Accept a theme: it becomes a ticket."""
    undo_seconds = guard.settings(act.request).undo_seconds
    return await _decide(
        act,
        "Accepted.",
        lambda connection: decisions.accept(
            connection,
            theme_id,
            actor=act.actor,
            undo_seconds=undo_seconds,
            version=act.version,
        ),
    )


@router.post("/themes/{theme_id}/push-although")
async def push_although(act: Acting, theme_id: UUID) -> Response:
    """Let a ticket say what fewer people could read than can read its tracker."""
    return await _decide(
        act,
        "It is pushed with everything that is said here.",
        lambda connection: show_although(
            connection, theme_id, actor=act.actor, version=act.version
        ),
    )


@router.post("/themes/{theme_id}/ignore")
async def ignore(act: Acting, theme_id: UUID) -> Response:
    """Ignore a theme, with the reason that was picked or written."""
    reason = act.text("quick", 500) or act.text("reason", 500)
    return await _decide(
        act,
        f"Ignored: {reason}.",
        lambda connection: decisions.ignore(
            connection, theme_id, actor=act.actor, reason=reason, version=act.version
        ),
    )


@router.post("/themes/{theme_id}/reopen")
async def reopen(act: Acting, theme_id: UUID) -> Response:
    """Put a theme back into the queue."""
    return await _decide(
        act,
        "Back in triage.",
        lambda connection: decisions.reopen(
            connection, theme_id, actor=act.actor, version=act.version
        ),
    )


@router.post("/themes/{theme_id}/kind")
async def change_kind(act: Acting, theme_id: UUID) -> Response:
    """Say that a theme is a bug, or a request."""
    kind = act.text("kind")
    return await _decide(
        act,
        f"It is a {KIND_NAMES.get(kind, kind).lower()} now.",
        lambda connection: decisions.change_kind(
            connection, theme_id, kind, actor=act.actor, version=act.version
        ),
    )


@router.post("/themes/{theme_id}/title")
async def rename(act: Acting, theme_id: UUID) -> Response:
    """Give a theme another title."""
    return await _decide(
        act,
        "Title changed.",
        lambda connection: decisions.rename(
            connection, theme_id, act.text("title"), actor=act.actor, version=act.version
        ),
    )


@router.post("/themes/{theme_id}/merge")
async def merge(act: Acting, theme_id: UUID) -> Response:
    """Merge a theme into the chosen one, and go there."""
    into = _theme(act.text("into"))
    tickets_of = act.text("tickets_of")
    undo_seconds = guard.settings(act.request).undo_seconds

    def decide(connection: Connection) -> Awaitable[int]:
        return regroup.merge(
            connection,
            into,
            [theme_id],
            actor=act.actor,
            tickets_of=_theme(tickets_of) if tickets_of else None,
            although=although(act),
            undo_seconds=undo_seconds,
        )

    return await merge_or_ask(
        act, lambda: _decide(act, "Merged into this theme.", decide, to=f"/themes/{into}")
    )


@router.post("/themes/{theme_id}/split")
async def split(act: Acting, theme_id: UUID) -> Response:
    """Take the selected comments out into a theme of their own."""
    try:
        chosen = [int(value) for value in act.texts("comment")]
    except ValueError:
        raise Invalid(
            "The selection holds something that is no comment; select again.",
            reason="comment_invalid",
        ) from None
    async with act.database.transaction() as connection:
        activity, _ = await regroup.split(connection, theme_id, chosen, actor=act.actor)
    return act.done(
        f"{counted(len(chosen), 'comment')} split off into a theme of its own.", activity
    )


@router.post("/suggestions/{suggestion_id}/{answer}")
async def answer_suggestion(
    act: Acting, suggestion_id: int, answer: Literal["same", "different"]
) -> Response:
    """Say whether two themes are the same; the same ones are merged."""
    async with act.database.transaction() as connection:
        remaining = await remaining_theme(connection, suggestion_id)

    async def decide(connection: Connection) -> int:
        return await suggestions.decide_suggestion(
            connection,
            suggestion_id,
            answer == "same",
            actor=act.actor,
            although=although(act),
            undo_seconds=guard.settings(act.request).undo_seconds,
        )

    if answer == "same" and remaining is not None:
        to = f"/themes/{remaining}"
        return await merge_or_ask(
            act, lambda: _decide(act, "They are one theme now.", decide, to=to)
        )
    return await _decide(act, "Kept apart for good.", decide)


@router.post("/comments/{comment_id}/kind")
async def reclassify(act: Acting, comment_id: int) -> Response:
    """Correct what a comment is."""
    kind = act.text("kind")
    return await _decide(
        act,
        f"Filed under {KIND_NAMES.get(kind, kind).lower()}; it goes where that belongs.",
        lambda connection: decisions.reclassify(connection, comment_id, kind, actor=act.actor),
    )


@router.post("/undo")
async def take_back(act: Acting) -> Response:
    """Undo the named activities, newest first, all or none."""
    try:
        chosen = sorted({int(value) for value in act.texts("activity")}, reverse=True)
    except ValueError:
        raise Invalid(
            "There is nothing of this number to undo.", reason="activity_invalid"
        ) from None
    if not chosen:
        raise Invalid("There is nothing to undo.", reason="activity_invalid")
    async with act.database.transaction() as connection:
        for activity in chosen:
            await undo.undo(connection, activity, actor=act.actor)
    if len(chosen) == 1:
        return act.done("Undone.")
    return act.done(f"{len(chosen)} decisions undone.")


def _theme(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise NotFound("Choose the theme to merge into first.", reason="theme_not_found") from None
