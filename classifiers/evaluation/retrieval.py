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
SEARCHED_CHARACTERS = 4_000
SEARCH_DEPTH = 100
NEIGHBOURS = 512
"""Neighbours kept of each text by each way; where too few of them may be used, all texts are ranked
again."""

Places = NDArray[np.intp]
Ranked = tuple[Places, Floats]
"""Places, best first, and their shares of the words."""
SEARCH_WAYS = ("words", "vector", "fused")


class Bm25:
    """Scores all texts for a query by the content words they share."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(content_words(text[:SEARCHED_CHARACTERS])) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], np.float64)
        damping = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9))
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, count in enumerate(counts):
            for word, times in count.items():
                postings[word].append((place, times))
        self._terms = [list(count) for count in counts]
        self._size = len(texts)
        self._postings: dict[str, tuple[Places, NDArray[np.float64]]] = {}
        for word, texts_with_word in postings.items():
            places = np.array([place for place, _ in texts_with_word], np.intp)
            counted = np.array([times for _, times in texts_with_word], np.float64)
            texts_without = self._size - len(texts_with_word)
            rarity = np.log(1 + (texts_without + 0.5) / (len(texts_with_word) + 0.5))
            scores = rarity * counted * (K1 + 1) / (counted + damping[places])
            self._postings[word] = places, scores

    def scores(self, query: int) -> NDArray[np.float64]:
        """``float64[n]`` for the text at place ``query``, which counts each of its words once."""
        postings = [self._postings[word] for word in self._terms[query]]
        if not postings:
            return np.zeros(self._size)
        places, values = (np.concatenate(column) for column in zip(*postings, strict=True))
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
        self._neighbours = [self._best_by_each_way(query) for query in range(len(texts))]

    def rankings(
        self, query: int, allowed: NDArray[np.bool_] | None = None, depth: int = SEARCH_DEPTH
    ) -> dict[str, Places]:
        """Best places first, without the query itself, by each way; ``allowed`` bool[n] leaves
        others out.

        ``fused`` ranks the 100 nearest and the 20 best by words, whatever the ``depth``.
        """
        ranked = self._neighbours[query]
        if allowed is not None:
            ranked = self._allowed(query, allowed, max(depth, NEAREST_SEARCHED))
        (near, near_shares), (by_words, word_shares) = ranked
        candidates = np.concatenate([near[:NEAREST_SEARCHED], by_words[:WORDS_SEARCHED]])
        shares = np.concatenate([near_shares[:NEAREST_SEARCHED], word_shares[:WORDS_SEARCHED]])
        places, first = np.unique(candidates, return_index=True)
        titles = shared_titles(self._titles[query], [self._titles[place] for place in places])
        vectors = self._vectors[places]
        scores = fused_scores(self._vectors[query], vectors, shares[first], titles)
        return {
            "words": by_words[:depth],
            "vector": near[:depth],
            "fused": places[best(scores, depth)],
        }

    def _allowed(self, query: int, allowed: NDArray[np.bool_], least: int) -> list[Ranked]:
        """Of the neighbours those that are allowed; all texts are ranked again where the neighbours
        were cut off and too few are left of them."""
        neighbours = self._neighbours[query]
        remaining = [
            (places[allowed[places]], shares[allowed[places]]) for places, shares in neighbours
        ]
        for (places, _), (left, _) in zip(neighbours, remaining, strict=True):
            if len(places) == NEIGHBOURS and len(left) < least:
                return self._best_by_each_way(query, allowed)
        return remaining

    def _best_by_each_way(
        self, query: int, allowed: NDArray[np.bool_] | None = None
    ) -> list[Ranked]:
        """The nearest by vector and the best by words, each with BM25 scores as shares of the
        query's for itself."""
        usable = self._products == self._products[query]
        if allowed is not None:
            usable &= allowed
        usable[query] = False
        places = np.flatnonzero(usable)
        scores = self._bm25.scores(query)
        words = scores[places]
        shares = np.asarray(words / max(scores[query], 1e-9), np.float32)
        near = best(self._vectors[places] @ self._vectors[query], NEIGHBOURS)
        by_words = best(np.where(words > 0, words, -np.inf), NEIGHBOURS)
        return [(places[chosen], shares[chosen]) for chosen in (near, by_words)]


def best(scores: NDArray[np.floating], depth: int) -> Places:
    """Places of the highest finite scores, best first; a tie goes to the earlier place."""
    depth = min(depth, int(np.isfinite(scores).sum()))
    if not depth:
        return np.empty(0, np.intp)
    edge = np.partition(scores, -depth)[-depth]
    places = np.flatnonzero(scores >= edge)
    return np.asarray(places[np.argsort(-scores[places], kind="stable")][:depth])
