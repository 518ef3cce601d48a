"""Weeks and days that a digest is about, by the names that addresses have for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.errors import Invalid
from app.models.states import Frequency
from app.queries.periods import check_zone
from app.queries.spans import EARLIEST_DAY, Span

_WEEK_NAME = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_DAY_NAME = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LATEST_DIGEST_DAY = date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class DigestPeriod:
    """A week from Monday to Sunday, or one day; a week in which clocks change has seven days as
    well."""

    frequency: Frequency
    span: Span

    @property
    def key(self) -> str:
        """Its name in an address: ``2026-W49`` (ISO 8601), or ``2026-12-01``."""
        if self.frequency is Frequency.daily:
            return self.span.first.isoformat()
        year, week, _ = self.span.first.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def before(self) -> DigestPeriod:
        """The week or day before."""
        return period_around(self.frequency, self.span.first - timedelta(days=1), self.span.tz)

    @property
    def after(self) -> DigestPeriod:
        """The week or day after."""
        return period_around(self.frequency, self.span.last + timedelta(days=1), self.span.tz)

    def is_over(self, now: datetime) -> bool:
        """Whether nothing can be said in it any more."""
        return now >= self.span.until


def period_around(frequency: Frequency, day: date, tz: str) -> DigestPeriod:
    """The period in which ``day`` lies."""
    if frequency is Frequency.daily:
        return DigestPeriod(frequency, Span(day, day, tz))
    monday = day - timedelta(days=day.weekday())
    return DigestPeriod(frequency, Span(monday, monday + timedelta(days=6), tz))


def last_ended(frequency: Frequency, now: datetime, tz: str) -> DigestPeriod:
    """The newest period that is over in ``tz``. Raises Invalid (``timezone_unknown``)."""
    today = now.astimezone(ZoneInfo(check_zone(tz))).date()
    return period_around(frequency, today, tz).before


def read_period(key: str, tz: str) -> DigestPeriod:
    """The period of an address. Raises Invalid (``period_invalid``, ``timezone_unknown``)."""
    check_zone(tz)
    try:
        if week := _WEEK_NAME.fullmatch(key):
            frequency = Frequency.weekly
            day = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        elif _DAY_NAME.fullmatch(key):
            frequency, day = Frequency.daily, date.fromisoformat(key)
        else:
            raise ValueError
    except ValueError:
        raise Invalid(
            "A digest is of a week like 2026-W49 or of a day like 2026-12-01.",
            reason="period_invalid",
        ) from None
    # The days before it are looked at as well, and a calendar must know them.
    if not EARLIEST_DAY <= day <= LATEST_DIGEST_DAY:
        raise Invalid(f"A digest is of days after {EARLIEST_DAY}.", reason="period_invalid")
    return period_around(frequency, day, tz)
