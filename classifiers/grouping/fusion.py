"""One score from how near two texts are, how crowded it is there, and the words they share.

Evaluation and the service rank candidates by it, each with its own search for what is near and for
shared words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.grouping.link import overlap

NEAREST_SEARCHED = 100
"""Texts with the nearest vectors that are found for one comment ..."""
WORDS_SEARCHED = 20
"""... and those that share most words with it."""
SHARED_WORDS_WEIGHT = 0.4
"""The weight of the BM25 score as a share of the comment's score against itself; see
docs/decisions."""
SHARED_TITLES_WEIGHT = 0.1
"""The weight of the words in common of two titles, where both texts have one."""
CROWD_WEIGHT = 0.5
CROWD_NEIGHBOURS = 3
"""Cross-domain similarity local scaling (Conneau et al., Word Translation Without Parallel Data,
ICLR 2018): half of a text's mean cosine to its nearest is taken off, because some texts are near to
everything. Theirs are the ten nearest of all; among the candidates of one comment, where many a
neighbour is missing, three tell more."""

Floats = NDArray[np.float32]


def fused_scores(
    query: Floats, vectors: Vectors, words: Floats, titles: Floats | None = None
) -> Floats:
    """``float32[n]`` for the candidates of one comment.

    cosine 0.8 - 0.5 * crowd 0.6 + 0.4 * words 0.25 + 0.1 * titles 0.5 = 0.65

    ``query`` float32[dimensions] and ``vectors`` float32[n, dimensions] are of unit length;
    ``words`` float32[n] are shares of the comment's score against itself, 0 where none were found;
    ``titles`` are those of ``shared_titles``. The crowd is that among these candidates, so that
    nothing is kept which the next comment makes untrue; see docs/decisions.
    """
    scores = vectors @ query - CROWD_WEIGHT * crowds(vectors) + SHARED_WORDS_WEIGHT * words
    if titles is not None:
        scores = scores + SHARED_TITLES_WEIGHT * titles
    return np.asarray(scores, np.float32)


def shared_titles(title: str, candidate_titles: Sequence[str]) -> Floats | None:
    """``float32[n]``: how many words a title shares with each one, 0..1; None without a title."""
    if not title:
        return None
    return np.array([overlap(title, candidate) for candidate in candidate_titles], np.float32)


def crowds(vectors: Vectors) -> Floats:
    """``float32[n]``: the mean cosine of each to its three nearest; 0 for one that is alone."""
    neighbours = min(CROWD_NEIGHBOURS, len(vectors) - 1)
    if neighbours < 1:
        return np.zeros(len(vectors), np.float32)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.partition(cosines, -neighbours, axis=1)[:, -neighbours:]
    return np.asarray(nearest.mean(axis=1), np.float32)
