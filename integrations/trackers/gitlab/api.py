"""Calls to the REST API of GitLab, version 4, and the few questions that only GraphQL answers.

Sources: "REST API" (tokens as ``Bearer``; a project that was moved answers GET with a redirect and
everything else with 405), "Rate limits".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from integrations import failures
from integrations.network import PLAIN_NETWORK, Network
from integrations.tracker_contract import TrackerError
from integrations.trackers.careful import BUSY
from integrations.trackers.gitlab.settings import GITLAB_API_PATH, project_address
from integrations.trackers.json_api import JsonApi, Query


class GitLabApi(JsonApi):
    """One account's connection to one project. ``base_url`` is the address that people open."""

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
        super().__init__(
            "GitLab",
            base_url + GITLAB_API_PATH,
            f"Bearer {token}",
            secrets=[token],
            complaints=complaints,
            network=network,
            timeout=timeout,
            clock=clock,
        )
        self._base_url = base_url
        self.project_path = project_address(project)
        """The project in the API's addresses; by its id once it turned out to be moved."""

    async def graphql(self, query: str, variables: Mapping[str, str | int]) -> dict[str, Any]:
        """The ``data`` of one question; empty where the server does not answer it."""
        question = {"query": query, "variables": dict(variables)}
        value = self.value(await self.send("POST", f"{self._base_url}/api/graphql", question, None))
        if not isinstance(value, dict):
            raise failures.unreadable("GitLab")
        data = value.get("data")
        return data if isinstance(data, dict) else {}

    async def response(
        self, method: str, path: str, json: Mapping[str, Any] | None, params: Query | None
    ) -> httpx.Response:
        """The answer; a write to a project that was moved is repeated at its new place."""
        response = await super().response(method, path, json, params)
        if response.status_code != httpx.codes.METHOD_NOT_ALLOWED:
            return response
        moved_path = await self._moved_path(path)
        if moved_path is None:
            return response
        return await super().response(method, moved_path, json, params)

    async def _moved_path(self, path: str) -> str | None:
        """The same path by the id of the project, where that is another one than the path's."""
        if not path.startswith(self.project_path):
            return None
        number = (await self.call("GET", self.project_path)).get("id")
        if not self.was_redirected or number is None:
            return None
        rest = path.removeprefix(self.project_path)
        self.project_path = project_address(str(number))
        return self.project_path + rest

    def value(self, response: httpx.Response) -> Any:
        """What an answer holds; 409 says that somebody wrote at the same moment."""
        if response.status_code == httpx.codes.CONFLICT:
            raise TrackerError("ticket_busy", BUSY)
        return super().value(response)


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
