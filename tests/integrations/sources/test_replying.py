"""Each platform is answered as its API wants it, once, and says in one sentence why not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations import registry
from integrations.contract import Visibility
from integrations.http import client
from integrations.own_marks import is_own_comment, reply_mark
from integrations.reply_contract import AnsweredComment, ReplyError, Replying

ANSWER_KEY = uuid.UUID("5f0c0a52-9a57-4c3e-9d43-0c3d6b5fd001")
WRITTEN_AT = datetime(2026, 11, 1, tzinfo=UTC)

COMMENTS: dict[str, dict[str, Any]] = {
    "discourse": {"external_id": "31", "thread_id": "7", "position": 4, "extras": {}},
    "github": {
        "external_id": "issue_comment:5",
        "thread_id": "issue:9",
        "extras": {"repository": "acme/app", "number": 12},
    },
    "slack": {"external_id": "C1:1700000002.000100", "thread_id": "C1:1700000000.000100"},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "discourse": {"base_url": "https://forum.example"},
    "github": {},
    "slack": {"workspace_url": "https://acme.slack.com"},
}
CREDENTIALS: dict[str, dict[str, Any]] = {
    "discourse": {"api_key": "k-secret", "api_username": "team"},
    "github": {"token": "t-secret", "api_url": "https://api.github.com"},
    "slack": {"token": "xoxb-secret"},
}
POSTED: dict[str, dict[str, Any]] = {
    "discourse": {"id": 40, "post_number": 9},
    "github": {"id": 77, "html_url": "https://github.com/acme/app/issues/12#issuecomment-77"},
    "slack": {"ok": True, "ts": "1700000009.000200"},
}
PLATFORMS = sorted(COMMENTS)


def comment(platform: str, **changes: Any) -> AnsweredComment:
    values: dict[str, Any] = {
        "permalink": "",
        "parent_id": "",
        "position": 0,
        "opens_thread": False,
        "created_at": WRITTEN_AT,
        "visibility": Visibility.public,
        "extras": {},
        **COMMENTS[platform],
        **changes,
    }
    return AnsweredComment(**values)


def replying(platform: str) -> Replying[Any]:
    declared = registry.source(platform).replying
    assert declared is not None
    return declared


def settings(platform: str) -> Any:
    return registry.source(platform).settings.model_validate(SETTINGS[platform])


class Api(httpx.AsyncBaseTransport):
    """Answers every request by a function, and keeps what was sent."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        response = self.answer(request)
        response.request = request
        return response

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests if request.content]


async def post(platform: str, api: Api, text: str = "Done.", **changes: Any) -> Any:
    async with client(transport=api) as http:
        return await replying(platform).reply(
            settings(platform),
            CREDENTIALS[platform],
            comment(platform, **changes),
            text,
            ANSWER_KEY,
            http,
        )


async def find(platform: str, api: Api, **changes: Any) -> Any:
    async with client(transport=api) as http:
        return await replying(platform).find(
            settings(platform),
            CREDENTIALS[platform],
            comment(platform, **changes),
            ANSWER_KEY,
            WRITTEN_AT,
            http,
        )


async def test_discourse_is_answered_in_the_topic_under_the_post() -> None:
    api = Api(lambda _: httpx.Response(200, json=POSTED["discourse"]))
    placed = await post("discourse", api)
    assert api.bodies == [
        {
            "topic_id": 7,
            "raw": f"Done.\n\n{reply_mark(ANSWER_KEY)}",
            "reply_to_post_number": 4,
        }
    ]
    assert api.requests[0].headers["api-key"] == "k-secret"
    assert placed.permalink == "https://forum.example/t/-/7/9"
    assert is_own_comment(api.bodies[0]["raw"])


async def test_github_is_answered_in_the_issue() -> None:
    api = Api(lambda _: httpx.Response(201, json=POSTED["github"]))
    placed = await post("github", api)
    assert str(api.requests[0].url) == "https://api.github.com/repos/acme/app/issues/12/comments"
    assert api.bodies == [{"body": f"Done.\n\n{reply_mark(ANSWER_KEY)}"}]
    assert placed.external_id == "issue_comment:77"


def discussion(locked: bool, *nodes: dict[str, Any]) -> dict[str, Any]:
    thread = {"id": "D_1", "locked": locked, "comments": {"nodes": list(nodes)}}
    return {"data": {"repository": {"discussion": thread}}}


NODE: dict[str, Any] = {
    "id": "DC_1",
    "databaseId": 3,
    "url": "https://github.com/acme/app/discussions/12#d-3",
}


async def test_github_discussions_are_answered_over_graphql() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "addDiscussionComment" in request.content.decode():
            return httpx.Response(200, json={"data": {"addDiscussionComment": {"comment": NODE}}})
        return httpx.Response(200, json=discussion(locked=False))

    api = Api(answer)
    placed = await post("github", api, thread_id="discussion:4")
    assert [str(request.url) for request in api.requests] == ["https://api.github.com/graphql"] * 2
    assert api.bodies[1]["variables"]["discussion"] == "D_1"
    assert placed.external_id == "discussion_comment:3"


async def test_a_locked_discussion_is_not_tried() -> None:
    api = Api(lambda _: httpx.Response(200, json=discussion(locked=True)))
    with pytest.raises(ReplyError) as refusal:
        await post("github", api, thread_id="discussion:4")
    assert refusal.value.reason == "thread_locked"
    assert len(api.requests) == 1


async def test_a_lost_answer_in_a_discussion_is_found_also_among_replies() -> None:
    own = {**NODE, "body": f"x\n\n{reply_mark(ANSWER_KEY)}"}
    outer = {"id": "DC_0", "databaseId": 1, "url": "", "body": "", "replies": {"nodes": [own]}}
    api = Api(lambda _: httpx.Response(200, json=discussion(False, outer)))
    assert (await find("github", api, thread_id="discussion:4")).external_id == (
        "discussion_comment:3"
    )


async def test_slack_is_answered_in_the_thread_with_a_key() -> None:
    api = Api(lambda _: httpx.Response(200, json=POSTED["slack"]))
    placed = await post("slack", api)
    (body,) = api.bodies
    assert (body["channel"], body["thread_ts"]) == ("C1", "1700000000.000100")
    assert body["client_msg_id"] == str(ANSWER_KEY)
    assert not body["reply_broadcast"]
    assert placed.external_id == "C1:1700000009.000200"
    assert placed.permalink.startswith("https://acme.slack.com/archives/C1/p1700000009000200?")


LOOKS = {
    "discourse": {
        "post_stream": {
            "stream": [40],
            "posts": [
                {"id": 40, "post_number": 9, "raw": f"Done.\n\n{reply_mark(ANSWER_KEY)}"},
            ],
        }
    },
    "github": [{**POSTED["github"], "body": f"Done.\n\n{reply_mark(ANSWER_KEY)}"}],
    "slack": {
        "ok": True,
        "messages": [{"ts": "1700000009.000200", "client_msg_id": str(ANSWER_KEY)}],
    },
}
EMPTY = {
    "discourse": {"post_stream": {"stream": [], "posts": []}},
    "github": [],
    "slack": {"ok": True, "messages": [{"ts": "1700000009.000200", "text": "Done."}]},
}


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_lost_answer_is_found_by_its_key(platform: str) -> None:
    api = Api(lambda _: httpx.Response(200, json=LOOKS[platform]))
    placed = await find(platform, api)
    assert placed.permalink.startswith("https://")
    assert {request.method for request in api.requests} == {"GET"}


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_is_not_there_is_not_found(platform: str) -> None:
    api = Api(lambda _: httpx.Response(200, json=EMPTY[platform]))
    assert await find(platform, api) is None


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("status", "reason", "ambiguous", "whole"),
    [
        (401, "reply_unauthorized", False, True),
        (403, "reply_forbidden", False, False),
        (404, "thread_gone", False, False),
        (410, "thread_gone", False, False),
        (429, "reply_rate_limited", False, True),
        (302, "reply_moved", False, True),
        (500, "reply_platform_error", True, True),
        (400, "reply_refused", False, False),
    ],
)
async def test_what_a_status_means(
    platform: str, status: int, reason: str, ambiguous: bool, whole: bool
) -> None:
    api = Api(
        lambda _: httpx.Response(status, headers={"retry-after": "7"} if status == 429 else {})
    )
    with pytest.raises(ReplyError) as refusal:
        await post(platform, api)
    error = refusal.value
    if error.reason == "reply_unreadable":  # Discourse is asked why it refused, and does not say
        assert (platform, status) == ("discourse", 400)
        return
    assert (error.reason, error.ambiguous, error.whole_source) == (reason, ambiguous, whole)
    assert error.retry_after == (7.0 if status == 429 else None)
    assert "secret" not in error.detail


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_login_page_is_no_answer(platform: str) -> None:
    api = Api(lambda _: httpx.Response(200, html="<!doctype html><title>Sign in</title>"))
    with pytest.raises(ReplyError) as refusal:
        await post(platform, api)
    assert refusal.value.reason == "reply_unreadable"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("token_expired", "reply_unauthorized"),
        ("not_in_channel", "reply_forbidden"),
        ("is_archived", "thread_locked"),
        ("channel_not_found", "thread_gone"),
        ("msg_too_long", "reply_too_long"),
        ("ratelimited", "reply_rate_limited"),
        ("duplicate_message_id", "reply_answer_lost"),
        ("something_new", "reply_refused"),
    ],
)
async def test_slack_says_in_a_200_what_went_wrong(error: str, reason: str) -> None:
    api = Api(lambda _: httpx.Response(200, json={"ok": False, "error": error}))
    with pytest.raises(ReplyError) as refusal:
        await post("slack", api)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("platform", ["discourse", "github"])
def test_markup_and_mentions_are_shown_as_words(platform: str) -> None:
    sent = replying(platform).outgoing("@all see #1, <b>*x*</b>\n/close\nhttps://x.example/a_b")
    assert "@all" not in sent
    assert "#1" not in sent
    assert "<b>" not in sent
    assert "\n/close" not in sent
    assert sent.endswith("\nhttps://x.example/a_b")


def test_slack_mentions_nobody() -> None:
    sent = replying("slack").outgoing("<!channel> @here <@U1> & https://x.example/a_b")
    assert "<" not in sent
    assert "@here" not in sent
    assert sent.endswith(" https://x.example/a_b")


def test_slack_counts_utf16_units() -> None:
    assert replying("slack").measure("a😀") == 3


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_comment_of_an_unknown_thread_cannot_be_answered(platform: str) -> None:
    lost = comment(platform, thread_id="", extras={})
    able = replying(platform).can_reply(settings(platform), lost)
    assert able.reason == "no_thread"
    assert replying(platform).can_reply(settings(platform), comment(platform)).ok


@pytest.mark.parametrize("repository", ["../evil", "a/b/c", "acme", "acme/app?x=1"])
def test_a_repository_is_a_repository(repository: str) -> None:
    odd = comment("github", extras={"repository": repository, "number": 1})
    assert replying("github").can_reply(settings("github"), odd).reason == "no_thread"


def test_a_platform_without_answers_says_why() -> None:
    silent = [source for source in registry.sources().values() if source.replying is None]
    assert all(source.no_replies.endswith(".") for source in silent)
