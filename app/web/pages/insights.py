"""The numbers of a span of days, each with its table and the list that it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid, NotFound
from app.queries import insights
from app.queries.metric_definitions import METRIC_DEFINITIONS
from app.queries.metric_people import PeopleSort, list_metric_people
from app.queries.metric_themes import (
    METRIC_THEMES_MOST,
    ThemeSort,
    list_metric_themes,
    moving_themes,
)
from app.queries.metrics import Metrics, Volume, read_metrics
from app.queries.spans import Comparison, Span, span_of
from app.web import charts, guard, rendering
from app.web.csv_files import csv_file
from app.web.guard import Viewer
from app.web.pages.overview import CHART_PIXELS, PLOT_PIXELS, WEEKS_FROM_DAYS, volume_series
from app.web.params import Cursor, Word
from app.web.platform_words import platform
from app.web.routes import PageRoute
from app.web.words import KIND_PLURALS

router = APIRouter(route_class=PageRoute)
VOLUME_DIMENSIONS = ("source", "kind", "platform", "language")
PEOPLE_PER_PAGE = 50
First = Annotated[str, Query(alias="from", max_length=20)]
Last = Annotated[str, Query(alias="to", max_length=20)]


@dataclass(frozen=True, slots=True)
class ChosenSpan:
    """The span that an address asks for, and what it is compared with."""

    span: Span
    comparison: Comparison

    @property
    def values(self) -> dict[str, str]:
        """The same as the query of a link."""
        return {
            "from": self.span.first.isoformat(),
            "to": self.span.last.isoformat(),
            "tz": self.span.tz,
        }

    @property
    def compared(self) -> Span | None:
        """The span beside it."""
        return self.span.compared(self.comparison)


def chosen_span(first: str, last: str, compare: str, tz: str) -> ChosenSpan:
    """The span of an address. Raises Invalid (``period_invalid``, ``timezone_unknown``,
    ``comparison_unknown``)."""
    if compare not in set(Comparison):
        raise Invalid(
            f"A period is compared with one of: {', '.join(Comparison)}.",
            reason="comparison_unknown",
        )
    return ChosenSpan(span_of(first, last, tz, datetime.now(UTC)), Comparison(compare))


@router.get("/insights")
async def insights_page(
    request: Request,
    user: Viewer,
    first: First = "",
    last: Last = "",
    compare: Word = Comparison.previous,
    tz: Word = "UTC",
) -> Response:
    """What was said in the span and by whom, and what became of it."""
    chosen = chosen_span(first, last, compare, tz)
    frame = await rendering.shell(request)
    product, span = frame.product_id, chosen.span
    async with guard.database(request).transaction() as connection:
        metrics = await read_metrics(connection, product, span, chosen.compared)
        # Days of the breakdown end with the one in which this moment lies.
        breakdown = await insights.breakdown(
            connection, product, span.days, tz, now=span.until - timedelta(seconds=1)
        )
        rising, falling = await moving_themes(connection, product, span)
    days_shown, series = volume_series(breakdown)
    return await rendering.page(
        request,
        user,
        "insights.html",
        frame=frame,
        chosen=chosen,
        metrics=metrics,
        volumes={dimension: metrics.volumes_by(dimension) for dimension in VOLUME_DIMENSIONS},
        name_of=volume_name,
        rising=rising,
        falling=falling,
        at=days_shown,
        weekly=span.days >= WEEKS_FROM_DAYS,
        series=series,
        chart=charts.stacked(days_shown, series, height=CHART_PIXELS, plot=PLOT_PIXELS),
        comparisons=list(Comparison),
        definitions=METRIC_DEFINITIONS,
    )


@router.get("/insights/people")
async def people_behind(
    request: Request,
    user: Viewer,
    which: Word = PeopleSort.heard,
    first: First = "",
    last: Last = "",
    tz: Word = "UTC",
    cursor: Cursor = None,
) -> Response:
    """The people that a number counts."""
    chosen = chosen_span(first, last, Comparison.none, tz)
    if which not in set(PeopleSort):
        raise NotFound("There is no such list of people; go back and follow a link.")
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        page = await list_metric_people(
            connection,
            frame.product_id,
            chosen.span,
            PeopleSort(which),
            cursor=cursor or None,
            limit=PEOPLE_PER_PAGE,
        )
    return await rendering.page(
        request,
        user,
        "insights_people.html",
        frame=frame,
        chosen=chosen,
        which=which,
        sorts=list(PeopleSort),
        people=page.items,
        cursor=page.next_cursor,
        first=not cursor,
    )


@router.get("/insights/themes")
async def themes_behind(
    request: Request,
    user: Viewer,
    which: Word = ThemeSort.opened,
    first: First = "",
    last: Last = "",
    tz: Word = "UTC",
) -> Response:
    """The themes that a number counts."""
    chosen = chosen_span(first, last, Comparison.none, tz)
    if which not in set(ThemeSort):
        raise NotFound("There is no such list of themes; go back and follow a link.")
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        themes = await list_metric_themes(
            connection, frame.product_id, chosen.span, ThemeSort(which)
        )
    return await rendering.page(
        request,
        user,
        "insights_themes.html",
        frame=frame,
        chosen=chosen,
        which=which,
        sorts=list(ThemeSort),
        themes=themes,
        themes_most=METRIC_THEMES_MOST,
    )


@router.get("/insights.csv")
async def as_csv(
    request: Request,
    user: Viewer,
    table: Word = "source",
    first: First = "",
    last: Last = "",
    compare: Word = Comparison.previous,
    tz: Word = "UTC",
) -> Response:
    """A table of the page as a file."""
    chosen = chosen_span(first, last, compare, tz)
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        if table == "days":
            breakdown = await insights.breakdown(
                connection,
                frame.product_id,
                chosen.span.days,
                tz,
                now=chosen.span.until - timedelta(seconds=1),
            )
            names = list(breakdown.sources)
            rows = [
                [day.isoformat(), *(breakdown.sources[name][place] for name in names)]
                for place, day in enumerate(breakdown.days)
            ]
            return csv_file(_file_name(table, chosen), ["day", *names], rows)
        metrics = await read_metrics(connection, frame.product_id, chosen.span, chosen.compared)
    if table not in VOLUME_DIMENSIONS:
        raise NotFound("There is no table of this name; go back and follow a link.")
    return csv_file(
        _file_name(table, chosen),
        [table, "comments", "comments_before"],
        _volume_rows(metrics, table),
    )


def volume_name(volume: Volume) -> str:
    """What people read for a volume."""
    if volume.by == "source":
        return volume.name
    if volume.by == "kind":
        return KIND_PLURALS.get(volume.key, volume.key)
    if volume.by == "platform":
        return platform(volume.key)
    return volume.key or "not read yet"


def _volume_rows(metrics: Metrics, table: str) -> list[list[object]]:
    return [
        [volume_name(volume), volume.comments, volume.before]
        for volume in metrics.volumes_by(table)
    ]


def _file_name(table: str, chosen: ChosenSpan) -> str:
    return f"insights-{table}-{chosen.span.first}-{chosen.span.last}"
