"""Spikes and silences: what was found, and that somebody looked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.digests.spike_lines import spike_line
from app.insights.spikes import acknowledge_spike
from app.queries.spans import span_of
from app.queries.spikes import list_spikes
from app.web import guard, rendering
from app.web.guard import Acting, Viewer
from app.web.params import Cursor, Word
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
SPIKES_PER_PAGE = 40


@router.get("/spikes")
async def spikes_page(
    request: Request,
    user: Viewer,
    first_day: Annotated[str, Query(alias="from", max_length=20)] = "",
    last_day: Annotated[str, Query(alias="to", max_length=20)] = "",
    tz: Word = "UTC",
    cursor: Cursor = None,
) -> Response:
    """Everything that was found, or what was found between two days."""
    frame = await rendering.shell(request)
    span = None
    if first_day or last_day:
        span = span_of(first_day, last_day, tz, datetime.now(UTC))
    async with guard.database(request).transaction() as connection:
        page = await list_spikes(
            connection,
            frame.product_id,
            found_in=span,
            cursor=cursor or None,
            limit=SPIKES_PER_PAGE,
        )
    return await rendering.page(
        request,
        user,
        "spikes.html",
        frame=frame,
        found_in=span,
        spikes=page.items,
        spike_line=spike_line,
        cursor=page.next_cursor,
        first=not cursor,
    )


@router.post("/spikes/{spike_id}/ack")
async def acknowledge(act: Acting, spike_id: int) -> Response:
    """It leaves the overview; the theme and the digest keep it."""
    async with act.database.transaction() as connection:
        was_open = await acknowledge_spike(connection, spike_id, actor=act.actor)
    return act.done("Seen." if was_open else "Somebody looked at it before you.")
