"""When what lets us in ends, and how loudly that is said: 30, 14 and 3 days before."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.errors import Conflict
from app.storage.db import Connection
from app.storage.rows import fetch_value

SET_CREDENTIALS_END = """
    update source_poll set credentials_end_at = %(ends_at)s where source_id = %(source)s
    returning source_id
"""
SELECT_CREDENTIALS_END = "select credentials_end_at from source_poll where source_id = %s"


class EndWarning(StrEnum):
    """How near the end is."""

    month = "month"
    fortnight = "fortnight"
    days = "days"
    ended = "ended"


_WARNINGS = (
    (timedelta(0), EndWarning.ended),
    (timedelta(days=3), EndWarning.days),
    (timedelta(days=14), EndWarning.fortnight),
    (timedelta(days=30), EndWarning.month),
)


@dataclass(frozen=True, slots=True)
class NearEnd:
    """Credentials that end soon, or have ended."""

    warning: EndWarning
    ends_at: datetime
    detail: str

    @property
    def is_pressing(self) -> bool:
        """Whether it cannot wait for another week."""
        return self.warning in (EndWarning.days, EndWarning.ended)


def near_end(ends_at: datetime | None, now: datetime | None = None) -> NearEnd | None:
    """What to say of credentials that end then; None where that is unknown, or far off."""
    if ends_at is None:
        return None
    left = ends_at - (now or datetime.now(UTC))
    for most, warning in _WARNINGS:
        if left <= most:
            return NearEnd(warning, ends_at, _sentence(ends_at, left))
    return None


def _sentence(ends_at: datetime, left: timedelta) -> str:
    day = ends_at.astimezone(UTC).strftime("%Y-%m-%d")
    if left <= timedelta(0):
        return f"The credentials ended on {day}: enter new ones, and it goes on where it stopped."
    days = left.days
    when = "in less than a day" if days < 1 else f"in {days} day{'' if days == 1 else 's'}"
    return (
        f"The credentials end {when}, on {day}: enter new ones before, so that nothing is missed."
    )


async def set_credentials_end(
    connection: Connection, source_id: uuid.UUID, ends_at: datetime | None
) -> None:
    """Remember when what lets us in ends; None where that is not known. Raises Conflict
    (``not_polled_yet``)."""
    values = {"source": source_id, "ends_at": ends_at}
    if await fetch_value(connection, SET_CREDENTIALS_END, values) is None:
        raise Conflict(
            "This source is not polled yet: enter the credentials that let us read it.",
            reason="not_polled_yet",
        )


async def credentials_end(connection: Connection, source_id: uuid.UUID) -> datetime | None:
    """When what lets us in ends, where that is known."""
    ends_at: datetime | None = await fetch_value(connection, SELECT_CREDENTIALS_END, [source_id])
    return ends_at
