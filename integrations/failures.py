"""What a failed call to a tracker means: one TrackerError for every status and every way a
connection can break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

from integrations.contract import IntegrationError
from integrations.retries import reset_after, retry_after
from integrations.tracker_contract import TrackerError

SECONDARY_LIMIT_WAIT = 60.0


def unreachable(name: str, cause: str) -> TrackerError:
    """No connection was made, so nothing was sent."""
    return TrackerError(
        "tracker_unreachable",
        f"{name} could not be reached ({cause}). Check its address and that it is up; the call is "
        "repeated later.",
    )


def timed_out(name: str) -> TrackerError:
    """The request was sent and no answer came in time."""
    return TrackerError(
        "tracker_timeout",
        f"{name} did not answer in time. It may have done the work, so the marker is looked up "
        "before a repetition.",
        ambiguous=True,
    )


def connection_lost(name: str) -> TrackerError:
    """The connection broke after something was sent."""
    return TrackerError(
        "connection_lost",
        f"The connection to {name} broke before its answer arrived. "
        "It may have done the work, so the marker is looked up before a repetition.",
        ambiguous=True,
    )


def unreadable(name: str) -> TrackerError:
    """A success whose body is not what the API documents."""
    return TrackerError(
        "unreadable_answer",
        f"{name} answered with something that is not its API. A login page or a proxy may be in "
        "front.",
        ambiguous=True,
    )


def refused(error: IntegrationError) -> TrackerError:
    """Our own guard stopped the call. Only an answer that was too large can have followed a request
    that was sent."""
    sent = error.reason != "address_refused"
    return TrackerError(error.reason, error.detail, ambiguous=sent, permanent=not sent)


def from_transport(name: str, error: httpx.HTTPError | httpx.InvalidURL) -> TrackerError:
    """What an httpx error means for a call to the tracker ``name``."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return unreachable(name, str(error) or type(error).__name__)
    if isinstance(error, httpx.TimeoutException):
        return timed_out(name)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return TrackerError(
            "invalid_address", f"The address of {name} cannot be called: {error}.", permanent=True
        )
    if isinstance(error, httpx.LocalProtocolError):
        # Its text would quote the header it objects to, which may be the token.
        return TrackerError(
            "invalid_request",
            f"A call to {name} could not be written as HTTP. Enter its token again.",
            permanent=True,
        )
    return connection_lost(name)


def from_status(
    name: str, status: int, headers: Mapping[str, str], complaints: Sequence[str], *, now: datetime
) -> TrackerError:
    """What an answer outside 2xx means. Header names are lower case; ``complaints`` are the
    tracker's own words."""
    said = "; ".join(
        complaint.strip().rstrip(".") for complaint in complaints if complaint.strip()
    )[:500]
    because = f": {said}." if said else "."
    if status == 429 or (status == 403 and _limited(headers, said)):
        wait = _wait(headers, said, now)
        rest = f"for {wait:.0f} s" if wait is not None else "for a growing time"
        detail = (
            f"{name} asks for fewer calls. Nothing is sent there {rest}, then it goes on by itself."
        )
        return TrackerError("rate_limited", detail, retry_after=wait)
    if status == 401:
        return _permanent(
            "unauthorized",
            f"{name} refused the credentials{because} Enter a valid token for this tracker.",
        )
    if status == 403:
        return _permanent(
            "forbidden",
            f"{name} does not permit this{because} Give the token's account the permission.",
        )
    if status == 404:
        return _permanent(
            "not_found",
            f"{name} does not have this, or hides it from the token{because} Check the name and "
            "the access.",
        )
    if status == 410:
        return _permanent(
            "gone", f"{name} no longer has this, or its issues are switched off{because}"
        )
    if status in (400, 422):
        return _permanent(
            "invalid_fields",
            f"{name} does not accept the fields{because} Adjust the tracker's settings.",
        )
    if 300 <= status < 400:
        return _permanent(
            "moved",
            f"{name} answers that this moved elsewhere. Enter the new address or name in the "
            "tracker's settings.",
        )
    if status >= 500:
        return TrackerError(
            "tracker_error",
            f"{name} failed with status {status}{because} It is tried again later.",
            ambiguous=True,
            retry_after=retry_after(headers, now=now),
        )
    return _permanent(
        "unexpected_status",
        f"{name} answered with status {status}{because} Check the tracker's settings.",
    )


def _permanent(reason: str, detail: str) -> TrackerError:
    return TrackerError(reason, detail, permanent=True)


def _limited(headers: Mapping[str, str], said: str) -> bool:
    """GitHub answers 403 as well as 429 for its primary and secondary rate limits."""
    spent = headers.get("x-ratelimit-remaining", "").strip() == "0"
    return (
        spent
        or "retry-after" in headers
        or "rate limit" in said.lower()
        or "abuse detection" in said.lower()
    )


def _wait(headers: Mapping[str, str], said: str, now: datetime) -> float | None:
    """GitHub's order: retry-after, then x-ratelimit-reset, and at least a minute for a secondary
    limit."""
    wait = retry_after(headers, now=now)
    if wait is None:
        wait = reset_after(headers, now=now)
    if wait is None and "secondary rate limit" in said.lower():
        wait = SECONDARY_LIMIT_WAIT
    return wait
