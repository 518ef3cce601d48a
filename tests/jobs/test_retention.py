"""What is not to be kept any longer goes, and nothing else; in batches, one process at a time."""

from __future__ import annotations

import pytest

from app.config import Settings
from app.errors import Conflict
from app.intake.replay import replay_delivery, replay_failed
from app.jobs import retention
from app.jobs.retention import Term, count_due, let_go, terms_of
from app.storage.advisory import AdvisoryLock, held_alone
from app.triage import decisions
from tests.scenes.forum import ME, Forum

BODIES = [Term("raw deliveries", 30), Term("ignored deliveries", 7)]
COMMENTS = [Term("comments", 365)]
ACTIVITY = [Term("activity", 90)]


async def age(forum: Forum, days: int) -> None:
    """Let everything have happened so many days earlier."""
    for statement in (
        "update delivery set received_at = received_at - make_interval(days => %(days)s),"
        " finished_at = finished_at - make_interval(days => %(days)s)",
        "update comment set created_at = created_at - make_interval(days => %(days)s),"
        " received_at = received_at - make_interval(days => %(days)s)",
        "update activity set at = at - make_interval(days => %(days)s)",
    ):
        async with forum.database.transaction() as connection:
            await connection.execute(statement, {"days": days})


async def bodies(forum: Forum) -> list[tuple[str, str, bool]]:
    """(stage, reason, whether the body is there) of every delivery, in order."""
    rows = await forum.rows("select stage, reason, body <> '' as kept from delivery order by id")
    return [(row["stage"], row["reason"], row["kept"]) for row in rows]


async def one_of_each_stage(forum: Forum) -> None:
    await forum.say("the export crashes")
    await forum.deliver({"type": "ping"}, {"type": "never.heard.of"}, b"no JSON")
    await forum.work()
    await forum.say("this one waits")


async def test_bodies_go_when_their_time_is_up_and_keys_stay(forum: Forum) -> None:
    await one_of_each_stage(forum)
    keys = await forum.rows("select id, dedup_key from delivery order by id")
    await age(forum, 31)
    await let_go(forum.database, BODIES)
    assert await bodies(forum) == [
        ("parsed", "expired", False),
        ("ignored", "expired", False),
        ("unknown", "expired", False),
        ("failed", "expired", False),
        ("received", "", True),
    ]
    assert await forum.rows("select id, dedup_key from delivery order by id") == keys
    (failed,) = await forum.rows("select detail from delivery where stage = 'failed'")
    assert failed["detail"].endswith("Before: invalid_json.")


async def test_ignored_bodies_go_first(forum: Forum) -> None:
    await one_of_each_stage(forum)
    await age(forum, 8)
    await let_go(forum.database, BODIES)
    assert [kept for _, _, kept in await bodies(forum)] == [True, False, True, True, True]


async def test_what_expired_is_not_replayed_and_says_why(forum: Forum) -> None:
    await one_of_each_stage(forum)
    await age(forum, 31)
    await let_go(forum.database, BODIES)
    (first, *_) = await forum.rows("select id from delivery order by id")
    async with forum.database.transaction() as connection:
        assert await replay_failed(connection) == 0
        with pytest.raises(Conflict) as refused:
            await replay_delivery(connection, first["id"])
    assert refused.value.reason == "delivery_expired"


async def test_more_than_a_batch_goes_in_one_run(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BODIES_AT_ONCE", 2)
    monkeypatch.setattr(retention, "COMMENTS_AT_ONCE", 2)
    for number in range(5):
        await forum.say(f"the export crashes on page {number}")
    await forum.work()
    await age(forum, 400)
    gone = await let_go(forum.database, [*BODIES, *COMMENTS])
    assert gone == {"raw deliveries": 5, "ignored deliveries": 0, "comments": 5}


async def test_a_dry_run_counts_and_changes_nothing(forum: Forum) -> None:
    await one_of_each_stage(forum)
    await age(forum, 400)
    before = await bodies(forum)
    due = {one.sort: one for one in await count_due(forum.database, [*BODIES, *COMMENTS])}
    assert {sort: one.rows for sort, one in due.items()} == {
        "raw deliveries": 3,
        "ignored deliveries": 1,
        "comments": 1,
    }
    (oldest,) = await forum.rows(
        "select min(finished_at) as at from delivery where stage = 'parsed'"
    )
    assert due["raw deliveries"].oldest == oldest["at"]
    assert await bodies(forum) == before


async def test_nothing_is_due_without_a_term(forum: Forum) -> None:
    await forum.say("the export crashes")
    await forum.work()
    await age(forum, 10_000)
    kept_for_ever = [Term("comments", None), Term("activity", None)]
    assert await let_go(forum.database, kept_for_ever) == {}
    assert [one.rows for one in await count_due(forum.database, kept_for_ever)] == [0, 0]


async def test_one_process_lets_go_at_a_time(forum: Forum) -> None:
    await forum.say("the export crashes")
    await forum.work()
    await age(forum, 31)
    async with held_alone(forum.database, AdvisoryLock.retention, "") as held:
        assert held
        assert await let_go(forum.database, BODIES) is None
    assert [kept for _, _, kept in await bodies(forum)] == [True]
    assert await let_go(forum.database, BODIES) == {"raw deliveries": 1, "ignored deliveries": 0}


async def test_a_comment_whose_time_is_up_goes_like_a_deleted_one(forum: Forum) -> None:
    old = await forum.say("zebulon asks: the export crashes", "zebulon")
    await forum.work()
    await age(forum, 366)
    await forum.say("the export crashes", "ann")
    await forum.work()
    await let_go(forum.database, COMMENTS)
    await forum.work()
    rows = await forum.rows("select text, deleted_at, author_id from comment order by id")
    assert [row["text"] for row in rows] == ["", "the export crashes"]
    assert rows[0]["deleted_at"] is not None
    assert [row["handle"] for row in await forum.rows("select handle from author")] == ["ann"]
    for table in ("comment", "comment_version", "delivery", "theme", "theme_face", "activity"):
        for row in await forum.rows(f"select t.* from {table} t"):
            assert b"zebulon" not in b" ".join(
                bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                for value in row.values()
            )
    await forum.deliver_comments(old)
    await forum.work()
    (first, *_) = await forum.rows("select text from comment order by id")
    assert first["text"] == ""


async def test_an_edit_gives_a_comment_its_whole_time_again(forum: Forum) -> None:
    comment = await forum.say("the export crashes")
    await forum.work()
    await age(forum, 366)
    (now,) = await forum.rows("select now() as at")
    edited = {**comment, "text": "the export crashes twice", "edited_at": now["at"].isoformat()}
    await forum.deliver_comments(edited, event="comment.edited")
    await forum.work()
    assert await let_go(forum.database, COMMENTS) == {"comments": 0}


async def test_what_a_decision_rested_on_stays_explainable(forum: Forum) -> None:
    for author in ("ann", "bob", "cy"):
        await forum.say("the export crashes", author)
    await forum.work()
    (theme,) = await forum.themes()
    async with forum.database.transaction() as connection:
        await decisions.accept(connection, theme["id"], actor=ME, undo_seconds=0)
    await age(forum, 366)
    await let_go(forum.database, COMMENTS)
    await forum.work()
    (after,) = await forum.themes()
    assert (after["status"], after["people"], after["mentions"]) == ("accepted", 0, 0)
    (line,) = await forum.rows("select detail, actor from activity where verb = 'expired'")
    assert line["detail"] == {"comments": 3, "people": theme["people"], "mentions": 3}
    assert line["actor"] == "system"


async def test_old_history_goes_and_lines_that_labels_rest_on_lose_the_person(
    forum: Forum,
) -> None:
    await forum.say("the export crashes")
    await forum.work()
    (theme,) = await forum.themes()
    async with forum.database.transaction() as connection:
        accepted = await decisions.accept(connection, theme["id"], actor=ME, undo_seconds=0)
    labels = await forum.rows("select id from kind_label order by id")
    assert labels
    await age(forum, 91)
    gone = await let_go(forum.database, ACTIVITY)
    assert gone == {"activity": 2}
    assert await forum.rows("select id from kind_label order by id") == labels
    (line,) = await forum.rows("select id, actor, verb, before from activity")
    assert (line["id"], line["actor"], line["verb"]) == (accepted, "former", "accepted")
    assert line["before"] == {}
    assert await let_go(forum.database, ACTIVITY) == {"activity": 0}


def test_the_terms_are_those_of_the_settings() -> None:
    assert [(term.sort, term.days) for term in terms_of(Settings())] == [
        ("raw deliveries", 30),
        ("ignored deliveries", 7),
        ("comments", None),
        ("activity", None),
    ]


async def test_a_deletion_after_the_body_expired_takes_the_comment_back(forum: Forum) -> None:
    comment = await forum.say("the export crashes")
    await forum.work()
    await age(forum, 31)
    await let_go(forum.database, BODIES)
    await forum.deliver({"type": "comment.deleted", "data": {"id": comment["id"]}})
    await forum.work()
    (row,) = await forum.rows("select text from comment")
    assert row["text"] == ""
    assert (await bodies(forum))[0] == ("parsed", "expired", False)


async def test_a_run_looks_at_each_comment_once(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot go, since its deletion is known already, does not keep a run from ending."""
    monkeypatch.setattr(retention, "COMMENTS_AT_ONCE", 1)
    for number in range(3):
        await forum.say(f"the export crashes on page {number}")
    await forum.work()
    await age(forum, 366)
    async with forum.database.transaction() as connection:
        await connection.execute(
            "insert into comment_version (product_id, source_id, external_id, version, type, text,"
            " delivery_id) select product_id, source_id, external_id, version, 'deleted', '',"
            " delivery_id from comment order by id limit 1"
        )
    assert await let_go(forum.database, COMMENTS) == {"comments": 3}
    rows = await forum.rows("select text <> '' as stays from comment order by id")
    assert [row["stays"] for row in rows] == [True, False, False]
