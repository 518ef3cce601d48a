"""What Jira's answers and broken connections say: of issues, of what it complains about, and
whether it knows us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from integrations import failures
from integrations.tracker_contract import TrackerError


class FieldsRefused(TrackerError):
    """``invalid_fields`` with the ids of the fields that Jira names."""

    def __init__(self, error: TrackerError, fields: frozenset[str]) -> None:
        super().__init__(error.reason, error.detail, permanent=True)
        self.fields = fields


class Stranger(Exception):
    """Jira answered as it answers whoever is not logged in; ``may_have_written``: to a write that
    it may have carried out."""

    def __init__(self, *, may_have_written: bool) -> None:
        super().__init__()
        self.may_have_written = may_have_written


def refuse_stranger(response: requests.Response, **settings: Any) -> None:
    """Look at every answer for the headers by which Jira says that it does not know us.

    Cloud answers a search with an expired token by 200 and no issues, and an issue by 404; Data
    Center lets strangers read public projects. Only a header tells.
    """
    del settings
    login = response.headers.get("x-seraph-loginreason", "").upper()
    user = response.headers.get("x-ausername", "").lower()
    if "AUTHENTICATED_FAILED" in login or user == "anonymous":
        is_read = response.request.method == "GET"
        refused_for_certain = 300 <= response.status_code < 500
        raise Stranger(may_have_written=not is_read and not refused_for_certain)


def issues_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The issues of an answer that lists some."""
    issues = answer.get("issues")
    if not isinstance(issues, list):
        return []
    return [issue for issue in issues if isinstance(issue, dict)]


def complained_fields(response: requests.Response) -> frozenset[str]:
    """The fields that an error body of Jira names."""
    try:
        value = response.json()
    except ValueError:
        return frozenset()
    errors = value.get("errors") if isinstance(value, dict) else None
    return frozenset(map(str, errors)) if isinstance(errors, dict) else frozenset()


def from_requests(error: requests.RequestException) -> TrackerError:
    """What an error of the connection means."""
    if isinstance(error, requests.exceptions.SSLError):
        return failures.unreachable("Jira", "its TLS certificate could not be verified")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return failures.unreachable("Jira", "connecting took too long")
    if isinstance(error, requests.exceptions.Timeout):
        return failures.timed_out("Jira")
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return failures.from_status("Jira", 302, {}, [], now=datetime.now(UTC))
    if isinstance(error, requests.exceptions.ConnectionError):
        cause = error.args[0] if error.args else None
        if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
            return failures.unreachable("Jira", "no connection to its address")
        return failures.connection_lost("Jira")
    if isinstance(error, requests.exceptions.JSONDecodeError):
        return failures.unreadable("Jira")
    if isinstance(
        error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    ):
        return failures.connection_lost("Jira")
    return TrackerError(
        "invalid_address",
        "The address of Jira cannot be called. Check it in the settings.",
        permanent=True,
    )


def complaints(response: requests.Response) -> list[str]:
    """What an error body of Jira complains about, with the fields it names."""
    if reason := response.headers.get("x-authentication-denied-reason"):
        return [reason]
    try:
        value = response.json()
    except ValueError:
        return []
    if not isinstance(value, dict):
        return []
    sentences: list[str] = []
    messages, errors = value.get("errorMessages"), value.get("errors")
    if isinstance(messages, list):
        sentences += [str(message) for message in messages]
    sentences += [str(value[key]) for key in ("message", "errorMessage") if value.get(key)]
    if isinstance(errors, dict):
        sentences += [f"{field}: {message}" for field, message in errors.items()]
    return sentences
