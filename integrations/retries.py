"""When to try again: what a vendor asked for, and how long to wait where it asked for nothing."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 3600.0


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait by ``Retry-After``: a number or an HTTP date (RFC 9110, 10.2.3), at most an
    hour."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    digits = value.replace(".", "", 1)
    if digits.isascii() and digits.isdigit():  # isdigit() alone takes digits of other scripts
        return min(float(value), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)


_LIMITS = (
    ("x-ratelimit-remaining", "x-ratelimit-reset"),  # GitHub, Gitea
    ("ratelimit-remaining", "ratelimit-reset"),  # GitLab, and the draft of the IETF
    ("x-ratelimit-requests-remaining", "x-ratelimit-requests-reset"),  # Linear
    ("x-ratelimit-complexity-remaining", "x-ratelimit-complexity-reset"),  # Linear
)
"""Headers that say how many calls are left, and when there are more."""
_SECONDS_OF_A_MOMENT = 1e9
_MILLISECONDS_OF_A_MOMENT = 1e12
"""A number above them is a time since 1970; below, it counts seconds from now."""


def reset_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds until a limit whose remaining calls are 0 is over, the longest of several: by a
    header that gives a moment in seconds or milliseconds, or seconds from now."""
    waits = [
        _seconds_until(headers.get(reset, "").strip(), now)
        for remaining, reset in _LIMITS
        if headers.get(remaining, "").strip() == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds_until(value: str, now: datetime) -> float | None:
    if not (value.isascii() and value.isdigit()):
        return None
    moment = float(value)
    if moment >= _MILLISECONDS_OF_A_MOMENT:
        moment /= 1000
    seconds = moment - now.timestamp() if moment >= _SECONDS_OF_A_MOMENT else moment
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def full_jitter(attempt: int, *, base: float, cap: float, rng: random.Random) -> float:
    """Seconds before attempt number ``attempt`` (from 0): uniform between 0 and
    ``base * 2**attempt``, at most ``cap``.

    Source: 'Exponential Backoff And Jitter', AWS Architecture Blog.
    """
    ceiling = min(cap, base * 2.0 ** min(attempt, 60))
    return rng.uniform(0.0, ceiling)
