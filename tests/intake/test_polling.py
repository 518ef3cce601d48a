"""What a platform does not send is fetched: once, whatever happens on the way."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from app.config import Settings
from app.intake import poll_visit, polling
from app.setup.polling import cancel_history
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.places import discourse
from tests.scenes.polled import DISCOURSE_KEY, Polled, polled
from tests.scenes.stand_ins import (
    StandInForum,
    pages_asked,
)


async def test_history_is_fetched_to_its_date(source: Polled, community: StandInForum) -> None:
    for number in range(1, 48):
        community.write(f"word {number}")
    since = datetime.fromisoformat(community.posts[12]["created_at"])
    await source.start_history(since)
    await source.poll()
    history = await source.history()
    assert history.state == "done"
    assert await source.texts() == [f"word {number}" for number in range(13, 48)]
    assert history.comments == 35
    assert history.percent(newest_first=True) == 100


@pytest.mark.parametrize("window", [0, 10])
async def test_gaps_in_the_ids_end_nothing(
    source: Polled, community: StandInForum, window: int
) -> None:
    community.window = window
    for number in range(1, 200):
        community.write(f"word {number}")
    community.posts = [post for post in community.posts if not 30 < post["id"] < 170]
    await source.start_history(None)
    await source.poll()
    assert len(await source.texts()) == 60


async def test_five_interruptions_lose_and_double_nothing(
    source: Polled, community: StandInForum, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 121):
        community.write(f"word {number}")
    await source.start_history()
    stored = polling._store

    class Killed(BaseException):
        pass

    for interruption in range(5):
        pages = 0

        async def dies(*arguments: object, after: bool = interruption % 2 == 0) -> None:
            nonlocal pages
            pages += 1
            if pages < 3 or after:
                await stored(*arguments)  # type: ignore[arg-type]
            if pages == 3:
                raise Killed

        monkeypatch.setattr(polling, "_store", dies)
        with pytest.raises(Killed):
            await source.poll()
        await source.make_due()
    monkeypatch.setattr(polling, "_store", stored)
    await source.poll()
    assert await source.texts() == [f"word {number}" for number in range(1, 121)]
    assert (await source.history()).comments == 120
    assert await source.count("delivery") == 120
    assert await source.count("comment_version") == 120


async def test_a_cancelled_worker_gives_the_source_back(
    source: Polled, community: StandInForum
) -> None:
    community.write("word")
    held = asyncio.Event()
    reached = asyncio.Event()

    async def waits(*_: object) -> None:
        reached.set()
        await held.wait()

    original = polling._steady
    polling._steady = waits  # type: ignore[assignment]
    try:
        task = asyncio.create_task(source.poll())
        await reached.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    finally:
        polling._steady = original
    await source.poll()
    assert (await source.state()).polled_at is not None


async def test_two_workers_never_poll_one_source(
    source: Polled, community: StandInForum, monkeypatch: pytest.MonkeyPatch
) -> None:
    community.write("word")
    reached, go_on = asyncio.Event(), asyncio.Event()
    steady = polling._steady

    async def waits(visit: object) -> None:
        reached.set()
        await go_on.wait()
        await steady(visit)  # type: ignore[arg-type]

    monkeypatch.setattr(polling, "_steady", waits)
    first = asyncio.create_task(source.poll())
    await reached.wait()
    assert await source.poll() == 0
    go_on.set()
    assert await first == 1


async def test_what_is_new_comes_at_the_next_poll(source: Polled, community: StandInForum) -> None:
    community.write("old", at=datetime.now(UTC) - timedelta(days=30))
    community.write("yesterday", at=datetime.now(UTC) - timedelta(days=1))
    await source.poll()
    assert await source.texts() == ["yesterday"]
    community.write("today", at=datetime.now(UTC))
    assert await source.poll() == 0
    await source.make_due()
    asked_before = len(community.asked)
    assert await source.poll() == 1
    assert await source.texts() == ["yesterday", "today"]
    await source.make_due()
    await source.poll()
    assert len(community.asked) - asked_before <= 3
    assert await source.count("delivery") == 2


def webhook(post: dict[str, object]) -> dict[str, object]:
    return {"post": {**post, "topic_archetype": "regular"}}


async def test_what_a_webhook_brought_is_not_fetched_again_and_what_it_missed_is_counted(
    source: Polled, community: StandInForum
) -> None:
    await source.place.forum.change("update source_poll set created_at = now() - interval '1 day'")
    moment = datetime.now(UTC) - timedelta(minutes=10)
    heard = community.write("heard", at=moment)
    await source.place.send(discourse("post_created"), webhook(heard))
    await source.place.work()
    community.write("missed", at=moment + timedelta(seconds=1))
    community.write("just now", at=datetime.now(UTC))
    await source.poll()
    assert await source.texts() == ["heard", "missed", "just now"]
    state = await source.state()
    assert (state.comments, state.missed) == (2, 1)
    assert await source.count("delivery") == 3
    assert await source.count("comment_version") == 3


async def test_both_ways_give_one_comment_in_the_order_of_its_versions(
    source: Polled, community: StandInForum
) -> None:
    moment = datetime.now(UTC) - timedelta(hours=1)
    post = community.write("first words", at=moment)
    await source.poll()
    later = (moment + timedelta(minutes=5)).isoformat()
    post |= {"raw": "second words", "version": 2, "updated_at": later}
    await source.place.send(discourse("post_edited"), webhook(post))
    assert await source.texts() == ["second words"]
    await source.make_due(looked_back=False)
    await source.poll()
    assert await source.texts() == ["second words"]
    assert await source.count("comment_version") == 2
    post |= {"raw": "third words", "version": 3, "updated_at": datetime.now(UTC).isoformat()}
    await source.make_due(looked_back=False)
    await source.poll()
    assert await source.texts() == ["third words"]


async def test_what_is_private_is_not_stored(source: Polled, community: StandInForum) -> None:
    community.restricted = (9,)
    community.write("for all", at=datetime.now(UTC))
    community.write("for few", at=datetime.now(UTC), category_id=9, topic_id=8)
    await source.start_history()
    await source.poll()
    assert await source.texts() == ["for all"]
    assert "for few" not in await source.place.everything()


async def test_what_became_private_goes_when_a_poll_sees_it(
    source: Polled, community: StandInForum
) -> None:
    post = community.write("for all", at=datetime.now(UTC) - timedelta(hours=1), topic_id=8)
    await source.poll()
    assert await source.texts() == ["for all"]
    community.restricted = (9,)
    post |= {"category_id": 9, "updated_at": datetime.now(UTC).isoformat(), "version": 2}
    await source.make_due(looked_back=False)
    await source.poll()
    assert await source.texts() == []
    assert "for all" not in await source.place.everything()


async def test_private_words_are_stored_where_the_switch_says_so(
    address: str, community: StandInForum, database: Database, settings: Settings, vault: Vault
) -> None:
    source = await polled(
        database,
        settings,
        vault,
        "discourse",
        DISCOURSE_KEY,
        base_url=address,
        keep_private=True,
    )
    community.restricted = (9,)
    community.write("for few", at=datetime.now(UTC), category_id=9)
    await source.poll()
    assert await source.texts() == ["for few"]
    (row,) = await source.place.standing()
    assert row["visibility"] == "private"


async def test_a_cancelled_history_ends_and_keeps_what_came(
    source: Polled, community: StandInForum, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 31):
        community.write(f"word {number}")
    await source.start_history()
    stored = polling._store

    async def cancels(visit: poll_visit.Visit, *arguments: object) -> None:
        await stored(visit, *arguments)  # type: ignore[arg-type]
        if arguments[-1] is not None:
            async with source.tools.database.transaction() as connection:
                await cancel_history(connection, source.place.source_id)

    monkeypatch.setattr(polling, "_store", cancels)
    await source.poll()
    assert (await source.history()).state == "cancelled"
    assert len(await source.texts()) == 10
    assert pages_asked(community, "/posts.json") <= 4
