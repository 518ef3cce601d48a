"""Calls to Jira through the synchronous ``jira`` library: every call runs in a thread, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests
from jira import JIRA
from jira.exceptions import JIRAError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from integrations import failures
from integrations.contract import IntegrationError
from integrations.requests_guard import guard
from integrations.tracker_contract import TrackerError

T = TypeVar("T")
STATE_FIELDS = "summary,status,resolution,project"
"""What ``issue_state`` reads of an issue."""


class _Client(JIRA):
    """The library without what harms us: its repetitions of POST, its call at start, its reload
    after a write."""

    def __init__(
        self,
        base_url: str,
        *,
        cloud: bool,
        email: str,
        token: str,
        allow_private: bool,
        connect_timeout: float,
        read_timeout: float,
    ) -> None:
        super().__init__(
            server=base_url,
            options={"rest_api_version": "3" if cloud else "2"},
            basic_auth=(email, token) if cloud else None,
            token_auth=None if cloud else token,
            get_server_info=False,
            max_retries=0,
            timeout=(connect_timeout, read_timeout),
        )
        # Which of its methods the library permits depends on this; it is usually learned from GET
        # serverInfo.
        self.deploymentType = "Cloud" if cloud else "Server"
        guard(self._session, allow_private=allow_private)

    def read(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        return self._get_json(path, params=dict(params or {}))

    def edit(self, issue_id: str, changes: Mapping[str, Any]) -> None:
        self._session.put(self._get_url(f"issue/{issue_id}"), data=json.dumps(changes))


class JiraApi:
    """One account's connection. Every method raises TrackerError and nothing else. ``clock`` gives
    the time in UTC."""

    def __init__(
        self,
        base_url: str,
        *,
        cloud: bool,
        email: str,
        token: str,
        allow_private: bool = False,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.cloud = cloud
        self._clock = clock
        self._client = _Client(
            base_url,
            cloud=cloud,
            email=email,
            token=token,
            allow_private=allow_private,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )

    async def create(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """One POST: ``id`` and ``key`` of the new issue."""
        return await self._object(
            lambda: self._client.create_issue(fields=dict(fields), prefetch=False).raw
        )

    async def issue(self, id_or_key: str, fields: str) -> dict[str, Any]:
        """An issue with some of its fields (names separated by commas)."""
        return await self.read(f"issue/{id_or_key}", {"fields": fields})

    async def edit(self, issue_id: str, changes: Mapping[str, Any]) -> None:
        """One PUT with ``fields`` to set and ``update`` operations."""
        await self._run(lambda: self._client.edit(issue_id, changes))

    async def search(self, jql: str) -> list[dict[str, Any]]:
        """The first issues of a JQL query, with STATE_FIELDS."""
        search = self._client.enhanced_search_issues if self.cloud else self._client.search_issues
        answer = await self._object(
            lambda: search(jql, maxResults=10, fields=STATE_FIELDS, json_result=True)
        )
        issues = answer.get("issues")
        if not isinstance(issues, list):
            return []
        return [issue for issue in issues if isinstance(issue, dict)]

    async def read(
        self, path: str, params: Mapping[str, str | int] | None = None
    ) -> dict[str, Any]:
        """A GET below the REST root whose answer is a JSON object."""
        return await self._object(lambda: self._client.read(path, params))

    async def close(self) -> None:
        """Release connections."""
        await asyncio.to_thread(self._client.close)

    async def _object(self, call: Callable[[], Any]) -> dict[str, Any]:
        value = await self._run(call)
        if not isinstance(value, dict):
            raise failures.unreadable("Jira")
        return value

    async def _run(self, call: Callable[[], T]) -> T:
        # `from None` everywhere: the text of a JIRAError holds request headers and with them the
        # credentials.
        try:
            return await asyncio.to_thread(call)
        except JIRAError as error:
            raise self._from_jira(error) from None
        except IntegrationError as error:
            raise failures.refused(error) from None
        except requests.RequestException as error:
            raise _from_requests(error) from None
        except (ValueError, KeyError, AttributeError, TypeError):
            raise failures.unreadable("Jira") from None

    def _from_jira(self, error: JIRAError) -> TrackerError:
        status, response = error.status_code, error.response
        if response is None or status is None or status < 300:
            return failures.unreadable("Jira")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return failures.from_status(
            "Jira", status, headers, complaints(response), now=self._clock()
        )


def _from_requests(error: requests.RequestException) -> TrackerError:
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
