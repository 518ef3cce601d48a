"""Linear: errors whatever their status, deliveries, harmless text, and questions that its published
schema knows."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
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

from integrations.contract import Inbound, PayloadError, SignatureRefused
from integrations.sandbox.linear.delivery import linear_headers, linear_payload
from integrations.sandbox.linear.shape import issue_uuid
from integrations.sandbox.server import SandboxServer
from integrations.signatures import verify
from integrations.tracker_contract import Draft, StatusCategory, TicketEvent, TrackerError
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.settings import LinearSettings
from integrations.trackers.linear.text import comment_text, linear_title, unreferenced
from tests.paths import shared
from tests.scenes.hostile import HOSTILE_TEXTS
from tests.scenes.linear import LINEAR, LINEAR_KEY, LinearBench

MakeDraft = Callable[..., Draft]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


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
    api = LinearApi("https://api.linear.app", LINEAR_KEY, clock=lambda: NOW)
    moment = str(int((NOW.timestamp() + 20) * 1000))
    sent = {name: value.format(ms=moment) for name, value in headers.items()}
    body = answer
    if answer.isupper():
        told = {"message": f"No, {LINEAR_KEY}", "extensions": {"code": answer}}
        body = json.dumps({"data": None, "errors": [told]})
    with pytest.raises(TrackerError) as caught:
        api._data(httpx.Response(status, headers=sent, text=body))
    error = caught.value
    assert (error.reason, error.permanent, error.retry_after) == (reason, permanent, wait)
    assert LINEAR_KEY not in error.detail


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


async def test_linear_describes_every_question(linear: LinearBench, draft: MakeDraft) -> None:
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
