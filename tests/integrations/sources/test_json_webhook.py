"""Any JSON webhook is read by a mapping, and verified as its settings say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from integrations import registry
from integrations.contract import Inbound, PayloadError, SignatureRefused
from integrations.signatures import sign, verify
from integrations.source_contract import CommentEvent
from integrations.sources.json_webhook.presets import READY_MAPPINGS
from integrations.sources.json_webhook.schemes import SIGNING_SCHEMES
from integrations.sources.json_webhook.settings import Settings, json_signature

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
SOURCE = registry.source("json_webhook")
FIELDS = ("id", "text", "title", "author_id", "author_name", "url", "created_at")

TYPEFORM = {
    "event_id": "01",
    "event_type": "form_response",
    "form_response": {
        "form_id": "f",
        "token": "tok-1",
        "submitted_at": "2026-11-02T09:14:58Z",
        "hidden": {"user_id": "u-5"},
        "definition": {"title": "How was it?", "fields": []},
        "answers": [
            {"type": "number", "number": 9},
            {"type": "text", "text": "The export crashes."},
            {"type": "text", "text": "Dark mode please."},
        ],
    },
}
TALLY = {
    "eventId": "e1",
    "eventType": "FORM_RESPONSE",
    "createdAt": "2026-11-02T09:14:58Z",
    "data": {
        "responseId": "r1",
        "respondentId": "p1",
        "formName": "Ideas",
        "fields": [
            {"type": "INPUT_EMAIL", "value": "ana@example.com"},
            {"type": "TEXTAREA", "value": "The export crashes."},
            {"type": "MULTIPLE_CHOICE", "value": ["x"]},
        ],
    },
}
CANNY = {
    "created": "2026-11-02T09:14:58Z",
    "objectType": "comment",
    "type": "comment.created",
    "object": {
        "id": "c1",
        "value": "The export crashes.",
        "author": {"id": "u1", "name": "Ana"},
        "created": "2026-11-02T09:14:58Z",
        "post": {"id": "p1", "title": "Export", "url": "https://a.canny.io/p/export"},
    },
}
FEATUREBASE = {
    "topic": "post.created",
    "data": {
        "item": {
            "id": "p1",
            "title": "Export",
            "content": "<p>The export <b>crashes</b>.</p>",
            "author": {"id": "u1", "name": "Ana"},
            "createdAt": "2026-11-02T09:14:58Z",
        }
    },
}
SENTRY = {
    "action": "created",
    "data": {
        "issue": {
            "id": "77",
            "issueCategory": "feedback",
            "title": "User Feedback",
            "metadata": {
                "message": "The export crashes.",
                "contact_email": "ana@example.com",
                "name": "Ana",
            },
            "firstSeen": "2026-11-02T09:14:58Z",
            "web_url": "https://sentry.io/organizations/a/issues/77/",
        }
    },
}
AUTOMATION = {
    "id": 5,
    "message": "The export crashes.",
    "subject": "Export",
    "user": {"id": "u1", "name": "Ana"},
    "date": 1793610898,
}


def read(body: Any, **settings: Any) -> list[CommentEvent]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    inbound = Inbound("POST", {}, content, {}, NOW)
    return SOURCE.parse(inbound, Settings.model_validate(settings))


@pytest.mark.parametrize(
    ("sender", "body", "comment"),
    [
        ("typeform", TYPEFORM, ("tok-1", "The export crashes.\n\nDark mode please.", "u-5")),
        ("tally", TALLY, ("r1", "The export crashes.", "ana@example.com")),
        ("canny", CANNY, ("comment:c1", "The export crashes.", "u1")),
        ("featurebase", FEATUREBASE, ("p1", "Export\n\nThe export crashes.", "u1")),
        ("sentry", SENTRY, ("77", "The export crashes.", "ana@example.com")),
        ("automation", AUTOMATION, ("5", "The export crashes.", "u1")),
    ],
)
def test_a_ready_mapping_reads_its_sender(
    sender: str, body: dict[str, Any], comment: tuple[str, ...]
) -> None:
    (event,) = read(body, sender=sender)
    assert event.author is not None
    assert (event.external_id, event.text, event.author.external_id) == comment
    assert event.created_at is not None
    assert event.created_at.strftime("%Y-%m-%d %H:%M:%S") == "2026-11-02 09:14:58"
    assert event.thread_title


@pytest.mark.parametrize("sender", [name for name in READY_MAPPINGS if name != "automation"])
def test_other_events_of_a_sender_are_left_out(sender: str) -> None:
    for body in (
        {"type": "vote.created"},
        {"data": {"issue": {"id": "1", "title": "Bug"}}},
        {"a": 1},
    ):
        assert read(body, sender=sender) == []


def test_who_left_no_address_is_known_by_the_response() -> None:
    data = {**TALLY["data"], "fields": TALLY["data"]["fields"][1:]}  # type: ignore[dict-item,index]
    (event,) = read({**TALLY, "data": data}, sender="tally")
    assert event.author is not None
    assert event.author.external_id == "p1"


def test_deletions_and_votes_of_canny() -> None:
    (event,) = read(
        {**CANNY, "type": "comment.deleted", "created": "2026-11-03T00:00:00Z"}, sender="canny"
    )
    assert (event.type, event.external_id) == ("deleted", "comment:c1")
    (before,) = read(CANNY, sender="canny")
    assert event.version > before.version
    assert read({**CANNY, "objectType": "vote"}, sender="canny") == []


def test_what_is_entered_goes_before_the_senders_mapping() -> None:
    (event,) = read(TALLY, sender="tally", text="data.formName", author_id="data.respondentId")
    assert event.author is not None
    assert (event.text, event.author.external_id) == ("Ideas", "p1")


def test_a_field_is_looked_for_in_the_comment_and_then_in_the_body() -> None:
    body = {"board": "Ideas", "list": [{"n": 1, "t": "one"}, {"n": 2, "t": "two", "board": "Own"}]}
    events = read(body, comments="list", id="n", text="t", title="board")
    assert [event.thread_title for event in events] == ["Ideas", "Own"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("expression", ["a.[", "a ||", "foo(", "1 + 1", "a[?"])
def test_an_expression_that_cannot_be_read_is_refused_when_it_is_entered(
    field: str, expression: str
) -> None:
    with pytest.raises(ValidationError, match="is no JMESPath expression"):
        Settings.model_validate({field: expression})


@pytest.mark.parametrize(
    "body",
    [
        {"id": [1], "text": {"a": 1}},
        {"id": True, "text": ["a", ["b", None]], "created_at": "never"},
        {"id": 10**400, "text": "x"},
        {"id": 1, "text": 3.5, "created_at": 10**18, "author_id": {"x": 1}},
        {"id": "\x00", "text": "\ud800", "url": "javascript:alert(1)"},
        {"id": 1, "text": "a" * 300_000, "title": ["x", 5]},
    ],
)
def test_odd_values_are_read_or_refused_with_a_reason(body: dict[str, Any]) -> None:
    chosen = {name: name for name in FIELDS}
    try:
        events = read(body, **chosen)
    except PayloadError as error:
        assert error.reason == "wrong_shape"
        return
    for event in events:
        assert len(event.text) <= 100_000
        assert not event.permalink
        assert event.created_at is not None


def test_an_expression_that_does_not_fit_says_so() -> None:
    with pytest.raises(PayloadError, match="does not fit this body"):
        read({"id": 1, "text": 5}, id="id", text="join(',', text)")


@pytest.mark.parametrize("scheme", SIGNING_SCHEMES)
def test_every_scheme_can_be_chosen(scheme: str) -> None:
    signature = json_signature(Settings.model_validate({"scheme": scheme}))
    body, secret = b'{"id": 1}', "a-secret-of-a-test"
    headers = sign(signature, secret, body, id="nonce", timestamp=int(NOW.timestamp()))
    verify(signature, Inbound("POST", headers, body, {}, NOW), [secret], NOW)
    with pytest.raises(SignatureRefused):
        verify(signature, Inbound("POST", headers, body, {}, NOW), ["another-secret"], NOW)


def test_a_sender_brings_its_signature_and_another_header_may_be_named() -> None:
    typeform = json_signature(Settings(sender="typeform"))
    assert (typeform.header, typeform.prefix, typeform.encoding) == (
        "typeform-signature",
        "sha256=",
        "base64",
    )
    other = json_signature(Settings(scheme="token", signature_header="X-My-Token"))
    assert (other.header, other.algorithm) == ("x-my-token", "token")
