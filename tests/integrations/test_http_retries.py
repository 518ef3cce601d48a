"""When to try again, and what a failed call means."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import failures
from integrations.retries import full_jitter, reset_after, retry_after

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("2", 2.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("999999", 3600.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("1.2.3", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("Sat, 21 Nov 2026 12:00:30", 30.0),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, now=NOW) == seconds


def test_retry_after_is_absent() -> None:
    assert retry_after({}, now=NOW) is None


def test_reset_counts_only_where_nothing_is_left() -> None:
    reset = str(int(NOW.timestamp()) + 40)
    assert reset_after({"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}, now=NOW) == 40.0
    assert reset_after({"x-ratelimit-remaining": "7", "x-ratelimit-reset": reset}, now=NOW) is None
    assert reset_after({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, now=NOW) is None
    past = str(int(NOW.timestamp()) - 40)
    assert reset_after({"x-ratelimit-remaining": "0", "x-ratelimit-reset": past}, now=NOW) == 0.0


@given(st.integers(min_value=0, max_value=10_000), st.integers())
def test_full_jitter_stays_between_nothing_and_the_cap(attempt: int, seed: int) -> None:
    wait = full_jitter(attempt, base=5, cap=600, rng=random.Random(seed))
    assert 0 <= wait <= min(600, 5 * 2 ** min(attempt, 10))


def test_full_jitter_spreads() -> None:
    rng = random.Random(1)
    waits = [full_jitter(4, base=5, cap=600, rng=rng) for _ in range(400)]
    assert min(waits) < 8
    assert max(waits) > 72
    assert 35 < sum(waits) / len(waits) < 45


REQUEST = httpx.Request("POST", "https://tracker.example/")


@pytest.mark.parametrize(
    ("error", "reason", "ambiguous", "permanent"),
    [
        (httpx.ConnectError("refused"), "tracker_unreachable", False, False),
        (httpx.ConnectTimeout("slow"), "tracker_unreachable", False, False),
        (httpx.PoolTimeout("busy"), "tracker_unreachable", False, False),
        (httpx.ReadTimeout("slow"), "tracker_timeout", True, False),
        (httpx.WriteTimeout("slow"), "tracker_timeout", True, False),
        (httpx.ReadError("reset"), "connection_lost", True, False),
        (httpx.WriteError("reset"), "connection_lost", True, False),
        (httpx.RemoteProtocolError("gone"), "connection_lost", True, False),
        (httpx.UnsupportedProtocol("ftp"), "invalid_address", False, True),
        (
            httpx.LocalProtocolError("Illegal header value b'Bearer x'"),
            "invalid_request",
            False,
            True,
        ),
        (httpx.InvalidURL("no"), "invalid_address", False, True),
    ],
)
def test_transport_errors(
    error: httpx.HTTPError | httpx.InvalidURL, reason: str, ambiguous: bool, permanent: bool
) -> None:
    outcome = failures.from_transport("GitHub", error)
    assert (outcome.reason, outcome.ambiguous, outcome.permanent) == (reason, ambiguous, permanent)
    assert "Bearer" not in outcome.detail
    assert "GitHub" in outcome.detail
    assert outcome.detail.endswith(".")


@pytest.mark.parametrize(
    "status",
    [*range(300, 305), 400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 429, 500, 502, 599],
)
def test_every_status_is_one_sentence_with_what_to_do(status: int) -> None:
    outcome = failures.from_status("Jira", status, {}, ["It is so.", " "], now=NOW)
    assert outcome.detail.endswith(".")
    assert ".." not in outcome.detail
    assert outcome.ambiguous == (status >= 500)
    assert outcome.permanent == (status < 500 and status != 429)


def test_github_reset_time_is_waited_for() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 300)}
    outcome = failures.from_status("GitHub", 403, headers, ["API rate limit exceeded"], now=NOW)
    assert (outcome.reason, outcome.retry_after, outcome.permanent) == (
        "rate_limited",
        300.0,
        False,
    )


def test_retry_after_goes_before_the_reset_time() -> None:
    headers = {
        "retry-after": "5",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(NOW.timestamp()) + 300),
    }
    assert failures.from_status("GitHub", 429, headers, [], now=NOW).retry_after == 5.0


def test_unavailable_server_may_name_its_wait() -> None:
    outcome = failures.from_status("Jira", 503, {"retry-after": "30"}, [], now=NOW)
    assert (outcome.reason, outcome.retry_after, outcome.ambiguous) == ("tracker_error", 30.0, True)


def test_a_tracker_cannot_flood_the_sentence() -> None:
    assert len(failures.from_status("Jira", 400, {}, ["x" * 100_000], now=NOW).detail) < 700
