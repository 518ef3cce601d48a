"""From corrections to a version that serves, and back again."""

from __future__ import annotations

import pytest
from structlog.testing import CapturingLogger

from app.errors import Conflict, Invalid, NotFound
from app.jobs.learning import ask_for_all, train_once
from app.judging.product_models import base_of, own_grouper, shipped_thresholds
from app.learning import model_versions, rejudging, training
from app.learning.training_queue import ask_for_training, being_trained
from app.models.states import Learned
from app.storage.advisory import AdvisoryLock, held_alone
from app.triage import decisions
from classifiers.grouping.grouper import DefaultGrouper
from tests.scenes.forum import ME, Forum
from tests.scenes.learning import (
    ABOUT_SYNC,
    ModestEnricher,
    correct,
    correct_further,
    fill,
    read_and_group,
    train,
)


@pytest.fixture
async def forum(forum: Forum) -> Forum:
    """What the team files as requests, fifty comments about sync, and as bugs, fifty about
    printing."""
    await fill(forum)
    return forum


async def kinds(forum: Forum, texts: list[str]) -> dict[str, int]:
    rows = await forum.rows(
        "select kind, count(*) as n from comment where text = any(%s) group by kind", texts
    )
    return {row["kind"]: row["n"] for row in rows}


async def test_few_labels_teach_nothing_and_leave_no_version(forum: Forum) -> None:
    await correct(forum, 6, 4)
    outcome = await train(forum)
    assert (outcome.reason, outcome.labels, outcome.promoted, outcome.version) == (
        "too_few_labels",
        10,
        False,
        None,
    )
    assert outcome.detail == "At least 30 labels of different themes are needed; go on correcting."
    assert await forum.rows("select 1 from product_model") == []


async def test_what_people_correct_is_learned_served_and_rolled_back(forum: Forum) -> None:
    await correct(forum, 30, 15)
    dry = await train(forum, dry_run=True)
    assert dry.reason == "better"
    assert not dry.promoted
    assert await forum.rows("select 1 from product_model") == []
    outcome = await train(forum)
    assert (outcome.promoted, outcome.version, outcome.labels) == (True, 1, 45)
    assert outcome.scores["after"]["macro_f1"] > outcome.scores["before"]["macro_f1"] + 0.2

    await forum.say("sync with the camera at home fails", "new")
    await read_and_group(forum)
    (fresh,) = await forum.rows(
        "select kind, model_version from comment where text like '%%camera%%'"
    )
    assert fresh == {"kind": "feature", "model_version": "small/1+own-1"}
    models = await forum.rows("select distinct model from comment_embedding")
    assert len(models) == 1, (
        "vectors keep the name of their encoder: they are compared with all others"
    )

    async with forum.database.transaction() as connection:
        assert await model_versions.roll_back(connection, forum.product_id, Learned.kind) is None
    await forum.say("sync with the printer at home fails", "newer")
    await read_and_group(forum)
    (fresh,) = await forum.rows(
        "select kind, model_version from comment where text like '%%printer at%%'"
    )
    assert fresh == {"kind": "bug", "model_version": "small/1"}
    async with forum.database.transaction() as connection:
        with pytest.raises(Conflict, match="nothing to go back to"):
            await model_versions.roll_back(connection, forum.product_id, Learned.kind)


async def test_versions_follow_each_other_and_rolling_back_goes_one_step(forum: Forum) -> None:
    await correct(forum, 30, 15)
    await train(forum)
    await correct_further(forum)
    held = await train(forum, hold=True)
    assert held.version == 2
    assert not held.promoted
    async with forum.database.transaction() as connection:
        await model_versions.promote(connection, forum.product_id, Learned.kind, 2, anyway=True)
    async with forum.database.transaction() as connection:
        with pytest.raises(Conflict, match="active already"):
            await model_versions.promote(connection, forum.product_id, Learned.kind, 2)
        with pytest.raises(NotFound):
            await model_versions.promote(connection, forum.product_id, Learned.kind, 9)
        with pytest.raises(Invalid, match="kind or grouping"):
            await model_versions.promote(connection, forum.product_id, "tone", 1)
    async with forum.database.transaction() as connection:
        found = await model_versions.versions(connection, forum.product_id)
        assert [(one.number, one.status, one.reason) for one in found] == [
            (2, "active", "promoted"),
            (1, "retired", "replaced"),
        ]
    async with forum.database.transaction() as connection:
        back = await model_versions.roll_back(connection, forum.product_id, Learned.kind)
        assert back is not None
        assert back.number == 1
    async with forum.database.transaction() as connection:
        assert await model_versions.roll_back(connection, forum.product_id, Learned.kind) is None


async def test_another_base_serves_as_shipped_and_learns_anew(forum: Forum) -> None:
    class Newer(ModestEnricher):
        version = "small/2"

    await correct(forum, 30, 15)
    await train(forum)
    await forum.say("sync with the camera at home fails", "new")
    await read_and_group(forum, Newer())
    assert await kinds(forum, ["sync with the camera at home fails"]) == {"bug": 1}
    outcome = await training.train(
        forum.database, Newer(), forum.product_id, Learned.kind, actor=ME
    )
    assert outcome.promoted
    assert outcome.version == 2


async def test_unsure_and_undecided_comments_are_judged_again_and_a_persons_word_stays(
    forum: Forum,
) -> None:
    await correct(forum, 30, 15)
    await train(forum)
    await forum.rows(
        "update comment set kind_by = 'person', kind = 'question' where text = %s returning id",
        ABOUT_SYNC[31],
    )
    accepted = await forum.rows(
        "update theme set status = 'accepted' where id = (select theme_id from comment where text "
        "= %s) returning id",
        ABOUT_SYNC[40],
    )
    decided = await forum.rows("select text from comment where theme_id = %s", accepted[0]["id"])
    await forum.rows(
        "update comment set kind_confidence = 0.3 where text = any(%s) returning id",
        ABOUT_SYNC[30:],
    )
    await forum.rows(
        "update product_model set settings = jsonb_set(settings, '{unsure_below}', '0.5') "
        "returning id"
    )
    seen, changed = await rejudging.rejudge(forum.database, ModestEnricher(), forum.product_id)
    assert 0 < changed == seen
    await read_and_group(forum)
    told = {row["text"] for row in decided}
    assert await kinds(forum, [ABOUT_SYNC[31]]) == {"question": 1}
    assert set(await kinds(forum, [text for text in ABOUT_SYNC[32:] if text in told])) <= {"bug"}
    assert set(await kinds(forum, [text for text in ABOUT_SYNC[32:] if text not in told])) == {
        "feature"
    }


async def test_one_training_of_a_product_at_a_time(forum: Forum) -> None:
    async with held_alone(forum.database, AdvisoryLock.train, forum.product_id):
        with pytest.raises(Conflict, match="being trained"):
            await train(forum)
    assert (await train(forum)).reason == "too_few_labels"


async def test_thresholds_follow_the_pairs_and_serve_the_next_batch(forum: Forum) -> None:
    base = shipped_thresholds(None)
    (theme,) = await forum.rows("select id from theme order by created_at, id limit 1")
    comments = await forum.rows("select id from comment order by id limit 80")
    async with forum.database.transaction() as connection:
        for number, row in enumerate(comments[:60]):
            same = number % 3 != 0
            score = base.join["short"] - (0.02 + number % 5 * 0.01 if same else 0.2)
            (line,) = await (
                await connection.execute(
                    "insert into activity (product_id, theme_id, verb) values (%s, %s, 'merged') "
                    "returning id",
                    [forum.product_id, theme["id"]],
                )
            ).fetchall()
            await connection.execute(
                """
                insert into pair_label (product_id, comment_id, activity_id, version, near, same,
                    score, join_at,
                                        suggest_at, size, judge)
                values (%s, %s, %s, 'edited since', '{}', %s, %s, %s, %s, 'short', %s)
                """,
                [
                    forum.product_id,
                    row["id"],
                    line["id"],
                    same,
                    score,
                    base.join["short"],
                    base.suggest["short"],
                    f"space|{base.version}",
                ],
            )
    outcome = await train(forum, Learned.grouping)
    assert outcome.promoted
    assert outcome.scores["after"]["recall"] > outcome.scores["before"]["recall"]
    async with forum.database.transaction() as connection:
        own = await own_grouper(connection, forum.product_id, DefaultGrouper())
    assert isinstance(own, DefaultGrouper)
    assert own.thresholds.join["short"] == pytest.approx(base.join["short"] - 0.06)
    assert own.thresholds.join["long"] == base.join["long"]
    assert own.thresholds.version.endswith("+own-1")
    async with forum.database.transaction() as connection:
        await model_versions.roll_back(connection, forum.product_id, Learned.grouping)
        again = await own_grouper(connection, forum.product_id, DefaultGrouper())
    assert isinstance(again, DefaultGrouper)
    assert again.thresholds == base


async def test_a_worker_is_asked_once_and_trains_what_has_new_labels(forum: Forum) -> None:
    assert await ask_for_all(forum.database, ModestEnricher()) == 0
    await correct(forum, 30, 15)
    assert await ask_for_all(forum.database, ModestEnricher()) == 1
    async with forum.database.transaction() as connection:
        assert await being_trained(connection, forum.product_id) == {Learned.kind}
        assert not await ask_for_training(connection, forum.product_id, Learned.kind, ME)
        (job,) = await forum.rows("select args, queue_name from procrastinate.procrastinate_jobs")
    assert job["args"] == {
        "product_id": str(forum.product_id),
        "what": Learned.kind,
        "actor": "system",
    }
    await forum.rows("delete from procrastinate.procrastinate_jobs returning id")
    outcome = await train_once(
        forum.database, ModestEnricher(), forum.product_id, Learned.kind, "system"
    )
    assert outcome is not None
    assert outcome.promoted
    assert await ask_for_all(forum.database, ModestEnricher()) == 0, "nothing new since"
    async with forum.database.transaction() as connection:
        rows = await connection.execute(
            "select id from comment where text = any(%s)", [ABOUT_SYNC[30:42]]
        )
        for row in await rows.fetchall():
            await decisions.reclassify(connection, row["id"], "feature", actor=ME)
    assert await ask_for_all(forum.database, ModestEnricher()) == 0, (
        "twelve new labels, but the last try was today"
    )
    await forum.rows("update product_model set trained_at = now() - interval '1 day' returning id")
    assert await ask_for_all(forum.database, ModestEnricher()) == 1


async def test_a_training_that_cannot_be_done_says_why(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = CapturingLogger()
    monkeypatch.setattr("app.jobs.learning.log", lines)
    async with held_alone(forum.database, AdvisoryLock.train, forum.product_id):
        assert (
            await train_once(
                forum.database, ModestEnricher(), forum.product_id, Learned.kind, "system"
            )
            is None
        )
    assert [(line.args[0], line.kwargs["reason"]) for line in lines.calls] == [
        ("training_failed", "training_running")
    ]


def test_what_a_correction_depends_on() -> None:
    class Other(ModestEnricher):
        space = "encoder"

        def __init__(self, version: str) -> None:
            self.version = version

    one = Other("encoder/openvino-int8+kind-a1+several-b2+sentiment-c3+r1")
    assert (
        base_of(one)
        == base_of(Other("encoder/openvino-f32+kind-a1+several-x+sentiment-y+r1"))
        == "encoder+kind-a1"
    )
    for version in ("kind-a2+several-b2", "kind-a1+reports-d4+several-b2"):
        assert base_of(one) != base_of(Other(f"encoder/openvino-int8+{version}+sentiment-c3+r1"))
