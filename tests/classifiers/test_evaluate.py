"""Evaluation on tiny files whose figures can be computed by hand."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from classifiers import agreement, measures
from classifiers.contract import Enrichment, Kind
from classifiers.datasets import DataError, read_rows
from classifiers.evaluate import evaluate_duplicates, evaluate_kind, main, render
from classifiers.grouping import DefaultGrouper, Thresholds
from classifiers.retrieval import best, fuse


class SayingEnricher:
    """Reads the kind and its confidence off the text: ``bug .9 axis3`` points along the third axis."""

    version = "saying"

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Enrichment:
        kind, confidence, axis = text.split()[:3]
        vector = np.zeros(384, np.float32)
        vector[int(axis.removeprefix("axis"))] = 1
        scores = {one: (1 - float(confidence)) / 4 for one in Kind} | {Kind(kind): float(confidence)}
        return Enrichment(text, "en", 1.0, Kind(kind), float(confidence), scores, 0.0, vector)


ROWS = [
    ("bug .9 axis1", "bug"), ("bug .8 axis1", "bug"), ("feature .9 axis1", "bug"),
    ("feature .7 axis1", "feature"), ("question .6 axis1", "other"), ("other .6 axis1", "other"),
]  # fmt: skip


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "kinds.jsonl"
    path.write_text("\n".join(json.dumps({"text": text, "kind": kind}) for text, kind in ROWS) + "\n")
    return path


def test_kind_scores_by_hand(labelled: Path) -> None:
    report = evaluate_kind(labelled, SayingEnricher(), mapping={"question": "other"}, unsure_below=0.75, samples=200)
    assert report.labels["bug"].precision == 1.0
    assert report.labels["bug"].recall == pytest.approx(2 / 3)
    assert report.labels["bug"].f1.value == 0.8
    assert report.labels["feature"].f1.value == pytest.approx(2 / 3, abs=1e-4)
    assert report.labels["other"].f1.value == 1.0
    assert report.macro_f1.value == pytest.approx((0.8 + 2 / 3 + 1) / 3, abs=1e-4)
    assert report.macro_f1.low <= report.macro_f1.value <= report.macro_f1.high
    assert report.confusion["bug"] == {"bug": 2, "feature": 1, "other": 0}
    assert (report.coverage, report.precision) == (0.5, pytest.approx(2 / 3))
    assert [(mistake.truth, mistake.predicted) for mistake in report.mistakes] == [("bug", "feature")]
    assert json.loads(json.dumps(report.to_json()))["rows"] == 6


def test_one_kind_against_the_rest(labelled: Path) -> None:
    report = evaluate_kind(labelled, SayingEnricher(), only="feature", samples=50)
    assert set(report.labels) == {"feature", "rest"}
    assert report.labels["feature"].precision == 0.5
    assert report.labels["feature"].recall == 1.0


def test_kinds_the_file_does_not_use_are_not_offered(labelled: Path) -> None:
    report = evaluate_kind(labelled, SayingEnricher(), samples=50)
    assert "question" not in report.labels
    assert sum(sum(row.values()) for row in report.confusion.values()) == 6


def test_intervals_repeat_with_the_seed(labelled: Path) -> None:
    reports = [evaluate_kind(labelled, SayingEnricher(), seed=3, samples=100) for _ in range(2)]
    assert reports[0].macro_f1 == reports[1].macro_f1


def test_csv_and_gzip_say_the_same(labelled: Path, tmp_path: Path) -> None:
    table = tmp_path / "kinds.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("text", "kind"), *ROWS])
    packed = tmp_path / "kinds.jsonl.gz"
    packed.write_bytes(gzip.compress(labelled.read_bytes()))
    rows = [
        [(row["text"], row["kind"]) for row in read_rows(path, "text", "kind")] for path in (labelled, table, packed)
    ]
    assert rows[0] == rows[1] == rows[2] == ROWS


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "file_empty"), (b"{", "file_unreadable"), (b'["a"]', "file_unreadable"), (b"\xff\xfe\xfa",
    "file_unreadable"),
     (b'{"text": "a b c"}', "field_missing"), (b'{"text": "bug .9 axis1", "kind": "rant"}', "unknown_kind")],
)  # fmt: skip
def test_unusable_files_are_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as refusal:
        evaluate_kind(path, SayingEnricher())
    assert refusal.value.reason == reason
    assert str(path.name) in refusal.value.detail


def test_duplicates_by_hand(tmp_path: Path) -> None:
    texts = ["camera crash", "camera crash again", "battery empty", "screen black", "battery drained"]
    axes, groups = [1, 1, 2, 1, 3], ["a", "a", "b", "", "b"]
    rows = [{"text": f"bug .9 axis{axis} {text}", "duplicate_group": group, "created_at": place}
            for place, (axis, group, text) in enumerate(zip(axes, groups, texts, strict=True))]  # fmt: skip
    path = tmp_path / "groups.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in reversed(rows)))
    levels = dict.fromkeys(("short", "medium", "long", "technical", "report"), 0.9)
    grouper = DefaultGrouper(Thresholds(levels, levels, lexical_share=0.0, top=3, across=0.0, version="test"))
    report = evaluate_duplicates(path, SayingEnricher(), grouper)
    assert (report.rows, report.groups, report.queries) == (5, 3, 4)
    stream = report.stream
    assert (stream.joins, stream.wrong_joins, stream.themes) == (2, 1, 3)  # the black screen joins the camera
    assert stream.wrong_joins_per_1000 == 200
    assert stream.kept_apart == 1  # the second battery comment
    assert stream.clusters.pairs[:2] == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert report.recall["vector"][1] == 0.5


def test_cluster_scores_by_hand() -> None:
    score = agreement.clusters(["a", "a", "b"], ["1", "1", "1"])
    assert score.b_cubed[:2] == (pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3), 1.0)
    assert score.pairs[:2] == (pytest.approx(1 / 3), 1.0)


def test_calibration_error_by_hand() -> None:
    assert measures.calibration_error([0.95, 0.95, 0.55], [True, False, True], bins=10) == pytest.approx(
        (0.9 + 0.45) / 3
    )


def test_rankings_are_stable() -> None:
    assert best(np.array([0.5, 0.9, 0.5, -np.inf]), 3).tolist() == [1, 0, 2]
    assert fuse([np.array([3, 1]), np.array([1, 2])]).tolist() == [1, 3, 2]


def test_reports_render_user_text_literally(labelled: Path) -> None:
    console = Console(record=True, width=120, file=io.StringIO())
    console.print(render(evaluate_kind(labelled, SayingEnricher(), samples=20)))
    text = console.export_text()
    assert "Confusion" in text
    assert "feature .9 axis1" in text


def test_command_line_explains_a_missing_file(model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kind", "absent.jsonl", "--model", str(model_folder), "--threads", "1"]) == 1
    assert "There is no file absent.jsonl. (file_missing)" in capsys.readouterr().err


def test_shipped_heads_on_public_reviews(data: Path, tmp_path: Path, enricher: object) -> None:
    rows = read_rows(data / "classification" / "clap_appreviews.jsonl.gz", "text", "kind")[::20]
    sample = tmp_path / "sample.jsonl"
    sample.write_text("\n".join(json.dumps({"text": row["text"], "kind": row["kind"]}) for row in rows))
    report = evaluate_kind(sample, enricher, mapping={"praise": "other", "question": "other"}, samples=50)  # type: ignore[arg-type]
    assert report.macro_f1.value > 0.7
