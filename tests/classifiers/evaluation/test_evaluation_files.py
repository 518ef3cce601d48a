"""Labelled files that lack something: what is refused, and what is said about the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.evaluation.datasets import DataError, read_rows
from classifiers.evaluation.evaluate_duplicates import evaluate_duplicates
from classifiers.grouping.grouper import DefaultGrouper
from tests.classifiers.evaluation.saying import SayingEnricher, printed


def written(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_duplicates_without_groups_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", {"text": "bug .9 axis1 crash", "created_at": 1})
    with pytest.raises(DataError, match="'duplicate_group'") as refusal:
        evaluate_duplicates(path, SayingEnricher(), DefaultGrouper(), samples=0)
    assert refusal.value.reason == "field_missing"


def test_times_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    times = (3, "2026-01-05", "yesterday", None)
    rows: list[dict[str, object]] = [
        {"text": f"bug .9 axis{n} crash", "duplicate_group": "a", "created_at": at}
        for n, at in enumerate(times)
    ]
    report = evaluate_duplicates(
        written(tmp_path / "a.jsonl", *rows), SayingEnricher(), DefaultGrouper(), samples=2
    )
    assert report.undated == report.to_json()["undated"] == 2
    assert "Rows without a created_at that can be read: 2" in printed(report)


def test_a_line_that_is_no_json_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{oops')
    with pytest.raises(DataError, match=r"^Line 2 of .*a\.jsonl is not JSON \(.*, column 2\)\.$"):
        read_rows(path, "text")


def test_a_table_by_another_name_is_told_how_to_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("text,kind")
    with pytest.raises(DataError, match=r"tables are files named \.csv or \.tsv"):
        read_rows(path, "text")
