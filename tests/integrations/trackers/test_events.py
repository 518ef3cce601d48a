"""What trackers report by webhook: payloads of the documented shape, and real captures where they
are at hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from integrations.contract import Inbound, PayloadError
from integrations.tracker_contract import StatusCategory, TicketEvent, TicketRef, TrackerError
from integrations.trackers.github.settings import GitHubCredentials, GitHubSettings
from integrations.trackers.github.tracker import TRACKER as GITHUB
from integrations.trackers.jira.settings import JiraCredentials, JiraSettings
from integrations.trackers.jira.tracker import TRACKER as JIRA
from integrations.trackers.jira.tracker import open_jira
from tests.paths import SHARED, recorded_deliveries

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SAMPLES = SHARED / "samples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="real captures hold people's words and are not kept in this repository: "
    "no ../shared/samples",
)


def github_event(payload: Any, event: str = "issues") -> list[TicketEvent]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    inbound = Inbound("POST", {"x-github-event": event}, body, {}, NOW)
    return GITHUB.parse_event(inbound, GitHubSettings(repository="acme/app"))


def jira_event(payload: Any) -> list[TicketEvent]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    settings = JiraSettings(base_url="https://acme.atlassian.net", project="APP")
    return JIRA.parse_event(Inbound("POST", {}, body, {}, NOW), settings)


def issue(**changes: Any) -> dict[str, Any]:
    delivered = {
        "id": 77,
        "number": 5,
        "title": "A title",
        "state": "closed",
        "state_reason": "completed",
        "html_url": "https://github.com/acme/app/issues/5",
        "updated_at": "2026-11-20T10:00:00Z",
    }
    return {**delivered, **changes}


@pytest.mark.parametrize(
    ("action", "changes", "status", "category"),
    [
        ("closed", {}, "closed (completed)", StatusCategory.done),
        ("closed", {"state_reason": None}, "closed", StatusCategory.done),
        (
            "closed",
            {"state_reason": "not_planned"},
            "closed (not planned)",
            StatusCategory.declined,
        ),
        ("closed", {"state_reason": "duplicate"}, "closed (duplicate)", StatusCategory.duplicate),
        ("reopened", {"state": "open", "state_reason": "reopened"}, "open", StatusCategory.open),
        ("deleted", {}, "deleted", StatusCategory.gone),
        ("transferred", {}, "transferred", StatusCategory.gone),
    ],
)
def test_github_status(
    action: str, changes: dict[str, Any], status: str, category: StatusCategory
) -> None:
    (event,) = github_event(
        {"action": action, "issue": issue(**changes), "sender": {"login": "ana"}}
    )
    assert event.state.ref == TicketRef("77", "5", "https://github.com/acme/app/issues/5")
    assert (event.state.status, event.state.category, event.state.title) == (
        status,
        category,
        "A title",
    )
    assert event.actor == "ana"
    gone = category is StatusCategory.gone
    assert event.at == (NOW if gone else datetime(2026, 11, 20, 10, 0, tzinfo=UTC))


def test_github_tells_which_issue_a_transferred_one_became() -> None:
    (event,) = github_event(
        {
            "action": "transferred",
            "issue": issue(),
            "sender": {"login": "ana"},
            "changes": {
                "new_issue": issue(id=78, number=8, html_url="https://github.com/acme/b/issues/8"),
                "new_repository": {"full_name": "acme/b"},
            },
        }
    )
    assert event.moved_to == TicketRef("78", "acme/b#8", "https://github.com/acme/b/issues/8")


def test_github_events_that_say_nothing_about_status() -> None:
    assert github_event({"action": "labeled", "issue": issue(), "sender": {"login": "ana"}}) == []
    assert github_event({"zen": "Keep it logically awesome."}, "ping") == []
    assert github_event({"action": "created", "issue": issue()}, "issue_comment") == []


@pytest.mark.parametrize(
    "payload",
    [b"\xff", b"[]", b"{", {"action": "closed"}, {"action": "closed", "issue": {}, "sender": {}}],
)
def test_github_wrong_shape(payload: Any) -> None:
    with pytest.raises(PayloadError):
        github_event(payload)


def jira_payload(
    event: str = "jira:issue_updated", field: str = "status", **fields: Any
) -> dict[str, Any]:
    return {
        "timestamp": 1_763_640_000_000,
        "webhookEvent": event,
        "user": {"accountId": "5b1", "displayName": "Ana"},
        "issue": {
            "id": "10042",
            "key": "APP-7",
            "self": "https://acme.atlassian.net/jira/rest/api/2/issue/10042",
            "fields": {
                "summary": "A title",
                "status": {"name": "Done", "statusCategory": {"key": "done"}},
                **fields,
            },
        },
        "changelog": {
            "id": "1",
            "items": [{"field": field, "fromString": "To Do", "toString": "Done"}],
        },
    }


@pytest.mark.parametrize(
    ("status", "key", "resolution", "category"),
    [
        ("To Do", "new", None, StatusCategory.open),
        ("Review", "indeterminate", None, StatusCategory.in_progress),
        ("Done", "done", {"name": "Done"}, StatusCategory.done),
        ("Done", "done", {"name": "Won't Do"}, StatusCategory.declined),
        ("Rejected", "done", None, StatusCategory.declined),
        ("Done", "done", {"name": "Duplicate"}, StatusCategory.duplicate),
        ("Strange", "unheard-of", None, StatusCategory.open),
    ],
)
def test_jira_status(status: str, key: str, resolution: Any, category: StatusCategory) -> None:
    shown = {"name": status, "statusCategory": {"key": key}}
    (event,) = jira_event(jira_payload(status=shown, resolution=resolution))
    assert event.state.ref == TicketRef(
        "10042", "APP-7", "https://acme.atlassian.net/jira/browse/APP-7"
    )
    assert (event.state.status, event.state.category, event.actor) == (status, category, "Ana")
    assert event.at == datetime(2025, 11, 20, 12, 0, tzinfo=UTC)


def test_jira_deleted_is_gone() -> None:
    (event,) = jira_event(jira_payload("jira:issue_deleted"))
    assert (event.state.category, event.state.status) == (StatusCategory.gone, "deleted")


def test_jira_events_that_say_nothing_about_status() -> None:
    assert jira_event(jira_payload(field="assignee")) == []
    assert jira_event(jira_payload("comment_created")) == []
    assert jira_event({"webhookEvent": "jira:issue_updated"}) == []


def test_jira_time_that_is_none_is_the_time_of_arrival() -> None:
    for timestamp in (None, "soon", True, -1, 10**20):
        assert jira_event({**jira_payload(), "timestamp": timestamp})[0].at == NOW


@pytest.mark.parametrize(
    "payload", [b"\xff", b"[]", {**jira_payload(), "issue": None}, {**jira_payload(), "issue": {}}]
)
def test_jira_wrong_shape(payload: Any) -> None:
    with pytest.raises(PayloadError):
        jira_event(payload)


@needs_samples
def test_real_github_deliveries() -> None:
    last_events = {}
    for path in recorded_deliveries("github"):
        event, action, _ = path.name.split(".", 2)
        events = github_event(path.read_bytes(), event)
        assert bool(events) == (
            event == "issues" and action in {"opened", "closed", "reopened", "edited", "deleted"}
        ), path
        for item in events:
            last_events[action] = item
    assert last_events["deleted"].state.category is StatusCategory.gone
    assert last_events["reopened"].state.category is StatusCategory.open
    assert all(
        item.state.ref.url.startswith("https://github.com/") for item in last_events.values()
    )


@needs_samples
def test_real_jira_deliveries() -> None:
    (event,) = jira_event((SAMPLES / "jira" / "updateStatus.json").read_bytes())
    assert event.state.ref.key == "TEST-12"
    assert event.state.ref.id == "10011"
    assert event.state.status
    assert event.actor == "admin"
    assert event.at.year == 2016
    reported = {path.name for path in recorded_deliveries("jira") if jira_event(path.read_bytes())}
    assert "updateStatus.json" in reported
    assert "addComment.json" not in reported
    assert "updateDescription.json" not in reported


@pytest.mark.parametrize(
    "token", ["", " ", "two words", "tab\tbed", "t\u00f6ken", "line\nbreak", "nul\x00"]
)
def test_a_token_that_cannot_be_a_header_is_refused_without_being_quoted(token: str) -> None:
    for credentials in (GitHubCredentials, JiraCredentials):
        with pytest.raises(ValidationError) as caught:
            credentials.model_validate({"token": token})
        assert "without anything around it" in str(caught.value)
        assert not token.strip() or token not in str(caught.value)


def test_a_token_is_taken_without_the_blanks_around_it() -> None:
    assert GitHubCredentials.model_validate({"token": " abc\n"}).token.get_secret_value() == "abc"


def test_jira_cloud_needs_the_email() -> None:
    settings = JiraSettings(base_url="https://acme.atlassian.net/", project="APP")
    assert settings.base_url == "https://acme.atlassian.net"
    with pytest.raises(TrackerError, match="missing_email"):
        open_jira(settings, JiraCredentials.model_validate({"token": "abc"}))


def test_extra_fields_cannot_replace_ours() -> None:
    with pytest.raises(ValidationError, match="leave it out"):
        JiraSettings.model_validate(
            {"base_url": "https://a.example", "project": "APP", "extra_fields": {"summary": "x"}}
        )


@pytest.mark.parametrize(
    "repository",
    ["acme", "acme/", "/app", "acme/app/x", "acme/../x", "a b/c", "acme/app?x", "acme/.."],
)
def test_repository_is_owner_and_name(repository: str) -> None:
    with pytest.raises(ValidationError):
        GitHubSettings(repository=repository)
