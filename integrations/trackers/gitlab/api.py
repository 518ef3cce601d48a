"""Calls to the REST API of GitLab, version 4, and the few questions that only GraphQL answers.

Sources: "REST API" (tokens as ``Bearer``; a project that was moved answers GET with a redirect and
everything else with 405), "Rate limits".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from integrations import failures
from integrations.contract import IntegrationError
from integrations.http import client
from integrations.network import PLAIN_NETWORK, Network
from integrations.scrubbing import Scrubber
from integrations.tracker_contract import TrackerError
from integrations.trackers.careful import BUSY
from integrations.trackers.gitlab.settings import GITLAB_API_PATH, project_address

_GET_REDIRECTS = (301, 302, 307, 308)
Query = Mapping[str, str | int]


class GitLabApi:
    """One account's connection to one project. Every method raises TrackerError and nothing else.
    ``base_url`` is the address that people open; ``clock`` gives the time in UTC."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        project: str,
        network: Network = PLAIN_NETWORK,
        timeout: httpx.Timeout | float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.base_url = base_url
        self.project_path = project_address(project)
        """The project in the API's addresses; by its id once it turned out to be moved."""
        self.was_redirected = False
        self.scrubber = Scrubber([token])
        self._clock = clock
        self._client = client(network, timeout=timeout)
        self._client.headers.update(
            {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Query | None = None,
    ) -> dict[str, Any]:
        """One request and its JSON object; the path begins behind ``/api/v4``."""
        value = await self._value_of(method, path, json, params)
        if not isinstance(value, dict):
            raise failures.unreadable("GitLab")
        return value

    async def call_list(self, path: str, params: Query) -> list[dict[str, Any]]:
        """A GET whose answer is a JSON array of objects."""
        value = await self._value_of("GET", path, None, params)
        if not isinstance(value, list):
            raise failures.unreadable("GitLab")
        return [item for item in value if isinstance(item, dict)]

    async def graphql(self, query: str, variables: Mapping[str, str | int]) -> dict[str, Any]:
        """The ``data`` of one question; empty where the server does not answer it."""
        question = {"query": query, "variables": dict(variables)}
        response = await self._send("POST", f"{self.base_url}/api/graphql", question, None)
        value = self._value(response)
        if not isinstance(value, dict):
            raise failures.unreadable("GitLab")
        data = value.get("data")
        return data if isinstance(data, dict) else {}

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    async def _value_of(
        self, method: str, path: str, json: Mapping[str, Any] | None, params: Query | None
    ) -> Any:
        response = await self._send(method, self._address(path), json, params)
        if method == "GET":
            return self._value(await self._redirected(response))
        if response.status_code == httpx.codes.METHOD_NOT_ALLOWED:
            # A project that was moved: the write was not done, and is repeated at its new place.
            moved_path = await self._moved_path(path)
            if moved_path is not None:
                response = await self._send(method, self._address(moved_path), json, params)
        return self._value(response)

    def _address(self, path: str) -> str:
        return self.base_url + GITLAB_API_PATH + path

    async def _redirected(self, response: httpx.Response) -> httpx.Response:
        """The answer of the address on the same host to which this one points. The token never
        goes to another host."""
        location = response.headers.get("location", "")
        if response.status_code not in _GET_REDIRECTS or not location:
            return response
        target = urljoin(str(response.url), location)
        is_api = urlsplit(target).path.startswith(urlsplit(self._address("/")).path)
        if urlsplit(target)[:2] != urlsplit(self.base_url)[:2] or not is_api:
            return response
        self.was_redirected = True
        return await self._send("GET", target, None, None)

    async def _moved_path(self, path: str) -> str | None:
        """The same path by the id of the project, where that is another one than the path's."""
        if not path.startswith(self.project_path):
            return None
        response = await self._send("GET", self._address(self.project_path), None, None)
        project = self._value(await self._redirected(response))
        number = project.get("id") if isinstance(project, dict) else None
        if not self.was_redirected or number is None:
            return None
        rest = path.removeprefix(self.project_path)
        self.project_path = project_address(str(number))
        return self.project_path + rest

    async def _send(
        self, method: str, url: str, json: Mapping[str, Any] | None, params: Query | None
    ) -> httpx.Response:
        try:
            return await self._client.request(method, url, json=json, params=params)
        except IntegrationError as error:
            raise failures.refused(error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise failures.from_transport("GitLab", error) from None

    def _value(self, response: httpx.Response) -> Any:
        try:
            value = response.json() if response.content else {}
        except ValueError:
            value = None
        if response.is_success:
            if value is None:
                raise failures.unreadable("GitLab")
            return value
        if response.status_code == httpx.codes.CONFLICT:  # somebody wrote at the same moment
            raise TrackerError("ticket_busy", BUSY)
        sentences = [self.scrubber.clean(sentence) for sentence in complaints(value)]
        raise failures.from_status(
            "GitLab", response.status_code, response.headers, sentences, now=self._clock()
        )


def complaints(value: Any) -> list[str]:
    """What an error body of GitLab complains about: ``message`` as a text or by fields, ``error``
    and ``error_description``.

    >>> complaints({"message": {"title": ["is too long"]}})
    ['title is too long']
    """
    if not isinstance(value, dict):
        return []
    message = value.get("message")
    if isinstance(message, dict):
        sentences = [f"{field} {_words(problem)}" for field, problem in message.items()]
    else:
        sentences = [_words(message)]
    return [*sentences, _words(value.get("error_description") or value.get("error"))]


def _words(problem: Any) -> str:
    if isinstance(problem, list):
        return ", ".join(map(str, problem))
    return "" if problem is None else str(problem)
