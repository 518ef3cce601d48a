"""Days from one to another in a time zone, and the days that they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.errors import Invalid
from app.queries.periods import PERIOD_MAX_DAYS, check_zone

SPAN_DAYS = 7
"""The days of a span of which nothing is said, today the last of them."""
EARLIEST_DAY = date(2000, 1, 1)


class Comparison(StrEnum):
    """What a span is compared with."""

    previous = "previous"
    """As many days, right before."""
    year = "year"
    """The same days a year before."""
    none = "none"


@dataclass(frozen=True, slots=True)
class Span:
    """The days ``first`` to ``last`` in ``tz``: every moment in [since, until)."""

    first: date
    last: date
    tz: str

    @property
    def days(self) -> int:
        """How many days, both ends among them."""
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        """When the first day begins; a day may have 23 or 25 hours."""
        return datetime.combine(self.first, time(), ZoneInfo(self.tz))

    @property
    def until(self) -> datetime:
        """When the day after the last one begins."""
        return datetime.combine(self.last + timedelta(days=1), time(), ZoneInfo(self.tz))

    def before(self) -> Span:
        """As many days, right before this span."""
        last = self.first - timedelta(days=1)
        return Span(last - timedelta(days=self.days - 1), last, self.tz)

    def compared(self, comparison: Comparison) -> Span | None:
        """The span that this one is compared with."""
        if comparison is Comparison.none:
            return None
        if comparison is Comparison.previous:
            return self.before()
        first = _year_before(self.first)
        return Span(first, first + timedelta(days=self.days - 1), self.tz)


def span_of(first: str, last: str, tz: str, now: datetime) -> Span:
    """The days from ``first`` to ``last``, each like 2026-11-20. Without a last day it is today in
    ``tz``, without a first one the span has SPAN_DAYS days. Raises Invalid (``period_invalid``,
    ``timezone_unknown``)."""
    zone = ZoneInfo(check_zone(tz))
    last_day = _day(last) if last else now.astimezone(zone).date()
    first_day = _day(first) if first else last_day - timedelta(days=SPAN_DAYS - 1)
    if last_day < first_day:
        raise Invalid(
            f"The period ends on {last_day} and begins on {first_day}, after its end: swap the two "
            "days.",
            reason="period_invalid",
        )
    span = Span(first_day, last_day, tz)
    if span.days > PERIOD_MAX_DAYS:
        raise Invalid(
            f"A period has {PERIOD_MAX_DAYS} days at most, and this one {span.days:,}.",
            reason="period_invalid",
        )
    return span


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("A day is written like 2026-11-20.", reason="period_invalid") from None
    # Spans before it are computed, and must not leave what a calendar knows.
    if not EARLIEST_DAY <= day <= date(9000, 1, 1):
        raise Invalid(f"A period lies after {EARLIEST_DAY}.", reason="period_invalid")
    return day


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - 1, day=28)
