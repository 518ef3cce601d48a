"""Linear: ids that we choose, one comment that is kept current, and questions that its published
schema knows."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from integrations import registry
from integrations.contract import Inbound, PayloadError, SignatureRefused, Visibility
from integrations.network import Network
from integrations.sandbox.linear.delivery import linear_headers, linear_payload
from integrations.sandbox.linear.shape import issue_uuid
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import Settings, Ticket
from integrations.signatures import verify
from integrations.tracker_contract import (
    Attempt,
    Draft,
    StatusCategory,
    TicketEvent,
    Tracker,
    TrackerError,
)
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.settings import LinearSettings
from integrations.trackers.linear.text import comment_text, linear_title, unreferenced
from integrations.trackers.linear.tickets import LinearTracker
from tests.paths import shared
from tests.scenes.hostile import HOSTILE_TEXTS

MakeDraft = Callable[..., Draft]
LINEAR = registry.tracker("linear")
KEY = "lin_api_a-secret-token"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class Bench:
    """A tracker, and the sandbox it talks to."""

    sandbox: SandboxServer
    tracker: Tracker

    @property
    def tickets(self) -> list[Ticket]:
        return self.sandbox.state.saved.tickets

    @property
    def comment(self) -> str:
        """The only comment of the first issue."""
        (comment,) = self.tickets[0].comments
        return str(comment.body)

    def fail(self, **fault: Any) -> None:
        httpx.post(f"{self.sandbox.url}/_sandbox/failures", json=fault).raise_for_status()

    def act(self, act: str, **body: str) -> None:
        """Something that a person does with the first issue."""
        address = f"{self.sandbox.url}/_sandbox/tickets/{self.tickets[0].slug}/{act}"
        httpx.post(address, json=body).raise_for_status()

    def made(self, title: str) -> Ticket:
        return self.sandbox.state.create("linear", "ENG", title=title, status="Todo")

    def asked(self) -> list[dict[str, Any]]:
        """The questions so far."""
        return [json.loads(request["body"]) for request in self.sandbox.state.requests]


@pytest.fixture
async def linear(sandbox: SandboxServer) -> AsyncIterator[Bench]:
    sandbox.state.reset()
    sandbox.state.configure(Settings())
    sandbox.state.saved.hooks.clear()
    tracker = LINEAR.open(
        LinearSettings(team="ENG", base_url=f"{sandbox.url}/linear"),
        LINEAR.credentials.model_validate({"token": KEY}),
        network=Network(allow_private=True),
    )
    yield Bench(sandbox, tracker)
    await tracker.close()


async def refusal_of(work: Any) -> TrackerError:
    with pytest.raises(TrackerError) as caught:
        await work
    assert KEY not in caught.value.detail
    return caught.value


async def test_an_issue_is_made_with_our_comment_and_kept_current(
    linear: Bench, draft: MakeDraft
) -> None:
    tracker = linear.tracker
    ref = await tracker.create(draft())
    ticket = linear.tickets[0]
    assert (ref.key, ref.url) == ("ENG-1", f"{linear.sandbox.url}/tickets/ENG-1")
    assert "relay-0b54e2f3" in ticket.body
    assert "12 people" in linear.comment
    assert {"kind:bug", "feedback-relay"} <= set(ticket.labels)
    assert [link["url"] for link in ticket.remote_links] == [draft().theme_url]
    assert await tracker.holds(ref, draft())
    ticket.body = "A person wrote all of it anew"
    changed = draft(people=40, labels=("kind:bug", "platform:github"))
    await tracker.update(ref, changed)
    assert "40 people" in linear.comment
    assert ticket.body == "A person wrote all of it anew"
    assert "platform:github" in ticket.labels
    assert "40 people" in ticket.remote_links[0]["subtitle"]
    linear.sandbox.state.requests.clear()
    await tracker.update(ref, changed)
    assert [one["operationName"] for one in linear.asked()] == ["RelayIssue", "RelayComment"]
    former = draft(people=40, title="New words", former_title=draft().title)
    await tracker.update(ref, former)
    assert ticket.title == "New words"


async def test_linears_own_spelling_of_markdown_is_no_edit(linear: Bench, draft: MakeDraft) -> None:
    ref = await linear.tracker.create(draft())
    comment = linear.tickets[0].comments[0]
    comment.body = comment.body.replace("\\*", "*").replace("**", "__").replace("- ", "* ")
    assert await linear.tracker.holds(ref, draft())
    comment.body = comment.body.replace("12 people", "3 people")
    assert not await linear.tracker.holds(ref, draft())


@pytest.mark.parametrize("mode", ["lost_response", "status"])
async def test_an_answer_that_was_lost_makes_no_second_issue(
    linear: Bench, draft: MakeDraft, mode: str
) -> None:
    tracker = linear.tracker
    attempt = Attempt(datetime.now(UTC), await tracker.note())
    assert await tracker.find(draft().marker, attempt) is None
    await tracker._team.labels(draft())  # type: ignore[attr-defined]
    if mode == "lost_response":
        linear.fail(mode=mode)
    else:
        linear.fail(mode="limit", requests=1, per=600)  # the issue passes, its comment does not
    assert (await refusal_of(tracker.create(draft()))).ambiguous
    async with asyncio.timeout(20):
        while not linear.tickets:
            await asyncio.sleep(0.02)
    linear.sandbox.state.faults.clear()
    ref = await tracker.find(draft().marker, attempt)
    assert ref is not None
    assert ref.id == attempt.note == issue_uuid(linear.tickets[0])
    assert await tracker.find(draft().marker) == ref
    tracker._next_id = attempt.note  # type: ignore[attr-defined]
    assert await tracker.create(draft()) == ref, "the same id again"
    assert len(linear.tickets) == 1
    assert "12 people" in linear.comment


async def test_comments_are_added_once(linear: Bench, draft: MakeDraft) -> None:
    ticket = linear.made("Dark mode resets")
    ref = (await linear.tracker.locate("eng-1")).ref
    own = await linear.tracker.keep_comment(ref, draft(), "")
    assert await linear.tracker.keep_comment(ref, draft(people=13), own) == own
    assert await linear.tracker.keep_comment(ref, draft(people=14), "") == own
    assert "14 people" in linear.comment
    ticket.comments.clear()
    again = await linear.tracker.keep_comment(ref, draft(), own)
    assert again != own
    assert len(ticket.comments) == 1
    for _ in range(2):
        await linear.tracker.comment(ref, "10 people speak of this.")
    assert [one.body for one in ticket.comments[1:]] == ["10 people speak of this."]
    assert (ticket.title, ticket.body, ticket.labels) == ("Dark mode resets", None, [])


async def test_status_comes_back_by_type(linear: Bench, draft: MakeDraft) -> None:
    ref = await linear.tracker.create(draft())
    for action, category in {
        "start": StatusCategory.in_progress,
        "close": StatusCategory.done,
        "decline": StatusCategory.declined,
        "reopen": StatusCategory.open,
    }.items():
        linear.act("status", action=action)
        state = await linear.tracker.get(ref)
        assert (state.category, state.ref) == (category, ref)
    linear.act("status", action="close")
    assert (await linear.tracker.reopen(ref)).category is StatusCategory.open
    linear.act("transfer", to="OPS")
    moved = await linear.tracker.get(ref)
    assert (moved.ref.id, moved.ref.key) == (ref.id, "OPS-1")
    linear.sandbox.state.delete(linear.tickets[0])
    assert (await linear.tracker.get(ref)).category is StatusCategory.gone
    assert (await refusal_of(linear.tracker.update(ref, draft()))).reason == "gone"
    linear.tickets.clear()
    assert (await linear.tracker.get(ref)).category is StatusCategory.hidden


async def test_a_merged_ticket_is_related_to_the_one_that_lives_on(
    linear: Bench, draft: MakeDraft
) -> None:
    tracker = linear.tracker
    ref = await tracker.create(draft())
    other = await tracker.create(draft(marker="relay-another"))
    planned = await tracker.plan_duplicate(ref, other)
    marked = await tracker.mark_duplicate(ref, planned)
    state = await tracker.get(ref)
    assert (state.category, state.duplicate_of) == (StatusCategory.duplicate, other)
    assert await tracker.mark_duplicate(ref, planned) == marked, "an answer that was lost"
    assert await tracker.unmark_duplicate(ref, marked) == ""
    assert (await tracker.get(ref)).category is StatusCategory.open
    marked = await tracker.mark_duplicate(ref, await tracker.plan_duplicate(ref, other))
    linear.act("status", action="close")
    assert "A person changed the status of ENG-1" in await tracker.unmark_duplicate(ref, marked)
    assert linear.tickets[0].status == "Done"


async def test_issues_are_found_and_their_changes_listed(linear: Bench) -> None:
    tickets = [linear.made(f"Ticket {number}") for number in range(120)]
    near = linear.made("Dark mode resets after an update")
    assert [one.ref.id for one in await linear.tracker.similar("Dark mode resets")] == [
        issue_uuid(near)
    ]
    located = await linear.tracker.locate("https://linear.app/acme/issue/ENG-3/a-slug?x=1")
    assert located.ref.id == issue_uuid(tickets[2])
    for name in ("", "3", "https://elsewhere.example/acme/issue/ENG-3"):
        assert (await refusal_of(linear.tracker.locate(name))).reason == "ticket_unnamed"
    assert (await refusal_of(linear.tracker.locate("ENG-4711"))).reason == "not_found"
    ids, bookmark = set[str](), ""
    for _ in range(4):
        page = await linear.tracker.changes(bookmark, NOW - timedelta(days=999))
        ids |= {state.ref.id for state in page.states}
        bookmark = page.bookmark
        if page.is_last:
            break
    assert ids == {issue_uuid(ticket) for ticket in [*tickets, near]}
    linear.sandbox.state.set_status(tickets[3], "Done")
    page = await linear.tracker.changes(bookmark, NOW)
    assert issue_uuid(tickets[3]) in {state.ref.id for state in page.states}


@pytest.mark.parametrize(
    ("status", "headers", "answer", "reason", "permanent", "wait"),
    [
        (400, {}, "RATELIMITED", "rate_limited", False, None),
        (
            400,
            {"x-ratelimit-complexity-remaining": "0", "x-ratelimit-complexity-reset": "{ms}"},
            "RATELIMITED",
            "rate_limited",
            False,
            20.0,
        ),
        (429, {"retry-after": "7"}, "<html>Too many</html>", "rate_limited", False, 7.0),
        (200, {}, "FORBIDDEN", "forbidden", True, None),
        (200, {}, "INVALID_INPUT", "invalid_fields", True, None),
        (400, {}, "AUTHENTICATION_ERROR", "unauthorized", True, None),
        (200, {}, "INTERNAL_SERVER_ERROR", "tracker_error", False, None),
        (200, {}, "<html>Log in</html>", "unreadable_answer", False, None),
        (502, {}, "<html>Bad gateway</html>", "tracker_error", False, None),
    ],
)
def test_what_an_error_means_whatever_its_status(
    status: int,
    headers: dict[str, str],
    answer: str,
    reason: str,
    permanent: bool,
    wait: float | None,
) -> None:
    api = LinearApi("https://api.linear.app", KEY, clock=lambda: NOW)
    moment = str(int((NOW.timestamp() + 20) * 1000))
    sent = {name: value.format(ms=moment) for name, value in headers.items()}
    body = answer
    if answer.isupper():
        told = {"message": f"No, {KEY}", "extensions": {"code": answer}}
        body = json.dumps({"data": None, "errors": [told]})
    with pytest.raises(TrackerError) as caught:
        api._data(httpx.Response(status, headers=sent, text=body))
    error = caught.value
    assert (error.reason, error.permanent, error.retry_after) == (reason, permanent, wait)
    assert KEY not in error.detail


async def test_key_team_and_statuses_are_checked(linear: Bench) -> None:
    findings = await linear.tracker.check()
    assert [finding.subject for finding in findings if finding.ok] == [
        "Credentials",
        "Team ENG",
        "Statuses",
    ]
    assert await linear.tracker.audience() is Visibility.members
    linear.sandbox.state.configure(Settings(containers=["OPS"]))
    other = LinearTracker(
        LinearSettings(team="ENG", base_url=f"{linear.sandbox.url}/linear"),
        LinearApi(f"{linear.sandbox.url}/linear", KEY, network=Network(allow_private=True)),
    )
    assert (await refusal_of(other.probe())).reason == "no_access"
    linear.fail(mode="anonymous", count=None)
    (finding,) = await other.check()
    assert (finding.subject, finding.ok) == ("Credentials", False)
    await other.close()
    sent = [request["headers"]["authorization"] for request in linear.sandbox.state.requests]
    assert set(sent) == {"***"}, "a key without a scheme, which is not written down"


async def test_a_webhook_is_added_once(linear: Bench) -> None:
    for secret in ("first-secret", "second-secret"):
        await linear.tracker.register_hook("https://relay.example/hooks/trackers/1", secret)
    (hook,) = linear.sandbox.state.saved.hooks
    assert hook.secret == "second-secret"
    linear.sandbox.state.configure(Settings(may_register_hooks=False))
    hook_call = linear.tracker.register_hook("https://relay.example/hooks/trackers/1", "third")
    assert (await refusal_of(hook_call)).reason == "hook_not_allowed"


def heard(payload: Any) -> list[TicketEvent]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return LINEAR.parse_event(Inbound("POST", {}, body, {}, NOW), LinearSettings(team="ENG"))


def test_deliveries_are_verified_and_read(sandbox: SandboxServer) -> None:
    sandbox.state.reset()
    ticket = sandbox.state.create("linear", "ENG", title="A", status="Done")
    payload = linear_payload(sandbox.state, ticket, "closed", "ana")
    body = json.dumps(payload).encode()
    inbound = Inbound("POST", linear_headers("right", body), body, {}, NOW)
    verify(LINEAR.signature, inbound, ["right"], NOW)
    with pytest.raises(SignatureRefused):
        verify(LINEAR.signature, inbound, ["wrong"], NOW)
    assert LINEAR.delivery_id(inbound)
    (event,) = heard(payload)
    assert (event.state.ref.id, event.state.ref.key) == (issue_uuid(ticket), "ENG-1")
    assert (event.state.category, event.actor) == (StatusCategory.done, "ana")
    (event,) = heard({**payload, "action": "remove"})
    assert event.state.category is StatusCategory.gone
    assert heard({**payload, "updatedFrom": {"assigneeId": "x"}}) == []
    assert heard({**payload, "type": "Comment"}) == []
    for wrong in (None, {"id": "x"}):
        with pytest.raises(PayloadError):
            heard({**payload, "data": wrong})


def test_real_deliveries() -> None:
    (event,) = heard(
        shared("samples", "linear", "zulip.issue_create_no_description.json").read_bytes()
    )
    assert (event.state.ref.key, event.state.status) == ("WEB-42", "Todo")
    assert event.state.category is StatusCategory.open
    for name in ("zulip.comment_update.json", "zulip.comment_remove.json"):
        assert heard(shared("samples", "linear", name).read_bytes()) == []


@pytest.mark.parametrize("text", [*HOSTILE_TEXTS, "ENG-1 eng-2 @ana linear.app/a :x:\n+++ a\n+++"])
def test_nothing_that_people_write_acts(text: str, draft: MakeDraft) -> None:
    hostile = draft(
        title=text, summary=text, summary_by="m", phrases=(text,), threads=((text, ""),)
    )
    for words in (comment_text(hostile), linear_title(text)):
        acting = re.findall(r"(?i)\b[a-z][a-z0-9]{0,6}-\d|@\w|linear\.app|:[a-z]+:", words)
        ours = re.findall(r"(?i)\b[a-z][a-z0-9]{0,6}-\d|@\w", comment_text(draft(quotes=())))
        assert [one for one in acting if one not in ours] == []
    assert (
        unreferenced("It is ordinary, at 12:30:45 (twice).")
        == "It is ordinary, at 12:30:45 (twice)."
    )


@cache
def schema() -> GraphQLSchema:
    packed = shared("contracts", "linear.schema.graphql.gz").read_bytes()
    return build_schema(gzip.decompress(packed).decode())


def complaints(question: dict[str, Any]) -> list[str]:
    """What Linear would not accept about a question and what fills it in."""
    document: DocumentNode = parse(question["query"])
    problems = [error.message for error in validate(schema(), document)]
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    definitions = operations[0].variable_definitions or ()
    coerced = get_variable_values(schema(), definitions, question["variables"])
    if isinstance(coerced, list):
        problems += [error.message for error in coerced]
    return problems


async def test_every_question_is_one_that_linear_describes(linear: Bench, draft: MakeDraft) -> None:
    schema()
    tracker = linear.tracker
    ref = await tracker.create(draft())
    other = await tracker.create(draft(marker="relay-another"))
    await tracker.update(ref, draft(people=40, labels=("new",), former_title=draft().title))
    await tracker.find(draft().marker)
    await tracker.get(ref)
    marked = await tracker.mark_duplicate(ref, await tracker.plan_duplicate(ref, other))
    await tracker.unmark_duplicate(ref, marked)
    await tracker.changes("", NOW)
    await tracker.similar("Dark mode")
    await tracker.comment(ref, "10 people")
    linear.act("status", action="close")
    await tracker.reopen(ref)
    await tracker.whoami()
    for _ in range(2):
        await tracker.register_hook("https://relay.example/hooks/trackers/1", "a-secret")
    questions = linear.asked()
    assert len({question["operationName"] for question in questions}) == 19
    for question in questions:
        assert complaints(question) == []
    create = next(one for one in questions if one["operationName"] == "RelayCreate")
    fields = {**create["variables"]["input"], "titel": "x"}
    assert complaints({**create, "variables": {"input": fields}})
    assert complaints({**create, "query": create["query"].replace("identifier", "key")})
