"""Training again where nothing changed, and putting a rejected version in force."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from app.errors import Conflict
from app.jobs.learning import ask_for_all, train_once
from app.learning import model_versions
from app.models.states import Learned, ModelStatus
from app.triage.undo import undo
from tests.scenes.forum import ME, Forum
from tests.scenes.learning import (
    ModestEnricher,
    correct,
    correct_further,
    fill,
    train,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
async def forum(forum: Forum) -> Forum:
    await fill(forum)
    return forum


async def test_training_again_without_new_labels_says_that_nothing_changed(forum: Forum) -> None:
    await correct(forum, 30, 15)
    first = await train(forum)
    ways: list[dict[str, Any]] = [{}, {"dry_run": True}, {"hold": True}]
    for how in ways:
        again = await train(forum, **how)
        assert (again.reason, again.promoted, again.version) == ("nothing_new", False, 1)
        assert again.scores == json.loads(json.dumps(first.scores))
        assert again.detail.startswith(
            "Nothing changed since version 1, which is in force: it learned from the same"
        )
    async with forum.database.transaction() as connection:
        await model_versions.roll_back(connection, forum.product_id, Learned.kind)
    assert "version 1, which served before:" in (await train(forum)).detail, (
        "it is there to be put in force again"
    )
    async with forum.database.transaction() as connection:
        await model_versions.promote(connection, forum.product_id, Learned.kind, 1)

    await correct_further(forum)
    second = await train(forum)
    assert (second.reason, second.promoted, second.version) == ("not_better", False, 2)
    assert "version 2, which was rejected:" in (await train(forum)).detail
    async with forum.database.transaction() as connection:
        await model_versions.roll_back(connection, forum.product_id, Learned.kind)
    third = await train(forum)
    assert (third.reason, third.version) == ("better", 3), (
        "the same labels against another model in force are news"
    )
    found = await forum.rows("select number, status from product_model order by number")
    assert [row["status"] for row in found] == ["retired", "rejected", "active"]


async def test_a_new_shipped_model_brings_back_what_a_product_learned(forum: Forum) -> None:
    """Until then its version rests, and ten more labels can take weeks to come."""

    class Newer(ModestEnricher):
        version = "newer/1"

    class Newest(ModestEnricher):
        version = "newest/1"

    await correct(forum, 30, 15)
    assert (await train(forum)).promoted
    assert await ask_for_all(forum.database, ModestEnricher()) == 0
    assert await ask_for_all(forum.database, Newer()) == 1
    await forum.rows("delete from procrastinate.procrastinate_jobs returning id")
    outcome = await train_once(forum.database, Newer(), forum.product_id, Learned.kind, "system")
    assert outcome is not None
    assert outcome.promoted
    assert await ask_for_all(forum.database, Newer()) == 0
    async with forum.database.transaction() as connection:
        await model_versions.roll_back(connection, forum.product_id, Learned.kind)
        await model_versions.roll_back(connection, forum.product_id, Learned.kind)
    assert await ask_for_all(forum.database, Newest()) == 0, (
        "a person went back to the shipped model"
    )


async def test_a_label_that_is_taken_back_is_a_change(forum: Forum) -> None:
    await correct(forum, 30, 15)
    await train(forum)
    last = await forum.rows("select max(activity_id) as id from kind_label")
    async with forum.database.transaction() as connection:
        await undo(connection, last[0]["id"], actor=ME)
    assert (await train(forum)).reason == "not_better"


async def test_a_rejected_version_serves_only_where_somebody_insists(forum: Forum) -> None:
    await correct(forum, 30, 15)
    await train(forum)
    await correct_further(forum)
    assert (await train(forum)).version == 2
    async with forum.database.transaction() as connection:
        with pytest.raises(
            Conflict, match=r"on labels kept out its score was \d+\.\d of 100 against"
        ) as refused:
            await model_versions.promote(connection, forum.product_id, Learned.kind, 2)
    assert refused.value.reason == "rejected_unconfirmed"
    async with forum.database.transaction() as connection:
        assert (
            await model_versions.promote(connection, forum.product_id, Learned.kind, 2, anyway=True)
        ).number == 2


@pytest.mark.parametrize(
    ("reason", "before", "after", "mean", "low", "said"),
    [
        (
            "not_better",
            0.612,
            0.571,
            -0.041,
            -0.08,
            "57.1 of 100 against 61.2 in force then, 4.1 points worse.",
        ),
        (
            "not_better",
            0.6,
            0.61,
            0.01,
            -0.023,
            "1.0 points better, which may be chance (it may be 2.3 worse).",
        ),
        ("not_better", 0.6, 0.6, 0.0, 0.0, "against 60.0 in force then, no better."),
        ("changes_too_much", 0.6, 0.7, 0.1, 0.06, "10.0 points better. It changes too much."),
    ],
)
def test_by_how_much_kinds_were_worse(
    reason: str, before: float, after: float, mean: float, low: float, said: str
) -> None:
    scores = {
        "before": {"macro_f1": before},
        "after": {"macro_f1": after},
        "gain": {"mean": mean, "low": low},
    }
    told = model_versions.why_not(rejected(Learned.kind, reason, scores))
    assert told.startswith("Version 4 was rejected: on labels kept out its score was ")
    assert told.endswith(said)


def test_by_how_much_a_grouping_was_worse() -> None:
    scores = {
        "before": {"precision": 0.9, "recall": 0.4},
        "after": {"precision": 0.7, "recall": 0.5},
        "gain": {"mean": -12.25, "low": -20.0},
    }
    assert model_versions.why_not(rejected(Learned.grouping, "not_better", scores)) == (
        "Version 4 was rejected: on labels kept out 70% of its joins were right against 90%, and "
        "it found 50% of what "
        "is the same against 40% in force then, 12.2 points of net benefit worse."
    )
    told = model_versions.why_not(rejected(Learned.grouping, "too_few_labels", {}))
    assert told == "Version 4 was rejected without being measured. It changes too much."


def rejected(learned: Learned, reason: str, scores: dict[str, Any]) -> model_versions.ModelVersion:
    detail = "It changes too much."
    return model_versions.ModelVersion(
        1,
        uuid.uuid4(),
        learned,
        4,
        "",
        {},
        ModelStatus.rejected,
        reason,
        detail,
        40,
        9,
        scores,
        NOW,
        ME,
        None,
    )
