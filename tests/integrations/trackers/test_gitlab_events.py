"""What GitLab reports by webhook: payloads of the documented shape, and real captures where they
are at hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.contract import Inbound, PayloadError, SignatureRefused
from integrations.signatures import verify
from integrations.tracker_contract import StatusCategory, TicketEvent, TicketRef
from integrations.trackers.gitlab.settings import GitLabSettings
from integrations.trackers.gitlab.tracker import TRACKER
from tests.paths import shared

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def heard(payload: Any) -> list[TicketEvent]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    settings = GitLabSettings(project="acme/app")
    return TRACKER.parse_event(Inbound("POST", {}, body, {}, NOW), settings)


def delivery(project: str = "acme/app", **changes: Any) -> dict[str, Any]:
    attributes = {
        "id": 77,
        "iid": 5,
        "title": "A title",
        "state": "closed",
        "action": "close",
        "labels": [],
        "url": "https://gitlab.com/acme/app/-/issues/5",
        "updated_at": "2026-11-20 10:00:00 UTC",
    }
    return {
        "object_kind": "issue",
        "user": {"username": "ana", "name": "Ana"},
        "project": {"path_with_namespace": project},
        "object_attributes": {**attributes, **changes},
        "changes": {},
    }


@pytest.mark.parametrize(
    ("changes", "status", "category"),
    [
        ({}, "closed", StatusCategory.done),
        ({"labels": [{"title": "WontFix"}]}, "closed (WontFix)", StatusCategory.declined),
        ({"state": "opened", "action": "reopen"}, "open", StatusCategory.open),
        ({"state": "reopened", "action": "reopen"}, "open", StatusCategory.open),
        (
            {"state": "opened", "action": "open", "labels": [{"title": "doing"}]},
            "open (doing)",
            StatusCategory.in_progress,
        ),
    ],
)
def test_status(changes: dict[str, Any], status: str, category: StatusCategory) -> None:
    (event,) = heard(delivery(**changes))
    assert event.state.ref == TicketRef("77", "5", "https://gitlab.com/acme/app/-/issues/5")
    assert (event.state.status, event.state.category) == (status, category)
    assert (event.actor, event.at) == ("ana", datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
    assert event.moved_to is None


def test_an_issue_of_another_project_is_called_by_it() -> None:
    (event,) = heard(delivery(project="acme/other"))
    assert event.state.ref.key == "acme/other#5"


def test_a_move_says_which_object_it_became() -> None:
    (event,) = heard(delivery(moved_to_id=99))
    assert event.moved_to == TicketRef("99", "", "")


def test_what_says_nothing_about_a_ticket_is_passed_over() -> None:
    update = delivery(action="update")
    assert heard({**update, "changes": {"weight": {}, "assignees": {}}}) == []
    assert len(heard({**update, "changes": {"labels": {}}})) == 1
    assert heard({"object_kind": "note"}) == []
    assert heard({"object_kind": "push"}) == []


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff",
        b"[]",
        {"object_kind": "issue"},
        {**delivery(), "object_attributes": {"action": "close"}},
    ],
)
def test_wrong_shape(payload: Any) -> None:
    with pytest.raises(PayloadError):
        heard(payload)


def test_only_who_knows_the_secret_is_heard() -> None:
    inbound = Inbound("POST", {"x-gitlab-token": "right"}, b"{}", {}, NOW)
    verify(TRACKER.signature, inbound, ["an-old-one", "right"], NOW)
    with pytest.raises(SignatureRefused, match="signature_wrong"):
        verify(TRACKER.signature, inbound, ["wrong"], NOW)
    inbound = Inbound("POST", {"idempotency-key": "5-6", "webhook-id": "7"}, b"", {}, NOW)
    assert TRACKER.delivery_id(inbound) == "5-6"


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("issue-event.json", StatusCategory.open),
        ("zulip.issue_hook__issue_closed.json", StatusCategory.done),
        ("zulip.issue_hook__issue_reopened.json", StatusCategory.open),
        ("zulip.issue_hook__issue_opened_with_null_description.json", StatusCategory.open),
        ("zulip.note_hook__issue_note.json", None),
        ("comment-merge-request-event.json", None),
    ],
)
def test_real_deliveries(name: str, category: StatusCategory | None) -> None:
    events = heard(shared("samples", "gitlab", name).read_bytes())
    assert [event.state.category for event in events] == ([category] if category else [])
    for event in events:
        assert event.state.ref.id
        assert event.at.tzinfo is not None
