"""Issues, their comments and discussions are fetched from GitHub, as its webhooks would tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.config import Settings
from app.setup.polling import check_polling
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sources.github import reading
from tests.scenes.polled import Polled, polled
from tests.scenes.stand_in_github import StandInGitHub, stamp
from tests.scenes.stand_ins import Reply, pages_asked, standing

TOKEN = {"token": "a-token"}


@pytest.fixture
def github() -> StandInGitHub:
    return StandInGitHub()


@pytest.fixture
def address(github: StandInGitHub) -> Iterator[str]:
    with standing(github) as url:
        yield url


@pytest.fixture
async def source(address: str, database: Database, settings: Settings, vault: Vault) -> Polled:
    return await polled(
        database, settings, vault, "github", TOKEN, repositories="acme/app", api_url=address
    )


async def test_history_holds_issues_comments_and_discussions(
    source: Polled, github: StandInGitHub
) -> None:
    issue = github.open("The export crashes")
    github.say(issue, "Here too")
    change = github.open("Mend the export", pull=True)
    github.say(change, "Looks good to me")
    github.discuss("A dark mode", "Yes please", "From me too", "And me")
    await source.start_history()
    await source.poll()
    assert sorted(await source.texts()) == [
        "A dark mode\n\nA dark mode",
        "And me",
        "From me too",
        "Here too",
        "The export crashes\n\nThe export crashes in words",
        "Yes please",
    ]
    rows = {row["external_id"]: row for row in await source.place.standing()}
    comment = rows["issue_comment:5000000001"]
    assert (comment["thread_id"], comment["thread_title"]) == (
        "issue:4000000001",
        "The export crashes",
    )
    assert rows["discussion_comment:100002"]["thread_id"] == "discussion:1000"
    assert rows["discussion:1000"]["likes"] == 3
    assert {row["visibility"] for row in rows.values()} == {"public"}
    assert (await source.history()).state == "done"


async def test_pages_are_walked_by_time_though_many_share_a_second(
    source: Polled, github: StandInGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE_ITEMS", 10)
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(25):
        github.open(f"Issue {number}", at=moment)
    for number in range(25, 60):
        github.open(f"Issue {number}", at=moment + timedelta(seconds=number))
    await source.start_history()
    await source.poll()
    assert len(await source.texts()) == 60
    assert await source.count("delivery") == 60


async def test_a_webhook_and_a_poll_give_one_issue(source: Polled, github: StandInGitHub) -> None:
    moment = datetime.now(UTC) - timedelta(hours=1)
    issue = github.open("The export crashes", at=moment)
    repository = {"full_name": "acme/app", "private": False}
    body = {"action": "opened", "issue": dict(issue), "repository": repository}
    await source.place.send({"x-github-event": "issues", "x-github-delivery": "1"}, body)
    await source.place.work()
    github.say(issue, "Here too", at=moment + timedelta(minutes=5))
    await source.poll()
    assert len(await source.texts()) == 2
    assert await source.count("comment_version") == 2
    issue |= {"body": "Other words", "updated_at": stamp(datetime.now(UTC))}
    await source.make_due()
    await source.poll()
    assert "The export crashes\n\nOther words" in await source.texts()


async def test_an_idle_poll_asks_for_what_changed_alone(
    source: Polled, github: StandInGitHub
) -> None:
    github.open("The export crashes", at=datetime.now(UTC) - timedelta(hours=1))
    for _ in range(3):
        await source.poll()
        await source.make_due()
    github.asked.clear()
    await source.poll()
    listed = [request for request in github.asked if request.path.endswith("/issues")]
    assert ["if-none-match" in request.headers for request in listed] == [True]
    assert len(github.asked) == 4
    assert await source.count("delivery") == 1


async def test_a_private_repository_is_left_out(source: Polled, github: StandInGitHub) -> None:
    github.private = True
    github.say(github.open("The secret crashes"), "Secretly here too")
    await source.start_history()
    await source.poll()
    assert await source.texts() == []
    assert "secret" not in await source.place.everything()


LIMITED = Reply({"message": "API rate limit exceeded"}, 403, {"x-ratelimit-remaining": "0"})
GRAPHQL_LIMITED = Reply({"errors": [{"type": "RATE_LIMITED"}]})
INSUFFICIENT = Reply({"data": None, "errors": [{"type": "INSUFFICIENT_SCOPES"}]})


@pytest.mark.parametrize(
    ("path", "fault", "reason"),
    [
        (0, LIMITED, "rate_limited"),
        (0, Reply({"message": "Bad credentials"}, 401), "source_unauthorized"),
        (0, Reply({"message": "Not Found"}, 404), "source_not_there"),
        (1, Reply(b"<html>", 200), "source_unreadable"),
        (3, GRAPHQL_LIMITED, "rate_limited"),
        (3, INSUFFICIENT, "source_forbidden"),
        (3, Reply({"data": {}}), "source_unreadable"),
    ],
)
async def test_a_failure_of_github_is_told_and_overcome(
    source: Polled, github: StandInGitHub, path: int, fault: Reply, reason: str
) -> None:
    github.discuss("A dark mode", at=datetime.now(UTC) - timedelta(hours=1))
    github.faults = [*[None] * path, fault]
    await source.poll()
    assert (await source.state()).reason == reason
    await source.make_due()
    await source.poll()
    assert len(await source.texts()) == 1


async def test_an_exhausted_limit_is_waited_out_after_a_success(
    source: Polled, github: StandInGitHub
) -> None:
    reset = int(datetime.now(UTC).timestamp()) + 900
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    repository = {"full_name": "acme/app", "private": False, "has_discussions": True}
    github.faults = [Reply(repository, headers=spent)]
    await source.poll()
    state = await source.state()
    assert state.reason == "rate_limited"
    assert state.paused_until is not None
    assert abs(state.paused_until.timestamp() - reset) < 10
    assert pages_asked(github, ".*") == 1


async def test_check_says_what_is_missing(
    source: Polled, github: StandInGitHub, settings: Settings, vault: Vault
) -> None:
    async def findings() -> list[tuple[bool, str]]:
        async with source.tools.database.transaction() as connection:
            listed = await check_polling(
                connection, vault, source.place.source_id, network=settings.network
            )
        return [(finding.ok, finding.detail) for finding in listed]

    assert await findings() == [(True, "The token reads it.")]
    github.faults = [None, None, INSUFFICIENT]
    ((ok, detail),) = await findings()
    assert not ok
    assert "read access to the repository's issues and discussions" in detail
    assert json.dumps(detail).count("a-token") == 0
