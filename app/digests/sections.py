"""The lists of a digest, each with the page that goes on with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from app.digests.digest import Line, Paths, Section
from app.digests.spike_lines import spike_line
from app.digests.wording import counted, day_name
from app.queries import health
from app.queries.health import SourceStatus
from app.queries.metric_themes import ThemeMove, ThemeSort, list_metric_themes, moving_themes
from app.queries.promises import PromiseList, count_due, list_promises
from app.queries.questions import QuestionFilter, QuestionRow, count_questions, list_questions
from app.queries.rows import ThemeRow
from app.queries.spans import Span
from app.queries.spikes import list_spikes
from app.storage.db import Connection

LINES_SHOWN = 5
SPIKES_COUNTED_MOST = 200
TEXT_SHOWN = 140
UNANSWERED_DAYS = 30
"""How far back an unanswered question may lie: what is older seldom waits any more."""
SILENT = {
    SourceStatus.quiet: "silent for much longer than usual",
    SourceStatus.refusing: "what it sent last was refused",
    SourceStatus.asked: "its webhook is silent",
    SourceStatus.held: "the platform cannot be asked",
    SourceStatus.failing: "what it sends cannot be read",
}


async def moved_section(connection: Connection, product_id: UUID | None, paths: Paths) -> Section:
    """Themes that gained or lost most people against as many days before."""
    span = paths.period.span
    rising, falling = await moving_themes(connection, product_id, span, LINES_SHOWN)
    moves = sorted(
        [*rising, *falling], key=lambda move: abs(move.recent - move.before), reverse=True
    )
    return Section(
        name="moved",
        title="What moved",
        lines=[_move_line(move, paths) for move in moves[:LINES_SHOWN]],
        total=len(moves[:LINES_SHOWN]),
        path=paths.days("/insights"),
        empty="No theme has more or fewer people than before.",
    )


async def spikes_section(connection: Connection, product_id: UUID | None, paths: Paths) -> Section:
    """Spikes and silences that were found in the period."""
    page = await list_spikes(
        connection, product_id, found_in=paths.period.span, limit=SPIKES_COUNTED_MOST
    )
    return Section(
        name="spikes",
        title="Spikes",
        lines=[spike_line(spike, paths.product_slug) for spike in page.items[:LINES_SHOWN]],
        total=len(page.items),
        path=paths.days("/spikes"),
        empty="Nobody spoke far more than usual.",
    )


async def unanswered_section(
    connection: Connection, product_id: UUID | None, paths: Paths
) -> Section:
    """Questions without an answer, the longest wait first."""
    last = paths.period.span.last
    span = Span(last - timedelta(days=UNANSWERED_DAYS - 1), last, paths.period.span.tz)
    chosen = QuestionFilter(product_id, span=span)
    page = await list_questions(connection, chosen, limit=LINES_SHOWN)
    total = len(page.items)
    if page.next_cursor is not None:
        total = await count_questions(connection, chosen)
    dates = {"from": span.first.isoformat(), "to": span.last.isoformat(), "tz": span.tz}
    return Section(
        name="unanswered",
        title="Waits longest for an answer",
        lines=[_question_line(question, paths) for question in page.items],
        total=total,
        path=paths.to("/questions", **dates),
        empty=f"No question of the last {UNANSWERED_DAYS} days waits.",
    )


async def promises_section(
    connection: Connection, product_id: UUID | None, paths: Paths
) -> Section:
    """Promises that are late or due until the end of the next week or day."""
    until = paths.period.after.span.last
    tz = paths.period.span.tz
    page = await list_promises(
        connection,
        product_id,
        state=PromiseList.open,
        due_until=until,
        tz=tz,
        limit=LINES_SHOWN,
    )
    total = len(page.items)
    if page.next_cursor is not None:
        total = await count_due(connection, product_id, until, tz=tz)
    return Section(
        name="promises",
        title=f"Promises due until {day_name(until)}",
        lines=[
            Line(
                shortened(promise.words),
                paths.to("/promises", until=until),
                _due(promise.due_on, late=promise.is_overdue, made_to=promise.made_to),
            )
            for promise in page.items
        ],
        total=total,
        path=paths.to("/promises", until=until),
        empty="Nothing that was promised is due.",
    )


async def shipped_section(connection: Connection, product_id: UUID | None, paths: Paths) -> Section:
    """Themes that were shipped in the period, those first that nobody was told of."""
    span = paths.period.span
    shipped = await list_metric_themes(connection, product_id, span, ThemeSort.shipped)
    if not shipped:
        untold = set()
    else:
        rows = await list_metric_themes(connection, product_id, span, ThemeSort.untold)
        untold = {theme.id for theme in rows}
    shipped.sort(key=lambda theme: theme.id not in untold)
    return Section(
        name="shipped",
        title="What shipped",
        lines=[_shipped_line(theme, theme.id in untold, paths) for theme in shipped[:LINES_SHOWN]],
        total=len(shipped),
        path=paths.days("/insights/themes", which=ThemeSort.shipped),
        empty="Nothing was shipped.",
    )


async def silent_section(
    connection: Connection, product_id: UUID | None, paths: Paths, now: datetime
) -> Section:
    """Sources that are silent against their own rhythm, or whose words do not arrive."""
    sources = await health.sources(connection, product_id, now=now)
    silent = [source for source in sources if source.status in SILENT]
    return Section(
        name="silent",
        title="Silent sources",
        lines=[
            Line(source.name, paths.to(f"/sources/{source.source_id}"), SILENT[source.status])
            for source in silent[:LINES_SHOWN]
        ],
        total=len(silent),
        path=paths.to("/sources"),
        empty="Every source speaks as usual.",
    )


def shortened(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= TEXT_SHOWN else line[: TEXT_SHOWN - 1].rstrip() + "…"


def _move_line(move: ThemeMove, paths: Paths) -> Line:
    return Line(
        shortened(move.theme.title),
        paths.to(f"/themes/{move.theme.id}"),
        f"{counted(move.recent, 'person', 'people')}, {move.before:,} before",
        paths.days("/comments", theme=move.theme.id),
    )


def _question_line(question: QuestionRow, paths: Paths) -> Line:
    newcomer = ", a newcomer," if question.is_newcomer else ""
    return Line(
        shortened(question.text),
        paths.to(f"/questions/{question.comment_id}"),
        f"{question.author or 'somebody'}{newcomer} in {question.source_name},"
        f" {day_name(question.asked_at.date())}",
    )


def _due(due_on: date | None, *, late: bool, made_to: str) -> str:
    assert due_on is not None
    return f"to {made_to or 'somebody'}, {'was due' if late else 'until'} {day_name(due_on)}"


def _shipped_line(theme: ThemeRow, untold: bool, paths: Paths) -> Line:
    people = counted(theme.people, "person", "people")
    return Line(
        shortened(theme.title),
        paths.to(f"/themes/{theme.id}"),
        f"{people}, not told yet" if untold else f"{people}, told",
        paths.to("/shipped") if untold else "",
    )
