"""Real answers of platforms' APIs give the comments that a reader of them expects, when they are
polled. The answers lie beside the repository; without them these tests are skipped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations import registry
from integrations.contract import Inbound
from integrations.poll_contract import Poll, PollError
from integrations.source_contract import CommentEvent
from integrations.sources.github.reading import GITHUB_STREAMS
from tests.paths import SHARED, shared

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


async def poll_of(
    platform: str,
    answers: Mapping[str, Any],
    settings: Mapping[str, Any],
    cursor: str = "",
) -> Poll:
    """The page that a platform makes of recorded answers, by the end of their paths."""
    definition = registry.source(platform)
    assert definition.polling is not None

    def answer(request: httpx.Request) -> httpx.Response:
        for path, body in answers.items():
            if request.url.path.endswith(path):
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                return httpx.Response(200, content=content)
        return httpx.Response(404)

    polling = definition.polling
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await polling.poll(
            definition.settings.model_validate(settings), {}, cursor or polling.begin(None), http
        )


def comments_of(platform: str, poll: Poll, settings: Mapping[str, Any]) -> list[CommentEvent]:
    definition = registry.source(platform)
    chosen = definition.settings.model_validate(settings)
    comments = []
    for item in poll.deliveries:
        inbound = Inbound("POST", item.headers, item.body, {}, NOW)
        if registry.outcome(definition, definition.event(inbound))[0] == "handled":
            comments += definition.parse(inbound, chosen)
    return comments


async def test_discourse_posts() -> None:
    answer = json.loads(shared("samples", "discourse", "api.posts_before.json").read_bytes())
    settings = {"base_url": "https://forum.example"}
    named = {post["category_id"] for post in answer["latest_posts"] if post["category_id"]}
    categories = {"categories": [{"id": one, "read_restricted": False} for one in named]}
    answers = {"/posts.json": answer, "/site.json": categories}
    poll = await poll_of("discourse", answers, settings)
    comments = comments_of("discourse", poll, settings)
    posts = answer["latest_posts"]
    assert [comment.external_id for comment in comments] == [str(post["id"]) for post in posts]
    assert all(comment.text and comment.author for comment in comments)
    assert comments[0].permalink == "https://forum.example/t/this-is-an-uncategorized-title/11/1"
    assert {comment.visibility for comment in comments} == {"public"}


@pytest.mark.parametrize(
    "name", ["api.latest", "api.categories", "api.topic", "api.post", "api.search"]
)
async def test_another_answer_of_discourse_is_not_taken_for_posts(name: str) -> None:
    answer = json.loads(shared("samples", "discourse", f"{name}.json").read_bytes())
    with pytest.raises(PollError) as refused:
        await poll_of("discourse", {"/posts.json": answer}, {"base_url": "https://forum.example"})
    assert refused.value.reason == "source_unreadable"


def recorded(name: str) -> Any:
    """The body of a recorded exchange with GitHub's API."""
    exchange = json.loads(shared("samples", "github", f"{name}.json").read_bytes())
    return exchange.get("response") or exchange["body"]


REPOSITORY = {"full_name": "acme/app", "private": False, "has_discussions": True}


async def github_page(stream: str, answers: Mapping[str, Any]) -> list[CommentEvent]:
    settings = {"repositories": "acme/app"}
    place = GITHUB_STREAMS.index(stream)
    cursor = json.dumps({"place": place, "repository": REPOSITORY})
    return comments_of("github", await poll_of("github", answers, settings, cursor), settings)


async def test_github_issues() -> None:
    issues = recorded("fixtures.paginate-issues.0")
    assert len(issues) == 3
    comments = await github_page("issues", {"/issues": issues})
    wanted = [issue for issue in issues if not issue.get("pull_request")]
    assert [comment.external_id for comment in comments] == [f"issue:{row['id']}" for row in wanted]
    assert all(comment.author for comment in comments)


async def test_github_comments() -> None:
    rows = [
        {"issue_url": "https://api.github.com/repos/acme/app/issues/28", **row}
        for row in recorded("api.Issue.testGetComments.0")
    ]
    assert rows
    issue = {"fullDatabaseId": "4653757", "number": 28, "title": "Lazy", "labels": {"nodes": []}}
    graphql = {"data": {"repository": {"i28": issue}}}
    comments = await github_page("comments", {"/issues/comments": rows, "/graphql": graphql})
    assert [comment.external_id for comment in comments] == [
        f"issue_comment:{row['id']}" for row in rows
    ]
    assert {(comment.thread_id, comment.thread_title) for comment in comments} == {
        ("issue:4653757", "Lazy")
    }


FEEDS = {
    path.name: path.read_bytes()
    for path in sorted((SHARED / "samples" / "feeds").glob("[df]*.[axr]*"))
}


@pytest.mark.parametrize(
    "name",
    FEEDS or [pytest.param("", marks=pytest.mark.skip(reason="no real feeds are at hand here"))],
)
async def test_feeds(name: str) -> None:
    settings = {"url": "https://forum.example/feed"}
    try:
        poll = await poll_of("feed", {"/feed": FEEDS[name]}, settings)
    except PollError as refused:
        assert refused.reason in ("source_unreadable", "feed_refused")
        return
    comments = comments_of("feed", poll, settings)
    assert len({comment.external_id for comment in comments}) <= len(comments)
    for comment in comments:
        assert comment.external_id
        assert comment.author is not None
        assert "<script" not in comment.text
