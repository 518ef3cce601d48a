"""What a failed call to a tracker means: one TrackerError for every status and broken connection.

Every tracker uses these, so that the same failure reads the same for each vendor. ``name`` is the
tracker's title (``GitHub``); it begins the sentence that people read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx

from integrations.contract import IntegrationError
from integrations.retries import reset_after, retry_after
from integrations.tracker_contract import TrackerError

_SECONDARY_LIMIT_SECONDS = 60.0
_COMPLAINT_MAX_CHARACTERS = 500
_REQUEST_TIMEOUT = 408
_NEED_A_PERSON = frozenset({"address_refused", "ca_file_unusable", "proxy_invalid"})
UNSENT = _NEED_A_PERSON | {"certificate_untrusted", "proxy_refused", "proxy_unreachable"}
"""Reasons of calls that never left: no ticket can have been made by them."""
NETWORK_REMEDIES = {
    "address_refused": "If the server is yours, set RELAY_ALLOW_PRIVATE_ADDRESSES=true.",
    "ca_file_unusable": "Correct RELAY_CA_FILE (or SSL_CERT_FILE), and start the service again.",
    "certificate_untrusted": "Set RELAY_CA_FILE to a PEM file with the authority's certificate, "
    "and start the service again.",
    "proxy_invalid": "Correct RELAY_PROXY (or HTTPS_PROXY), and start the service again.",
    "proxy_refused": "Correct RELAY_PROXY or RELAY_NO_PROXY, or let the proxy permit the call.",
    "proxy_unreachable": "Correct RELAY_PROXY (or HTTPS_PROXY), or start the proxy.",
}
"""What a check advises for each of them."""


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


def no_access(name: str, container: str) -> TrackerError:
    """The place of the tickets is not to be seen by our account, which the tracker knows."""
    return TrackerError(
        "no_access",
        f"{name} does not show {container} to this token's account any more: deleted, renamed, "
        "switched off, or the access was taken away. Give the account access, or correct the "
        "tracker's settings; nothing is pushed until then, and no ticket counts as deleted.",
        permanent=True,
    )


def another_ticket(ticket: str, container: str) -> TrackerError:
    """The ticket that has this name now is another one than ours."""
    return TrackerError(
        "moved",
        f"{ticket} of {container} is another one than the ticket that was created. Link the right "
        "one, or create the ticket again.",
        permanent=True,
    )


def not_logged_in(name: str, *, may_have_written: bool) -> TrackerError:
    """The tracker answered as it answers strangers, whatever the status of its answer."""
    return TrackerError(
        "unauthorized",
        f"{name} no longer accepts the credentials and answers as to a stranger: the token expired "
        "or was revoked. Enter a valid token for this tracker.",
        ambiguous=may_have_written,
        permanent=not may_have_written,
    )


def refused(error: IntegrationError) -> TrackerError:
    """Our own side stopped the call: before it was sent, or when its answer was too large."""
    if error.reason in UNSENT:
        permanent = error.reason in _NEED_A_PERSON
        return TrackerError(error.reason, error.detail, permanent=permanent)
    return TrackerError(error.reason, error.detail, ambiguous=True)


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


@dataclass(frozen=True, slots=True)
class _Permanent:
    """A status that no repetition changes: what it means, and what a person can do about it."""

    reason: str
    meaning: str
    remedy: str = ""

    def error(self, name: str, because: str) -> TrackerError:
        detail = f"{name} {self.meaning}{because} {self.remedy}".rstrip()
        return TrackerError(self.reason, detail, permanent=True)


_INVALID_FIELDS = _Permanent(
    "invalid_fields", "does not accept the fields", "Adjust the tracker's settings."
)
_PERMANENT_STATUSES = {
    400: _INVALID_FIELDS,
    401: _Permanent(
        "unauthorized", "refused the credentials", "Enter a valid token for this tracker."
    ),
    403: _Permanent(
        "forbidden", "does not permit this", "Give the token's account the permission."
    ),
    404: _Permanent(
        "not_found",
        "does not have this, or hides it from the token",
        "Check the name and the access.",
    ),
    410: _Permanent("gone", "no longer has this, or its issues are switched off"),
    422: _INVALID_FIELDS,
}
_MOVED = _Permanent(
    "moved",
    "answers that this moved elsewhere",
    "Enter the new address or name in the tracker's settings.",
)


def from_status(
    name: str, status: int, headers: Mapping[str, str], complaints: Sequence[str], *, now: datetime
) -> TrackerError:
    """What an answer outside 2xx means. Header names are lower case; ``complaints`` are the
    tracker's own words."""
    sentences = [text.strip().rstrip(".") for text in complaints if text.strip()]
    complaint = "; ".join(sentences)[:_COMPLAINT_MAX_CHARACTERS]
    because = f": {complaint}." if complaint else "."
    if status == 429 or (status == 403 and _limited(headers, complaint)):
        return _rate_limited(name, _wait_seconds(headers, complaint, now))
    if status == _REQUEST_TIMEOUT:  # of a proxy, which may have handed the request on
        return timed_out(name)
    if status in _PERMANENT_STATUSES:
        return _PERMANENT_STATUSES[status].error(name, because)
    if 300 <= status < 400:
        return _MOVED.error(name, ".")
    if status >= 500:
        return TrackerError(
            "tracker_error",
            f"{name} failed with status {status}{because} It is tried again later.",
            ambiguous=True,
            retry_after=retry_after(headers, now=now),
        )
    unexpected = _Permanent(
        "unexpected_status", f"answered with status {status}", "Check the tracker's settings."
    )
    return unexpected.error(name, because)


def _rate_limited(name: str, wait: float | None) -> TrackerError:
    pause = "for a growing time" if wait is None else f"for {wait:.0f} s"
    return TrackerError(
        "rate_limited",
        f"{name} asks for fewer calls. Nothing is sent there {pause}, then it goes on by itself.",
        retry_after=wait,
    )


def _limited(headers: Mapping[str, str], complaint: str) -> bool:
    """GitHub answers 403 as well as 429 for its primary and secondary rate limits."""
    return (
        headers.get("x-ratelimit-remaining", "").strip() == "0"
        or "retry-after" in headers
        or "rate limit" in complaint.lower()
        or "abuse detection" in complaint.lower()
    )


def _wait_seconds(headers: Mapping[str, str], complaint: str, now: datetime) -> float | None:
    """GitHub's order: retry-after, then x-ratelimit-reset, and at least a minute for a secondary
    limit."""
    wait = retry_after(headers, now=now)
    if wait is None:
        wait = reset_after(headers, now=now)
    if wait is None and "secondary rate limit" in complaint.lower():
        wait = _SECONDARY_LIMIT_SECONDS
    return wait
