"""Candidate search in memory, for evaluation: vectors, BM25, and both fused as in the service."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.grouping.fusion import (
    NEAREST_SEARCHED,
    WORDS_SEARCHED,
    Floats,
    fused_scores,
    shared_titles,
)
from classifiers.kinds.features import title
from classifiers.texts.phrases import content_words

K1 = 1.2
B = 0.75
"""Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009)."""
READ = 4_000
DEPTH = 100
KEPT = 512
"""Neighbours kept of each text by each way; where too few of them may be used, all texts are ranked
again."""

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
    """Ranks texts of the same product for one of them, by ``vector``, by ``words`` (BM25) or by
    both ``fused``.

    The rarity of a word is that among all texts. All else is told by those that may be used: a
    crowd is one of the candidates, as in the service, so texts that come later do not show in the
    rankings of a stream.
    """

    def __init__(self, texts: Sequence[str], vectors: Vectors, products: Sequence[str]) -> None:
        """``vectors`` are float32[n, dimensions] of unit length. Each text's nearest are worked out
        once, here."""
        self._vectors = vectors
        self._titles = ["".join(text[slice(*span)] for span in title(text)) for text in texts]
        self._bm25 = Bm25(texts)
        _, self._products = np.unique(np.asarray(products), return_inverse=True)
        self._near = [self._nearest(query) for query in range(len(texts))]

    def rankings(
        self, query: int, allowed: NDArray[np.bool_] | None = None, depth: int = DEPTH
    ) -> dict[str, Places]:
        """Best places first, without the query itself, by each way; ``allowed`` bool[n] leaves
        others out.

        ``fused`` ranks the 100 nearest and the 20 best by words, whatever the ``depth``.
        """
        kept = self._near[query]
        if allowed is not None:
            left = [(places[allowed[places]], shares[allowed[places]]) for places, shares in kept]
            least = max(depth, NEAREST_SEARCHED)
            cut = any(
                len(had) == KEPT and len(has) < least
                for (had, _), (has, _) in zip(kept, left, strict=True)
            )
            kept = self._nearest(query, allowed) if cut else left
        near, said = kept[0][0], kept[1][0]
        places, first = np.unique(
            np.concatenate([near[:NEAREST_SEARCHED], said[:WORDS_SEARCHED]]), return_index=True
        )
        words = np.concatenate([kept[0][1][:NEAREST_SEARCHED], kept[1][1][:WORDS_SEARCHED]])[first]
        titles = shared_titles(self._titles[query], [self._titles[place] for place in places])
        scores = fused_scores(self._vectors[query], self._vectors[places], words, titles)
        return {"words": said[:depth], "vector": near[:depth], "fused": places[best(scores, depth)]}

    def _nearest(
        self, query: int, allowed: NDArray[np.bool_] | None = None
    ) -> list[tuple[Places, Floats]]:
        """The nearest by vector and the best by words, each with BM25 scores as shares of the
        query's for itself."""
        open_to = self._products == self._products[query]
        if allowed is not None:
            open_to &= allowed
        open_to[query] = False
        places = np.flatnonzero(open_to)
        scores = self._bm25.scores(query)
        words = scores[places]
        shares = np.asarray(words / max(scores[query], 1e-9), np.float32)
        near = best(self._vectors[places] @ self._vectors[query], KEPT)
        said = best(np.where(words > 0, words, -np.inf), KEPT)
        return [(places[found], shares[found]) for found in (near, said)]


def best(scores: NDArray[np.floating], depth: int) -> Places:
    """Places of the highest finite scores, best first; a tie goes to the earlier place."""
    depth = min(depth, int(np.isfinite(scores).sum()))
    if not depth:
        return np.empty(0, np.intp)
    edge = np.partition(scores, -depth)[-depth]
    places = np.flatnonzero(scores >= edge)
    return np.asarray(places[np.argsort(-scores[places], kind="stable")][:depth])
