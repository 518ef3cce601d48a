"""The score that candidates are ranked by, on vectors whose cosines are known."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.contract import Vectors
from classifiers.evaluation.retrieval import Search
from classifiers.grouping.fusion import crowds, fused_scores, shared_titles


def turned(*degrees: float) -> Vectors:
    """Unit vectors in a plane."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_crowd_is_the_mean_cosine_to_the_three_nearest() -> None:
    assert crowds(turned(0, 60, 90)) == pytest.approx(
        [np.mean(np.cos(np.radians(each))) for each in ([60, 90], [60, 30], [90, 30])], abs=1e-6
    )
    many = crowds(turned(*[0] * 4, 180, 180))
    assert many[:4] == pytest.approx(1, abs=1e-6)
    assert many[4:] == pytest.approx((1 - 2) / 3, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1])
def test_one_or_none_has_no_crowd(count: int) -> None:
    alone = turned(0, 1)[:count]
    assert crowds(alone).tolist() == [0] * count
    scores = fused_scores(turned(0)[0], alone, np.zeros(count, np.float32))
    assert scores.tolist() == pytest.approx([1] * count)


def test_the_score_is_the_sum_that_is_written_down() -> None:
    """By hand: the cosines are .9848, .7660 and .1736, the crowds .6040, .8160 and .5540."""
    query, vectors, words = turned(0)[0], turned(10, 40, 80), np.array([0, 0.5, 1], np.float32)
    scores = fused_scores(query, vectors, words)
    assert scores.tolist() == pytest.approx([0.6828, 0.5580, 0.2966], abs=1e-4)
    titles = shared_titles("Camera crashes", ["camera crash", "Camera settings", ""])
    assert titles is not None
    assert titles.tolist() == pytest.approx([1, 0.5, 0])
    with_titles = fused_scores(query, vectors, words, titles)
    assert with_titles.tolist() == pytest.approx([0.7828, 0.6080, 0.2966], abs=1e-4)
    assert shared_titles("", ["camera crash"]) is None


def test_what_is_near_to_everything_gives_way_and_rare_words_win() -> None:
    """The text of the bundle is a little nearer to the query, but no more than to each of its own
    kind."""
    query, vectors = turned(0)[0], turned(30, *[-28 - step / 10 for step in range(12)])
    nothing = np.zeros(13, np.float32)
    assert np.argmax(vectors @ query) == 1
    assert np.argmax(fused_scores(query, vectors, nothing)) == 0
    shared = nothing.copy()
    shared[7] = 1
    assert np.argmax(fused_scores(query, vectors, shared)) == 7


def test_the_search_ranks_by_that_score() -> None:
    texts = ["camera crash", "battery drain", *["list page"] * 12]
    vectors = turned(0, 30, *[-28 - step / 10 for step in range(12)])
    found = Search(texts, vectors, ["p"] * 14).rankings(0)
    assert (found["vector"][0], found["fused"][0]) == (2, 1)
    found = Search(
        ["camera crash", "battery drain", *["list page"] * 11, "camera crash"], vectors, ["p"] * 14
    ).rankings(0)
    assert (found["vector"][0], found["fused"][0], found["words"].tolist()) == (2, 13, [13])


def test_of_two_as_near_the_one_with_the_words_of_the_title_wins() -> None:
    texts = [
        "camera crash\non my phone",
        "battery drain\nby camera crash",
        "camera crash\nby battery drain",
    ]
    assert Search(texts, turned(0, 30, -30), ["p"] * 3).rankings(0)["fused"].tolist() == [2, 1]
    plain = [text.replace("\n", " ") for text in texts]
    assert Search(plain, turned(0, 30, -30), ["p"] * 3).rankings(0)["fused"].tolist() == [1, 2]
