"""What was written in a topic or repository that is gone or private by now is not stored later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app.config import Settings
from app.intake.parsing import parse_batch
from app.intake.taking_back import TakenBack
from app.storage.db import Connection, Database
from app.storage.vault import Vault
from tests.scenes.places import Place, discourse, place_of, post, topic

SECRET = "zebulon"
SELECT_WAITING_FOR_LOCK = """
    select count(*) as waiting from pg_locks l join pg_database d on d.oid = l.database
    where d.datname = current_database() and not l.granted
"""
ISSUES = {"x-github-event": "issues"}
REPOSITORY = {"full_name": "acme/app", "private": False}


def issue(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "action": "opened",
        "issue": {
            "id": number,
            "title": f"{SECRET} export crashes",
            "user": {"id": 1, "login": "a"},
            "created_at": "2026-11-02T09:00:00Z",
            "updated_at": "2026-11-02T09:00:00Z",
            **fields,
        },
        "repository": REPOSITORY,
    }


async def deleted_topic(place: Place) -> None:
    await place.send(discourse("post_created"), post(1))
    await place.work()
    await place.send(discourse("topic_destroyed"), topic())
    await place.work()


async def test_a_late_reply_to_a_deleted_topic_is_gone_with_it(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await deleted_topic(place)
    await place.send(discourse("post_created"), post(2, f"{SECRET} export crashes"))
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()


async def test_a_late_edit_does_not_bring_back_what_a_deleted_topic_held(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await deleted_topic(place)
    edited = post(1, f"{SECRET} export", version=2, updated_at="2026-11-02T09:30:00Z")
    await place.send(discourse("post_edited"), edited)
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()


@pytest.mark.parametrize("first_told", ["post_recovered", "topic_recovered"])
async def test_a_recovered_topic_takes_replies_again(
    database: Database, settings: Settings, vault: Vault, first_told: str
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await deleted_topic(place)
    told = {"post_recovered": post(1, version=2), "topic_recovered": topic()}
    await place.send(discourse(first_told), told[first_told])
    await place.work()
    await place.send(discourse("post_created"), post(2))
    await place.work()
    assert "102" in [row["external_id"] for row in await place.standing()]


async def test_a_deleted_repository_takes_its_words_along(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "github")
    await place.send(ISSUES, issue(1))
    await place.work()
    assert len(await place.standing()) == 1
    deleted = {"action": "deleted", "repository": REPOSITORY}
    await place.send({"x-github-event": "repository"}, deleted)
    await place.work()
    await place.send(ISSUES, issue(2))
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()


async def test_what_another_worker_stores_meanwhile_is_private_too(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await place.send(discourse("post_created"), post(1))
    await place.work()
    await place.send(discourse("topic_edited"), topic(archetype="private_message"))
    others: list[asyncio.Task[int]] = []

    async def another_worker(_: Connection, __: Sequence[TakenBack]) -> None:
        """Read the next delivery to its end, or as far as this transaction lets it."""
        await place.send(discourse("post_created"), post(2, f"{SECRET} export crashes"))
        other = asyncio.create_task(parse_batch(database, limit=10, lease=60, max_attempts=3))
        others.append(other)
        while not other.done():
            (locks,) = await place.forum.rows(SELECT_WAITING_FOR_LOCK)
            if locks["waiting"]:
                break

    await parse_batch(database, limit=10, lease=60, max_attempts=3, in_themes=another_worker)
    (other,) = others
    assert await other == 1
    assert await place.standing() == []
