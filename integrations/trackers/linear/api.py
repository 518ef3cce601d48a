"""Calls to the GraphQL API of Linear.

An error may come as 200 with ``errors``, a limit as 400 with a code or as 429 with a page of HTML;
limits count requests and what they cost, and their headers give the end in milliseconds.

Sources: "API and Webhooks", Rate limiting; the published schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from integrations import failures
from integrations.contract import IntegrationError
from integrations.http import client
from integrations.network import PLAIN_NETWORK, Network
from integrations.scrubbing import Scrubber
from integrations.tracker_contract import TrackerError

_OPERATION = re.compile(r"(?:query|mutation) (\w+)")
_STATUS_OF_CODE = {
    "RATELIMITED": 429,
    "AUTHENTICATION_ERROR": 401,
    "FORBIDDEN": 403,
    "INTERNAL_SERVER_ERROR": 500,
    "LOCK_TIMEOUT": 500,
}
_ENTITY_MISSING = re.compile(r"(?i)entity not found|could not find")
_THERE_ALREADY = re.compile(r"(?i)conflict on insert|already exists|duplicate key|unique")


class AlreadyThere(TrackerError):
    """The object with the id that we chose is there."""

    def __init__(self) -> None:
        super().__init__("invalid_fields", "Linear has this already.", permanent=True)


class LinearApi:
    """One account's connection. ``clock`` gives the time in UTC."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        network: Network = PLAIN_NETWORK,
        timeout: httpx.Timeout | float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._address = base_url.removesuffix("/graphql") + "/graphql"
        self._clock = clock
        self.scrubber = Scrubber([token])
        self._client = client(network, timeout=timeout)
        # An API key goes without a scheme, a token of OAuth with one.
        scheme = "" if token.startswith("lin_api_") else "Bearer "
        self._client.headers["Authorization"] = scheme + token

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The ``data`` of one question. Raises TrackerError."""
        name = _OPERATION.search(query)
        question = {
            "query": query,
            "operationName": name[1] if name else None,
            "variables": dict(variables or {}),
        }
        try:
            response = await self._client.post(self._address, json=question)
        except IntegrationError as error:
            raise failures.refused(error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise failures.from_transport("Linear", error) from None
        return self._data(response)

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    def _data(self, response: httpx.Response) -> dict[str, Any]:
        try:
            value = response.json() if response.content else None
        except (ValueError, RecursionError):
            value = None
        errors = value.get("errors") if isinstance(value, dict) else None
        if isinstance(errors, list) and errors:
            raise self._error(response, [one for one in errors if isinstance(one, dict)])
        if not response.is_success:
            raise self._failure(response, response.status_code, [])
        data = value.get("data") if isinstance(value, dict) else None
        if not isinstance(data, dict):
            raise failures.unreadable("Linear")
        return data

    def _error(self, response: httpx.Response, errors: list[dict[str, Any]]) -> TrackerError:
        """What the first of several errors means, whatever the status of the answer."""
        extensions = [one.get("extensions") or {} for one in errors]
        codes = [str(one.get("code") or "") for one in extensions]
        sentences = [
            str(more.get("userPresentableMessage") or one.get("message") or "")
            for one, more in zip(errors, extensions, strict=True)
        ]
        words = " ".join([*sentences, *(str(one.get("message") or "") for one in errors)])
        if _THERE_ALREADY.search(words):
            return AlreadyThere()
        status = 404 if _ENTITY_MISSING.search(words) else 0
        status = status or next(
            (_STATUS_OF_CODE[code] for code in codes if code in _STATUS_OF_CODE), 0
        )
        if not status:
            status = response.status_code if response.status_code >= 400 else 422
        return self._failure(response, status, sentences)

    def _failure(self, response: httpx.Response, status: int, sentences: list[str]) -> TrackerError:
        cleaned = [self.scrubber.clean(sentence) for sentence in sentences]
        return failures.from_status("Linear", status, response.headers, cleaned, now=self._clock())
