"""The times that signatures hold, in the ways in which platforms write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

TimeFormat = Literal["seconds", "milliseconds", "rfc3339"]

TIME_WORDS = {
    "seconds": "Unix seconds",
    "milliseconds": "Unix milliseconds",
    "rfc3339": "a time such as 2026-11-02T09:15:00Z",
}
_SECONDS_MOST_DIGITS = 12
_MILLISECONDS_MOST_DIGITS = 15


def read_time(text: str, written_as: TimeFormat) -> float:
    """A time in Unix seconds. Raises ValueError or OverflowError for anything else."""
    if not text.isascii():
        raise ValueError("not ASCII")
    if written_as == "rfc3339":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no offset")
        return moment.timestamp()
    in_seconds = written_as == "seconds"
    most_digits = _SECONDS_MOST_DIGITS if in_seconds else _MILLISECONDS_MOST_DIGITS
    if not text.isdigit() or len(text) > most_digits:
        raise ValueError("not a number")
    return int(text) / (1 if in_seconds else 1000)


def written_time(seconds: int, written_as: TimeFormat) -> str:
    """Unix seconds as a platform writes them."""
    if written_as == "rfc3339":
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(seconds if written_as == "seconds" else seconds * 1000)
