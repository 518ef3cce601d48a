"""Calls to the REST API of GitHub, and what an issue says about a ticket's state."""

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
from integrations.tracker_contract import RemoteState, StatusCategory, TicketRef
from integrations.trackers.github.app_tokens import GitHubApp, InstallationTokens

GITHUB_API_VERSION = "2022-11-28"
# A client may turn a POST into a GET at a 301 or 302; at these two it keeps method and body.
_KEEPING_REDIRECTS = (307, 308)
_REDIRECTS = (301, 302, *_KEEPING_REDIRECTS)
Query = Mapping[str, str | int]
_CLOSED_CATEGORIES = {
    "not_planned": StatusCategory.declined,
    "duplicate": StatusCategory.duplicate,
}
"""By ``state_reason``; what was closed before GitHub asked for one was done."""


class GitHubApi:
    """One account's connection: by a token, or as an App for one repository. Every method raises
    TrackerError and nothing else. ``clock`` gives the time in UTC."""

    def __init__(
        self,
        base_url: str,
        token: str = "",
        *,
        app: GitHubApp | None = None,
        repository: str = "",
        network: Network = PLAIN_NETWORK,
        timeout: httpx.Timeout | float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._token = token
        self.scrubber = Scrubber([token])
        self.was_redirected = False
        self.app_tokens: InstallationTokens | None = None
        if app is not None:
            self.app_tokens = InstallationTokens(
                app, base_url, repository, self._send_as, clock, self.scrubber.clean
            )
        self._client = client(network, timeout=timeout)
        self._client.headers.update(
            {
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": GITHUB_API_VERSION,
            }
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Query | None = None,
    ) -> dict[str, Any]:
        """One request and its JSON object, along one redirect within the API (a renamed
        repository)."""
        value = self._value(await self._follow(method, path, json, params))
        if isinstance(value, list):  # adding labels answers with the list of labels
            return {"items": value}
        if not isinstance(value, dict):
            raise failures.unreadable("GitHub")
        return value

    async def call_list(self, path: str, params: Query) -> list[dict[str, Any]]:
        """A GET whose answer is a JSON array of objects, along one redirect as ``call``."""
        value = self._value(await self._follow("GET", path, None, params))
        if not isinstance(value, list):
            raise failures.unreadable("GitHub")
        return [item for item in value if isinstance(item, dict)]

    async def list_changed(
        self, path: str, params: Query, etag: str
    ) -> tuple[list[dict[str, Any]] | None, str]:
        """As ``call_list``, with the answer's ETag; None where it is still the answer of
        ``etag``."""
        response = await self._follow("GET", path, None, params, etag)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return None, etag
        value = self._value(response)
        if not isinstance(value, list):
            raise failures.unreadable("GitHub")
        items = [item for item in value if isinstance(item, dict)]
        return items, response.headers.get("etag", "")

    async def graphql(self, query: str, variables: Mapping[str, str | int]) -> dict[str, Any]:
        """One question to the GraphQL API of the same server, and its answer with ``data`` and,
        where something is wrong, ``errors``."""
        address = self._base_url.removesuffix("/v3") + "/graphql"
        question = {"query": query, "variables": dict(variables)}
        value = self._value(await self._send("POST", address, question, None))
        if not isinstance(value, dict):
            raise failures.unreadable("GitHub")
        return value

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    async def _follow(
        self,
        method: str,
        path: str,
        json: Mapping[str, Any] | None,
        params: Query | None,
        etag: str = "",
    ) -> httpx.Response:
        """The answer, or that of the address on the same host to which it points. The token never
        goes to another host."""
        response = await self._send(method, self._base_url + path, json, params, etag)
        followed = _REDIRECTS if method == "GET" else _KEEPING_REDIRECTS
        location = response.headers.get("location", "")
        if response.status_code not in followed or not location:
            return response
        self.was_redirected = True
        target = urljoin(str(response.url), location)
        if urlsplit(target)[:2] != urlsplit(self._base_url)[:2]:
            return response
        has_query = bool(urlsplit(target).query)
        return await self._send(method, target, json, None if has_query else params, etag)

    async def _send(
        self,
        method: str,
        url: str,
        json: Mapping[str, Any] | None,
        params: Query | None,
        etag: str = "",
    ) -> httpx.Response:
        """One request. An App's token that is refused is made anew, once: a 401 did no work."""
        token = await self.app_tokens.token() if self.app_tokens else self._token
        response = await self._request(method, url, token, json, params, etag)
        if response.status_code == httpx.codes.UNAUTHORIZED and self.app_tokens:
            token = await self.app_tokens.token(refused=token)
            response = await self._request(method, url, token, json, params, etag)
        return response

    async def _send_as(
        self, method: str, path: str, token: str, json: dict[str, Any] | None
    ) -> httpx.Response:
        return await self._request(method, self._base_url + path, token, json, None)

    async def _request(
        self,
        method: str,
        url: str,
        token: str,
        json: Mapping[str, Any] | None,
        params: Query | None,
        etag: str = "",
    ) -> httpx.Response:
        self.scrubber.add(token)
        headers = {"Authorization": f"Bearer {token}"}
        if etag:
            headers["If-None-Match"] = etag
        try:
            return await self._client.request(
                method, url, json=json, params=params, headers=headers
            )
        except IntegrationError as error:
            raise failures.refused(error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise failures.from_transport("GitHub", error) from None

    def _value(self, response: httpx.Response) -> Any:
        try:
            value = response.json() if response.content else {}
        except ValueError:
            value = None
        if response.is_success:
            if value is None:
                raise failures.unreadable("GitHub")
            return value
        sentences = [self.scrubber.clean(sentence) for sentence in complaints(value)]
        raise failures.from_status(
            "GitHub", response.status_code, response.headers, sentences, now=self._clock()
        )


def complaints(value: Any) -> list[str]:
    """What an error body of GitHub complains about: its message and the fields it names."""
    if not isinstance(value, dict):
        return []
    errors = value.get("errors")
    sentences = [str(value.get("message") or "")]
    sentences += [_complaint(error) for error in errors] if isinstance(errors, list) else []
    return sentences


def _complaint(error: Any) -> str:
    """One of ``errors``: a text, or an object that names a field and what is wrong with it."""
    if not isinstance(error, dict):
        return str(error)
    field = ".".join(str(error[key]) for key in ("resource", "field") if error.get(key))
    return f"{field} {error.get('message') or error.get('code') or ''}".strip()


def issue_state(issue: Mapping[str, Any]) -> RemoteState:
    """A ticket's state from an issue of the API or of a webhook. Raises TrackerError where it is
    not an issue."""
    try:
        ref = TicketRef(str(issue["id"]), str(issue["number"]), str(issue.get("html_url") or ""))
        state, reason = str(issue["state"]), str(issue.get("state_reason") or "")
    except KeyError:
        raise failures.unreadable("GitHub") from None
    title = str(issue.get("title") or "")
    if state == "open":
        return RemoteState(ref, "open", StatusCategory.open, title, resolution=reason)
    status = f"closed ({reason.replace('_', ' ')})" if reason else "closed"
    closer = issue.get("closed_by")
    return RemoteState(
        ref,
        status,
        _CLOSED_CATEGORIES.get(reason, StatusCategory.done),
        title,
        resolution=reason,
        since=_moment(issue.get("closed_at")),
        by=str(closer.get("login") or "") if isinstance(closer, dict) else "",
    )


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
