"""Kinds of tiny files, whose figures can be computed by hand, and other methods on the same
rows."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.evaluation.baselines_kind import Labelled, split
from classifiers.evaluation.datasets import DataError, read_rows
from classifiers.evaluation.evaluate import (
    evaluate_kind,
    learned_from,
    main,
)
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.texts.text import fingerprint
from tests.classifiers.evaluation.saying import SayingEnricher, printed

ROWS = [
    ("bug .9 axis1", "bug"),
    ("bug .8 axis1", "bug"),
    ("feature .9 axis1", "bug"),
    ("feature .7 axis1", "feature"),
    ("question .6 axis1", "other"),
    ("other .6 axis1", "other"),
]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "kinds.jsonl"
    path.write_text(
        "\n".join(json.dumps({"text": text, "kind": kind}) for text, kind in ROWS) + "\n"
    )
    return path


def test_kind_scores_by_hand(labelled: Path) -> None:
    report = evaluate_kind(
        labelled, SayingEnricher(), mapping={"question": "other"}, unsure_below=0.75, samples=200
    )
    assert report.labels["bug"].precision == 1.0
    assert report.labels["bug"].recall == pytest.approx(2 / 3)
    assert report.labels["bug"].f1.value == 0.8
    assert report.labels["feature"].f1.value == pytest.approx(2 / 3, abs=1e-4)
    assert report.labels["other"].f1.value == 1.0
    assert report.macro_f1.value == pytest.approx((0.8 + 2 / 3 + 1) / 3, abs=1e-4)
    assert report.macro_f1.low <= report.macro_f1.value <= report.macro_f1.high
    assert report.confusion["bug"] == {"bug": 2, "feature": 1, "other": 0}
    assert (report.coverage, report.precision) == (0.5, pytest.approx(2 / 3))
    assert [(mistake.truth, mistake.predicted) for mistake in report.mistakes] == [
        ("bug", "feature")
    ]
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
        [(row["text"], row["kind"]) for row in read_rows(path, "text", "kind")]
        for path in (labelled, table, packed)
    ]
    assert rows[0] == rows[1] == rows[2] == ROWS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file_empty"),
        (b"{", "file_unreadable"),
        (b'["a"]', "file_unreadable"),
        (b"\xff\xfe\xfa", "file_unreadable"),
        (b'{"text": "a b c"}', "field_missing"),
        (b'{"text": "bug .9 axis1", "kind": "rant"}', "unknown_kind"),
    ],
)
def test_unusable_files_are_refused_with_a_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as refusal:
        evaluate_kind(path, SayingEnricher())
    assert refusal.value.reason == reason
    assert str(path.name) in refusal.value.detail


@pytest.fixture
def learnable(tmp_path: Path) -> Path:
    """Two kinds that their words tell apart, each text twice; the vectors tell nothing."""
    rows = [
        (f"other .5 axis1 {word} {place // 2} times", kind)
        for place in range(40)
        for word, kind in (("crashes", "bug"), ("wish", "feature"))
    ]
    path = tmp_path / "learnable.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("text", "kind"), *rows])
    return path


def test_baselines_are_scored_on_the_same_rows(learnable: Path) -> None:
    report = evaluate_kind(
        learnable, SayingEnricher(), baselines=["tfidf", "minilm"], folds=4, samples=50
    )
    assert report.repeated == 40
    assert report.baselines["tfidf"].macro_f1.value == 1
    assert report.baselines["minilm"].macro_f1.value < 0.7
    ahead = report.baselines["tfidf"].ahead
    assert ahead.value == pytest.approx(report.macro_f1.value - 1, abs=1e-3)
    assert ahead.high < 0
    assert report.baselines["tfidf"].trained == 60
    json.dumps(report.to_json())


def test_baselines_learn_from_other_files_without_the_rows_they_are_asked(
    learnable: Path, labelled: Path
) -> None:
    both = evaluate_kind(
        learnable,
        SayingEnricher(),
        baselines=["tfidf"],
        train=[labelled],
        mapping={"question": "other"},
        samples=0,
    )
    assert both.baselines["tfidf"].trained == 4  # bugs and requests alone
    with pytest.raises(DataError) as refusal:
        evaluate_kind(
            learnable, SayingEnricher(), baselines=["tfidf"], train=[learnable], samples=0
        )
    assert refusal.value.reason == "too_few_rows"


def test_copies_stay_in_one_fold(learnable: Path) -> None:
    texts = [str(row["text"]) for row in read_rows(learnable, "text")]
    kinds = [str(row["kind"]) for row in read_rows(learnable, "kind")]
    prints = np.array([fingerprint(text) for text in texts])
    for learn, ask in split(Labelled(texts, [], np.array(kinds), prints), 4, 1):
        assert not set(prints[learn]) & set(prints[ask])
        assert sorted(set(np.array(kinds)[ask])) == ["bug", "feature"]


@pytest.mark.parametrize(
    ("names", "reason"), [(["nothing"], "unknown_baseline"), (["setfit"], "baseline_missing")]
)
def test_a_baseline_that_cannot_run_is_explained(
    labelled: Path, names: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError) as refusal:
        evaluate_kind(
            labelled, SayingEnricher(), mapping={"question": "other"}, baselines=names, samples=0
        )
    assert refusal.value.reason == reason


def test_free_choice_counts_kinds_that_the_file_does_not_use(tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    rows = [
        ("bug .9 axis1", "bug"),
        ("praise .9 axis1", "feature"),
        ("feature .8 axis1", "feature"),
    ]
    path.write_text("\n".join(json.dumps({"text": text, "kind": kind}) for text, kind in rows))
    report = evaluate_kind(path, SayingEnricher(), samples=20)
    assert report.offered == ["bug", "feature"]
    assert (report.free.elsewhere, report.free.accuracy.value) == (
        1,
        pytest.approx(2 / 3, abs=1e-4),
    )
    assert report.free.macro_f1.value == pytest.approx((1 + 2 / 3) / 2, abs=1e-4)


def test_a_folded_label_is_as_probable_as_its_kinds_together(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(
        '{"text": "question .4 axis1", "kind": "other"}\n{"text": "bug .4 axis1", "kind": "other"}\n'
    )
    report = evaluate_kind(
        path,
        SayingEnricher(),
        mapping={"question": "other", "praise": "other", "bug": "other", "feature": "other"},
        samples=0,
    )
    assert report.calibration_error == pytest.approx(0)
    assert not report.plain
    assert "of the probability of the label among what was offered: 0.000" in printed(report)


def test_a_report_without_mistakes_says_so(tmp_path: Path) -> None:
    path = tmp_path / "right.jsonl"
    rows = [("bug .9 axis1", "bug"), ("feature .9 axis1", "feature")]
    path.write_text("\n".join(json.dumps({"text": text, "kind": kind}) for text, kind in rows))
    assert "No mistakes." in printed(evaluate_kind(path, SayingEnricher(), samples=20))


def test_the_report_of_kinds_is_printed_whole(learnable: Path) -> None:
    said = printed(
        evaluate_kind(learnable, SayingEnricher(), baselines=["tfidf"], seen=True, samples=20)
    )
    for part in (
        "trained on this very file",
        "not offered: question, praise, other",
        "repeat the words",
        "tfidf",
        "5 folds",
        "Surest mistakes",
    ):
        assert part in said, part


def test_heads_know_the_files_they_were_trained_on(tmp_path: Path, labelled: Path) -> None:
    card = {"data_sha256": {"mine": hashlib.sha256(labelled.read_bytes()).hexdigest()}}
    (tmp_path / "kind.json").write_text(json.dumps(card))
    assert learned_from(labelled, tmp_path)
    assert not learned_from(tmp_path / "kind.json", tmp_path)


def test_reports_render_user_text_literally(labelled: Path) -> None:
    text = printed(
        evaluate_kind(labelled, SayingEnricher(), mapping={"question": "other"}, samples=20)
    )
    assert "Confusion" in text
    assert "feature .9 axis1" in text


def test_command_line_explains_a_missing_file(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kind", "absent.jsonl", "--model", str(model_folder), "--threads", "1"]) == 1
    assert "There is no file absent.jsonl. (file_missing)" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["kind", "duplicates"])
def test_a_fold_without_a_kind_is_refused_not_dropped(
    labelled: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([task, str(labelled), "--model", "absent", "--map", "question"]) == 1
    assert "--map question: write LABEL=KIND" in capsys.readouterr().err


def test_shipped_heads_on_public_reviews(
    data: Path, tmp_path: Path, enricher: DefaultEnricher
) -> None:
    rows = read_rows(data / "classification" / "clap_appreviews.jsonl.gz", "text", "kind")[::20]
    sample = tmp_path / "sample.jsonl"
    sample.write_text(
        "\n".join(json.dumps({"text": row["text"], "kind": row["kind"]}) for row in rows)
    )
    report = evaluate_kind(
        sample, enricher, mapping={"praise": "other", "question": "other"}, samples=50
    )
    assert report.macro_f1.value > 0.7
