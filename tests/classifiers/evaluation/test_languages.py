"""What the multilingual model makes of comments in five languages that nothing was trained on:
floors that a worse model falls through. docs/quality.md has the figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers.contract import Enrichment
from classifiers.encoding.models import MULTILINGUAL
from classifiers.evaluation.evaluate_duplicates import evaluate_duplicates
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.enrich import UNSUPPORTED_LANGUAGE, DefaultEnricher
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.training.seed_texts import comments

COMMENTS = Path(__file__).parent / "languages.jsonl"
"""62 comments a language: 24 matters, each said twice in each language, and talk."""
LANGUAGES = ("de", "es", "fr", "ja", "pt")
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in COMMENTS.read_text(encoding="utf-8").splitlines()
]
KINDS_RIGHT = {"de": 0.85, "es": 0.8, "fr": 0.82, "ja": 0.86, "pt": 0.77}
"""Floors, each some three comments below what was measured."""


@pytest.fixture(scope="module")
def read(multilingual: DefaultEnricher) -> Sequence[Enrichment]:
    """Every comment as the multilingual model reads it."""
    return multilingual.enrich([row["text"] for row in ROWS])


def rows_in(language: str) -> list[int]:
    """The places of a language's comments."""
    return [place for place, row in enumerate(ROWS) if row["language"] == language]


def right_first(vectors: np.ndarray, asked: Sequence[int], pool: Sequence[int]) -> float:
    """Of the comments ``asked`` about that have another of their matter in the ``pool``, for how
    many the nearest one there is such (R@1)."""
    hits = []
    for place in asked:
        group = ROWS[place]["group"]
        others = [other for other in pool if other != place]
        if not group or group not in {ROWS[other]["group"] for other in others}:
            continue
        nearest = others[int(np.argmax(vectors[others] @ vectors[place]))]
        hits.append(ROWS[nearest]["group"] == group)
    return float(np.mean(hits))


def test_the_comments_are_enough_and_nobody_learns_from_them() -> None:
    assert all(len(rows_in(language)) >= 60 for language in LANGUAGES)
    learned = {str(row["text"]) for row in comments("languages", "own", "kinds")}
    assert learned.isdisjoint(row["text"] for row in ROWS)
    groups = {row["group"] for row in ROWS if row["group"]}
    for language in LANGUAGES:
        said = [ROWS[place]["group"] for place in rows_in(language)]
        assert all(said.count(group) == 2 for group in groups)


def test_the_default_leaves_other_languages_to_people(enricher: DefaultEnricher) -> None:
    reasons = [one.reason for one in enricher.enrich([row["text"] for row in ROWS])]
    assert reasons.count(UNSUPPORTED_LANGUAGE) >= 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_kinds_are_right(read: Sequence[Enrichment], language: str) -> None:
    right = [read[place].kind.value == ROWS[place]["kind"] for place in rows_in(language)]
    assert np.mean(right) >= KINDS_RIGHT[language]


def test_no_comment_is_doubted_for_its_language(read: Sequence[Enrichment]) -> None:
    assert UNSUPPORTED_LANGUAGE not in {one.reason for one in read}


def test_the_same_matter_is_nearest_in_every_other_language(read: Sequence[Enrichment]) -> None:
    vectors = np.stack([one.vector for one in read])
    for language in LANGUAGES:
        for other in set(LANGUAGES) - {language}:
            found = right_first(vectors, rows_in(language), rows_in(other))
            assert found >= 0.9, f"{language} in {other}"


def test_the_same_matter_is_nearest_among_all_of_them(read: Sequence[Enrichment]) -> None:
    vectors = np.stack([one.vector for one in read])
    everything = list(range(len(ROWS)))
    assert right_first(vectors, everything, everything) >= 0.96
    within = [right_first(vectors, rows_in(one), rows_in(one)) for one in LANGUAGES]
    assert np.mean(within) >= 0.74


def test_what_says_the_same_joins_across_languages(
    multilingual: DefaultEnricher, tmp_path: Path
) -> None:
    feedback = [row for row in ROWS if row["kind"] in ("bug", "feature")]
    stream = tmp_path / "stream.jsonl"
    stream.write_text(
        "\n".join(
            json.dumps(
                {**row, "duplicate_group": row["group"], "created_at": f"2026-01-01T{place:04d}"}
            )
            for place, row in enumerate(feedback)
        ),
        encoding="utf-8",
    )
    grouper = DefaultGrouper(Thresholds.read(MULTILINGUAL.heads))
    report = evaluate_duplicates(stream, multilingual, grouper, shuffle=1, samples=0)
    assert report.queries == 200
    assert report.stream.joins >= 110
    assert report.stream.wrong_joins <= 2


def test_heads_and_vectors_belong_to_the_model() -> None:
    cards = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((SHIPPED_WEIGHTS / "multilingual").glob("*.json"))
    ]
    named = [card["encoder"] for card in cards if "encoder" in card]
    assert len(named) >= 6
    assert set(named) == {MULTILINGUAL.name}
