"""Edits and deletions that no event told are found by looking again, and go the same way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.setup.polling import set_poll_credentials
from app.setup.sources import update_source
from tests.scenes.polled import DISCOURSE_KEY, Polled
from tests.scenes.stand_ins import (
    FAILED,
    HTML,
    INVALID_ACCESS,
    NOT_FOUND,
    UNAUTHORIZED,
    Reply,
    StandInForum,
    standing,
    throttled,
)

TICKET_OF_ALL = """
    with k as (
        insert into tracker (id, product_id, type, name, credentials)
        select gen_random_uuid(), product_id, 'github', 'another', '' from source limit 1
        returning id, product_id
    ), t as (
        insert into theme (id, product_id, title, kind)
        select gen_random_uuid(), product_id, 'old', 'bug' from k returning id
    ), i as (
        insert into ticket (id, product_id, theme_id, tracker_id, marker, state, remote_id)
        select gen_random_uuid(), k.product_id, t.id, k.id, 'relay-1', 'created', '1' from k, t
    )
    update comment set theme_id = t.id from t
"""
TELLING = "zebulon's export crashes always"


@pytest.fixture
async def filled(source: Polled, community: StandInForum) -> Polled:
    """A forum of two topics whose posts are here."""
    moment = datetime.now(UTC) - timedelta(hours=5)
    community.write("the export crashes", at=moment)
    community.write(TELLING, at=moment + timedelta(minutes=1))
    community.write("a dark mode please", at=moment, topic_id=8, topic_title="dark")
    await source.poll()
    assert len(await source.texts()) == 3
    return source


async def rechecked(source: Polled) -> dict[str, object]:
    (row,) = await source.place.forum.rows("select * from source_recheck where ring = 'all'")
    return row


async def test_a_deletion_leaves_nothing_behind(filled: Polled, community: StandInForum) -> None:
    del community.posts[1]
    await filled.look_again()
    assert sorted(await filled.texts()) == ["a dark mode please", "the export crashes"]
    assert "zebulon" not in await filled.place.everything()
    assert (await rechecked(filled))["gone"] == 1


async def test_what_staff_see_as_deleted_is_gone(filled: Polled, community: StandInForum) -> None:
    community.sees_deleted = True
    community.posts[1] |= {"deleted_at": "2026-11-30T00:00:00Z"}
    await filled.look_again()
    assert "zebulon" not in await filled.place.everything()


async def test_an_edit_takes_the_old_words_along(filled: Polled, community: StandInForum) -> None:
    later = datetime.now(UTC).isoformat()
    community.posts[1] |= {"raw": "solved by now", "version": 2, "updated_at": later}
    await filled.look_again()
    assert "solved by now" in await filled.texts()
    assert "zebulon" not in await filled.place.everything()
    row = await rechecked(filled)
    assert (row["edited"], row["gone"]) == (1, 0)


async def test_what_stands_as_it_was_is_not_stored_again(filled: Polled) -> None:
    deliveries = await filled.count("delivery")
    await filled.look_again()
    assert await filled.count("delivery") == deliveries
    row = await rechecked(filled)
    assert (row["edited"], row["gone"], row["reason"]) == (0, 0, "")
    assert row["ended_at"] is not None


async def test_a_topic_that_is_gone_takes_its_posts_along(
    filled: Polled, community: StandInForum
) -> None:
    community.posts = [post for post in community.posts if post["topic_id"] == 8]
    await filled.look_again()
    assert await filled.texts() == ["a dark mode please"]


async def test_a_post_that_was_moved_stays(filled: Polled, community: StandInForum) -> None:
    community.posts[1] |= {"topic_id": 8, "post_number": 2}
    community.posts[0] |= {"topic_id": 9}
    await filled.look_again()
    assert len(await filled.texts()) == 3


async def test_lost_access_to_a_category_deletes_nothing(
    filled: Polled, community: StandInForum
) -> None:
    community.unseen = (5,)
    await filled.look_again()
    assert len(await filled.texts()) == 3
    row = await rechecked(filled)
    assert row["reason"] == "not_all_seen"
    assert "they stay" in str(row["detail"])
    community.unseen = ()
    await filled.look_again()
    assert (await rechecked(filled))["reason"] == ""


async def test_a_missing_topic_in_a_category_out_of_sight_deletes_nothing(
    filled: Polled, community: StandInForum
) -> None:
    community.posts.clear()
    community.unseen = (5,)
    await filled.look_again()
    assert len(await filled.texts()) == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (HTML, "source_unreadable"),
        (Reply(b"<html>not here", 404), "source_not_there"),
        (Reply({"errors": ["You cannot"]}, 403), "source_forbidden"),
        (UNAUTHORIZED, "source_unauthorized"),
        (FAILED, "source_error"),
        (Reply({"post_stream": None}), "source_unreadable"),
    ],
)
async def test_a_failure_is_no_deletion_and_holds_nothing_else_back(
    filled: Polled, community: StandInForum, fault: Reply, reason: str
) -> None:
    community.faults = [None, fault]
    await filled.look_again()
    assert len(await filled.texts()) == 3
    row = await rechecked(filled)
    assert row["reason"] == reason
    assert str(row["detail"]).endswith(".")
    assert row["due_at"] > datetime.now(UTC)  # type: ignore[operator]
    community.write("news", at=datetime.now(UTC))
    await filled.make_due()
    await filled.poll()
    assert "news" in await filled.texts()
    assert (await filled.state()).reason == ""
    del community.posts[1]
    await filled.look_again()
    assert "zebulon" not in await filled.place.everything()


async def test_what_was_written_in_another_forum_is_not_looked_for_in_this_one(
    filled: Polled, community: StandInForum
) -> None:
    other = StandInForum(per_page=10)
    with standing(other) as address:
        async with filled.tools.database.transaction() as connection:
            settings = {"base_url": address}
            await update_source(connection, filled.place.source_id, settings=settings)
        other.write("another word", at=datetime.now(UTC) - timedelta(hours=1), id=1000)
        await filled.poll()
        assert len(await filled.texts()) == 4
        other.posts.clear()
        await filled.look_again()
        assert len(await filled.texts()) == 3


async def test_new_settings_end_the_pause(filled: Polled, community: StandInForum) -> None:
    community.faults = [UNAUTHORIZED]
    await filled.look_again()
    assert (await rechecked(filled))["reason"] == "source_unauthorized"
    async with filled.tools.database.transaction() as connection:
        await set_poll_credentials(
            connection, filled.tools.vault, filled.place.source_id, DISCOURSE_KEY
        )
    row = await rechecked(filled)
    assert (row["reason"], row["failures"]) == ("", 0)


async def test_an_error_of_ours_holds_nothing_else_back(
    filled: Polled, community: StandInForum
) -> None:
    community.faults = [None, Reply({"title": [], "post_stream": {"posts": [{"id": 10**30}]}})]
    community.faults += [Reply({"post_stream": {"posts": [{"id": 1, "raw": {}}]}})]
    await filled.look_again()
    community.write("news", at=datetime.now(UTC))
    await filled.make_due()
    await filled.poll()
    assert {"news", TELLING} <= set(await filled.texts())
    assert (await filled.state()).reason == ""


async def test_a_limit_is_obeyed_for_the_whole_account(
    filled: Polled, community: StandInForum
) -> None:
    community.faults = [None, throttled(77)]
    await filled.look_again()
    state = await filled.state()
    assert state.reason == "rate_limited"
    assert len(await filled.texts()) == 3


@pytest.mark.parametrize("fault", [NOT_FOUND, INVALID_ACCESS])
async def test_one_answer_that_is_wrong_of_a_topic_does_not_speak_of_its_posts(
    filled: Polled, community: StandInForum, fault: Reply
) -> None:
    community.faults = [None, fault]
    await filled.look_again()
    assert len(await filled.texts()) == 3


async def test_a_newer_version_wins_over_a_deletion_that_was_found_before(
    filled: Polled, community: StandInForum
) -> None:
    post = community.posts.pop(1)
    await filled.place.forum.change("update source_recheck set due_at = now() where ring = 'all'")
    await filled.poll()
    later = datetime.now(UTC).isoformat()
    community.posts.append(post | {"raw": "still here", "version": 2, "updated_at": later})
    await filled.make_due(looked_back=False)
    await filled.poll()
    assert "still here" in await filled.texts()


async def test_young_and_ticketed_comments_are_looked_at_alone_in_their_rings(
    source: Polled, community: StandInForum
) -> None:
    old = datetime.now(UTC) - timedelta(days=30)
    community.write("an old word", at=old, topic_id=8)
    community.write("a young word", at=datetime.now(UTC) - timedelta(hours=5))
    await source.start_history()
    await source.poll()
    await source.texts()
    community.posts.clear()
    await source.look_again("young")
    assert await source.texts() == ["an old word"]
    await source.look_again("ticketed")
    assert await source.texts() == ["an old word"]
    await source.place.forum.change(TICKET_OF_ALL)
    await source.look_again("ticketed")
    assert await source.texts() == []


async def test_a_round_goes_on_where_it_stopped(source: Polled, community: StandInForum) -> None:
    moment = datetime.now(UTC) - timedelta(hours=5)
    for number in range(50):
        community.write(
            f"word {number}", at=moment + timedelta(seconds=number), topic_id=number + 1
        )
    await source.poll()
    await source.texts()
    for number in (3, 25, 48):
        community.posts[number] |= {"deleted_at": "2026-11-30T00:00:00Z"}
    await source.look_again()
    assert len(await source.texts()) == 47
    assert (await rechecked(source))["gone"] == 3
