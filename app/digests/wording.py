"""How a digest says numbers, days and lengths of time, wherever it is read."""

from __future__ import annotations

from datetime import date

from app.digests.digest import Change, Digest, Figure, Unit
from app.digests.periods import DigestPeriod
from app.models.states import Frequency

NOTHING_TO_COUNT = "—"
CHANGE_MARKS = {
    Change.better: "▲ better",
    Change.worse: "▼ worse",
    Change.same: "= the same",
    Change.unknown: "",
}
NOTHING_HAPPENED = "Nothing happened: nobody wrote, nothing was decided or shipped, nothing is due."
_LENGTHS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def shown(value: float | None, unit: Unit) -> str:
    """A figure's value: ``1,204``, ``70 %``, ``+20``; a dash where there is nothing to count."""
    if value is None:
        return NOTHING_TO_COUNT
    if unit is Unit.people:
        return f"{value:,.0f}"
    return f"{value:.0%}".replace("%", " %") if unit is Unit.share else f"{100 * value:+.0f}"


def counted(value: int, one: str, many: str = "") -> str:
    """``1 person``, ``2,000 people``."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def length(seconds: float | None) -> str:
    """A length of time in its biggest unit; a dash where there is none."""
    if seconds is None:
        return NOTHING_TO_COUNT
    for size, name in _LENGTHS:
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def day_name(day: date) -> str:
    """``30 Nov 2026``."""
    return f"{day.day} {day:%b %Y}"


def title(digest: Digest) -> str:
    """``Atlas: week 49 of 2026``."""
    span = digest.period.span
    if digest.period.frequency is Frequency.daily:
        named = f"{span.first:%A}, {day_name(span.first)}"
    else:
        year, week, _ = span.first.isocalendar()
        named = f"week {week} of {year}"
    return f"{digest.product or 'All products'}: {named}"


def short_name(period: DigestPeriod) -> str:
    """What a link to another digest says: ``Week 49``, ``30 Nov 2026``."""
    if period.frequency is Frequency.daily:
        return day_name(period.span.first)
    return f"Week {period.span.first.isocalendar().week}"


def days(digest: Digest) -> str:
    """The days and their zone: ``23 Nov 2026 to 29 Nov 2026, in Europe/Berlin``."""
    span = digest.period.span
    if span.days == 1:
        return f"{day_name(span.first)}, in {span.tz}"
    return f"{day_name(span.first)} to {day_name(span.last)}, in {span.tz}"


def compared(digest: Digest) -> str:
    """What figures are held against."""
    return "the day before" if digest.period.frequency is Frequency.daily else "the week before"


def against(figure: Figure, digest: Digest) -> str:
    """How a figure went: ``▲ better than 133 in the week before``. A day of a week is no worse than
    a whole one, so a period that is not over is not judged: ``so far; 133 in the week before``."""
    before = shown(figure.before, figure.unit)
    if figure.change is Change.unknown:
        return f"{before} in {compared(digest)}"
    if not digest.ended:
        return f"so far; {before} in {compared(digest)}"
    if figure.change is Change.same:
        return f"{CHANGE_MARKS[Change.same]} as in {compared(digest)}"
    return f"{CHANGE_MARKS[figure.change]} than {before} in {compared(digest)}"
