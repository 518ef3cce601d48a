"""Gitea and Forgejo: a description that stays people's, one comment that is kept, labels by their
ids, and statuses that labels tell."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations import registry
from integrations.contract import Inbound, PayloadError, SignatureRefused, Visibility
from integrations.network import Network
from integrations.sandbox.faults import Fault
from integrations.sandbox.gitea.delivery import gitea_headers, gitea_payload
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import SandboxState, Settings, Ticket
from integrations.signatures import verify
from integrations.tracker_contract import (
    Attempt,
    Draft,
    StatusCategory,
    TicketEvent,
    Tracker,
    TrackerError,
)
from integrations.trackers.gitea.settings import GiteaSettings
from integrations.trackers.gitea.text import comment_text, gitea_title
from tests.paths import shared
from tests.scenes.hostile import HOSTILE_TEXTS

MakeDraft = Callable[..., Draft]
GITEA = registry.tracker("gitea")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def state(sandbox: SandboxServer) -> SandboxState:
    sandbox.state.reset()
    sandbox.state.configure(Settings())
    sandbox.state.saved.hooks.clear()
    return sandbox.state


@pytest.fixture
async def tracker(sandbox: SandboxServer, state: SandboxState) -> AsyncIterator[Tracker]:
    opened = GITEA.open(
        GiteaSettings(repository="acme/app", base_url=f"{sandbox.url}/gitea"),
        GITEA.credentials.model_validate({"token": "a-secret-token"}),
        network=Network(allow_private=True),
    )
    yield opened
    await opened.close()


def made(state: SandboxState, title: str) -> Ticket:
    return state.create("gitea", "acme/app", title=title, status="open")


async def refusal_of(work: Any) -> TrackerError:
    with pytest.raises(TrackerError) as caught:
        await work
    assert "a-secret-token" not in caught.value.detail
    return caught.value


async def test_a_ticket_is_made_and_its_comment_kept_current(
    tracker: Tracker, state: SandboxState, draft: MakeDraft
) -> None:
    ref = await tracker.create(draft())
    (ticket,) = state.saved.tickets
    assert (ref.id, ref.key) == (str(ticket.id), "1")
    assert {"kind:bug", "feedback-relay"} <= set(ticket.labels)
    assert "12 people" in ticket.comments[0].body
    assert await tracker.holds(ref, draft())
    ticket.body = "A person wrote all of it anew"
    changed = draft(people=40, labels=("platform:github",), former_title=draft().title, title="New")
    await tracker.update(ref, changed)
    assert "40 people" in ticket.comments[0].body
    assert (ticket.title, ticket.body) == ("New", "A person wrote all of it anew")
    assert "platform:github" in ticket.labels
    state.requests.clear()
    await tracker.update(ref, changed)
    assert {request["method"] for request in state.requests} == {"GET"}
    assert not await tracker.holds(ref, draft())
    ticket.comments.clear()
    await tracker.update(ref, changed)
    assert len(ticket.comments) == 1


@pytest.mark.parametrize("path", ["*/issues", "*/comments"])
async def test_an_answer_that_was_lost_makes_no_second_ticket(
    tracker: Tracker, state: SandboxState, draft: MakeDraft, path: str
) -> None:
    attempt = Attempt(datetime.now(UTC), await tracker.note())
    state.faults.add(Fault(mode="lost_response", method="POST", path=path))
    assert (await refusal_of(tracker.create(draft()))).ambiguous
    for _ in range(120):
        made(state, "Another")
    ref = await tracker.find(draft().marker, attempt)
    assert ref is not None
    assert ref.id == str(state.saved.tickets[0].id)
    await tracker.update(ref, draft())
    assert len(state.saved.tickets[0].comments) == 1
    assert await tracker.find("relay-0b54e2f3", attempt) is None


async def test_status_is_told_by_state_and_labels(
    tracker: Tracker, state: SandboxState, draft: MakeDraft
) -> None:
    ref = await tracker.create(draft())
    (ticket,) = state.saved.tickets
    for action, category in (
        ("start", StatusCategory.in_progress),
        ("close", StatusCategory.done),
        ("decline", StatusCategory.declined),
        ("reopen", StatusCategory.open),
    ):
        state.move(ticket, action)  # type: ignore[arg-type]
        shown = await tracker.get(ref)
        assert (shown.category, shown.ref) == (category, ref)
    state.move(ticket, "close")
    ticket.labels.append("Duplicate")
    assert (await tracker.get(ref)).category is StatusCategory.duplicate
    assert (await tracker.reopen(ref)).category is StatusCategory.open
    state.delete(ticket)
    assert (await tracker.get(ref)).category is StatusCategory.hidden
    assert (await refusal_of(tracker.update(ref, draft()))).reason == "not_found"
    state.configure(Settings(containers=["acme/other"]))
    assert (await refusal_of(tracker.get(ref))).reason == "no_access"
    (wrong,) = [finding for finding in await tracker.check() if not finding.ok]
    assert wrong.subject == "Repository acme/app"
    state.faults.add(Fault(mode="anonymous", count=None))
    assert (await refusal_of(tracker.get(ref))).reason == "unauthorized"


async def test_a_merged_ticket_is_closed_and_opened_again(
    tracker: Tracker, state: SandboxState, draft: MakeDraft
) -> None:
    ref = await tracker.create(draft())
    other = await tracker.create(draft(marker="relay-another"))
    planned = await tracker.plan_duplicate(ref, other)
    marked = await tracker.mark_duplicate(ref, planned)
    assert state.saved.tickets[0].done
    assert await tracker.mark_duplicate(ref, planned) == marked, "an answer that was lost"
    assert await tracker.unmark_duplicate(ref, marked) == ""
    assert not state.saved.tickets[0].done
    marked = await tracker.mark_duplicate(ref, planned)
    state.move(state.saved.tickets[0], "reopen")
    state.move(state.saved.tickets[0], "close")
    assert "A person changed #1" in await tracker.unmark_duplicate(ref, marked)


async def changed_since(tracker: Tracker, bookmark: str) -> tuple[set[str], str]:
    """The ids of what changed, of every page, and the last bookmark."""
    ids, is_last = set[str](), False
    while not is_last:
        changed = await tracker.changes(bookmark, NOW - timedelta(days=999))
        ids |= {one.ref.id for one in changed.states}
        bookmark, is_last = changed.bookmark, changed.is_last
    return ids, bookmark


async def test_issues_are_named_found_and_listed(
    tracker: Tracker, sandbox: SandboxServer, state: SandboxState, draft: MakeDraft
) -> None:
    tickets = [made(state, f"Ticket {number}") for number in range(120)]
    near = made(state, "Dark mode resets after an update")
    assert [one.ref.id for one in await tracker.similar("Dark mode resets")] == [str(near.id)]
    page = f"{sandbox.url}/gitea/acme/app/issues/3?x=1#issuecomment-5"
    for name in ("3", "#3", "acme/app#3", page):
        assert (await tracker.locate(name)).ref.id == str(tickets[2].id)
    for name in ("", "ENG-3", "acme/app", "https://elsewhere.example/gitea/acme/app/issues/3"):
        assert (await refusal_of(tracker.locate(name))).reason == "ticket_unnamed"
    ids, bookmark = await changed_since(tracker, "")
    assert ids == {str(ticket.id) for ticket in [*tickets, near]}
    state.set_status(tickets[3], "closed")
    ids, _ = await changed_since(tracker, bookmark)
    assert str(tickets[3].id) in ids
    ref = (await tracker.locate("121")).ref
    own = await tracker.keep_comment(ref, draft(), "")
    assert await tracker.keep_comment(ref, draft(people=13), own) == own
    forged = state.comment(near, near.comments[0].body)
    forged.author = "a-person"
    near.comments = [forged, near.comments[0]]
    assert await tracker.keep_comment(ref, draft(people=14), "") == own
    assert "14 people" not in str(forged.body)
    assert (near.body, near.labels) == (None, [])


async def test_check_webhook_and_audience(tracker: Tracker, state: SandboxState) -> None:
    assert all(finding.ok for finding in await tracker.check())
    assert await tracker.audience() is Visibility.public
    for secret in ("first-secret", "second-secret"):
        await tracker.register_hook("https://relay.example/hooks/trackers/1", secret)
    (hook,) = state.saved.hooks
    assert hook.secret == "second-secret"
    state.configure(Settings(may_register_hooks=False))
    call = tracker.register_hook("https://relay.example/hooks/trackers/1", "third-secret")
    error = await refusal_of(call)
    assert error.reason == "hook_not_allowed"
    assert all(r["headers"]["authorization"] == "token ***" for r in state.requests)


def heard(payload: Any, event: str = "issues") -> list[TicketEvent]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    settings = GiteaSettings(repository="acme/app", base_url="https://git.example")
    inbound = Inbound("POST", {"x-gitea-event": event}, body, {}, NOW)
    return GITEA.parse_event(inbound, settings)


def test_deliveries_are_verified_and_read(state: SandboxState) -> None:
    payload = gitea_payload(state, made(state, "A"), "closed", "ana")
    payload["issue"]["state"] = "closed"
    body = json.dumps(payload).encode()
    inbound = Inbound("POST", gitea_headers("right", body), body, {}, NOW)
    verify(GITEA.signature, inbound, ["right"], NOW)
    with pytest.raises(SignatureRefused):
        verify(GITEA.signature, inbound, ["wrong"], NOW)
    (event,) = heard(payload)
    assert (event.state.category, event.state.ref.key) == (StatusCategory.done, "1")
    assert (event.actor, GITEA.delivery_id(inbound) != "") == ("ana", True)
    elsewhere = {**payload, "repository": {"full_name": "acme/b"}}
    assert heard(elsewhere)[0].state.ref.key == "acme/b#1"
    assert heard({**payload, "action": "assigned"}) == []
    assert heard(payload, "pull_request") == []
    for wrong in (None, {}, {"id": 1}):
        with pytest.raises(PayloadError):
            heard({**payload, "issue": wrong})


@pytest.mark.parametrize(
    ("name", "event", "category"),
    [
        ("issues-event.json", "issues", StatusCategory.open),
        ("zulip.issues__reopened.json", "issues", StatusCategory.open),
        ("zulip.issues__edited.json", "issues", StatusCategory.open),
        ("zulip.issues__assigned.json", "issues", None),
        ("issue-comment-event.json", "issue_comment", None),
        ("pull-request-comment-event.json", "issue_comment", None),
    ],
)
def test_real_deliveries(name: str, event: str, category: StatusCategory | None) -> None:
    events = heard(shared("samples", "gitea", name).read_bytes(), event)
    assert [one.state.category for one in events] == ([category] if category else [])


@pytest.mark.parametrize("text", [*HOSTILE_TEXTS, "!1 acme/app!2 ABC-1 @ana #3 :x: closes #4"])
def test_nothing_that_people_write_acts(text: str, draft: MakeDraft) -> None:
    quote = draft().quotes[0]
    hostile = draft(title=text, summary=text, phrases=(text,), quotes=(), threads=((text, ""),))
    assert quote.text
    for words in (comment_text(hostile).replace(draft().marker, ""), gitea_title(text)):
        assert re.findall(r"(?<!&)#\d|!\d|@\w|:[a-z]+:|\b[A-Z]{1,10}-[1-9]", words) == []


@pytest.mark.parametrize(
    ("repository", "base_url", "expected"),
    [
        (
            "https://git.acme.example/code/acme/app/issues/3",
            "git.acme.example/code/api/v1",
            "acme/app",
        ),
        ("acme/app.git", "https://codeberg.org/", "acme/app"),
    ],
)
def test_what_people_copy_is_taken_as_they_mean_it(
    repository: str, base_url: str, expected: str
) -> None:
    settings = GiteaSettings(repository=repository, base_url=base_url)
    assert settings.repository == expected
    assert "api" not in settings.base_url
