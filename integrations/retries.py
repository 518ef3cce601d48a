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


def reset_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds until ``x-ratelimit-reset`` (epoch seconds) where ``x-ratelimit-remaining`` is 0."""
    if headers.get("x-ratelimit-remaining", "").strip() != "0":
        return None
    value = headers.get("x-ratelimit-reset", "").strip()
    if not (value.isascii() and value.isdigit()):
        return None
    return min(max(int(value) - now.timestamp(), 0.0), LONGEST_WAIT_SECONDS)


def full_jitter(attempt: int, *, base: float, cap: float, rng: random.Random) -> float:
    """Seconds before attempt number ``attempt`` (from 0): uniform between 0 and
    ``base * 2**attempt``, at most ``cap``.

    Source: 'Exponential Backoff And Jitter', AWS Architecture Blog.
    """
    ceiling = min(cap, base * 2.0 ** min(attempt, 60))
    return rng.uniform(0.0, ceiling)
