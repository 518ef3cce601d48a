"""The first page: what waits for a decision, how much is said where, and whether all runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.digests.spike_lines import spike_line
from app.models.states import SpikeState
from app.queries import health, insights, totals
from app.queries.health import SourceStatus
from app.queries.spikes import list_spikes
from app.queries.top_matters import top_matters
from app.web import charts, guard, rendering, words
from app.web.guard import Viewer
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
PERIODS_DAYS = (7, 30, 90)
WEEKS_FROM_DAYS = 90
"""From here on the chart shows weeks: daily bars would be too thin for a phone."""
PLOT_PIXELS, CHART_PIXELS = 150, 192
TOP_MATTERS = 7
SPIKES_SHOWN = 5
SPIKE_DAYS = 7
"""An open spike that is older is history, and stays on its own page."""
TROUBLED = frozenset(SourceStatus) - {SourceStatus.ok, SourceStatus.disabled}


def volume_series(
    breakdown: insights.Breakdown,
) -> tuple[tuple[date, ...], tuple[charts.Series, ...]]:
    """The days of a period, or its weeks, and one series per source that said anything in it."""
    days, sources = breakdown.days, breakdown.sources
    if len(days) < WEEKS_FROM_DAYS:
        return days, charts.top_series(list(sources.items()))
    weeks, _ = charts.weekly(days, [0] * len(days))
    return weeks, charts.top_series(
        [(name, charts.weekly(days, counts)[1]) for name, counts in sources.items()]
    )


def change(now: int, previous: int) -> str:
    """How a count compares with the period before, in words."""
    if not previous and not now:
        return "none in the period before either"
    if not previous:
        return "none in the period before"
    share = round(100 * (now - previous) / previous)
    if not share:
        return f"as many as in the period before ({previous:,})"
    return f"{share:+d} % ({previous:,} before)"


@router.get("/")
async def overview_page(
    request: Request,
    user: Viewer,
    days: Literal["7", "30", "90"] = "30",
    top: Literal["people", "rising"] = "people",
) -> Response:
    """What waits, and the numbers of the last ``days`` days; ``top`` orders the matters."""
    frame, period = await rendering.shell(request), int(days)
    product = frame.product_id
    async with guard.database(request).transaction() as connection:
        counts = await totals.overview(connection, product, period)
        breakdown = await insights.breakdown(connection, product, period)
        matters = await top_matters(
            connection, product, period, rising=top == "rising", limit=TOP_MATTERS
        )
        stages = await health.stages(connection, product)
        sources = await health.sources(connection, product)
        spikes = await list_spikes(
            connection,
            product,
            state=SpikeState.open,
            since=datetime.now(UTC) - timedelta(days=SPIKE_DAYS),
            limit=SPIKES_SHOWN,
        )
    days_shown, series = volume_series(breakdown)
    return await rendering.page(
        request,
        user,
        "overview.html",
        frame=frame,
        days=period,
        periods=PERIODS_DAYS,
        totals=counts,
        comments_change=change(counts.comments, counts.previous_comments),
        people_change=change(counts.people, counts.previous_people),
        at=days_shown,
        weekly=period >= WEEKS_FROM_DAYS,
        series=series,
        chart=charts.stacked(days_shown, series, height=CHART_PIXELS, plot=PLOT_PIXELS),
        unsure=breakdown.unsure,
        kinds=charts.slices(list(breakdown.kinds.items())),
        top=top,
        matters=matters,
        stages=stages,
        troubled=[
            source
            for source in sources
            if source.status in TROUBLED or words.credentials_warning(source.credentials_end_at)
        ],
        sources=sources,
        spikes=spikes.items,
        more_spikes=spikes.next_cursor is not None,
        spike_line=spike_line,
    )
