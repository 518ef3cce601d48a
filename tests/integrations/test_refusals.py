"""What a platform means when it refuses, and how long it asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations.refusals import UNTIMED_LIMIT_SECONDS, Refused, asked_wait, refusal_of

NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
IN_A_MINUTE = int(NOW.timestamp()) + 60


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, {}, 7.0),
        ({"retry-after": "999999"}, {}, 3600.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(IN_A_MINUTE)}, {}, 60.0),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(IN_A_MINUTE)}, {}, 60.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "1.5"}, {}, 1.5),
        ({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "42"}, {}, 42.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-02T09:16:00Z"}, {}, 60.0),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": str(IN_A_MINUTE)}, {}, None),
        ({}, {"retry_after": 0.65}, 0.65),
        ({}, {"parameters": {"retry_after": 35}}, 35.0),
        ({}, {"retry_after_ms": 2_000}, 2.0),
        ({}, {"retry_after": "soon"}, None),
        ({"retry-after": "soon"}, {}, None),
        ({}, [], None),
    ],
)
def test_a_wait_is_read_wherever_it_stands(
    headers: dict[str, str], body: Any, seconds: float | None
) -> None:
    assert asked_wait(httpx.Response(429, headers=headers, json=body), NOW) == seconds


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (429, b"", Refused.limited),
        (403, b"You exceeded a secondary rate limit", Refused.limited),
        (403, b"You triggered an abuse detection mechanism", Refused.limited),
        (403, b'{"error": {"errors": [{"reason": "quotaExceeded"}]}}', Refused.limited),
        (403, b"Must have admin rights", Refused.forbidden),
        (401, b"", Refused.unauthorized),
        (404, b"", Refused.not_there),
        (410, b"", Refused.not_there),
        (302, b"", Refused.moved),
        (408, b"", Refused.failed),
        (502, b"rate limit", Refused.failed),
        (400, b"", Refused.refused),
    ],
)
def test_a_status_means_one_thing(status: int, body: bytes, meaning: Refused) -> None:
    assert refusal_of(httpx.Response(status, content=body)).meaning is meaning


def test_a_limit_that_names_no_time_has_one() -> None:
    refused = refusal_of(httpx.Response(403, content=b"too many requests"))
    assert refused.wait_seconds == UNTIMED_LIMIT_SECONDS


def test_a_body_of_any_depth_is_no_wait() -> None:
    response = httpx.Response(429, content=b'{"a":' * 50_000)
    assert asked_wait(response, NOW) is None
