"""Calls to a tracker whose API answers with JSON: one request, one answer, every failure a
TrackerError."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from integrations import failures
from integrations.contract import IntegrationError
from integrations.http import client
from integrations.network import PLAIN_NETWORK, Network
from integrations.scrubbing import Scrubber

_KEEPING_METHOD = (307, 308)
_OF_READING = (301, 302, *_KEEPING_METHOD)
Query = Mapping[str, str | int]
Complaints = Callable[[Any], list[str]]


class JsonApi:
    """One account's connection. ``address`` is where the API's paths begin, ``name`` the tracker's
    title, ``complaints`` reads an error body; ``clock`` gives the time in UTC."""

    def __init__(
        self,
        name: str,
        address: str,
        authorization: str,
        *,
        secrets: Sequence[str],
        complaints: Complaints,
        network: Network = PLAIN_NETWORK,
        timeout: httpx.Timeout | float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.address = address
        self.was_redirected = False
        self.scrubber = Scrubber(secrets)
        self._complaints = complaints
        self._clock = clock
        self._client = client(network, timeout=timeout)
        self._client.headers.update({"Accept": "application/json", "Authorization": authorization})

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Query | None = None,
    ) -> dict[str, Any]:
        """One request and its JSON object."""
        value = self.value(await self.response(method, path, json, params))
        if not isinstance(value, dict):
            raise failures.unreadable(self.name)
        return value

    async def call_list(self, path: str, params: Query) -> list[dict[str, Any]]:
        """A GET whose answer is a JSON array of objects."""
        value = self.value(await self.response("GET", path, None, params))
        if not isinstance(value, list):
            raise failures.unreadable(self.name)
        return [item for item in value if isinstance(item, dict)]

    async def write(self, path: str, json: Mapping[str, Any]) -> None:
        """A POST whose answer does not matter, as long as it is a success."""
        self.value(await self.response("POST", path, json, None))

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    async def response(
        self, method: str, path: str, json: Mapping[str, Any] | None, params: Query | None
    ) -> httpx.Response:
        """The answer, or that of the address of the same API to which it points. The token never
        goes anywhere else."""
        response = await self.send(method, self.address + path, json, params)
        location = response.headers.get("location", "")
        followed = _OF_READING if method == "GET" else _KEEPING_METHOD
        if response.status_code not in followed or not location:
            return response
        target = urljoin(str(response.url), location)
        own, other = urlsplit(self.address), urlsplit(target)
        if other[:2] != own[:2] or not other.path.startswith(f"{own.path}/"):
            return response
        self.was_redirected = True
        return await self.send(method, target, json, None if other.query else params)

    async def send(
        self, method: str, url: str, json: Mapping[str, Any] | None, params: Query | None
    ) -> httpx.Response:
        """One request, wherever it leads."""
        try:
            return await self._client.request(method, url, json=json, params=params)
        except IntegrationError as error:
            raise failures.refused(error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise failures.from_transport(self.name, error) from None

    def value(self, response: httpx.Response) -> Any:
        """What an answer holds. Raises TrackerError for anything but a success."""
        try:
            value = response.json() if response.content else {}
        except (ValueError, RecursionError):
            value = None
        if response.is_success:
            if value is None:
                raise failures.unreadable(self.name)
            return value
        sentences = [self.scrubber.clean(sentence) for sentence in self._complaints(value)]
        raise failures.from_status(
            self.name, response.status_code, response.headers, sentences, now=self._clock()
        )
