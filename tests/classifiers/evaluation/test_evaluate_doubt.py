"""Doubt in an evaluation is the service's, whatever kinds the file uses; and files that leave
nothing to choose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.contract import UNSURE, Enrichment, Kind
from classifiers.evaluation.datasets import DataError
from classifiers.evaluation.evaluate_kind import evaluate_kind
from classifiers.grouping.sorts import Sort
from tests.classifiers.evaluation.saying import SayingEnricher, printed


def written(folder: Path, *rows: tuple[str, str]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"text": text, "kind": kind}) for text, kind in rows))
    return path


class Shipped(SayingEnricher):
    """Doubts below .8, and answers greetings by a rule."""

    def _one(self, text: str) -> Enrichment:
        found = super()._one(text)
        if "hello" in text:
            return replace(found, kind=Kind.other, confidence=1.0, reason="greeting")
        return replace(found, reason=UNSURE) if found.confidence < 0.8 else found


def test_a_kind_that_is_not_on_offer_lends_no_confidence_to_the_next(tmp_path: Path) -> None:
    rows = [("bug .9 axis1", "bug"), ("praise .97 axis1", "bug"), ("feature .5 axis1", "feature")]
    report = evaluate_kind(written(tmp_path, *rows), Shipped(), unsure_below=0.8, samples=20)
    assert report.offered == ["bug", "feature"]
    assert not report.plain
    assert (report.coverage, report.precision) == (pytest.approx(2 / 3), 0.5), (
        "praise is what the service says"
    )
    said = printed(report)
    assert (
        "In the service, with all five kinds on offer, at or above a confidence of 0.80: 66.7% of "
        "the rows" in said
    )
    assert "calibration error of the probability of the label among what was offered" in said


def test_a_subset_of_the_kinds_changes_nothing_about_doubt(tmp_path: Path) -> None:
    bugs = [
        ("bug .9 axis1", "bug"),
        ("bug .7 axis1 a", "bug"),
        ("other .5 axis1", "bug"),
        ("praise .6 axis1", "bug"),
    ]
    more = [(f"{kind} .9 axis1", str(kind)) for kind in Kind if kind != "bug"]
    alone = evaluate_kind(written(tmp_path, *bugs), Shipped(), unsure_below=0.8, samples=20)
    only = evaluate_kind(
        written(tmp_path, *bugs), Shipped(), unsure_below=0.8, samples=20, only="bug"
    )
    among = evaluate_kind(written(tmp_path, *bugs, *more), Shipped(), unsure_below=0.8, samples=20)
    assert alone.coverage == only.coverage == 1 / 4
    assert among.coverage * 8 == alone.coverage * 4 + 4
    assert among.plain
    assert "calibration error of that confidence" in printed(among)


def test_a_file_of_one_label_leaves_nothing_to_choose_between(tmp_path: Path) -> None:
    rows = [("bug .9 axis1", "bug"), ("bug .7 axis1 a", "bug"), ("praise .95 axis1", "bug")]
    report = evaluate_kind(written(tmp_path, *rows), Shipped(), unsure_below=0.8, samples=20)
    assert report.offered == list(Kind)
    assert report.labels["bug"].recall == pytest.approx(2 / 3)
    assert report.macro_f1.value == 0.8
    assert report.confusion["bug"] == {"bug": 2, "elsewhere": 1}
    assert [mistake.predicted for mistake in report.mistakes] == ["elsewhere"]
    said = printed(report)
    assert "3 rows, every one labelled bug: there is nothing to choose between" in said
    assert "0.667 (" in said
    assert "of them are told as bug." in said
    assert "No mistakes." not in said
    assert "macro" not in said
    assert "Confusion" not in said
    only = printed(evaluate_kind(tmp_path / "rows.jsonl", Shipped(), only="bug", samples=20))
    assert "every one labelled bug" in only
    assert "macro" not in only


def test_what_a_rule_answered_is_counted_by_its_reason(tmp_path: Path) -> None:
    rows = [("bug .9 axis1 hello", "bug"), ("bug .9 axis1", "bug"), ("other .9 axis1", "other")]
    report = evaluate_kind(written(tmp_path, *rows), Shipped(), unsure_below=0.8, samples=20)
    assert report.set_aside == {"greeting": 1}
    assert "Rows that a rule answered with other, not the model: greeting (1)." in printed(report)


def test_a_baseline_of_one_label_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, *[(f"bug .9 axis1 word{place}", "bug") for place in range(20)])
    with pytest.raises(
        DataError, match="Every row is labelled bug, so a baseline has nothing to tell"
    ) as refusal:
        evaluate_kind(path, Shipped(), baselines=["tfidf"], samples=20)
    assert refusal.value.reason == "one_label"


class Silent(SayingEnricher):
    """Whoever asks it has already read the rows."""

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        raise AssertionError("rows were read")


def test_an_unknown_baseline_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refusal:
        evaluate_kind(
            written(tmp_path, ("bug .9 axis1", "bug")), Silent(), baselines=["foo"], samples=0
        )
    assert refusal.value.reason == "unknown_baseline"


class BySort(Shipped):
    """Doubts a community below .5 only."""

    unsure_below = 0.8

    def unsure_below_in(self, sort: str) -> float:
        return 0.5 if sort == "community" else 0.8


def test_doubt_is_that_of_the_place_that_a_row_names(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        {"text": "bug .6 axis1", "kind": "bug", "channel": "reddit"},
        {"text": "bug .6 axis1 b", "kind": "bug", "channel": "slack"},
        {"text": "feature .9 axis1", "kind": "feature", "channel": "nowhere"},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    report = evaluate_kind(path, BySort(), unsure_below=0.8, samples=20)
    assert report.unsure_by_sort == {"": 0.8, "chat": 0.8, "community": 0.5}
    assert report.unsure_below == 0.8
    assert report.coverage == pytest.approx(2 / 3)
    assert "at or above a confidence of 0.80, 0.80 (chat), 0.50 (community): 66.7%" in printed(
        report
    )
    everywhere = evaluate_kind(path, BySort(), sort=Sort.community, samples=20)
    assert everywhere.unsure_by_sort == {"community": 0.5}
    assert everywhere.coverage == 1
