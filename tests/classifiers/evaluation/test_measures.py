"""What must hold of the figures whatever the file: intervals hold their value, scores keep their
bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.evaluation.agreement import clusters, rand_index
from classifiers.evaluation.measures import calibration_error, difference, interval, label_scores

LABELS = ("bug", "feature", "other")
PAIRS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=40
)
GROUPS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), min_size=1, max_size=40
)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(PAIRS, st.integers(0, 60))
def test_every_interval_holds_its_value(pairs: list[tuple[str, str]], samples: int) -> None:
    truth, told = zip(*pairs, strict=True)
    scores = label_scores(truth, told, LABELS, seed=1, samples=samples)
    for one in (scores.macro_f1, scores.accuracy, *(label.f1 for label in scores.labels.values())):
        assert 0 <= one.low <= one.value <= one.high <= 1
    assert scores.accuracy.value == pytest.approx(
        sum(one == two for one, two in pairs) / len(pairs), abs=1e-4
    )


@FEW
@given(PAIRS)
def test_scores_agree_with_their_definition(pairs: list[tuple[str, str]]) -> None:
    truth, told = zip(*pairs, strict=True)
    scores = label_scores(truth, told, LABELS, seed=1, samples=0)
    for label, score in scores.labels.items():
        hits = sum(one == two == label for one, two in pairs)
        both = truth.count(label) + told.count(label)
        assert score.f1.value == pytest.approx(2 * hits / both if both else 0, abs=1e-4)
        assert score.rows == truth.count(label)
    asked = [score.f1.value for score in scores.labels.values() if score.rows]
    assert scores.macro_f1.value == pytest.approx(np.mean(asked), abs=2e-4)


def test_an_interval_narrows_with_more_rows_and_covers_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    wide, narrow, held = [], [], 0
    for seed in range(80):
        right = random.random(400) < 0.7
        truth = ["bug"] * 400
        told = ["bug" if hit else "other" for hit in right]
        full = label_scores(truth, told, LABELS, seed=seed, samples=300).accuracy
        part = label_scores(truth[:40], told[:40], LABELS, seed=seed, samples=300).accuracy
        narrow.append(full.high - full.low)
        wide.append(part.high - part.low)
        held += full.low <= 0.7 <= full.high
    assert np.mean(narrow) < np.mean(wide) / 2
    assert held >= 70


@FEW
@given(PAIRS)
def test_nobody_is_ahead_of_itself(pairs: list[tuple[str, str]]) -> None:
    truth, told = zip(*pairs, strict=True)
    found = difference(truth, told, told, LABELS, seed=1, samples=30)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    best = difference(truth, truth, told, LABELS, seed=1, samples=30)
    assert best.low >= 0


@FEW
@given(
    st.lists(
        st.tuples(st.floats(0, 1, allow_subnormal=False), st.booleans()), min_size=1, max_size=50
    )
)
def test_calibration_error_is_a_share(rows: list[tuple[float, bool]]) -> None:
    sure, right = zip(*rows, strict=True)
    assert 0 <= calibration_error(sure, right) <= 1
    assert calibration_error([float(hit) for hit in right], right) == 0


@FEW
@given(GROUPS)
def test_cluster_scores_keep_their_bounds_and_swap_with_their_sides(
    rows: list[tuple[str, str]],
) -> None:
    truth, found = zip(*rows, strict=True)
    score, other = clusters(truth, found, samples=20), clusters(found, truth)
    assert score.b_cubed[:2] == pytest.approx(other.b_cubed[1::-1])
    assert score.b_cubed[2] == pytest.approx(other.b_cubed[2])
    assert all(0 <= value <= 1 for value in (*score.b_cubed, *score.pairs))
    for one in (score.b_cubed_f1, score.pair_f1):
        assert 0 <= one.low <= one.value <= one.high <= 1
    expected = [
        np.mean(
            [sum(o == one and t == true for t, o in rows) / found.count(one) for true, one in rows]
        ),
        np.mean(
            [sum(o == one and t == true for t, o in rows) / truth.count(true) for true, one in rows]
        ),
    ]
    assert score.b_cubed[:2] == pytest.approx(expected, abs=1e-5)


@FEW
@given(GROUPS)
def test_names_of_groups_and_the_order_of_comments_do_not_matter(
    rows: list[tuple[str, str]],
) -> None:
    truth, found = zip(*rows, strict=True)
    renamed = [f"group {ord(name) * 7 % 31}" for name in found]
    assert clusters(truth, renamed).b_cubed == clusters(truth, found).b_cubed
    assert clusters(truth[::-1], found[::-1]).pairs == clusters(truth, found).pairs
    assert rand_index(truth, renamed) == pytest.approx(rand_index(truth, found))


def test_the_same_grouping_is_perfect_and_singletons_are_precise() -> None:
    truth = ["a", "a", "a", "b"]
    assert clusters(truth, ["1", "1", "1", "2"]).b_cubed == (1, 1, 1)
    alone = clusters(truth, list("wxyz"))
    assert alone.b_cubed[:2] == (1, 0.5)
    assert alone.pairs == (1, 0, 0)
    whole = clusters(truth, list("1111"))
    assert whole.b_cubed[1] == 1
    assert whole.pairs[1] == 1


@FEW
@given(GROUPS)
def test_the_rand_index_agrees_with_scikit_learn(rows: list[tuple[str, str]]) -> None:
    from sklearn.metrics import adjusted_rand_score

    truth, found = zip(*rows, strict=True)
    assert rand_index(truth, found) == pytest.approx(adjusted_rand_score(truth, found), abs=1e-9)


def test_an_interval_is_widened_to_its_value() -> None:
    assert interval(0.5, np.array([0.1, 0.2])).high == 0.5
    assert interval(0.5, np.array([])) == interval(0.5, np.array([np.nan]))


def test_cluster_scores_by_hand() -> None:
    score = clusters(["a", "a", "b"], ["1", "1", "1"])
    assert score.b_cubed[:2] == (pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3), 1.0)
    assert score.pairs[:2] == (pytest.approx(1 / 3), 1.0)


def test_calibration_error_by_hand() -> None:
    assert calibration_error([0.95, 0.95, 0.55], [True, False, True], bins=10) == pytest.approx(
        (0.9 + 0.45) / 3
    )
    weighed = calibration_error(
        [0.95, 0.95, 0.55], [True, False, True], np.array([2.0, 1.0, 1.0]), bins=10
    )
    assert weighed == pytest.approx((0.95 - 2 * 0.05 + 0.45) / 4)
