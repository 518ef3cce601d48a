"""Every correction becomes a label, outlives edits and merges, and goes when it is undone."""

from __future__ import annotations

import pytest

from app.judging.product_models import shipped_thresholds
from app.learning import labelled, labelled_pairs
from app.triage import decisions, regroup
from app.triage.undo import undo
from classifiers.kinds.kind import KINDS
from tests.scenes.forum import ME, Forum
from tests.scenes.small_model import SmallEnricher


@pytest.fixture
async def forum(forum: Forum) -> Forum:
    for author, text in (
        ("ann", "export to pdf crashes always"),
        ("bob", "export to pdf crashes always today"),
        ("cid", "login with google is broken"),
        ("dan", "how does this work?"),
    ):
        await forum.say(text, author)
    await forum.work()
    return forum


async def kinds(forum: Forum) -> list[tuple[str, str, float]]:
    async with forum.database.transaction() as connection:
        found = await labelled.kind_labels(connection, forum.product_id)
    return [(one.text, one.kind, one.weight) for one in found]


async def pairs(forum: Forum) -> list[tuple[bool, str, float]]:
    async with forum.database.transaction() as connection:
        found = await labelled_pairs.pair_labels(
            connection, forum.product_id, shipped_thresholds(None)
        )
    return [(one.same, one.size, one.weight) for one in found]


async def comment_id(forum: Forum, text: str) -> int:
    (row,) = await forum.rows("select id from comment where text = %s", text)
    number: int = row["id"]
    return number


async def test_a_corrected_kind_is_a_label_with_what_the_model_had_said(forum: Forum) -> None:
    number = await comment_id(forum, "how does this work?")
    async with forum.database.transaction() as connection:
        await decisions.reclassify(connection, number, "feature", actor=ME)
    (row,) = await forum.rows("select kind, was, confidence, weight from kind_label")
    assert row == {"kind": "feature", "was": "question", "confidence": 0.9, "weight": 1.0}
    assert await kinds(forum) == [("how does this work?", "feature", 1.0)]


async def test_a_label_keeps_the_text_of_its_time_until_its_words_are_taken_back(
    forum: Forum,
) -> None:
    comment = forum.comment("where is the help?", author="eve")
    await forum.deliver_comments(comment)
    await forum.work()
    number = await comment_id(forum, "where is the help?")
    async with forum.database.transaction() as connection:
        await decisions.reclassify(connection, number, "bug", actor=ME)
    await forum.deliver_comments(
        comment | {"text": "so where is the help? found it", "edited_at": "2026-11-05T00:00:00Z"},
        event="comment.edited",
    )
    await forum.work()
    assert await kinds(forum) == [("where is the help?", "bug", 1.0)]
    await forum.deliver_comments(
        comment | {"text": "never mind", "edited_at": "2026-11-06T00:00:00Z"},
        event="comment.edited",
    )
    await forum.work()
    assert await kinds(forum) == []


async def test_a_label_goes_with_its_comment(forum: Forum) -> None:
    comment = forum.comment("where is the help?", author="eve")
    await forum.deliver_comments(comment)
    await forum.work()
    number = await comment_id(forum, "where is the help?")
    async with forum.database.transaction() as connection:
        await decisions.reclassify(connection, number, "bug", actor=ME)
    await forum.deliver_comments(
        {"id": comment["id"], "deleted_at": "2026-11-06T00:00:00Z"}, event="comment.deleted"
    )
    await forum.work()
    assert await kinds(forum) == []


async def test_an_undone_decision_is_no_label(forum: Forum) -> None:
    number = await comment_id(forum, "how does this work?")
    async with forum.database.transaction() as connection:
        done = await decisions.reclassify(connection, number, "feature", actor=ME)
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    assert await kinds(forum) == []


async def test_the_last_word_on_a_text_counts_and_a_weak_one_never_beats_it(forum: Forum) -> None:
    number = await comment_id(forum, "login with google is broken")
    (theme,) = await forum.rows("select theme_id from comment where id = %s", number)
    async with forum.database.transaction() as connection:
        await decisions.reclassify(connection, number, "feature", actor=ME)
        await decisions.reclassify(connection, number, "question", actor=ME)
    assert await kinds(forum) == [("login with google is broken", "question", 1.0)]
    async with forum.database.transaction() as connection:
        await decisions.accept(connection, theme["theme_id"], actor=ME, undo_seconds=0)
    assert await kinds(forum) == [("login with google is broken", "question", 1.0)]


async def test_accepting_a_theme_lets_its_comments_stand(forum: Forum) -> None:
    first, _ = await forum.themes()
    async with forum.database.transaction() as connection:
        done = await decisions.accept(connection, first["id"], actor=ME, undo_seconds=0)
    assert {(kind, weight) for _, kind, weight in await kinds(forum)} == {("bug", 0.25)}
    assert await pairs(forum) == [(True, "short", 0.25)]
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    assert (await kinds(forum), await pairs(forum)) == ([], [])
    async with forum.database.transaction() as connection:
        await decisions.accept(connection, first["id"], actor="system", undo_seconds=0)
    assert (await kinds(forum), await pairs(forum)) == ([], [])


async def test_the_kind_of_a_theme_is_one_word_about_its_comments(forum: Forum) -> None:
    first, _ = await forum.themes()
    async with forum.database.transaction() as connection:
        await decisions.change_kind(connection, first["id"], "feature", actor=ME)
    assert [(kind, weight) for _, kind, weight in await kinds(forum)] == [
        ("feature", 0.5),
        ("feature", 0.5),
    ]


async def test_merge_split_and_rejection_are_pairs(forum: Forum) -> None:
    first, second = await forum.themes()
    async with forum.database.transaction() as connection:
        merged = await regroup.merge(connection, first["id"], [second["id"]], actor=ME)
    assert await pairs(forum) == [(True, "short", 1.0)]
    (row,) = await forum.rows("select score, join_at, suggest_at, judge from pair_label")
    assert 0 <= row["score"] < row["join_at"]
    assert row["suggest_at"] < row["join_at"]
    assert "|" in row["judge"]
    login = await comment_id(forum, "login with google is broken")
    async with forum.database.transaction() as connection:
        split, _ = await regroup.split(connection, first["id"], [login], actor=ME)
    assert await pairs(forum) == [(True, "short", 1.0), (False, "short", 1.0)]
    for activity in (split, merged):
        async with forum.database.transaction() as connection:
            await undo(connection, activity, actor=ME)
    assert await pairs(forum) == []


async def test_a_move_says_two_things_and_an_edit_leaves_the_score_of_its_time(
    forum: Forum,
) -> None:
    _, second = await forum.themes()
    moved = forum.comment("export to pdf crashes always again", author="eve")
    await forum.deliver_comments(moved)
    await forum.work()
    number = await comment_id(forum, "export to pdf crashes always again")
    async with forum.database.transaction() as connection:
        await regroup.move(connection, number, second["id"], actor=ME)
    assert await pairs(forum) == [(False, "short", 1.0), (True, "short", 1.0)]
    (away, there) = await forum.rows("select score from pair_label order by id")
    assert away["score"] > there["score"]
    await forum.deliver_comments(
        moved | {"text": "printing fails", "edited_at": "2026-11-05T00:00:00Z"},
        event="comment.edited",
    )
    await forum.work()
    async with forum.database.transaction() as connection:
        found = await labelled_pairs.pair_labels(
            connection, forum.product_id, shipped_thresholds(None)
        )
    assert [one.score for one in found] == [away["score"], there["score"]]


async def test_labels_become_examples_with_copies_in_one_group(forum: Forum) -> None:
    for author in ("fay", "gus"):
        await forum.say("Why does it beep?", author)
    await forum.work()
    ids = [
        row["id"]
        for row in await forum.rows("select id from comment where text = 'Why does it beep?'")
    ]
    async with forum.database.transaction() as connection:
        for number in ids:
            await decisions.reclassify(connection, number, "bug", actor=ME)
    async with forum.database.transaction() as connection:
        labels = await labelled.kind_labels(connection, forum.product_id)
        rest = await labelled.unlabelled(connection, forum.product_id, most=10)
    assert len(rest) == 4
    assert "Why does it beep?" not in rest
    found = await labelled.understood(SmallEnricher(), [one.text for one in labels] + rest)
    data, numbers = labelled.examples_of(labels, rest, found)
    assert data.labelled.sum() == 2
    assert len(data) == 6
    assert numbers.tolist() == [one.id for one in labels] + 4 * [0]
    assert data.groups[0] == data.groups[1]
    assert len(set(data.groups[2:])) == 4
    assert KINDS[int(data.targets[0].argmax())].value == "bug"


async def test_confirming_a_kind_is_a_label_and_moves_nothing(forum: Forum) -> None:
    number = await comment_id(forum, "export to pdf crashes always")
    (before,) = await forum.rows(
        "select theme_id, theme_by, stage from comment where id = %s", number
    )
    async with forum.database.transaction() as connection:
        await decisions.reclassify(connection, number, "bug", actor=ME)
    assert await kinds(forum) == [("export to pdf crashes always", "bug", 1.0)]
    assert await forum.rows(
        "select theme_id, theme_by, stage from comment where id = %s", number
    ) == [before]
