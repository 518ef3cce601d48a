"""Every platform with a stand-in is answered there as its documents say: once, under the comment,
with nobody mentioned, and in one sentence why not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations import registry
from integrations.contract import Visibility
from integrations.http import client
from integrations.network import Network
from integrations.reply_contract import AnsweredComment, PostedReply, ReplyError, Replying
from tests.scenes.platforms.community import Community, communities
from tests.scenes.stand_ins import HTML, Reply, standing

ANSWER_KEY = uuid.UUID("5f0c0a52-9a57-4c3e-9d43-0c3d6b5fd001")
LOCAL = Network(allow_private=True)
OLD_ONES = ("discourse", "github", "slack")


@pytest.fixture(
    params=[kind for kind in communities() if kind.reply_key], ids=lambda kind: kind.platform
)
def community(request: pytest.FixtureRequest) -> Community:
    stand_in: Community = request.param()
    return stand_in


@pytest.fixture
def address(community: Community) -> Iterator[str]:
    with standing(community) as url:
        yield url


class Answering:
    """A platform, and how it is answered."""

    def __init__(self, community: Community, address: str) -> None:
        self.definition = registry.source(community.platform)
        self.chosen = self.definition.settings.model_validate(community.chosen(address))
        self.key = community.reply_key
        self.comment = AnsweredComment(
            external_id=community.answered_id,
            thread_id=community.answered_thread,
            permalink="",
            parent_id="",
            position=0,
            opens_thread=True,
            created_at=datetime.now(UTC),
            visibility=Visibility.public,
            extras=community.answered_extras,
        )

    @property
    def replying(self) -> Replying[Any]:
        assert self.definition.replying is not None
        return self.definition.replying

    async def post(self, text: str) -> PostedReply:
        async with client(LOCAL) as http:
            return await self.replying.reply(
                self.chosen, self.key or {}, self.comment, text, ANSWER_KEY, http
            )

    async def find(self) -> PostedReply | None:
        since = datetime.now(UTC) - timedelta(minutes=1)
        async with client(LOCAL) as http:
            return await self.replying.find(
                self.chosen, self.key or {}, self.comment, ANSWER_KEY, since, http
            )


@pytest.fixture
def answering(community: Community, address: str) -> Answering:
    return Answering(community, address)


def test_every_platform_that_can_be_answered_has_a_stand_in() -> None:
    able = {name for name, one in registry.sources().items() if one.replying is not None}
    assert able == {*OLD_ONES, *(kind.platform for kind in communities() if kind.reply_key)}


async def test_an_answer_stands_under_the_comment(
    community: Community, answering: Answering
) -> None:
    assert answering.replying.can_reply(answering.chosen, answering.comment).ok
    words = answering.replying.outgoing("It is fixed, see https://x.example/a_b")
    placed = await answering.post(words)
    assert placed.external_id
    assert placed.permalink == "" or placed.permalink.startswith("http")
    assert len(community.answers) == 1
    assert "https://x.example/a_b" in json.dumps(community.answers[0])


async def test_an_answer_whose_call_was_cut_off_is_looked_for(
    community: Community, answering: Answering
) -> None:
    if not community.lists_answers:
        with pytest.raises(ReplyError) as refused:
            await answering.find()
        assert (refused.value.reason, refused.value.permanent) == ("reply_not_told", True)
        return
    assert await answering.find() is None
    placed = await answering.post("It is fixed.")
    assert await answering.find() in (placed, None)
    again = await answering.find() or await answering.post("It is fixed.")
    assert again == placed, "found, or known there by its key"


@pytest.mark.parametrize(
    ("status", "reason", "ambiguous"),
    [
        (401, "reply_unauthorized", False),
        (404, "thread_gone", False),
        (429, "reply_rate_limited", False),
        (500, "reply_platform_error", True),
    ],
)
async def test_what_a_status_means(
    community: Community, answering: Answering, status: int, reason: str, ambiguous: bool
) -> None:
    community.faults = [Reply({}, status, {"retry-after": "7"} if status == 429 else {})] * 3
    with pytest.raises(ReplyError) as refused:
        await answering.post("It is fixed.")
    assert refused.value.reason == reason
    assert refused.value.ambiguous in (ambiguous, False)
    shown = refused.value.detail
    assert not [secret for secret in (answering.key or {}).values() if secret in shown]


async def test_a_login_page_is_no_answer(community: Community, answering: Answering) -> None:
    community.faults = [HTML] * 3
    with pytest.raises(ReplyError) as refused:
        await answering.post("It is fixed.")
    assert refused.value.reason == "reply_unreadable"


async def test_the_check_names_who_writes(community: Community, answering: Answering) -> None:
    async with client(LOCAL) as http:
        findings = await answering.replying.check(answering.chosen, answering.key or {}, http)
        assert findings
        assert all(finding.ok for finding in findings)
        community.faults = [Reply({}, 401)] * 3
        with pytest.raises(ReplyError):
            await answering.replying.check(answering.chosen, answering.key or {}, http)


def test_nobody_is_mentioned(answering: Answering) -> None:
    sent = answering.replying.outgoing("@everyone and @ana, u/ana, @**Ana**: thanks")
    assert "@everyone" not in sent
    assert "@ana" not in sent
    assert "@**" not in sent


def test_a_comment_of_an_unknown_place_cannot_be_answered(answering: Answering) -> None:
    lost = replace(answering.comment, external_id="?", thread_id="", extras={})
    able = answering.replying.can_reply(answering.chosen, lost)
    assert able.reason == "no_thread"
    assert able.detail.endswith(".")
