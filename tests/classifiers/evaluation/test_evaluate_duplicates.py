"""Search and grouping of tiny files, whose figures can be computed by hand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import Enrichment
from classifiers.evaluation import retrieval
from classifiers.evaluation.datasets import DataError
from classifiers.evaluation.evaluate import (
    evaluate_duplicates,
)
from classifiers.evaluation.retrieval import best
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.thresholds import Thresholds
from tests.classifiers.evaluation.saying import SayingEnricher, printed

THRESHOLDS = dict.fromkeys(("short", "medium", "long", "technical", "report"), 0.9)
GROUPER = DefaultGrouper(Thresholds(THRESHOLDS, THRESHOLDS, {"link": 200.0}, -178.0, "test"))


@pytest.fixture
def grouped(tmp_path: Path) -> Path:
    """Forty comments about eight things of two products; what is alike points the same way."""
    rows = [
        {
            "text": f"bug .9 axis{place % 8} word{place} thing{place % 8}",
            "duplicate_group": place % 8,
            "created_at": f"2026-01-{place % 28 + 1:02}T00:00:00Z",
            "product": f"p{place % 2}",
            "kind": "Bug",
        }
        for place in range(40)
    ]
    path = tmp_path / "grouped.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_duplicates_by_hand(tmp_path: Path) -> None:
    texts = [
        "camera crash",
        "camera crash again",
        "battery empty",
        "screen black",
        "battery drained",
    ]
    axes, groups = [1, 1, 2, 1, 3], ["a", "a", "b", "", "b"]
    rows = [
        {"text": f"bug .9 axis{axis} {text}", "duplicate_group": group, "created_at": place}
        for place, (axis, group, text) in enumerate(zip(axes, groups, texts, strict=True))
    ]
    path = tmp_path / "groups.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in reversed(rows)))
    levels = dict.fromkeys(("short", "medium", "long", "technical", "report"), 0.9)
    grouper = DefaultGrouper(Thresholds(levels, levels, {"link": 200.0}, -178.0, "test"))
    report = evaluate_duplicates(path, SayingEnricher(), grouper)
    assert (report.rows, report.groups, report.queries) == (5, 3, 4)
    stream = report.stream
    assert (stream.joins, stream.wrong_joins, stream.themes) == (
        2,
        1,
        3,
    )  # the black screen joins the camera
    assert stream.wrong_joins_per_1000 == 200
    assert stream.kept_apart == 1  # the second battery comment
    assert stream.clusters.pairs[:2] == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert report.recall["vector"][1] == 0.5


def test_recall_grows_with_depth_and_intervals_hold_it(grouped: Path) -> None:
    report = evaluate_duplicates(grouped, SayingEnricher(), GROUPER, samples=50)
    assert report.queries == 40
    for way, recall in report.recall.items():
        values = [recall[depth] for depth in (1, 5, 10)]
        assert values == sorted(values)
        for depth, one in report.recall_intervals[way].items():
            assert one.low <= one.value <= one.high
            assert one.value == recall[depth]
    wrong = report.stream.wrong_joins_interval
    assert wrong.low <= report.stream.wrong_joins_per_1000 <= wrong.high


def test_where_nothing_has_a_duplicate_there_is_nothing_to_find(tmp_path: Path) -> None:
    path = tmp_path / "alone.jsonl"
    path.write_text('{"text": "bug .9 axis1 crash", "duplicate_group": "a", "created_at": 1}')
    report = evaluate_duplicates(path, SayingEnricher(), GROUPER, samples=20)
    assert (report.queries, report.recall) == (0, {})
    said = printed(report)
    assert "1 row in 1 group. None has a duplicate, so there is nothing to find" in said
    assert "recall@" not in said
    json.dumps(report.to_json())


def test_kinds_that_are_none_of_ours_are_counted_or_folded(tmp_path: Path) -> None:
    rows = [
        {"text": "praise .9 axis1 a", "duplicate_group": "a", "kind": kind}
        for kind in ("Bug Report", "BUG", None)
    ]
    path = tmp_path / "kinds.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    report = evaluate_duplicates(path, SayingEnricher(), GROUPER, samples=20)
    assert (report.strange_kinds, report.no_theme) == ({"bug report": 1}, 2)
    said = printed(report)
    assert (
        "none of ours, so that the model's were taken: bug report (1). Say what they are with --map"
        in said
    )
    assert "Rows that are neither bug nor request: 2." in said
    folded = evaluate_duplicates(
        path, SayingEnricher(), GROUPER, mapping={"bug report": "bug"}, samples=20
    )
    assert (folded.strange_kinds, folded.no_theme) == ({}, 1)


class Silent(SayingEnricher):
    """Whoever asks it has already read the rows."""

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        raise AssertionError("rows were read")


@pytest.mark.parametrize(
    ("name", "most", "reason"), [("foo", 99, "unknown_baseline"), ("hdbscan", 5, "too_many_rows")]
)
def test_a_baseline_that_cannot_be_is_refused_before_the_rows_are_grouped(
    grouped: Path, name: str, most: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifiers.evaluation.baselines_groups.MAX_CLUSTERED_COMMENTS", most)
    with pytest.raises(DataError) as refusal:
        evaluate_duplicates(grouped, Silent(), GROUPER, baselines=[name], samples=0)
    assert refusal.value.reason == reason


def test_a_perfect_stream_is_the_same_in_every_order(grouped: Path) -> None:
    report = evaluate_duplicates(grouped, SayingEnricher(), GROUPER, orders=3, samples=20)
    assert report.stream.clusters.b_cubed == (1, 1, 1)
    assert report.orders is not None
    assert report.orders.orders == 4
    assert report.orders.b_cubed_f1 == [1] * 4
    assert (report.orders.rand_index, report.orders.mutual_b_cubed_f1) == (1, 1)
    assert (report.mistakes, report.missed) == ([], [])


class ChainEnricher(SayingEnricher):
    """``axis3`` stands between its neighbours: near enough to join either, while those two are
    apart."""

    def _one(self, text: str) -> Enrichment:
        result = super()._one(text)
        vector = np.zeros(384, np.float32)
        angle = int(text.split()[2].removeprefix("axis")) * 0.4
        vector[:2] = np.cos(angle), np.sin(angle)
        return dataclasses.replace(result, vector=vector)


def test_the_order_matters_where_a_comment_stands_between_two(tmp_path: Path) -> None:
    path = tmp_path / "chain.jsonl"
    texts = [f"bug .9 axis{axis} word{axis}" for axis in range(6)]
    path.write_text("\n".join(json.dumps({"text": text, "duplicate_group": "a"}) for text in texts))
    report = evaluate_duplicates(path, ChainEnricher(), GROUPER, orders=6, samples=0)
    again = evaluate_duplicates(path, ChainEnricher(), GROUPER, orders=6, samples=0)
    assert report.orders is not None
    assert report.orders.rand_index < 1
    assert len(set(report.orders.b_cubed_f1)) > 1
    assert report.orders == again.orders
    assert report.missed
    assert report.missed[0].other.startswith("bug .9 axis")


def test_products_are_never_searched_together(tmp_path: Path) -> None:
    path = tmp_path / "products.jsonl"
    rows = [
        {"text": "bug .9 axis1 same words", "duplicate_group": "a", "product": product}
        for product in "xxy"
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    report = evaluate_duplicates(path, SayingEnricher(), GROUPER, samples=0)
    assert (report.groups, report.queries, report.stream.themes) == (2, 2, 2)


def test_neighbours_kept_ahead_are_those_of_a_search_among_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(2)
    vectors = random.normal(size=(60, 8)).astype(np.float32)
    texts = [" ".join(f"term{number}" for number in random.integers(0, 15, 4)) for _ in range(60)]
    products = [f"p{number % 2}" for number in range(60)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for name in ("NEAREST_SEARCHED", "WORDS_SEARCHED"):
        monkeypatch.setattr(retrieval, name, 4)
    whole = retrieval.Search(texts, vectors, products)
    monkeypatch.setattr(retrieval, "NEIGHBOURS", 5)
    short = retrieval.Search(texts, vectors, products)
    for query in range(60):
        allowed = random.random(60) < 0.5
        for way, ranking in whole.rankings(query, allowed, 4).items():
            assert short.rankings(query, allowed, 4)[way].tolist() == ranking.tolist(), (query, way)
            assert all(allowed[other] and other % 2 == query % 2 for other in ranking)


def test_what_comes_later_does_not_show_in_a_ranking() -> None:
    random = np.random.default_rng(3)
    vectors = random.normal(size=(80, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = ["same words"] * 80  # the rarity of words is the one thing that is known of all texts
    came = np.arange(80) < 30
    whole, before = (retrieval.Search(texts[:n], vectors[:n], ["p"] * n) for n in (80, 31))
    for way, ranking in whole.rankings(30, came).items():
        assert before.rankings(30)[way].tolist() == ranking.tolist(), way


def test_rankings_are_stable() -> None:
    assert best(np.array([0.5, 0.9, 0.5, -np.inf]), 3).tolist() == [1, 0, 2]


def test_clusterings_of_the_whole_pool_find_what_is_plainly_apart(grouped: Path) -> None:
    names = ["singletons", "agglomerative", "hdbscan"]
    report = evaluate_duplicates(grouped, SayingEnricher(), GROUPER, baselines=names, samples=20)
    assert list(report.baselines) == names
    for name in ("agglomerative", "hdbscan"):
        assert report.baselines[name].best.b_cubed[2] == 1, name
    alone = report.baselines["singletons"].best
    assert alone.b_cubed[0] == 1
    assert alone.b_cubed[1] == pytest.approx(1 / 5)
    json.dumps(report.to_json())


@pytest.mark.parametrize(
    ("name", "reason"), [("nothing", "unknown_baseline"), ("bertopic", "baseline_missing")]
)
def test_a_grouping_that_cannot_run_is_explained(
    grouped: Path, name: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    with pytest.raises(DataError) as refusal:
        evaluate_duplicates(grouped, SayingEnricher(), GROUPER, baselines=[name], samples=0)
    assert refusal.value.reason == reason


def test_the_report_of_duplicates_is_printed_whole(grouped: Path) -> None:
    said = printed(
        evaluate_duplicates(
            grouped, SayingEnricher(), GROUPER, orders=2, baselines=["hdbscan"], samples=20
        )
    )
    for part in (
        "words (BM25)",
        "recall@10",
        "per 1,000 comments",
        "in 3 orders",
        "adjusted Rand index",
        "best for these labels",
        "Surest wrong joins: none.",
    ):
        assert part in said, part
