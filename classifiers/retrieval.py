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
KEPT = 512
"""Neighbours kept of each text by each way; where too few of them may be used, all texts are ranked again."""

Places = NDArray[np.intp]
WAYS = ("words", "vector", "fused")


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
        found = [self._postings[word] for word in self._terms[query]]
        if not found:
            return np.zeros(self._size)
        places, values = (np.concatenate(column) for column in zip(*found, strict=True))
        return np.asarray(np.bincount(places, values, minlength=self._size))


class Search:
    """Ranks texts of the same product for one of them, by ``vector``, ``words`` (BM25) or ``fused`` (rank of both)."""

    def __init__(self, texts: Sequence[str], vectors: Vectors, products: Sequence[str]) -> None:
        """``vectors`` are float32[n, dimensions] of unit length. Each text's nearest are worked out once, here."""
        self._vectors = vectors
        self._bm25 = Bm25(texts)
        _, self._products = np.unique(np.asarray(products), return_inverse=True)
        self._near = [self._nearest(query) for query in range(len(texts))]

    def rankings(self, query: int, allowed: NDArray[np.bool_] | None = None, depth: int = DEPTH) -> dict[str, Places]:
        """Best places first, without the query itself, by each way; ``allowed`` bool[n] leaves others out."""
        near, said = self._near[query]
        if allowed is not None:
            kept = [ranking[allowed[ranking]] for ranking in (near, said)]
            cut = any(len(full) == KEPT and len(found) < depth for full, found in zip((near, said), kept, strict=True))
            near, said = self._nearest(query, allowed) if cut else kept
        near, said = near[:depth], said[:depth]
        return {"words": said, "vector": near, "fused": fuse([near, said], depth)}

    def _nearest(self, query: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Places, Places]:
        open_to = self._products == self._products[query]
        if allowed is not None:
            open_to &= allowed
        open_to[query] = False
        places = np.flatnonzero(open_to)
        words = self._bm25.scores(query)[places]
        near = best(self._vectors[places] @ self._vectors[query], KEPT)
        return places[near], places[best(np.where(words > 0, words, -np.inf), KEPT)]


def best(scores: NDArray[np.floating], depth: int) -> Places:
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
