"""What the docstrings of the classifiers give as examples is what comes out."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.contract import Kind, Member
from classifiers.faces import titles_worth
from classifiers.faces.titles_cutting import cut_at
from classifiers.faces.titles_tidying import in_sentence_case, tidy
from classifiers.grouping.link import SIGNS, Surroundings, overlap
from classifiers.grouping.pair_classes import pair_class
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.correction import likeness
from classifiers.kinds.experts import blend
from classifiers.refits.refit import examples
from classifiers.refits.refit_grouping import shifted
from classifiers.texts.phrases import stem
from tests.classifiers.doc_tables import rows


@pytest.mark.parametrize(("word", "expected", "_"), rows(stem))
def test_stems(word: str, expected: str, _: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(("written", "expected"), rows(in_sentence_case))
def test_sentence_case(written: str, expected: str) -> None:
    assert in_sentence_case(written) == expected


def test_what_surrounds_a_sentence_is_taken_off() -> None:
    shown = "[BUG] Hi team, I noticed that v2.1 loses the **ruler**, thanks!"
    assert f"*{shown}* -> *v2.1 loses the ruler*" in (tidy.__doc__ or "")
    assert tidy(shown) == ("v2.1 loses the ruler", False)


@pytest.mark.parametrize(("sentence", "title", "place"), rows(cut_at))
def test_cuts(sentence: str, title: str, place: str) -> None:
    made, cut_place = cut_at(sentence, 40)
    assert (made, cut_place.value) == (title, place)


@pytest.mark.parametrize(("weight", "_", "shown"), rows(titles_worth.worth_of_title))
def test_what_counts_for_a_title(weight: str, _: str, shown: str) -> None:
    for title in shown.strip("*").split("*, *"):
        kind = "feature" if title.startswith("Add") else "bug"
        assert titles_worth.worth_of_title(title, kind) == pytest.approx(float(weight))


@pytest.mark.parametrize(("weight", "_", "shown"), rows(titles_worth.worth_of_sentence))
def test_what_counts_for_a_sentence(weight: str, _: str, shown: str) -> None:
    sentence = shown.strip("*")
    kind = "feature" if sentence.startswith("Could") else "bug"
    assert titles_worth.worth_of_sentence(sentence, kind) == pytest.approx(float(weight))


def member(number: int, theme: str, text: str, cosine: float) -> Member:
    """A comment whose vector has this cosine to the first axis."""
    vector = np.zeros(384, np.float32)
    vector[:2] = cosine, np.sqrt(1 - cosine**2)
    return Member(number, theme, Kind.bug, text, vector)


def test_signs() -> None:
    surroundings = Surroundings(
        member(9, "", "The camera crashes", 1.0),
        [
            member(1, "a", "camera crashes on my phone 2.3.1", 0.8),
            member(2, "a", "Crash of the camera", 0.6),
            member(3, "b", "camera menu", 0.7),
        ],
    )
    signs = dict(zip(SIGNS, surroundings.signs([0, 1]).tolist(), strict=True))
    documented = {name: float(value) for name, value, _ in rows(Surroundings.signs) if name}
    assert list(documented) == list(SIGNS)
    assert signs == pytest.approx(documented, abs=5e-4)


def test_overlap() -> None:
    assert overlap("camera crashes", "The camera crashed again, in a loop") == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2.1.3 fails", "since 2.1.3 it fails", "report"),
        ("2.1.3 fails", "it fails", "technical"),
        ("Remove the cache\n\nIt is stale.", "Remove the old cache", "technical"),
        ("Remove the cache\n\nIt is stale.", "please remove the old cache", "short"),
    ],
)
def test_classes_of_pairs(one: str, other: str, expected: str) -> None:
    assert pair_class(one, other) == expected


def test_the_second_opinion() -> None:
    general, expert, blended = (
        np.array([[float(number) for number in row[1:] if number]]) for row in rows(blend)
    )
    result = np.exp(blend(np.log(general), np.log(expert)))
    assert result.tolist()[0] == pytest.approx(blended.tolist()[0], abs=5e-4)


@pytest.mark.parametrize(("cosine", "expected"), [(1, 1), (0.8, 0.61), (0.56, 0.33), (0, 0.08)])
def test_how_far_a_correction_reaches(cosine: float, expected: float) -> None:
    one = np.array([[1, 0]], np.float32)
    other = np.array([[cosine, np.sqrt(1 - cosine**2)]], np.float32)
    assert f"{cosine} -> {expected}" in (likeness.__doc__ or "")
    assert likeness(one, other)[0, 0] == pytest.approx(expected, abs=0.005)


def test_shifts() -> None:
    shipped, shift, in_force = (
        {"join": {"short": float(row[1])}, "suggest": {"short": float(row[2])}}
        for row in rows(shifted)
    )
    thresholds = Thresholds(shipped["join"], shipped["suggest"], {}, 0.0, "")
    moved = shifted(thresholds, shift, "own")
    assert {"join": dict(moved.join), "suggest": dict(moved.suggest)} == in_force


def test_what_stands_in_for_missing_confirmations() -> None:
    """Of four labels in three places and a comment that nobody labelled."""
    shipped = np.array([[0.75, 0.25, 0, 0, 0]] * 4)
    kinds = np.array([1, 1, 0, -1])  # two corrections, one confirmation
    data = examples(np.eye(4, dtype=np.float32), shipped, kinds, np.ones(4), np.arange(4))
    *_, missing, weight = (row[1] for row in rows(examples))
    assert data.missing == pytest.approx(float(missing.split(" = ")[1]))
    assert data.weights[3] == pytest.approx(float(weight))
