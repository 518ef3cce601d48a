"""What is shipped, on comments written blind, many of them hard on purpose: floors that a worse
model falls through.

``voices.jsonl`` holds fifteen channels with twenty comments each; a ``tag`` says what is hard about
one: sarcasm (sar), a request or a bug put as a question (qf, qb), praise and something else (mix),
a complaint about price, ads or service (vent), another topic (ot), a negation (neg), what used to
be there or to work (reg). ``near_misses.jsonl`` holds two inboxes of groups that differ from a
neighbour in one thing that matters and share most of its words. Both were labelled before the model
was asked; nothing learns from them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.evaluation.datasets import Reading
from classifiers.evaluation.evaluate_duplicates import evaluate_duplicates
from classifiers.evaluation.evaluate_kind import evaluate_kind
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.enrich import DefaultEnricher

VOICES = Path(__file__).parent / "voices.jsonl"
NEAR_MISSES = Path(__file__).parent / "near_misses.jsonl"
HARD = ("sar", "qf", "qb", "mix", "vent", "ot", "neg", "reg")


def test_kinds_of_many_voices(enricher: DefaultEnricher) -> None:
    report = evaluate_kind(VOICES, enricher, unsure_below=enricher.unsure_below, samples=0)
    assert report.rows == 300
    assert report.plain
    assert report.macro_f1.value >= 0.72
    assert report.labels["bug"].f1.value >= 0.74
    assert report.labels["feature"].f1.value >= 0.78
    assert report.coverage >= 0.13
    assert report.precision >= 0.92


@pytest.mark.parametrize(
    ("tags", "rows", "floor"),
    [(("",), 163, 0.81), (HARD, 137, 0.62)],
    ids=["said plainly", "hard on purpose"],
)
def test_kinds_of_plain_and_of_hard_comments(
    enricher: DefaultEnricher, tags: tuple[str, ...], rows: int, floor: float
) -> None:
    reading = Reading(where={"tag": frozenset(tags)})
    report = evaluate_kind(
        VOICES, enricher, reading=reading, unsure_below=enricher.unsure_below, samples=0
    )
    assert report.rows == rows
    assert report.free.accuracy.value >= floor, (
        "the hard ones hold no question, yet the model may say so"
    )


@pytest.mark.parametrize("seed", [None, 3])
def test_near_misses_are_told_apart(enricher: DefaultEnricher, seed: int | None) -> None:
    reading = Reading.of(["duplicate_group=group"], ["kind=bug", "kind=feature"])
    grouper = DefaultGrouper(Thresholds.read())
    report = evaluate_duplicates(
        NEAR_MISSES, enricher, grouper, reading=reading, shuffle=seed, samples=0
    )
    assert report.rows == 209
    assert report.queries == 181
    assert report.recall["fused"][10] >= 0.93
    stream = report.stream
    right = stream.joins - stream.wrong_joins
    assert stream.wrong_joins <= 34
    assert right >= 25, "whoever joins nothing errs never"
    assert right + stream.right_suggestions >= 55, "what is not joined is still shown to a person"
