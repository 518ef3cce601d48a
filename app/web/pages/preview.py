"""The very requests that would make a theme's tickets now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.queries.themes import read_theme
from app.tickets.previewing import preview_tickets
from app.web import guard, rendering
from app.web.guard import Viewer
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/themes/{theme_id}/preview")
async def preview_page(request: Request, user: Viewer, theme_id: UUID) -> Response:
    """One request for each tracker that takes the theme, without what lets us in."""
    frame = await rendering.shell(request)
    state = request.app.state
    async with guard.database(request).transaction() as connection:
        theme = await read_theme(connection, theme_id)
        previews = await preview_tickets(
            connection,
            state.vault,
            theme_id,
            base_url=state.settings.base_url,
            network=state.settings.network,
        )
    return await rendering.page(
        request,
        user,
        "preview.html",
        frame=frame,
        theme=theme.row,
        previews=[
            (
                preview,
                long_texts(preview.body),
                json.dumps(preview.body, indent=2, ensure_ascii=False),
            )
            for preview in previews
        ],
    )


def long_texts(body: Any) -> list[str]:
    """The texts of several lines in a request's body, in its order: what a ticket says, which JSON
    would show on one line."""
    if isinstance(body, str):
        return [body] if "\n" in body else []
    if isinstance(body, Mapping):
        return [text for part in body.values() for text in long_texts(part)]
    if isinstance(body, list):
        return [text for part in body for text in long_texts(part)]
    return []
