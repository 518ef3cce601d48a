"""What is shipped, on the communities that were kept apart: floors that a worse model falls
through.

docs/evaluation.md has the commands, docs/quality.md the figures; the floors leave room for a
version that is no worse.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.evaluation.datasets import Reading
from classifiers.evaluation.evaluate_duplicates import evaluate_duplicates
from classifiers.evaluation.evaluate_kind import evaluate_kind
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.kind import KindModel
from classifiers.stored_weights import SHIPPED_WEIGHTS
from tests.paths import ROOT

COMMUNITY = ROOT / "app" / "demo" / "community.jsonl"
CHANNELS = Path(__file__).parent / "channels.jsonl"
"""Comments as fifteen channels have them, written and labelled by one who had not seen what the
model says of them."""
INBOXES = ROOT / "classifiers" / "seeds" / "streams"


def test_kinds_of_the_demo_community(enricher: DefaultEnricher) -> None:
    report = evaluate_kind(
        COMMUNITY,
        enricher,
        reading=Reading.of(["kind=truth.kind"], ["truth.language=en"]),
        unsure_below=enricher.unsure_below,
        samples=0,
    )
    assert report.rows > 340
    assert report.plain
    assert report.macro_f1.value >= 0.75
    assert report.labels["bug"].f1.value >= 0.85
    assert report.labels["feature"].f1.value >= 0.8
    assert report.coverage >= 0.1
    assert report.precision >= 0.9
    assert "unsupported_language" not in report.set_aside


def test_kinds_of_six_inboxes(enricher: DefaultEnricher, tmp_path: Path) -> None:
    lines = [
        line
        for path in sorted(INBOXES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    sample = tmp_path / "inboxes.jsonl"
    sample.write_text("\n".join(lines[::4]), encoding="utf-8")
    report = evaluate_kind(sample, enricher, unsure_below=enricher.unsure_below, samples=0)
    assert report.rows > 400
    assert report.macro_f1.value >= 0.63
    assert report.precision >= 0.9


def test_kinds_of_fifteen_channels(enricher: DefaultEnricher) -> None:
    report = evaluate_kind(CHANNELS, enricher, unsure_below=enricher.unsure_below, samples=0)
    assert report.rows == 310
    assert report.macro_f1.value >= 0.75
    assert report.coverage >= 0.2
    assert report.precision >= 0.9


def test_languages_of_the_demo_community(enricher: DefaultEnricher) -> None:
    others = ["truth.language=de", "truth.language=es", "truth.language=fr"]
    report = evaluate_kind(
        COMMUNITY, enricher, reading=Reading.of(["kind=truth.kind"], others), samples=0
    )
    assert report.set_aside.get("unsupported_language", 0) >= 0.8 * report.rows


@pytest.mark.parametrize("seed", [None, 3])
def test_grouping_of_the_demo_community(enricher: DefaultEnricher, seed: int | None) -> None:
    reading = Reading.of(
        ["kind=truth.kind", "duplicate_group=truth.theme", "created_at=offset"],
        ["truth.kind=bug", "truth.kind=feature"],
    )
    grouper = DefaultGrouper(Thresholds.read())
    report = evaluate_duplicates(
        COMMUNITY, enricher, grouper, reading=reading, shuffle=seed, samples=0
    )
    assert report.no_theme == 0
    assert report.queries > 200
    assert report.stream.wrong_joins <= 0.05 * report.stream.joins
    assert report.stream.joins >= 100, "whoever joins nothing errs never"
    assert report.recall["fused"][10] >= 0.9


def test_the_shipped_link_was_fitted_on_what_the_shipped_heads_say() -> None:
    card = json.loads((SHIPPED_WEIGHTS / "grouping.json").read_text(encoding="utf-8"))
    assert (
        f"+kind-{KindModel().version}+" in card["kinds"]
    )  # otherwise run: python -m classifiers.training.train_grouping
