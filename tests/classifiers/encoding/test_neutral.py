"""What a language adds to its texts' vectors is taken out, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from classifiers.encoding.neutral import VECTORS, LanguageNeutral, neutral_in
from classifiers.stored_weights import write

TOPICS, LANGUAGES = 20, 3


def scene() -> list[np.ndarray]:
    """The same topics in three languages, each shifted its own way."""
    random = np.random.default_rng(1)
    topics = random.normal(0, 1, (TOPICS, 64)).astype(np.float32)
    shifts = random.normal(0, 1, (LANGUAGES, 1, 64)).astype(np.float32) * 4
    rows = topics + shifts
    return list(rows / np.linalg.norm(rows, axis=2, keepdims=True))


def test_the_same_topic_is_nearest_across_languages_once_these_are_gone() -> None:
    languages = scene()
    neutral = LanguageNeutral.fit(languages)
    first, second, _ = (neutral.of(vectors) for vectors in languages)
    assert np.array_equal((first @ second.T).argmax(axis=1), np.arange(TOPICS))
    assert (first * second).sum(axis=1).min() > 0.8
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    means = [neutral.of(vectors).mean(axis=0) for vectors in languages]
    assert np.linalg.norm(means[0] - means[1]) < 0.1


def test_it_is_stored_beside_the_heads(tmp_path: Path) -> None:
    languages = scene()
    neutral = LanguageNeutral.fit(languages)
    write(VECTORS, neutral, {"version": "1"}, tmp_path)
    stored = neutral_in(tmp_path)
    assert stored is not None
    assert np.array_equal(stored.of(languages[0]), neutral.of(languages[0]))
    assert neutral_in(None) is None
    assert neutral_in(tmp_path / "elsewhere") is None
