"""Real payloads that nobody here wrote give the comments that a reader of them expects.

GitHub's were recorded by octokit, Slack's by its own SDK, which blanks every value: a message with
blank ids is refused with the reason, and the same shape with ids filled in gives a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations import registry
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import CommentEvent, EventType
from tests.paths import SHARED, recorded_deliveries

GITHUB = registry.source("github")
SLACK = registry.source("slack")
SAMPLES = SHARED / "samples"
NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
TYPES = {"opened": EventType.created, "created": EventType.created, "edited": EventType.edited}


def samples(platform: str, files: list[Path]) -> list[Any]:
    missing = pytest.mark.skip(
        reason=f"the sample payloads of {platform} are not beside the repository"
    )
    return [pytest.param(path, id=path.stem) for path in files] or [
        pytest.param(None, marks=missing)
    ]


def inbound(body: object, headers: Mapping[str, str]) -> Inbound:
    return Inbound("POST", headers, json.dumps(body).encode(), {}, NOW)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("path", samples("github", recorded_deliveries("github")))
def test_github_sample(path: Path) -> None:
    body = json.loads(path.read_text())
    name, action, _ = path.stem.split(".")
    sent = inbound(body, {"x-github-event": name, "x-github-delivery": path.stem})
    event = GITHUB.event(sent)
    assert event in (f"{name}.{action}".rstrip("."), f"pull_request_issue.{action}")
    outcome, reason = registry.outcome(GITHUB, event)
    if action not in ("opened", "created", "edited", "deleted"):
        assert outcome == "ignored"
        assert reason
        return
    assert outcome == "handled"
    (comment,) = GITHUB.parse(sent, GITHUB.settings())
    thread = body.get("issue") or body["discussion"]
    item = body["comment"] if name.endswith("_comment") else thread
    kind = {"issues": "issue"}.get(name, name)
    assert comment.external_id == f"{kind}:{item['id']}"
    assert comment.version.startswith(item["updated_at"].removesuffix("Z"))
    if action == "deleted":
        assert comment.type is EventType.deleted
        assert (comment.text, comment.author) == ("", None)
        return
    assert comment.type is TYPES[action]
    assert comment.thread_id == f"{'issue' if 'issue' in body else 'discussion'}:{thread['id']}"
    assert comment.thread_title == thread["title"]
    assert comment.opens_thread is (item is thread)
    assert comment.permalink == item["html_url"]
    assert comment.author is not None
    assert (comment.author.external_id, comment.author.handle) == (
        str(item["user"]["id"]),
        item["user"]["login"],
    )
    assert comment.author.is_staff is (
        item["author_association"] in ("OWNER", "MEMBER", "COLLABORATOR")
    )
    assert comment.author.is_bot is (item["user"]["type"] == "Bot")
    assert comment.created_at == datetime.fromisoformat(item["created_at"])
    assert comment.edited_at == (
        datetime.fromisoformat(item["updated_at"]) if action == "edited" else None
    )
    written = (
        item["body"] if name.endswith("_comment") else f"{item['title']}\n\n{item['body'] or ''}"
    )
    assert words(comment.text) == words(written)
    assert comment.likes == item.get("reactions", {}).get("+1", 0)
    assert comment.extras["repository"] == body["repository"]["full_name"]
    assert comment.extras["number"] == thread["number"]


def slack_outcome(sent: Inbound) -> tuple[str, str]:
    return registry.outcome(SLACK, SLACK.event(sent))


@pytest.mark.parametrize(
    "path", samples("slack", sorted((SHARED / "samples" / "slack").glob("*Payload.json")))
)
def test_slack_sample(path: Path) -> None:
    sent = inbound(json.loads(path.read_text()), {})
    outcome, reason = slack_outcome(sent)
    assert SLACK.delivery_id(sent) is None, (
        "the event id is blank, so the body's hash stands for it"
    )
    assert SLACK.challenge is not None
    assert SLACK.challenge(sent, ["secret"]) is None
    if outcome != "handled":
        assert outcome == "ignored"
        assert reason
        return
    with pytest.raises(PayloadError) as refused:
        SLACK.parse(sent, SLACK.settings())
    assert (refused.value.reason, refused.value.detail) == (
        "wrong_shape",
        "event.channel is blank.",
    )


def filled(event: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The recorded shape with the blanked ids and words filled in, in the event and in the messages
    inside it."""
    inner = {"user": "U1", "text": "It *crashes*", "ts": "1730538900.000100", "thread_ts": ""}
    values_by_key = {
        **inner,
        "channel": "C1",
        "event_ts": "1730538960.000200",
        "deleted_ts": "1730538900.000100",
    }
    changed = {key: values_by_key.get(key, value) for key, value in event.items()}
    for key in ("message", "previous_message"):
        if key in event:
            changed[key] = {name: inner.get(name, value) for name, value in event[key].items()} | {
                "bot_id": ""
            }
    return {**changed, "bot_id": "", **values}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MessagePayload", EventType.created),
        ("MessageBotPayload", EventType.created),
        ("MessageChangedPayload", EventType.edited),
        ("MessageDeletedPayload", EventType.deleted),
    ],
)
def test_slack_sample_with_ids_filled_in(name: str, kind: EventType) -> None:
    path = SAMPLES / "slack" / f"{name}.json"
    if not path.exists():
        pytest.skip("the sample payloads of slack are not beside the repository")
    body = json.loads(path.read_text())
    body["team_id"] = "T1"
    body["event"] = filled(body["event"])
    if name == "MessageBotPayload":
        body["event"]["bot_id"] = "B1"
    if name == "MessageChangedPayload":
        body["event"]["message"]["text"] = "It *still* crashes"
    sent = inbound(body, {})
    assert slack_outcome(sent) == ("handled", "")
    (comment,) = SLACK.parse(sent, SLACK.settings(workspace_url="https://acme.slack.com"))
    assert (comment.type, comment.external_id) == (kind, "C1:1730538900.000100")
    if kind is EventType.deleted:
        assert comment.version == "1730538960.000200"
        return
    expect(
        comment,
        "It still crashes" if kind is EventType.edited else "It crashes",
        name == "MessageBotPayload",
    )


def expect(comment: CommentEvent, text: str, is_bot: bool) -> None:
    assert comment.text == text
    assert comment.author is not None
    assert (comment.author.external_id, comment.author.is_bot) == (
        "T1:B1" if is_bot else "T1:U1",
        is_bot,
    )
    assert comment.thread_id == comment.external_id
    assert comment.permalink == "https://acme.slack.com/archives/C1/p1730538900000100"
    assert comment.created_at == datetime(2024, 11, 2, 9, 15, 0, 100, tzinfo=UTC)
