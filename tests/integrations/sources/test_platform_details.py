"""What single platforms do differently from all the others."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from integrations import registry
from integrations.poll_contract import KnownComment, Poll, PollError, Polling, Rechecked
from integrations.sources.appstore.keys import AppStoreCredentials, bearer_of
from integrations.sources.appstore.settings import Settings as AppStoreSettings
from integrations.sources.bluesky.replying import link_facets, record_key
from integrations.sources.googleplay.keys import GooglePlayCredentials
from integrations.sources.googleplay.replying import play_plain
from integrations.sources.mastodon.replying import counted
from integrations.sources.telegram.replying import telegram_plain
from tests.scenes.platforms.appstore import P8

Answer = Callable[[httpx.Request], httpx.Response]


class Asking:
    """A platform whose answers are given by a function."""

    def __init__(self, platform: str, answer: Answer, **settings: Any) -> None:
        self.definition = registry.source(platform)
        self.chosen = self.definition.settings.model_validate(settings)
        self.requests: list[httpx.Request] = []

        def noted(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return answer(request)

        self.http = httpx.AsyncClient(transport=httpx.MockTransport(noted))

    @property
    def polling(self) -> Polling[Any]:
        assert self.definition.polling is not None
        return self.definition.polling

    async def poll(self, **credentials: str) -> Poll:
        cursor = self.polling.begin(None)
        return await self.polling.poll(self.chosen, credentials, cursor, self.http)

    async def look_again(self, *sought: KnownComment, **credentials: str) -> Rechecked:
        assert self.polling.recheck is not None
        return await self.polling.recheck(self.chosen, credentials, sought, self.http)


async def test_a_bot_with_a_webhook_has_nothing_to_be_asked_for() -> None:
    conflict = {"ok": False, "error_code": 409, "description": "webhook is active"}
    asking = Asking("telegram", lambda _: httpx.Response(409, json=conflict))
    poll = await asking.poll(bot_token="7:x")
    assert (list(poll.deliveries), poll.done) == ([], True)


def test_no_bot_is_called_by_an_answer_on_telegram() -> None:
    sent = telegram_plain("/start now, see https://x.example/a/b")
    assert not sent.startswith("/start")
    assert sent.endswith("https://x.example/a/b")


async def test_a_spent_quota_of_youtube_is_waited_for() -> None:
    spent = {"error": {"code": 403, "errors": [{"reason": "quotaExceeded"}]}}
    asking = Asking("youtube", lambda _: httpx.Response(403, json=spent), channel="UCacme")
    with pytest.raises(PollError) as refused:
        await asking.poll(api_key="key")
    assert (refused.value.reason, refused.value.retry_after) == ("rate_limited", 3_600.0)
    assert not refused.value.needs_person


async def test_comments_of_a_hidden_video_are_not_taken_for_deleted() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/comments"):
            return httpx.Response(200, json={"items": []})
        disabled = {"error": {"errors": [{"reason": "commentsDisabled"}]}}
        return httpx.Response(403, json=disabled)

    asking = Asking("youtube", answer, channel="UCacme")
    seen = await asking.look_again(KnownComment("UgxOne", extras={"video": "v1"}), api_key="key")
    assert seen.gone == frozenset()
    assert "v1" in seen.unseen


async def test_an_issue_that_is_missing_is_not_taken_for_deleted() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "/issues/" in request.url.path:
            return httpx.Response(404)
        return httpx.Response(200, json={"id": 5, "path_with_namespace": "acme/app"})

    asking = Asking("gitlab", answer, projects="acme/app")
    extras = {"project": "acme/app", "number": 7}
    issue, note = KnownComment("issue:1", extras=extras), KnownComment("note:2", extras=extras)
    seen = await asking.look_again(issue, note, token="t")
    assert (seen.gone, list(seen.deliveries)) == (frozenset(), [])
    assert "acme/app#7" in seen.unseen


@pytest.mark.parametrize(
    ("platform", "settings", "scope"),
    [
        ("gitlab", {"projects": "acme/app"}, "read_api"),
        ("mastodon", {"base_url": "https://social.example"}, "read:statuses"),
    ],
)
async def test_the_check_names_the_scope_that_is_missing(
    platform: str, settings: dict[str, str], scope: str
) -> None:
    few = {"scopes": ["read_user", "read:notifications"]}

    def answer(request: httpx.Request) -> httpx.Response:
        is_about_token = request.url.path.endswith(("/self", "/verify_credentials"))
        return httpx.Response(200, json=few) if is_about_token else httpx.Response(403, json={})

    asking = Asking(platform, answer, **settings)
    findings = await asking.polling.check(asking.chosen, {"token": "t"}, asking.http)
    assert [one.ok for one in findings] == [False, False]
    assert scope in findings[0].detail
    assert scope in findings[1].detail


async def test_the_wait_that_stack_exchange_asks_for_is_kept() -> None:
    page = {"items": [], "has_more": False, "backoff": 30, "quota_remaining": 100}
    asking = Asking("stackexchange", lambda _: httpx.Response(200, json=page), tags="acme")
    key = f"key-{uuid.uuid4().hex}"
    assert (await asking.poll(key=key)).done
    with pytest.raises(PollError) as refused:
        await asking.poll(key=key)
    assert refused.value.reason == "rate_limited"
    assert 25 < (refused.value.retry_after or 0) <= 30
    assert len(asking.requests) == 1


async def test_a_post_of_an_account_that_hides_is_not_taken_for_deleted() -> None:
    asking = Asking(
        "mastodon", lambda _: httpx.Response(404, json={}), base_url="https://social.example"
    )
    sought = KnownComment("https://else.example/1", extras={"status": "1", "account": "42"})
    seen = await asking.look_again(sought, token="t")
    assert seen.gone == frozenset()
    assert seen.unseen
    assert all("authorization" not in request.headers for request in asking.requests)


def test_mastodon_counts_every_address_as_23_characters() -> None:
    assert counted("see https://x.example/" + "a" * 400) == 4 + 23


def test_links_on_bluesky_are_placed_by_bytes() -> None:
    (facet,) = link_facets("🙂 ä https://x.example/a done")
    start = len("🙂 ä ".encode())
    assert facet["index"] == {
        "byteStart": start,
        "byteEnd": start + len("https://x.example/a"),
    }
    assert facet["features"][0]["uri"] == "https://x.example/a"


def test_an_answer_on_bluesky_has_one_name() -> None:
    key = uuid.UUID(int=2**128 - 1)
    assert record_key(key) == record_key(key)
    assert re.fullmatch(r"[234567a-j][234567a-z]{12}", record_key(key))
    assert record_key(key) != record_key(uuid.UUID(int=2**127))


async def test_private_channels_are_not_even_asked_for() -> None:
    channels = [
        {"stream_id": 5, "name": "feedback", "invite_only": False},
        {"stream_id": 6, "name": "board", "invite_only": True},
    ]
    paths: dict[str, Any] = {
        "/api/v1/users/me/subscriptions": {"subscriptions": channels},
        "/api/v1/messages": {"messages": [], "found_oldest": True},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=paths[request.url.path])

    for keeps, numbers in ((False, ["5"]), (True, ["5", "6"])):
        asking = Asking("zulip", answer, site_url="https://z.example", keep_private=keeps)
        cursor = asking.polling.begin(None)
        for _ in numbers:
            key = {"email": "b@z.example", "api_key": "k"}
            cursor = (await asking.polling.poll(asking.chosen, key, cursor, asking.http)).cursor
        narrows = [one.url.params.get("narrow") for one in asking.requests]
        named = [str(json.loads(one)[0]["operand"]) for one in narrows if one]
        assert named == numbers


def test_a_key_of_the_app_store_may_have_lost_its_lines() -> None:
    entered = {"issuer_id": "acme", "key_id": "K1", "private_key": " ".join(P8.split("\n"))}
    key = AppStoreCredentials.model_validate(entered).private_key.get_secret_value()
    signed = bearer_of(AppStoreSettings(), {**entered, "private_key": key})
    assert signed is not None
    assert signed["Authorization"].startswith("Bearer ey")
    assert bearer_of(AppStoreSettings(), {**entered, "private_key": "nothing"}) is None


@pytest.mark.parametrize("entered", ["s3cret", "[]", '{"client_email": "a@b.example"}', "{"])
def test_what_is_no_key_file_is_refused_without_being_repeated(entered: str) -> None:
    with pytest.raises(ValidationError) as refused:
        GooglePlayCredentials.model_validate({"key_file": entered})
    assert "client_email" in str(refused.value)
    assert entered not in str(refused.value).partition("client_email")[0] or len(entered) < 3


def test_nothing_in_an_answer_on_google_play_is_a_tag() -> None:
    assert "<b>" not in play_plain("1 <b> 2")
