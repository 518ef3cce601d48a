"""When the next digest is due, in the zone of whoever gets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.models.states import Frequency


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every day at ``hour`` in ``time_zone``, or once a week on ``weekday`` (0 for Monday)."""

    frequency: Frequency
    weekday: int
    hour: int
    time_zone: str

    def next_after(self, now: datetime) -> datetime:
        """The first such moment behind ``now``.

        An hour that a clock leaves out in spring is the one after it; one that comes twice in
        autumn counts the first time.
        """
        zone = ZoneInfo(self.time_zone)
        day = now.astimezone(zone).date()
        for _ in range(9):
            at = datetime.combine(day, time(self.hour), zone).astimezone(UTC)
            is_day = self.frequency is Frequency.daily or day.weekday() == self.weekday
            if is_day and at > now:
                return at
            day += timedelta(days=1)
        raise AssertionError("a week has every weekday")
