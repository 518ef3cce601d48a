"""What was written where fewer people read than in the tracker does not get there without a
person's word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.models.states import Visibility
from app.setup.trackers import update_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.drafts import load_draft
from app.triage.showing import show_although
from app.triage.undo import undo
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import Tracker as OpenConnection
from integrations.trackers.github.api import GitHubApi
from integrations.trackers.github.issues import GitHubTracker
from integrations.trackers.github.settings import GitHubSettings
from tests.scenes.forum import ME
from tests.scenes.pushing import Bench, Between, open_bench

SAID = "export to pdf crashes"


class Private(Between):
    """A tracker that says that it is private."""

    asked = 0

    async def audience(self) -> Visibility:
        Private.asked += 1
        return Visibility.private


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def keep_private(bench: Bench) -> None:
    await bench.forum.rows(
        "update source set settings = settings || '{\"keep_private\": true}' returning id"
    )


async def theme_of(bench: Bench, *visibilities: str) -> Any:
    await keep_private(bench)
    for number, visibility in enumerate(visibilities):
        await bench.forum.say(SAID, f"{visibility}-{number}", visibility=visibility)
    return await bench.theme(SAID, people=0)


@pytest.mark.parametrize("visibility", ["members", "private"])
async def test_a_theme_that_is_more_private_waits(bench: Bench, visibility: str) -> None:
    theme = await theme_of(bench, "public", visibility)
    await bench.push()
    assert bench.tickets == []
    ticket = await bench.ticket()
    assert (ticket["state"], ticket["reason"]) == ("blocked", "more_private_than_tracker")
    assert ticket["detail"].endswith(".")
    (row,) = await bench.forum.rows("select visibility from theme where id = %s", theme)
    assert row["visibility"] == visibility


@pytest.mark.parametrize("visibility", ["public", "unknown"])
async def test_public_words_are_pushed_and_nobody_is_asked(bench: Bench, visibility: str) -> None:
    await theme_of(bench, visibility, visibility)
    Private.asked = 0
    await bench.run(wrap=Private)
    assert len(bench.tickets) == 1
    assert Private.asked == 0


@pytest.mark.parametrize("audience", ["members", "private"])
async def test_members_words_need_no_click_where_a_person_set_the_audience(
    bench: Bench, audience: str
) -> None:
    await bench.forum.rows(
        "update tracker set settings = settings || jsonb_build_object('audience', %s::text) "
        "returning id",
        audience,
    )
    await theme_of(bench, "members", "public")
    await bench.push()
    (ticket,) = bench.tickets
    assert "**2 people** wrote 2 comments" in str(ticket.body)


async def test_a_tracker_that_says_that_it_is_private_takes_private_words(bench: Bench) -> None:
    await theme_of(bench, "private", "members", "public")
    await bench.run(wrap=Private)
    assert len(bench.tickets) == 1
    (tracker,) = await bench.forum.rows("select seen_audience from tracker")
    assert tracker["seen_audience"] == "private"


async def test_a_person_says_it_once_and_may_take_it_back(bench: Bench) -> None:
    theme = await theme_of(bench, "public", "members")
    await bench.push()
    async with bench.forum.database.transaction() as connection:
        line = await show_although(connection, theme, actor=ME)
    await bench.push()
    (ticket,) = bench.tickets
    assert "members-1" in str(ticket.body)
    (said,) = await bench.forum.rows("select actor, verb, detail from activity where id = %s", line)
    assert (said["actor"], said["verb"]) == (ME, "shown_although")
    assert said["detail"] == {"visibility": "members"}
    async with bench.forum.database.transaction() as connection:
        await undo(connection, line, actor=ME)
    await bench.push()
    (ticket,) = bench.tickets
    assert "members-1" not in str(ticket.body)


async def test_a_word_about_members_is_none_about_private_comments(bench: Bench) -> None:
    theme = await theme_of(bench, "public", "members")
    async with bench.forum.database.transaction() as connection:
        await show_although(connection, theme, actor=ME)
    await bench.push()
    await bench.forum.say(SAID, "whisperer", visibility="private")
    await bench.forum.work()
    await bench.push()
    assert "whisperer" not in str(bench.tickets[0].body)
    assert "**2 people**" in str(bench.tickets[0].body)


async def test_a_ticket_never_shows_what_joined_later_and_is_private(bench: Bench) -> None:
    theme = await theme_of(bench, "public", "public")
    await bench.push()
    await bench.forum.say(
        SAID,
        "whisperer",
        visibility="private",
        thread={"id": "secret", "title": "Board room", "url": "https://forum.example/secret"},
        url="https://forum.example/secret/1",
    )
    await bench.forum.work()
    await bench.push()
    (row,) = await bench.forum.rows("select mentions from theme where id = %s", theme)
    assert row["mentions"] == 3
    body = str(bench.tickets[0].body)
    assert "**2 people** wrote 2 comments" in body
    for word in ("whisperer", "Board room", "secret"):
        assert word not in body


async def test_it_is_pushed_when_the_private_comment_left(bench: Bench) -> None:
    await keep_private(bench)
    private = await bench.forum.say(SAID, "whisperer", visibility="private")
    await theme_of(bench, "public")
    await bench.push()
    assert bench.tickets == []
    await bench.forum.deliver(
        {"type": "comment.deleted", "data": {"id": private["id"]}},
    )
    await bench.forum.work()
    await bench.push()
    (ticket,) = bench.tickets
    assert "whisperer" not in str(ticket.body)


async def test_it_is_pushed_when_a_person_says_who_reads_the_tracker(
    bench: Bench, vault: Vault
) -> None:
    await theme_of(bench, "members")
    await bench.push()
    async with bench.forum.database.transaction() as connection:
        await update_tracker(
            connection,
            vault,
            bench.tracker_id,
            settings={
                "repository": "acme/app",
                "base_url": bench.sandbox.url,
                "audience": "members",
            },
        )
    await bench.run()
    assert len(bench.tickets) == 1


async def test_members_words_go_into_a_jira_that_strangers_do_not_see(
    database: Database, settings: Settings, vault: Vault
) -> None:
    with SandboxServer() as sandbox:
        bench = await open_bench(database, settings, vault, sandbox, "jira")
        await theme_of(bench, "members", "members")
        await bench.push()
        assert len(bench.tickets) == 1
        (tracker,) = await bench.forum.rows("select seen_audience from tracker")
        assert tracker["seen_audience"] == "members"


@pytest.mark.parametrize(
    ("answer", "audience"),
    [
        ({"private": False, "visibility": "public"}, "public"),
        ({"private": True, "visibility": "internal"}, "members"),
        ({"private": True}, "private"),
        ({"visibility": "private"}, "private"),
        ({}, "unknown"),
    ],
)
async def test_github_says_who_reads_a_repository(answer: dict[str, object], audience: str) -> None:
    class Api(GitHubApi):
        async def call(self, *args: object, **named: object) -> dict[str, object]:
            return answer

    settings = GitHubSettings(repository="acme/app")
    tracker = GitHubTracker(settings, Api("https://api.github.test", "token"))
    try:
        assert await tracker.audience() == audience
    finally:
        await tracker.close()


async def test_the_policy_is_no_persons_word(bench: Bench) -> None:
    await keep_private(bench)
    await bench.forum.rows(
        "update product set policy = 'auto', auto_min_people = 1, auto_min_confidence = 0 "
        "returning id"
    )
    await bench.forum.say(SAID, "member", visibility="members")
    await bench.forum.work()
    await bench.push()
    assert bench.tickets == []
    ticket = await bench.ticket()
    assert ticket["reason"] == "more_private_than_tracker"


async def test_a_title_of_a_private_comment_does_not_reach_a_ticket(bench: Bench) -> None:
    theme = await theme_of(bench, "public", "public")
    secret = await bench.forum.say(f"{SAID} for whisperer and partners", "w", visibility="private")
    await bench.forum.work()
    (comment,) = await bench.forum.rows(
        "select id from comment where external_id = %s", secret["id"]
    )
    await bench.forum.rows(
        "update theme_face set comment_id = %s where theme_id = %s returning theme_id",
        comment["id"],
        theme,
    )
    await bench.forum.rows("update theme set title = 'Crash of whisperer' returning id")
    async with bench.forum.database.transaction() as connection:
        draft = await load_draft(connection, theme, "relay-1", "https://relay.example")
    assert "whisperer" not in str(draft)
    assert (draft.people, draft.mentions) == (2, 2)


def test_the_stand_in_is_a_tracker() -> None:
    tracker: type[OpenConnection] = Private
    assert tracker
