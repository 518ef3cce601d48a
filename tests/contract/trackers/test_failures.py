"""Every way a tracker misbehaves becomes one TrackerError that says whether the work may have been
done."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from integrations.network import Network
from integrations.tracker_contract import Draft, Tracker, TrackerError
from integrations.trackers.github.api import GitHubApi
from integrations.trackers.github.issues import GitHubTracker
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.issues import GitLabTracker
from integrations.trackers.jira.api import JiraApi
from integrations.trackers.jira.issues import JiraTracker

Drafts = Callable[..., Draft]
TOKEN = "a-secret-token"


def impatient(bench: Any) -> Tracker:
    """The same tracker, which waits a third of a second for an answer."""
    network, url, settings = Network(allow_private=True), bench.base_url, bench.entered()
    if bench.type.name == "github":
        return GitHubTracker(settings, GitHubApi(url, TOKEN, network=network, timeout=0.3))
    if bench.type.name == "gitlab":
        gitlab = GitLabApi(url, TOKEN, project="acme/app", network=network, timeout=0.3)
        return GitLabTracker(settings, gitlab)
    cloud = settings.deployment == "cloud"
    jira = JiraApi(
        url, cloud=cloud, email="a@b.example", token=TOKEN, network=network, read_timeout=0.3
    )
    return JiraTracker(settings, jira)


async def refusal(work: Any) -> TrackerError:
    with pytest.raises(TrackerError) as caught:
        await work
    error = caught.value
    assert TOKEN not in error.detail
    assert "Basic" not in error.detail
    hidden = error.__suppress_context__ or error.__context__ is None
    assert error.__cause__ is None, "a vendor's exception may carry the credentials"
    assert hidden, "a vendor's exception may carry the credentials"
    assert error.detail.endswith(".")
    assert error.detail[0].isupper()
    return error


@pytest.mark.parametrize(
    ("fault", "reason", "ambiguous", "permanent", "retry_after"),
    [
        ({"mode": "rate_limit", "retry_after": 7}, "rate_limited", False, False, 7.0),
        (
            {"mode": "rate_limit", "retry_after": 2, "status": 403},
            "rate_limited",
            False,
            False,
            2.0,
        ),
        (
            {"mode": "rate_limit", "message": "Too many requests"},
            "rate_limited",
            False,
            False,
            None,
        ),
        ({"mode": "status", "status": 500}, "tracker_error", True, False, None),
        ({"mode": "status", "status": 503}, "tracker_error", True, False, None),
        ({"mode": "status", "status": 401}, "unauthorized", False, True, None),
        ({"mode": "status", "status": 403}, "forbidden", False, True, None),
        ({"mode": "status", "status": 404}, "not_found", False, True, None),
        ({"mode": "status", "status": 410}, "gone", False, True, None),
        ({"mode": "status", "status": 400}, "invalid_fields", False, True, None),
        ({"mode": "status", "status": 422}, "invalid_fields", False, True, None),
    ],
)
async def test_refused_create(
    bench: Any,
    draft: Drafts,
    fault: dict[str, Any],
    reason: str,
    ambiguous: bool,
    permanent: bool,
    retry_after: float,
) -> None:
    bench.fail(**fault)
    error = await refusal(bench.tracker.create(draft()))
    assert (error.reason, error.ambiguous, error.permanent) == (reason, ambiguous, permanent)
    assert error.retry_after == retry_after
    assert bench.tickets == []
    assert len(bench.state.requests) == 1, "a create is never repeated by the tracker itself"
    if reason == "invalid_fields":
        assert "customfield_10010" in error.detail
        assert "Team is required" in error.detail


@pytest.mark.parametrize("bench", ["github"], indirect=True)
async def test_secondary_limit_of_github_without_retry_after_waits_a_minute(
    bench: Any, draft: Drafts
) -> None:
    bench.fail(mode="rate_limit", status=403)
    error = await refusal(bench.tracker.create(draft()))
    assert (error.reason, error.retry_after) == ("rate_limited", 60.0)


async def ticket_arrives(bench: Any) -> None:
    """The sandbox does its work at its own pace, also after its client has left."""
    async with asyncio.timeout(20):
        while not bench.tickets:
            await asyncio.sleep(0.02)


async def finds_the_only_ticket(bench: Any, marker: str) -> None:
    await ticket_arrives(bench)
    ref = await bench.tracker.find(marker)
    assert ref is not None
    assert [str(ticket.id) for ticket in bench.tickets] == [ref.id]
    assert len(bench.writes()) == 1


async def test_work_done_without_an_answer_in_time_is_found_by_its_marker(
    bench: Any, draft: Drafts
) -> None:
    bench.fail(mode="timeout_after_work")
    tracker = impatient(bench)
    error = await refusal(tracker.create(draft()))
    assert (error.reason, error.ambiguous, error.permanent) == ("tracker_timeout", True, False)
    await finds_the_only_ticket(bench, draft().marker)
    await tracker.close()


async def test_work_done_on_a_lost_connection_is_found_by_its_marker(
    bench: Any, draft: Drafts
) -> None:
    bench.fail(mode="lost_response")
    error = await refusal(bench.tracker.create(draft()))
    assert (error.reason, error.ambiguous, error.permanent) == ("connection_lost", True, False)
    await finds_the_only_ticket(bench, draft().marker)


async def test_nobody_listening_is_unreachable_and_not_ambiguous(bench: Any, draft: Drafts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as socket_of_port:
        port = socket_of_port.getsockname()[1]
    tracker = bench.another(base_url=f"http://127.0.0.1:{port}")
    error = await refusal(tracker.create(draft()))
    assert (error.reason, error.ambiguous, error.permanent) == ("tracker_unreachable", False, False)
    await tracker.close()


async def test_unknown_name_is_unreachable(bench: Any, draft: Drafts) -> None:
    tracker = bench.another(base_url="http://tracker.invalid")
    error = await refusal(tracker.create(draft()))
    assert (error.reason, error.ambiguous) == ("tracker_unreachable", False)
    await tracker.close()


async def test_private_address_is_refused_unless_operators_allow_it(
    bench: Any, draft: Drafts
) -> None:
    credentials = bench.type.credentials.model_validate({"email": "a@b.example", "token": TOKEN})
    tracker = bench.type.open(bench.entered(), credentials)
    for work in (tracker.create(draft()), tracker.find(draft().marker)):
        error = await refusal(work)
        assert (error.reason, error.ambiguous, error.permanent) == ("address_refused", False, True)
    assert list(bench.state.requests) == []
    await tracker.close()


async def serve_once(answer: bytes) -> tuple[asyncio.Server, str]:
    """A server that answers every request with the same bytes."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def http_answer(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """An answer that says to be ``length`` bytes long, by default as long as it is."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {length or len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("answer", "reason", "ambiguous"),
    [
        (http_answer("200 OK", b"<html>Log in</html>"), "unreadable_answer", True),
        (http_answer("201 Created", b"[]"), "unreadable_answer", True),
        (http_answer("201 Created", b"{}"), "unreadable_answer", True),
        (http_answer("302 Found", b"", "location: http://127.0.0.1:9/login"), "moved", False),
        (http_answer("201 Created", b'{"id": 1', length=900), "connection_lost", True),
        (b"not http at all\r\n\r\n", "connection_lost", True),
    ],
)
async def test_answers_that_are_not_the_api(
    bench: Any, draft: Drafts, answer: bytes, reason: str, ambiguous: bool
) -> None:
    server, url = await serve_once(answer)
    tracker = bench.another(base_url=url)
    error = await refusal(tracker.create(draft()))
    assert (error.reason, error.ambiguous) == (reason, ambiguous)
    await tracker.close()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("bench", ["jira-cloud", "jira-data-center"], indirect=True)
async def test_missing_required_field_is_named(bench: Any, draft: Drafts) -> None:
    bench.configure(required_fields={"customfield_10010": "Team"})
    error = await refusal(bench.tracker.create(draft()))
    assert error.reason == "invalid_fields"
    assert "customfield_10010: Team is required" in error.detail


async def test_update_of_a_deleted_ticket_is_permanent(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    bench.delete()
    error = await refusal(bench.tracker.update(ref, draft()))
    assert error.permanent
    assert error.reason in ("not_found", "gone")


async def test_a_full_ticket_is_left_alone(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    ticket = bench.tickets[0]
    size = bench.traits.wall_characters
    wall = {"type": "paragraph", "content": [{"type": "text", "text": "x" * size}]}
    ticket.body = (
        {"type": "doc", "version": 1, "content": [wall]}
        if isinstance(ticket.body, dict)
        else "x" * size
    )
    bench.state.requests.clear()
    error = await refusal(bench.tracker.update(ref, draft()))
    assert error.permanent
    assert error.reason == "body_full"
    assert bench.writes() == []


async def test_limit_lets_some_through_and_names_the_wait(bench: Any, draft: Drafts) -> None:
    bench.fail(mode="limit", method="POST", requests=2, per=600)
    results = await asyncio.gather(
        *(bench.tracker.create(draft(marker=f"relay-{n}")) for n in range(5)),
        return_exceptions=True,
    )
    refused = [error for error in results if isinstance(error, TrackerError)]
    assert len(refused) == 3
    assert len(bench.tickets) == 2
    assert {(error.reason, error.retry_after) for error in refused} == {("rate_limited", 2.0)}
