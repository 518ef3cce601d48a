"""`relay insights`: the numbers of a span of days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform, require_one_of

if TYPE_CHECKING:
    from app.queries.metrics import Figures, Metrics
    from app.running.runtime import Services


def insights(
    first: Annotated[str, typer.Option("--from", help="The first day, such as 2026-11-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="The last day; today where left out.")] = "",
    compare: Annotated[str, typer.Option(help="previous, year or none.")] = "previous",
    tz: Annotated[str, typer.Option(help="Where days begin, such as Europe/Berlin.")] = "UTC",
    product: OfProduct = None,
    as_json: AsJson = False,
) -> None:
    """Show what was said in a span of days, by whom and how it sounded, and what became of it."""
    from app.queries.metrics import read_metrics
    from app.queries.spans import Comparison, span_of

    require_one_of(compare, Comparison, "--compare")
    span = span_of(first, last, tz, datetime.now(UTC))

    async def work(services: Services) -> Metrics:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            compared = span.compared(Comparison(compare))
            return await read_metrics(connection, product_id, span, compared)

    metrics = perform(work)
    if as_json:
        output.as_json(metrics)
        return
    now, before = lines_of(metrics.figures), lines_of(metrics.before) if metrics.before else {}
    columns = ["number", f"{span.first} to {span.last}"]
    if metrics.compared:
        columns.append(f"{metrics.compared.first} to {metrics.compared.last}")
    output.table(columns, [[name, now[name], *([before[name]] if before else [])] for name in now])
    output.table(
        ["comments by", "which", "in the period", "before"],
        [
            (volume.by, volume.name or volume.key, volume.comments, volume.before)
            for volume in metrics.volumes
        ],
    )


def lines_of(figures: Figures) -> dict[str, str]:
    """The figures as people read them; a dash where there is nothing to count."""
    tone = figures.tone
    responses = figures.responses
    return {
        "comments": f"{figures.comments:,}",
        "people heard": f"{figures.people.heard:,}",
        "new people": f"{figures.people.new:,}",
        "people who came back": f"{figures.people.returning:,} of {figures.people.previous:,}",
        "lost regulars": f"{figures.people.lost:,}",
        "net tone": "—" if tone.net is None else f"{100 * tone.net:+.0f} of {tone.toned:,}",
        "questions answered in 7 days": _share(responses.coverage),
        "half answered within": _span(responses.median_seconds),
        "theme closure": _share(figures.closure.share),
        "told of shipped": _share(figures.told.share),
    }


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def _span(seconds: float | None) -> str:
    return "—" if seconds is None else output.duration(seconds)
