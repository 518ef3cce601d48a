"""One theme: what people said, why it was put together, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.queries.rows import CommentRow, SuggestionRow, ThemeRow
from app.queries.theme_history import similar_themes, theme_activity, theme_timeline
from app.queries.themes import list_themes, read_theme, theme_comments
from app.storage.db import Connection
from app.themes.quotes import read_face, theme_quotes
from app.web import guard, rendering
from app.web.guard import Viewer
from app.web.pages.triage import REASONS, sparkline
from app.web.params import Cursor, Word
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
_QUOTES, _DAYS, _SIMILAR, _ACTIVITY, _FOUND = 25, 60, 5, 40, 20
_SIMILAR_FROM = 0.35
_ALL_SHOWN = 4
"""Up to so many mentions the list of all comments says it as well as a choice of them."""
_NEAR_TEXTS = "select id, left(text, 300) as text from comment where id = any(%s::bigint[]) and deleted_at is null"


async def near_texts(
    connection: Connection,
    comments: Sequence[CommentRow],
    suggestions: Sequence[SuggestionRow] = (),
) -> dict[int, str]:
    """The words of the comments that the evidence of grouping and suggestions names, by id; without
    deleted ones."""
    wanted = {
        near["comment"]
        for comment in comments
        for near in (comment.grouping.get("nearest") or [])[:3]
    }
    pairs = [
        near
        for suggestion in suggestions
        for near in (suggestion.evidence.get("nearest") or [])[:1]
    ]
    wanted |= {near[side] for near in pairs for side in ("of", "comment") if side in near}
    rows = await (await connection.execute(_NEAR_TEXTS, [sorted(wanted)])).fetchall()
    return {row["id"]: row["text"] for row in rows}


@router.get("/themes/{theme_id}")
async def theme_page(
    request: Request, user: Viewer, theme_id: UUID, cursor: Cursor = None
) -> Response:
    """A theme with its quotes, its history and its neighbours."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        theme = await read_theme(connection, theme_id)
        comments = await theme_comments(connection, theme_id, cursor or None, _QUOTES)
        near = await near_texts(connection, comments.items, theme.suggestions)
        face = await read_face(connection, theme_id)
        quotes = (
            []
            if cursor or theme.row.mentions <= _ALL_SHOWN
            else await theme_quotes(connection, theme_id)
        )
        timeline = await theme_timeline(connection, theme_id, _DAYS)
        activity = await theme_activity(connection, theme_id, _ACTIVITY)
        similar = await similar_themes(connection, theme_id, _SIMILAR)
        into = (
            await read_theme(connection, theme.row.merged_into) if theme.row.merged_into else None
        )
    suggested = {suggestion.other_id for suggestion in theme.suggestions}
    return await rendering.page(
        request,
        user,
        "theme.html",
        frame=frame,
        theme=theme.row,
        detail=theme,
        into=into.row if into else None,
        comments=comments.items,
        near=near,
        face=face,
        telling=quotes,
        cursor=comments.next_cursor,
        first=not cursor,
        chart=sparkline(timeline),
        spoken=sum(point.mentions for point in timeline),
        days=_DAYS,
        activity=activity,
        similar=[
            pair for pair in similar if pair[1] >= _SIMILAR_FROM and pair[0].id not in suggested
        ],
        reasons=REASONS,
    )


@router.get("/themes/{theme_id}/merge")
async def merge_page(request: Request, user: Viewer, theme_id: UUID, q: Word = "") -> Response:
    """Choose the theme that this one goes into: the most similar ones first, or what a search
    finds."""
    frame = await rendering.shell(request)
    words = q.strip()
    async with guard.database(request).transaction() as connection:
        theme = await read_theme(connection, theme_id)
        if theme.row.status == "merged":
            return RedirectResponse(f"/themes/{theme_id}", status_code=303)
        if words:
            found = await list_themes(connection, theme.row.product_id, q=words, limit=_FOUND)
            choices: list[tuple[ThemeRow, float | None]] = [
                (row, None) for row in found.items if row.id != theme_id
            ]
        else:
            choices = [
                (row, near) for row, near in await similar_themes(connection, theme_id, _FOUND)
            ]
    return await rendering.page(
        request,
        user,
        "merge.html",
        frame=frame,
        theme=theme.row,
        choices=choices,
        q=words,
        searched=bool(words),
    )
