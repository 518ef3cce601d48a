"""The period that a reader asks for: its checks, its parameters, and its days in SQL."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import available_timezones

from psycopg import sql

from app.errors import Invalid

PERIOD_MAX_DAYS = 731

_PERIOD = sql.SQL("""
    period as {materialized} (
      select day, (day + 1)::timestamp at time zone %(tz)s as until,
             (day - %(days)s + 1)::timestamp at time zone %(tz)s as since,
             (day - 2 * %(days)s + 1)::timestamp at time zone %(tz)s as before
      from (
        select (coalesce(%(now)s::timestamptz, now()) at time zone %(tz)s)::date as day
      ) today
    ),
    chosen as (select id from product where %(product)s::uuid is null or id = %(product)s)
""")
PERIOD = _PERIOD.format(materialized=sql.SQL(""))
"""Takes ``period_values``. Comments are always read product by product, because the index that
answers these questions alone begins with it."""
PERIOD_ONCE = _PERIOD.format(materialized=sql.SQL("materialized"))
"""For a query that compares every comment with the period's parts once more: the arithmetic with
days and zones would be done for each of them, which takes as long as all the rest."""


def period_values(
    product_id: UUID | None, days: int, tz: str, now: datetime | None
) -> dict[str, object]:
    """The values of PERIOD. Raises Invalid: ``days_invalid``, ``timezone_unknown``."""
    return {"product": product_id, "days": check_days(days), "tz": check_zone(tz), "now": now}


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset({"UTC"} | available_timezones())


def check_days(days: int) -> int:
    """``days`` where it is 1 to PERIOD_MAX_DAYS. Raises Invalid, reason ``days_invalid``."""
    if not 1 <= days <= PERIOD_MAX_DAYS:
        raise Invalid(f"A period has 1 to {PERIOD_MAX_DAYS} days.", reason="days_invalid")
    return days


def check_zone(tz: str) -> str:
    """``tz`` where it is a name like Europe/Berlin. Raises Invalid, reason ``timezone_unknown``."""
    if tz not in _zones():
        raise Invalid("Name a time zone like UTC or Europe/Berlin.", reason="timezone_unknown")
    return tz
