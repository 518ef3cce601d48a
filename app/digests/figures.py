"""The five numbers of a digest, out of those of the insights."""

from __future__ import annotations

from app.digests.digest import Figure, Line, Paths, Unit
from app.digests.wording import counted, day_name, length, shown
from app.queries.metric_people import PeopleSort
from app.queries.metric_themes import ThemeSort
from app.queries.metrics import Figures, Metrics
from app.queries.questions import QuestionState


def five_figures(metrics: Metrics, paths: Paths) -> list[Figure]:
    """People heard, reply coverage, net tone, theme closure, told of shipped."""
    now, before = metrics.figures, metrics.before
    assert before is not None
    return [
        _people(now, before, paths),
        _coverage(now, before, paths),
        _tone(now, before, paths),
        _closure(now, before, paths),
        _told(now, before, paths),
    ]


def _people(now: Figures, before: Figures, paths: Paths) -> Figure:
    def listed(sort: PeopleSort) -> str:
        return paths.days("/insights/people", which=sort)

    people = now.people
    return Figure(
        name="people_heard",
        title="People heard",
        unit=Unit.people,
        value=people.heard,
        before=before.people.heard,
        path=listed(PeopleSort.heard),
        parts=(
            Line(f"{people.new:,} new", listed(PeopleSort.new)),
            Line(f"{people.returning:,} back again", listed(PeopleSort.returning)),
            Line(counted(now.comments, "comment"), paths.days("/comments")),
        ),
    )


def _coverage(now: Figures, before: Figures, paths: Paths) -> Figure:
    def listed(state: QuestionState) -> str:
        return paths.days("/questions", state=state)

    times = now.responses
    parts = [
        Line(f"{times.within:,} of", listed(QuestionState.within)),
        Line(counted(times.asked, "question"), listed(QuestionState.asked)),
    ]
    half = Line(f"half within {length(times.median_seconds)}")
    waiting = times.asked - times.answered
    if times.asked and times.median_seconds is None:
        half = Line("more than half have no answer")
    if waiting:
        parts.append(Line(f"{waiting:,} unanswered", listed(QuestionState.unanswered)))
    return Figure(
        name="reply_coverage",
        title="Questions answered within 7 days",
        unit=Unit.share,
        value=times.coverage,
        before=before.responses.coverage,
        path=listed(QuestionState.within),
        parts=(*parts, half) if times.asked else (Line("nobody asked"),),
    )


def _tone(now: Figures, before: Figures, paths: Paths) -> Figure:
    def listed(sounds: str) -> str:
        return paths.days("/comments", sounds=sounds)

    tone = now.tone
    parts = [Line("nobody sounded either way")]
    if tone.interval is not None:
        low, high = (shown(end, Unit.net) for end in tone.interval)
        parts = [
            Line(f"{tone.friendly:,} friendly", listed("friendly")),
            Line(f"{tone.unfriendly:,} unfriendly", listed("unfriendly")),
            Line(f"between {low} and {high} with 95 % confidence"),
        ]
    return Figure(
        name="net_tone",
        title="Net tone",
        unit=Unit.net,
        value=tone.net,
        before=before.tone.net,
        path=listed("either"),
        parts=parts,
    )


def _closure(now: Figures, before: Figures, paths: Paths) -> Figure:
    def listed(sort: ThemeSort) -> str:
        return paths.days("/insights/themes", which=sort)

    closure = now.closure
    parts = [
        Line(f"{closure.decided:,} decided", listed(ThemeSort.decided)),
        Line(f"{closure.open_before:,} open before", listed(ThemeSort.open_before)),
        Line(f"{closure.opened:,} opened", listed(ThemeSort.opened)),
    ]
    if closure.oldest_open is not None:
        parts.append(Line(f"the oldest waits since {day_name(closure.oldest_open.date())}"))
    return Figure(
        name="theme_closure",
        title="Themes decided",
        unit=Unit.share,
        value=closure.share,
        before=before.closure.share,
        path=listed(ThemeSort.decided),
        parts=parts,
    )


def _told(now: Figures, before: Figures, paths: Paths) -> Figure:
    def listed(sort: ThemeSort) -> str:
        return paths.days("/insights/themes", which=sort)

    shipped = now.told
    return Figure(
        name="told_of_shipped",
        title="Told of what was shipped",
        unit=Unit.share,
        value=shipped.share,
        before=before.told.share,
        path=listed(ThemeSort.told),
        parts=(
            Line(f"{shipped.told:,} told", listed(ThemeSort.told)),
            Line(f"{shipped.shipped:,} shipped", listed(ThemeSort.shipped)),
        ),
    )
