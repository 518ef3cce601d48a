"""What a status outside 2xx means, and how long a platform asks to be left alone.

Every call to a platform, one that asks and one that answers, reads a refusal here; what it says to
people is in ``polling`` and ``reply_calls``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

import httpx

from integrations.retries import LONGEST_WAIT_SECONDS, retry_after

UNTIMED_LIMIT_SECONDS = 60.0
_LIMIT_WORDS = (
    "rate limit",
    "rate_limit",
    "ratelimit",
    "too many requests",
    "abuse detection",
    "quotaexceeded",
    "limitexceeded",
)
_EPOCH_SECONDS_LEAST = 1_000_000_000
_RESET_HEADERS = ("x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
_REMAINING_HEADERS = ("x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining")
_RESET_IN_HEADERS = ("x-ratelimit-reset-after",)
_WORDS_LOOKED_AT = 2_000


class Refused(Enum):
    """What a platform means by a status."""

    limited = auto()
    unauthorized = auto()
    forbidden = auto()
    not_there = auto()
    moved = auto()
    failed = auto()
    refused = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal. ``wait_seconds``: what the platform asks for, None where it says nothing;
    ``words``: the beginning of its body, in lower case."""

    meaning: Refused
    wait_seconds: float | None
    words: str


def refusal_of(response: httpx.Response) -> Refusal:
    """What an answer outside 2xx means. Some say 403 to whoever calls too often, with a time or
    with words; only those words tell it from a missing right."""
    now = datetime.now(UTC)
    wait = asked_wait(response, now)
    words = response.content[:_WORDS_LOOKED_AT].decode("utf-8", "replace").lower()
    mentions_limit = any(word in words for word in _LIMIT_WORDS)
    status = response.status_code
    if status == 403 and wait is None and mentions_limit:
        wait = UNTIMED_LIMIT_SECONDS
    return Refusal(_meaning(status, is_timed=wait is not None), wait, words)


def _meaning(status: int, *, is_timed: bool) -> Refused:
    if status == 429 or (status == 403 and is_timed):
        return Refused.limited
    if status in (401, 403):
        return Refused.unauthorized if status == 401 else Refused.forbidden
    if status in (404, 410):
        return Refused.not_there
    if 300 <= status < 400:
        return Refused.moved
    if status >= 500 or status == 408:
        return Refused.failed
    return Refused.refused


def asked_wait(response: httpx.Response, now: datetime) -> float | None:
    """Seconds to wait, as far as headers or the body tell, at most an hour: ``Retry-After``, the
    time when a spent limit is full again (Unix time, seconds from now or ISO 8601), or the body's
    ``retry_after`` (Discord, Telegram) and ``retry_after_ms`` (Matrix)."""
    headers = response.headers
    for wait in (
        retry_after(headers, now=now),
        _spent_until(headers, now),
        _body_wait(response) if response.status_code == 429 else None,
    ):
        if wait is not None:
            return min(max(wait, 0.0), LONGEST_WAIT_SECONDS)
    return None


def _is_epoch(value: str) -> bool:
    value = value.strip()
    return value.isascii() and value.isdigit() and int(value[:18]) >= _EPOCH_SECONDS_LEAST


def _spent_until(headers: Mapping[str, str], now: datetime) -> float | None:
    spent = any(_number(headers.get(name, "")) == 0 for name in _REMAINING_HEADERS)
    if not spent:
        return None
    for name in _RESET_IN_HEADERS:
        if (seconds := _number(headers.get(name, ""))) is not None:
            return seconds
    for name in _RESET_HEADERS:
        value = headers.get(name, "").strip()
        if not value:
            continue
        if _is_epoch(value):
            return float(value) - now.timestamp()
        if (seconds := _number(value)) is not None:
            return seconds
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - now).total_seconds()
    return None


def _number(value: str) -> float | None:
    value = value.strip()
    if not value.isascii() or not value.replace(".", "", 1).isdigit():
        return None
    return float(value[:18])


def _body_wait(response: httpx.Response) -> float | None:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    parameters = body.get("parameters")
    holders = [body, parameters if isinstance(parameters, dict) else {}]
    for name, scale in (("retry_after", 1.0), ("retry_after_ms", 0.001), ("backoff", 1.0)):
        for holder in holders:
            if (seconds := _seconds(holder.get(name), scale)) is not None:
                return seconds
    return None


def _seconds(value: Any, scale: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        return None
    return float(value) * scale
