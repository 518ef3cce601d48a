"""Calls to Jira through the synchronous ``jira`` library: every call runs in a thread, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests
from jira import JIRA
from jira.exceptions import JIRAError

from integrations import failures
from integrations.contract import IntegrationError
from integrations.network import PLAIN_NETWORK, Network
from integrations.requests_guard import guard
from integrations.scrubbing import Scrubber
from integrations.tracker_contract import TrackerError
from integrations.trackers.jira.answers import (
    FieldsRefused,
    Stranger,
    complained_fields,
    complaints,
    from_requests,
    issues_of,
    refuse_stranger,
)
from integrations.trackers.jira.changelog import Change, changelog_pages, changes_of

T = TypeVar("T")
STATE_FIELDS = (
    "summary,status,resolution,project,issuelinks,statuscategorychangedate,resolutiondate"
)
"""What ``issue_state`` reads of an issue."""
_GATEWAY = "/ex/jira/"
"""In the address at which Atlassian takes tokens with scopes; people cannot open it."""


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
        network: Network,
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
        # A search would first ask for every field of the site, to tell names from ids: we name ids.
        self._fields_cache_value = {"summary": "summary"}
        guard(self._session, network)
        self._session.hooks["response"].append(refuse_stranger)

    def read(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        return self._get_json(path, params=dict(params or {}))

    def edit(
        self, issue_id: str, changes: Mapping[str, Any], params: Mapping[str, str | int]
    ) -> None:
        address = self._get_url(f"issue/{issue_id}")
        self._session.put(address, params=dict(params), data=json.dumps(changes))

    def post(self, path: str, value: Mapping[str, Any]) -> Any:
        return self._session.post(self._get_url(path), data=json.dumps(value)).json()

    def send(self, path: str, value: Mapping[str, Any]) -> None:
        self._session.post(self._get_url(path), data=json.dumps(value))

    def put(self, path: str, value: Mapping[str, Any]) -> None:
        self._session.put(self._get_url(path), data=json.dumps(value))

    def delete(self, path: str) -> None:
        self._session.delete(self._get_url(path))

    def call_site(self, method: str, path: str, value: Mapping[str, Any] | None) -> Any:
        address = f"{self.server_url}{path}"
        data = None if value is None else json.dumps(value)
        return self._session.request(method, address, data=data).json()


class JiraApi:
    """One account's connection. Every method raises TrackerError and nothing else. ``clock`` gives
    the time in UTC; ``site_url`` is the address for people, where it is known."""

    def __init__(
        self,
        base_url: str,
        *,
        cloud: bool,
        email: str,
        token: str,
        network: Network = PLAIN_NETWORK,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        site_url: str = "",
    ) -> None:
        self.cloud = cloud
        self.base_url = base_url
        self.network = network
        self._clock = clock
        self._may_be_silent = True
        self.scrubber = Scrubber([token, f"{email}:{token}"])
        self._site_url = site_url or ("" if _GATEWAY in base_url else base_url)
        self._client = _Client(
            base_url,
            cloud=cloud,
            email=email,
            token=token,
            network=network,
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
        """A PUT with ``fields`` to set and ``update`` operations, by which nobody gets mail.

        Data Center lets administrators alone be silent and refuses the others: those edit with
        mail, and this connection remembers it.
        """
        if self._may_be_silent:
            try:
                await self._run(
                    lambda: self._client.edit(issue_id, changes, {"notifyUsers": "false"})
                )
            except TrackerError as error:
                if self.cloud or error.reason != "forbidden":
                    raise
                self._may_be_silent = False
            else:
                return
        await self._run(lambda: self._client.edit(issue_id, changes, {}))

    async def send(self, path: str, value: Mapping[str, Any]) -> None:
        """A POST below the REST root whose answer says nothing."""
        await self._run(lambda: self._client.send(path, value))

    async def post(self, path: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """A POST below the REST root, and the JSON object that it made."""
        return await self._object(lambda: self._client.post(path, value))

    async def put(self, path: str, value: Mapping[str, Any]) -> None:
        """A PUT below the REST root whose answer says nothing."""
        await self._run(lambda: self._client.put(path, value))

    async def delete(self, path: str) -> None:
        """A DELETE below the REST root; what is gone already is no error."""
        try:
            await self._run(lambda: self._client.delete(path))
        except TrackerError as error:
            if error.reason != "not_found":
                raise

    async def call_site(
        self, method: str, path: str, value: Mapping[str, Any] | None = None
    ) -> Any:
        """The JSON that an address of the site outside its REST root answers."""
        return await self._run(lambda: self._client.call_site(method, path, value))

    async def account_id(self) -> str:
        """Our own account, as a change names its author."""
        account = await self.read("myself")
        return str(account.get("accountId") or account.get("name") or "")

    async def changes(self, issue_id: str, field: str) -> list[Change]:
        """What happened to one field of an issue, oldest first, the last changes at least."""
        if self.cloud:
            histories = await changelog_pages(self.read, issue_id)
        else:
            query = {"expand": "changelog", "fields": field}
            answer = await self.read(f"issue/{issue_id}", query)
            histories = (answer.get("changelog") or {}).get("histories") or []
        return changes_of(histories, field)

    async def issues(self, keys: Sequence[str], fields: str) -> list[dict[str, Any]]:
        """Those of at most 100 keys that Jira Cloud holds and shows us; current at once."""
        query = {"issueIdsOrKeys": list(keys), "fields": fields.split(",")}
        return issues_of(await self._object(lambda: self._client.post("issue/bulkfetch", query)))

    async def site_url(self) -> str:
        """The address of the site for people. Asked of Jira where ours is the one for tokens with
        scopes; ours where it does not say."""
        if not self._site_url:
            try:
                self._site_url = str((await self.read("serverInfo")).get("baseUrl") or "")
            except TrackerError:
                return self.base_url
        return self._site_url.rstrip("/") or self.base_url

    async def search(self, jql: str, most: int = 10) -> list[dict[str, Any]]:
        """The first issues of a JQL query, with STATE_FIELDS."""
        search = self._client.enhanced_search_issues if self.cloud else self._client.search_issues
        answer = await self._object(
            lambda: search(jql, maxResults=most, fields=STATE_FIELDS, json_result=True)
        )
        return issues_of(answer)

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
        except Stranger as stranger:
            raise failures.not_logged_in(
                "Jira", may_have_written=stranger.may_have_written
            ) from None
        except IntegrationError as error:
            raise failures.refused(error) from None
        except requests.RequestException as error:
            raise from_requests(error) from None
        except (ValueError, KeyError, AttributeError, TypeError):
            raise failures.unreadable("Jira") from None

    def _from_jira(self, error: JIRAError) -> TrackerError:
        status, response = error.status_code, error.response
        if response is None or status is None or status < 300:
            return failures.unreadable("Jira")
        headers = {name.lower(): value for name, value in response.headers.items()}
        sentences = [self.scrubber.clean(sentence) for sentence in complaints(response)]
        refusal = failures.from_status("Jira", status, headers, sentences, now=self._clock())
        if refusal.reason == "invalid_fields":
            return FieldsRefused(refusal, complained_fields(response))
        return refusal
