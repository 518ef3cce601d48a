"""The first page: what waits for a decision, how much is said where, and whether everything still
runs."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.queries import health, insights
from app.web import charts, guard, rendering
from app.web.guard import Viewer
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
PERIODS = (7, 30, 90)
_WEEKS_FROM = 90  # days from which the chart shows weeks: daily bars would be too thin for a phone
_PLOT, _HEIGHT = 150, 192


def volume_series(said: insights.Breakdown) -> tuple[tuple[date, ...], tuple[charts.Series, ...]]:
    """The days of a period, or its weeks, and one series per source that said anything in it."""
    if len(said.days) < _WEEKS_FROM:
        return said.days, charts.top_series(list(said.sources.items()))
    weeks = charts.weekly(said.days, [0] * len(said.days))[0]
    return weeks, charts.top_series(
        [(name, charts.weekly(said.days, counts)[1]) for name, counts in said.sources.items()]
    )


def change(now: int, before: int) -> str:
    """How a count compares with the period before, in words."""
    if not before:
        return "none in the period before" if now else "none in the period before either"
    share = round(100 * (now - before) / before)
    return (
        f"as many as in the period before ({before:,})"
        if not share
        else f"{share:+d} % ({before:,} before)"
    )


@router.get("/")
async def overview_page(
    request: Request, user: Viewer, days: Literal["7", "30", "90"] = "30"
) -> Response:
    """What waits, and the numbers of the last ``days`` days."""
    frame, period = await rendering.shell(request), int(days)
    product = frame.product_id
    async with guard.database(request).transaction() as connection:
        totals = await insights.overview(connection, product, period)
        said = await insights.breakdown(connection, product, period)
        top = await insights.top_themes(connection, product, period, limit=7)
        stages = await health.stages(connection, product)
        sources = await health.sources(connection, product)
    at, series = volume_series(said)
    return await rendering.page(
        request,
        user,
        "overview.html",
        frame=frame,
        days=period,
        periods=PERIODS,
        totals=totals,
        comments_change=change(totals.comments, totals.previous_comments),
        people_change=change(totals.people, totals.previous_people),
        at=at,
        weekly=period >= _WEEKS_FROM,
        series=series,
        chart=charts.stacked(at, series, height=_HEIGHT, plot=_PLOT),
        unsure=said.unsure,
        kinds=charts.slices(list(said.kinds.items())),
        top=top,
        stages=stages,
        troubled=[source for source in sources if source.status in ("failing", "quiet", "never")],
        sources=sources,
    )
