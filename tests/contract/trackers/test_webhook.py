"""Signed events to a program of people's own: nothing twice, in the shape that is described, and
what comes back is read with care."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from integrations.contract import Inbound, PayloadError, SignatureRefused
from integrations.network import Network
from integrations.signatures import sign, verify
from integrations.ticket_facts import Fact, Often
from integrations.tracker_contract import Draft, StatusCategory, TicketRef, Tracker, TrackerError
from integrations.tracker_writes import Earlier, Followed
from integrations.trackers.webhook.settings import WebhookCredentials, WebhookSettings
from integrations.trackers.webhook.tracker import TRACKER
from tests.paths import ROOT
from tests.scenes.company import running
from tests.scenes.receiver import RECEIVER_SECRET, Receiver

MakeDraft = Callable[..., Draft]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NEW_SECRET = "whsec_" + "bmV3IHNlY3JldCEh" * 2
REF = TicketRef("T-7", "T-7", "https://tickets.acme.example/7")


@cache
def schema() -> Draft202012Validator:
    text = (ROOT / "docs" / "trackers" / "webhook.schema.json").read_text(encoding="utf-8")
    described = json.loads(text)
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(described)


class Journal:
    """Keeps a note as the ledger does."""

    def __init__(self) -> None:
        self.note = ""

    async def begin(self, note: str) -> None:
        self.note = note

    async def tell(self, edit: object) -> None:
        raise AssertionError(edit)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    with running(server):
        yield server


def opened(receiver: Receiver, **secrets: str) -> Tracker:
    entered = {"secret": RECEIVER_SECRET, **secrets}
    return TRACKER.open(
        WebhookSettings(base_url=receiver.url),
        WebhookCredentials.model_validate(entered),
        network=Network(allow_private=True),
    )


@pytest.fixture
async def tracker(receiver: Receiver) -> AsyncIterator[Tracker]:
    connection = opened(receiver)
    yield connection
    await connection.close()


async def reason_of(work: Any) -> TrackerError:
    with pytest.raises(TrackerError) as caught:
        await work
    assert RECEIVER_SECRET not in caught.value.detail
    return caught.value


async def test_every_event_is_signed_and_of_the_described_shape(
    tracker: Tracker, receiver: Receiver, draft: MakeDraft
) -> None:
    full = draft(
        facts=(Fact("Version", (("2.3.1", 4),), "2.3.0 was named first"),),
        often=Often(NOW, 5, 2),
        logs=("Traceback",),
        workarounds=("Restart it",),
        files=("https://files.acme.example/a.png", "javascript:alert(1)"),
        summary="It resets.",
        summary_by="a model",
        followed=Followed(NOW, "Another", REF.url, "T-8", ""),
        earlier=Earlier("T-1", REF.url, NOW),
        former_title="Old",
    )
    await tracker.create(draft())
    await tracker.update(REF, full)
    await tracker.comment(REF, "10 people")
    await tracker.get(REF)
    await tracker.reopen(REF)
    assert [one.ok for one in await tracker.check()] == [True]
    events = [event for _, event in receiver.arrived]
    for event in events:
        assert [error.message for error in schema().iter_errors(event)] == []
    assert [event["type"] for event in events] == [
        "ticket.created",
        "ticket.updated",
        "ticket.comment",
        "ticket.status_asked",
        "ticket.status_wanted",
        "ping",
    ]
    updated = events[1]["data"]
    assert updated["files"] == ["https://files.acme.example/a.png"]
    assert "<script>" in updated["quotes"][1]["text"], "their words, as they wrote them"
    assert "<script>" not in updated["markdown"]


@pytest.mark.parametrize(
    "change", [{"type": "ticket.renamed"}, {"timestamp": 5}, {"data": {"title": "x"}}]
)
async def test_the_description_would_catch_another_shape(
    tracker: Tracker, receiver: Receiver, draft: MakeDraft, change: dict[str, Any]
) -> None:
    await tracker.create(draft())
    assert not schema().is_valid({**receiver.arrived[0][1], **change})


async def test_the_receiver_says_what_it_calls_the_ticket(
    tracker: Tracker, receiver: Receiver, draft: MakeDraft
) -> None:
    receiver.answers["ticket.created"] = {"id": 7, "url": REF.url, "key": "T-7"}
    assert await tracker.create(draft()) == TicketRef("7", "T-7", REF.url)
    receiver.answers["ticket.created"] = {"id": "x" * 900, "url": "javascript:alert(1)"}
    ref = await tracker.create(draft())
    assert (len(ref.id), ref.url) == (200, draft().theme_url)
    del receiver.answers["ticket.created"]
    assert (await tracker.create(draft())).id == draft().marker


@pytest.mark.parametrize("fault", ["lost", "500", "502"])
async def test_nothing_is_done_twice(
    tracker: Tracker, receiver: Receiver, draft: MakeDraft, fault: str
) -> None:
    receiver.faults = [fault]
    assert (await reason_of(tracker.create(draft()))).ambiguous
    assert await tracker.find(draft().marker) is None
    await tracker.create(draft())
    journal = Journal()
    receiver.faults = [fault]
    await reason_of(tracker.update(REF, draft(people=40), journal))
    await tracker.update(REF, draft(people=40), journal)
    receiver.faults = [fault]
    await reason_of(tracker.comment(REF, "10 people"))
    await tracker.comment(REF, "10 people")
    assert len(receiver.arrived) == 6
    assert len(receiver.by_id) == 3
    journal.note = ""
    await tracker.update(REF, draft(people=41), journal)
    journal.note = ""
    await tracker.update(REF, draft(people=40), journal)
    counts = [data["people"] for data in receiver.of_kind("ticket.updated")]
    assert counts == [40, 41, 40], "what is said again after something else is news"


async def test_a_secret_is_changed_without_losing_an_event(
    receiver: Receiver, draft: MakeDraft
) -> None:
    both = opened(receiver, secret=NEW_SECRET, former_secret=RECEIVER_SECRET)
    await both.create(draft())
    receiver.secret = NEW_SECRET
    await both.comment(REF, "Still heard")
    await both.close()
    former = opened(receiver)
    error = await reason_of(former.create(draft()))
    assert (error.reason, error.permanent) == ("unauthorized", True)
    (finding,) = await former.check()
    assert "same secret" in finding.remedy
    await former.close()


@pytest.mark.parametrize(
    ("status", "reason", "permanent"),
    [("410", "gone", True), ("429", "rate_limited", False), ("302", "moved", True)],
)
async def test_what_a_refusal_means(
    tracker: Tracker,
    receiver: Receiver,
    draft: MakeDraft,
    status: str,
    reason: str,
    permanent: bool,
) -> None:
    receiver.faults = [status]
    error = await reason_of(tracker.create(draft()))
    assert (error.reason, error.permanent) == (reason, permanent)


async def test_a_status_is_asked_for_and_may_stay_untold(
    tracker: Tracker, receiver: Receiver
) -> None:
    assert (await tracker.get(REF)).category is StatusCategory.untold
    living = {"id": "T-9", "url": REF.url}
    receiver.answers["ticket.status_asked"] = {
        "status": "Merged",
        "category": "duplicate",
        "duplicate_of": living,
    }
    state = await tracker.get(REF)
    assert (state.status, state.category) == ("Merged", StatusCategory.duplicate)
    assert state.duplicate_of == TicketRef("T-9", "T-9", REF.url)
    receiver.answers["ticket.status_asked"] = {"category": "untold", "status": "Odd"}
    assert (await tracker.get(REF)).category is StatusCategory.untold


def posted(data: object, secret: str = "ab" * 32, kind: str = "ticket.status") -> Inbound:
    """An event as the receiver posts it back."""
    body = json.dumps({"type": kind, "timestamp": "2026-11-20T10:00:00Z", "data": data}).encode()
    headers = sign(TRACKER.signature, secret, body, "msg_1", int(NOW.timestamp()))
    return Inbound("POST", headers, body, {}, NOW)


def test_what_the_receiver_posts_back_is_verified_and_read() -> None:
    inbound = posted({"id": "T-7", "category": "done", "status": "Released", "by": "ana"})
    verify(TRACKER.signature, inbound, ["ab" * 32], NOW)
    with pytest.raises(SignatureRefused):
        verify(TRACKER.signature, inbound, ["cd" * 32], NOW)
    (event,) = TRACKER.parse_event(inbound, WebhookSettings(base_url="https://a.example"))
    assert (event.state.ref.id, event.state.category) == ("T-7", StatusCategory.done)
    assert (event.actor, event.at) == ("ana", datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
    assert TRACKER.delivery_id(inbound) == "msg_1"
    other = posted({}, kind="something.else")
    assert TRACKER.parse_event(other, WebhookSettings(base_url="https://a.example")) == []


@pytest.mark.parametrize("data", [None, [], {}, {"id": ""}, {"id": True}, {"id": {"a": 1}}])
def test_what_names_no_ticket_is_refused(data: object) -> None:
    with pytest.raises(PayloadError):
        TRACKER.parse_event(posted(data), WebhookSettings(base_url="https://a.example"))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_abc", "whsec_c2hvcnQ=", "not base64!", "xxx"])
def test_a_secret_that_is_none_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        WebhookCredentials.model_validate({"secret": secret})
    assert secret not in str(refusal.value).replace("whsec_ and", "")


async def test_what_cannot_be_looked_up_says_so(tracker: Tracker) -> None:
    assert (await reason_of(tracker.locate("T-7"))).reason == "ticket_unnamed"
    hook = tracker.register_hook("https://relay.example/hooks/trackers/1", "secret")
    assert (await reason_of(hook)).reason == "hook_not_allowed"
    assert await tracker.similar("Dark mode") == ()
