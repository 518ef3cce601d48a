"""Trouble in the words of a question opens a theme or is listed for a person, and what only asks
stays a question.

``asking.jsonl`` holds 38 comments that ask because something is broken, and 38 look-alikes that
only ask. They were labelled before the model was asked; nothing learns from them.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from app.judging.may_report import QUESTION_MAY_REPORT_FROM
from classifiers.contract import THEME_KINDS, Enrichment, Kind
from classifiers.kinds.enrich import DefaultEnricher

ASKING = Path(__file__).parent / "asking.jsonl"


def outcome(told: Enrichment) -> str:
    """What becomes of a comment that joins no theme."""
    if told.kind in THEME_KINDS:
        return "theme"
    likely = sum(told.scores[kind] for kind in THEME_KINDS)
    return "listed" if likely >= QUESTION_MAY_REPORT_FROM else "left"


@pytest.fixture(scope="module")
def outcomes(enricher: DefaultEnricher) -> Counter[tuple[str, str]]:
    """How many of each kind met which outcome."""
    rows = [json.loads(line) for line in ASKING.read_text(encoding="utf-8").splitlines()]
    told = enricher.enrich([row["text"] for row in rows])
    return Counter((row["kind"], outcome(one)) for row, one in zip(rows, told, strict=True))


def test_trouble_that_is_asked_about_is_not_lost(outcomes: Counter[tuple[str, str]]) -> None:
    assert outcomes[Kind.bug, "theme"] >= 20
    assert outcomes[Kind.bug, "left"] <= 2


def test_what_only_asks_opens_no_theme(outcomes: Counter[tuple[str, str]]) -> None:
    assert outcomes[Kind.question, "theme"] <= 1
    assert outcomes[Kind.question, "left"] >= 24
