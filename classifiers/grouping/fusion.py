"""One score from how near two texts are, how crowded it is around the other, and the words and
titles they share.

Evaluation and the service rank candidates by it, each with its own search for what is near and for
shared words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.grouping.link import overlap

NEAR = 100
SAID = 20
"""Texts that each way finds for one comment: the nearest vectors, and the best by shared words."""
WORDS = 0.4
"""The weight of the BM25 score as a share of the comment's score against itself; see
docs/decisions."""
TITLES = 0.1
"""The weight of the words in common of two titles, where both texts have one."""
CROWD = 0.5
CROWDED = 3
"""Cross-domain similarity local scaling (Conneau et al., Word Translation Without Parallel Data,
ICLR 2018): half of a text's mean cosine to its nearest is taken off, because some texts are near to
everything. Theirs are the ten nearest of all; among the candidates of one comment, where many a
neighbour is missing, three tell more."""

Floats = NDArray[np.float32]


def fused_scores(
    query: Floats, vectors: Vectors, words: Floats, titles: Floats | None = None
) -> Floats:
    """``float32[n]`` for the candidates of one comment: cosine - 0.5 * crowd + 0.4 * words + 0.1 *
    titles.

    ``query`` float32[dimensions] and ``vectors`` float32[n, dimensions] are of unit length;
    ``words`` float32[n] are shares of the comment's score against itself, 0 where none were found;
    ``titles`` are those of ``shared_titles``. The crowd is that among these candidates, so that
    nothing is kept which the next comment makes untrue; see docs/decisions.
    """
    scores = vectors @ query - CROWD * crowds(vectors) + WORDS * words
    return np.asarray(scores if titles is None else scores + TITLES * titles, np.float32)


def shared_titles(title: str, others: Sequence[str]) -> Floats | None:
    """``float32[n]``: how many words a title shares with each other one, 0..1; None without a
    title."""
    return np.array([overlap(title, other) for other in others], np.float32) if title else None


def crowds(vectors: Vectors) -> Floats:
    """``float32[n]``: the mean cosine of each to its three nearest among the others; 0 for one that
    is alone."""
    most = min(CROWDED, len(vectors) - 1)
    if most < 1:
        return np.zeros(len(vectors), np.float32)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    return np.asarray(np.partition(cosines, -most, axis=1)[:, -most:].mean(axis=1), np.float32)
