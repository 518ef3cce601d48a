"""Issues that are not where they were: renamed repositories, transferred issues, and those beyond
the newest pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import StatusCategory, TicketRef, TrackerError
from integrations.trackers.github.body import marker_line
from integrations.trackers.github.finding import LISTED_PAGES
from integrations.trackers.github.settings import GitHubCredentials, GitHubSettings
from integrations.trackers.github.tracker import open_github

REF = TicketRef("77", "5", "https://github.com/acme/app/issues/5")
ISSUE = {
    "id": 77,
    "number": 5,
    "title": "T",
    "state": "open",
    "html_url": "https://github.com/acme/new/issues/5",
}
Answer = Callable[[str, str], tuple[int, dict[str, str], Any]]


@asynccontextmanager
async def tracker(answer: Answer) -> AsyncIterator[tuple[Any, list[str]]]:
    """A tracker whose GitHub is a function of method and path, and the list of the calls."""
    calls: list[str] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        calls.append(f"{method} {path}")
        status, headers, value = answer(method, path)
        body = json.dumps(value).encode()
        lines = [f"{name}: {text}" for name, text in headers.items()]
        lines += [f"content-length: {len(body)}", "connection: close"]
        writer.write("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    credentials = GitHubCredentials.model_validate({"token": "abc"})
    opened = open_github(
        GitHubSettings(repository="acme/app", base_url=base),
        credentials,
        network=Network(allow_private=True),
    )
    try:
        yield opened, calls
    finally:
        await opened.close()
        server.close()


def moved(location: str, target: Any) -> Answer:
    def answer(method: str, path: str) -> tuple[int, dict[str, str], Any]:
        if path == "/repos/acme/app/issues/5":
            return 301, {"location": location}, {"message": "Moved Permanently"}
        return 200, {}, target

    return answer


async def test_a_renamed_repository_is_followed_when_reading() -> None:
    async with tracker(moved("/repositories/9/issues/5", ISSUE)) as (opened, calls):
        state = await opened.get(REF)
    assert state.category is StatusCategory.open
    assert state.ref == TicketRef("77", "5", "https://github.com/acme/new/issues/5")
    assert calls == ["GET /repos/acme/app/issues/5", "GET /repositories/9/issues/5"]


async def test_a_transferred_issue_is_followed_to_the_one_that_it_became() -> None:
    async with tracker(moved("/repositories/9/issues/8", {**ISSUE, "id": 78, "number": 8})) as (
        opened,
        _,
    ):
        state = await opened.get(REF)
    assert state.category is StatusCategory.open
    assert state.ref == TicketRef("78", "acme/new#8", "https://github.com/acme/new/issues/5")


async def test_an_issue_whose_number_is_anothers_now_is_gone() -> None:
    same_place = {**ISSUE, "id": 78, "html_url": "https://github.com/acme/app/issues/5"}
    async with tracker(lambda method, path: (200, {}, same_place)) as (opened, _):
        state = await opened.get(REF)
    assert (state.category, state.status, state.ref) == (StatusCategory.gone, "transferred", REF)


async def test_the_token_follows_no_redirect_to_another_host() -> None:
    async with tracker(moved("https://evil.example/issues/5", ISSUE)) as (opened, calls):
        assert (await opened.get(REF)).category is StatusCategory.gone
    assert calls == ["GET /repos/acme/app/issues/5"]


async def test_a_number_that_belongs_to_another_issue_is_never_written_to() -> None:
    async with tracker(lambda method, path: (200, {}, {**ISSUE, "id": 999})) as (opened, calls):
        with pytest.raises(TrackerError, match="moved") as caught:
            await opened.update(REF, None)
    assert caught.value.permanent
    assert calls == ["GET /repos/acme/app/issues/5"]


async def test_what_the_newest_pages_do_not_hold_is_searched() -> None:
    with SandboxServer() as sandbox:
        old = sandbox.state.create(
            "github", "acme/app", title="Old", status="open", body=marker_line("relay-old")
        )
        for number in range(100 * LISTED_PAGES):
            sandbox.state.create(
                "github", "acme/app", title=f"Newer {number}", status="open", body="relay-old"
            )
        credentials = GitHubCredentials.model_validate({"token": "abc"})
        opened = open_github(
            GitHubSettings(repository="acme/app", base_url=sandbox.url),
            credentials,
            network=Network(allow_private=True),
        )
        ref = await opened.find("relay-old")
        await opened.close()
    assert ref is not None
    assert ref.id == str(old.id)
    calls = [request["path"] for request in sandbox.state.requests]
    assert calls == ["/repos/acme/app/issues"] * LISTED_PAGES + ["/search/issues"]
