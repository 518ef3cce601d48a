"""A product's own correction: what it gains after 40, 100 and 300 labels, and when it must not
serve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifiers.grouping.thresholds import NEVER_JOINS, TEXT_CLASSES, Thresholds
from classifiers.kinds.correction import Correction
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.kind import KINDS
from classifiers.refits.holdout import expected_f1, folds
from classifiers.refits.refit import Examples, examples, refit
from classifiers.refits.refit_grouping import (
    MOST_SHIFT,
    NO_SHIFTS,
    Pairs,
    fit_shifts,
    shifted,
    try_grouping,
)
from classifiers.refits.refit_kind import try_kind
from tests.classifiers.refits.own_language import World


@pytest.fixture(scope="module")
def world(enricher: DefaultEnricher) -> World:
    """One community in which whatever does not sync is filed as a request."""
    return World(enricher, seed=1)


def score(world: World, correction: Correction | None) -> float:
    """Macro F1 on the comments that nobody labelled."""
    probabilities = world.shipped[world.test]
    if correction is not None:
        probabilities = correction.probabilities(world.vectors[world.test], probabilities)
    truth = np.eye(len(KINDS))[world.kinds[world.test]]
    kinds = np.unique(world.kinds[world.test])
    return float(
        expected_f1(truth, probabilities.argmax(axis=1), np.ones((1, len(truth))), kinds)[0]
    )


def shuffled(data: Examples, seed: int) -> Examples:
    """The same labels on the wrong comments."""
    kinds = np.where(data.labelled, data.targets.argmax(axis=1), -1)
    kinds[data.labelled] = np.random.default_rng(seed).permutation(kinds[data.labelled])
    return examples(data.vectors, data.shipped, kinds, np.ones(len(kinds)), data.groups)


def test_more_labels_raise_the_score_on_comments_kept_apart(world: World) -> None:
    trials = [
        try_kind(world.labels(count, only_mistakes=False), None, 0.86) for count in (40, 150, 300)
    ]
    before, (few, more, many) = (
        score(world, None),
        [score(world, trial.correction) for trial in trials],
    )
    assert few > before + 0.05
    assert more > before + 0.1
    assert many > before + 0.1
    assert [trial.reason for trial in trials[1:]] == ["better", "better"]


def test_corrections_of_mistakes_alone_do_not_teach_to_contradict(world: World) -> None:
    few, many = (
        try_kind(world.labels(count, only_mistakes=True), None, 0.86) for count in (100, 300)
    )
    assert many.reason == "better"
    assert few.correction is not None
    assert many.correction is not None
    right = world.test & (world.shipped.argmax(axis=1) == world.kinds)
    for correction in (few.correction, many.correction):
        assert score(world, correction) > score(world, None) + 0.1
        kept = correction.probabilities(world.vectors[right], world.shipped[right]).argmax(axis=1)
        assert (kept == world.kinds[right]).mean() > 0.75, (
            "what was right stays right, though nobody ever said so"
        )


def test_ten_labels_and_shuffled_labels_promote_nothing(world: World) -> None:
    assert (
        try_kind(shuffled(world.labels(10, only_mistakes=False), 3), None, 0.86).reason
        == "too_few_labels"
    )
    for count in (40, 100, 300):
        trial = try_kind(shuffled(world.labels(count, only_mistakes=False), 3), None, 0.86)
        assert trial.reason in ("not_better", "nothing_learned"), (count, trial.gain)


def test_the_same_labels_are_no_gain_over_the_version_that_saw_them(world: World) -> None:
    data = world.labels(100, only_mistakes=False)
    first = try_kind(data, None, 0.86)
    assert first.correction is not None
    again = try_kind(data, np.ones(len(data), bool), first.correction.unsure_below)
    assert again.reason == "not_better"
    assert again.gain is not None
    assert again.gain.mean == 0


def test_the_fit_is_deterministic_and_survives_storage(world: World) -> None:
    data = world.labels(40, only_mistakes=False)
    one, other = refit(data, 7), refit(data, 7)
    assert np.array_equal(one.shifts, other.shifts)
    back = Correction.unpack(replace(one, unsure_below=0.6).pack())
    assert back.unsure_below == 0.6
    some = world.vectors[:50], world.shipped[:50]
    assert np.abs(back.probabilities(*some) - one.probabilities(*some)).max() < 2e-3
    for damaged in (b"something else", one.pack()[:-30]):
        with pytest.raises(ValueError, match="not a stored correction"):
            Correction.unpack(damaged)


def test_a_correction_is_local_and_few_labels_move_little(world: World) -> None:
    data = world.labels(20, only_mistakes=True)
    correction = refit(data, 7)
    at, away = correction.centres[:1], -correction.centres.mean(axis=0, keepdims=True)
    away /= np.linalg.norm(away)
    shipped = np.full((1, len(KINDS)), 0.2)
    assert np.abs(correction.probabilities(away.astype(np.float32), shipped) - 0.2).max() < 0.05
    assert np.abs(correction.probabilities(at, shipped) - 0.2).max() > 0.05


def test_the_unsure_threshold_of_the_product_holds_on_comments_kept_apart(world: World) -> None:
    trial = try_kind(world.labels(300, only_mistakes=False), None, 0.86)
    assert trial.correction is not None
    assert trial.after is not None
    assert trial.before is not None
    said = trial.correction.probabilities(world.vectors[world.test], world.shipped[world.test])
    sure = said.max(axis=1) >= trial.correction.unsure_below
    right = said.argmax(axis=1) == world.kinds[world.test]
    assert trial.after.coverage > trial.before.coverage + 0.15
    shipped = world.shipped[world.test].max(axis=1) >= 0.86
    assert sure.mean() > shipped.mean() + 0.15
    assert right[sure].mean() > 0.85


def confirmed(count: int, right_above: float, seed: int = 5) -> Examples:
    """Labels of a product whose people find the shipped kinds right from a confidence on, and else
    by halves."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sureness, said = random.uniform(0.4, 0.95, count), random.integers(0, len(KINDS), count)
    shipped = np.repeat((1 - sureness)[:, None] / (len(KINDS) - 1), len(KINDS), axis=1)
    shipped[np.arange(count), said] = sureness
    right = random.random(count) < np.where(sureness >= right_above, 0.97, 0.5)
    kinds = np.where(right, said, (said + 1) % len(KINDS))
    return examples(vectors, shipped, kinds, np.ones(count), np.arange(count))


def test_where_people_confirm_the_threshold_of_doubt_moves_alone() -> None:
    data = confirmed(150, 0.6)
    trial = try_kind(data, None, 0.9)
    assert trial.reason == "surer"
    assert trial.correction is not None
    assert trial.before is not None
    assert trial.after is not None
    assert 0.45 < trial.correction.unsure_below < 0.75
    assert trial.after.coverage > trial.before.coverage + 0.3
    assert trial.after.precision >= 0.9
    assert trial.after.macro_f1 == trial.before.macro_f1
    fresh = confirmed(2_000, 0.6, seed=6)
    said = Correction.unpack(trial.correction.pack()).probabilities(fresh.vectors, fresh.shipped)
    assert np.allclose(said, fresh.shipped, atol=1e-6), "kinds and confidence stay"
    sure = said.max(axis=1) >= trial.correction.unsure_below
    right = said.argmax(axis=1) == fresh.targets.argmax(axis=1)
    assert sure.mean() > 0.4
    assert right[sure].mean() > 0.88
    again = try_kind(data, None, trial.correction.unsure_below)
    assert again.reason != "surer", "it does not creep on from the same labels"


def test_a_shipped_model_that_is_not_to_be_trusted_is_not_trusted_more() -> None:
    for count in (60, 150, 300):
        assert try_kind(confirmed(count, 1.0), None, 0.9).reason not in ("surer", "better")


def test_folds_keep_groups_together_and_spread_every_kind() -> None:
    random = np.random.default_rng(0)
    groups = random.integers(0, 60, 200)
    strata = random.integers(0, 4, 200)
    place = folds(groups, strata, 5, seed=1)
    assert all(len(np.unique(place[groups == group])) == 1 for group in np.unique(groups))
    assert all(len(np.unique(place[strata == kind])) == 5 for kind in range(4))
    assert np.bincount(place).min() > 25


def pairs(count: int, same_at: float, other_at: float, size: str = "short", seed: int = 0) -> Pairs:
    """Pairs of one class whose scores lie around ``same_at`` and ``other_at``, a threshold away
    from .5."""
    random = np.random.default_rng(seed)
    same = np.arange(count) % 2 == 0
    scores = np.where(same, same_at, other_at) + random.normal(0, 0.02, count)
    return Pairs(
        scores,
        np.full(count, 0.5),
        np.full(count, 0.4),
        np.full(count, TEXT_CLASSES.index(size)),
        same,
        np.ones(count),
        np.arange(count),
    )


def test_thresholds_go_where_the_pairs_are_and_no_further() -> None:
    assert fit_shifts(pairs(80, 0.45, 0.3))["join"]["short"] == pytest.approx(-0.1, abs=0.03)
    assert fit_shifts(pairs(80, 0.7, 0.55))["join"]["short"] == pytest.approx(0.08, abs=0.03)
    assert fit_shifts(pairs(80, 0.2, 0.1))["join"].get("short", 0.0) == 0.0, (
        "nothing is learned far from any threshold"
    )
    assert fit_shifts(pairs(8, 0.45, 0.3)) == NO_SHIFTS, "too few of the class"
    never = replace(pairs(80, 0.45, 0.3, "report"), join_at=np.full(80, NEVER_JOINS))
    assert fit_shifts(never) == NO_SHIFTS, "what a person decides is not learned away"


def test_better_thresholds_are_promoted_and_shuffled_pairs_are_not() -> None:
    data = pairs(80, 0.45, 0.3)
    trial = try_grouping(data, NO_SHIFTS, None)
    assert trial.reason == "better"
    assert trial.before is not None
    assert trial.after is not None
    assert trial.after.recall > trial.before.recall + 0.5
    assert trial.after.precision >= 0.9
    reasons = set()
    for seed in range(12):
        order = np.random.default_rng(seed).permutation(80)
        reasons.add(try_grouping(replace(data, same=data.same[order]), NO_SHIFTS, None).reason)
    assert "labels_contradict" in reasons
    assert "better" not in reasons
    assert try_grouping(pairs(10, 0.45, 0.3), NO_SHIFTS, None).reason == "too_few_labels"
    again = try_grouping(data, trial.shifts, np.ones(80, bool))
    assert again.reason in ("nothing_learned", "not_better")


def test_shifts_are_bounded_and_suggest_never_passes_join() -> None:
    base = Thresholds.read()
    moved = shifted(
        base, {"join": {"short": -9.0, "report": -0.1}, "suggest": {"short": 9.0}}, "own-1"
    )
    assert moved.join["short"] == pytest.approx(base.join["short"] - MOST_SHIFT)
    assert moved.join["report"] == base.join["report"]
    assert moved.suggest["short"] <= moved.join["short"]
    assert moved.join["long"] == base.join["long"]
    assert moved.version.startswith(base.version)
