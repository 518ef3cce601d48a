"""Slack's timestamps (``1730538900.000100``): a message's id within its channel, and its time."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from integrations.contract import PayloadError

_TIMESTAMP = re.compile(r"[0-9]{1,10}\.[0-9]{6}", re.ASCII)
_VERSION_WIDTH = 17  # ten digits of seconds, a point, six of microseconds


def checked(ts: str) -> str:
    """The timestamp as it is. Raises PayloadError ``wrong_shape`` for anything else."""
    if not _TIMESTAMP.fullmatch(ts):
        raise PayloadError(
            "wrong_shape", "event.ts is not a Slack timestamp such as 1730538900.000100."
        )
    return ts


def version(ts: str) -> str:
    """The timestamp in a fixed width, so that versions sort as text."""
    return checked(ts).zfill(_VERSION_WIDTH)


def time(ts: str) -> datetime:
    """The timestamp as a time in UTC."""
    seconds, _, microseconds = checked(ts).partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(microseconds))
