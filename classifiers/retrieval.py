"""Candidate search in memory, for evaluation: vectors, BM25 and both fused. Serving asks the database for the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.phrases import content_words

K1 = 1.2
B = 0.75
"""Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009)."""
FUSION = 60
"""Cormack, Clarke and Büttcher, Reciprocal Rank Fusion (SIGIR 2009)."""
READ = 4_000
DEPTH = 100

Places = NDArray[np.intp]


class Bm25:
    """Scores all texts for a query by the content words they share."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(content_words(text[:READ])) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], np.float64)
        damping = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9))
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, count in enumerate(counts):
            for word, times in count.items():
                postings[word].append((place, times))
        self._terms = [list(count) for count in counts]
        self._size = len(texts)
        self._postings: dict[str, tuple[Places, NDArray[np.float64]]] = {}
        for word, found in postings.items():
            places = np.array([place for place, _ in found], np.intp)
            counted = np.array([times for _, times in found], np.float64)
            rarity = np.log(1 + (self._size - len(found) + 0.5) / (len(found) + 0.5))
            self._postings[word] = places, rarity * counted * (K1 + 1) / (counted + damping[places])

    def scores(self, query: int) -> NDArray[np.float64]:
        """``float64[n]`` for the text at place ``query``, which counts each of its words once."""
        total = np.zeros(self._size)
        for word in self._terms[query]:
            places, values = self._postings[word]
            total[places] += values
        return total


class Search:
    """Ranks texts for one of them by ``vector``, ``words`` (BM25) or ``fused`` (reciprocal rank of both)."""

    def __init__(self, texts: Sequence[str], vectors: Vectors) -> None:
        self._vectors = vectors
        self._bm25 = Bm25(texts)

    def rankings(self, query: int, allowed: NDArray[np.bool_], depth: int = DEPTH) -> dict[str, Places]:
        """Best places first, among those ``allowed`` and without the query itself, by each of the three ways."""
        open_to = allowed.copy()
        open_to[query] = False
        near = best(np.where(open_to, self._vectors @ self._vectors[query], -np.inf), depth)
        words = self._bm25.scores(query)
        said = best(np.where(open_to & (words > 0), words, -np.inf), depth)
        return {"vector": near, "words": said, "fused": fuse([near, said], depth)}


def best(scores: NDArray[np.float64], depth: int) -> Places:
    """Places of the highest finite scores, best first; a tie goes to the earlier place."""
    depth = min(depth, int(np.isfinite(scores).sum()))
    if not depth:
        return np.empty(0, np.intp)
    edge = np.partition(scores, -depth)[-depth]
    places = np.flatnonzero(scores >= edge)
    return np.asarray(places[np.argsort(-scores[places], kind="stable")][:depth])


def fuse(rankings: Sequence[Places], depth: int = DEPTH) -> Places:
    """One ranking from several: the sum of 1 / (60 + rank); a tie goes to the earlier place."""
    totals: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, place in enumerate(ranking.tolist(), 1):
            totals[place] += 1 / (FUSION + rank)
    return np.array(sorted(totals, key=lambda place: (-totals[place], place))[:depth], np.intp)
