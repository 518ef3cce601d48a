"""What was edited or deleted on GitHub without an event is found by looking again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.polled import Polled, polled
from tests.scenes.stand_in_github import StandInGitHub, stamp
from tests.scenes.stand_ins import Reply, standing


@pytest.fixture
def github() -> StandInGitHub:
    return StandInGitHub()


@pytest.fixture
async def source(
    github: StandInGitHub, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Polled]:
    with standing(github) as address:
        token = {"token": "a-token"}
        chosen = {"repositories": "acme/app", "api_url": address}
        source = await polled(database, settings, vault, "github", token, **chosen)
        moment = datetime.now(UTC) - timedelta(hours=2)
        issue = github.open("The export crashes", at=moment)
        github.say(issue, "Zebulon has it too", at=moment)
        github.discuss("A dark mode", "Yes please", at=moment)
        await source.poll()
        assert len(await source.texts()) == 4
        yield source


async def test_what_stands_is_not_stored_again(source: Polled) -> None:
    deliveries = await source.count("delivery")
    await source.look_again()
    assert await source.count("delivery") == deliveries
    assert len(await source.texts()) == 4


async def test_a_deleted_comment_leaves_nothing(source: Polled, github: StandInGitHub) -> None:
    github.comments.clear()
    await source.look_again()
    assert "zebulon" not in await source.place.everything()
    assert len(await source.texts()) == 3


async def test_deleted_answers_and_threads_go(source: Polled, github: StandInGitHub) -> None:
    github.discussions[0]["answers"].clear()
    await source.look_again()
    assert "Yes please" not in await source.texts()
    github.discussions.clear()
    await source.look_again()
    assert sorted(await source.texts()) == [
        "The export crashes\n\nThe export crashes in words",
        "Zebulon has it too",
    ]


async def test_an_edit_is_read(source: Polled, github: StandInGitHub) -> None:
    later = stamp(datetime.now(UTC))
    github.comments[0] |= {"body": "Solved", "updated_at": later, "edited": True}
    github.discussions[0] |= {"body": "A light mode", "updatedAt": later, "lastEditedAt": later}
    await source.look_again()
    assert {"Solved", "A dark mode\n\nA light mode"} <= set(await source.texts())
    assert "zebulon" not in await source.place.everything()
    rows = {row["text"]: row for row in await source.place.standing()}
    assert rows["Solved"]["thread_title"] == "The export crashes"


FORBIDDEN = {"type": "FORBIDDEN", "path": ["nodes", 0], "message": "not accessible"}
HIDDEN = {"data": {"repository": {"nameWithOwner": "acme/app"}, "nodes": [None] * 4}}


@pytest.mark.parametrize(
    ("place", "fault", "reason"),
    [
        (0, Reply({"message": "Not Found"}, 404), "not_all_seen"),
        (0, Reply({"message": "Forbidden"}, 403), "not_all_seen"),
        (0, Reply({"message": "Bad credentials"}, 401), "source_unauthorized"),
        (1, Reply({"data": None, "errors": [{"type": "NOT_FOUND"}]}), "not_all_seen"),
        (1, Reply({**HIDDEN, "errors": [FORBIDDEN]}), ""),
        (1, Reply(HIDDEN), ""),
        (1, Reply(b"<html>"), "source_unreadable"),
    ],
)
async def test_lost_access_deletes_nothing(
    source: Polled, github: StandInGitHub, place: int, fault: Reply, reason: str
) -> None:
    github.faults = [*[None] * place, fault]
    await source.look_again()
    assert len(await source.texts()) == 4
    (row,) = await source.place.forum.rows("select * from source_recheck where ring = 'all'")
    assert row["reason"] == reason


async def test_what_moved_to_another_repository_stays(
    source: Polled, github: StandInGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {"nameWithOwner": "acme/other"}
    monkeypatch.setattr("tests.scenes.stand_in_github.HOME", elsewhere)
    later = stamp(datetime.now(UTC))
    github.comments[0] |= {"body": "Elsewhere", "updated_at": later, "edited": True}
    await source.look_again()
    assert "Zebulon has it too" in await source.texts()
