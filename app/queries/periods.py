"""Checks of the period and the time zone that a reader asks for."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from app.errors import Invalid

MAX_DAYS = 731


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset({"UTC"} | available_timezones())


def check_days(days: int) -> int:
    """``days`` where it is 1 to MAX_DAYS. Raises Invalid, reason ``days_invalid``."""
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A period has 1 to {MAX_DAYS} days.", reason="days_invalid")
    return days


def check_zone(tz: str) -> str:
    """``tz`` where it is a name like Europe/Berlin. Raises Invalid, reason ``timezone_unknown``."""
    if tz not in _zones():
        raise Invalid("Name a time zone like UTC or Europe/Berlin.", reason="timezone_unknown")
    return tz
