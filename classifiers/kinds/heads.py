"""Linear heads as they are shipped: small arrays in an ``.npz``, applied with NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.kinds.features import (
    STYLE_COLUMNS,
    TERM_BUCKETS,
    WORD_BUCKETS,
    Hashed,
    hashed,
    style,
)
from classifiers.stored_weights import load

STYLE_SCALE = 2.0
_STORED_AS: Mapping[str, type[np.floating[Any]]] = {
    "dense": np.float32,
    "dense_intercept": np.float32,
    "terms": np.float16,
    "terms_intercept": np.float32,
    "idf": np.float16,
    "signs": np.float32,
    "signs_intercept": np.float32,
    "shares": np.float32,
}
"""The arrays of ``Heads``: the large ones in half precision."""
_READ_AS: Mapping[str, type[np.floating[Any]]] = {
    **dict.fromkeys(_STORED_AS, np.float64),
    "terms": np.float32,
    "idf": np.float32,
}
"""What they are worked with in: the large ones in less, which halves their memory."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Features:
    """What every head reads of a batch: the encoder's ``inner`` ``float32[n, 384]``, hashed terms
    and signs of style.

    ``titles`` ``float32[n, 384]`` is what the encoder read in the first line of the texts that are
    ``titled`` ``bool[n]``, and ``inner`` again for the others.
    """

    inner: Vectors
    hashed: Hashed
    style: Vectors
    titles: Vectors
    titled: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        inner: Vectors,
        titled: Sequence[int] = (),
        titles: Vectors | None = None,
        signs: Signs | None = None,
    ) -> Features:
        """Features of cleaned ``texts`` and what the encoder's ``encode`` gave for them as
        ``inner``, and as ``titles`` for the titles of the rows ``titled``; ``signs`` are
        ``signs_of(texts)``, where they are known already."""
        titled_rows, first_lines = np.zeros(len(texts), bool), inner
        if titles is not None and len(titled):
            titled_rows[titled] = True
            first_lines = inner.copy()
            first_lines[titled] = titles
        terms, styles = signs or signs_of(texts)
        return cls(inner, terms, styles, first_lines, titled_rows)

    def take(self, rows: NDArray[np.intp]) -> Features:
        """The given rows, in the given order; one may come twice."""
        return Features(
            self.inner[rows],
            self.hashed.take(rows),
            self.style[rows],
            self.titles[rows],
            self.titled[rows],
        )

    def with_titles(self) -> Features:
        """The same with ``inner`` and ``titles`` side by side as ``inner``."""
        return replace(self, inner=np.hstack([self.inner, self.titles]))

    def dense(self) -> Floats:
        """``float64[n, columns + STYLE]``: what the encoder read beside the signs of style."""
        return np.hstack([self.inner, self.style * STYLE_SCALE]).astype(np.float64)


Signs = tuple[Hashed, Vectors]


def signs_of(texts: Sequence[str]) -> Signs:
    """What is read of cleaned texts without the encoder: hashed terms, and signs of style."""
    return hashed(texts), style(texts)


@dataclass(frozen=True, slots=True)
class Heads:
    """Two linear heads over the same outcomes; their logits are averaged with ``share`` for the
    dense one.

    ``dense`` is float[columns + STYLE, outcomes], ``terms`` float[BUCKETS, outcomes] already
    multiplied by the inverse document frequency ``idf`` float[BUCKETS], ``signs`` float[STYLE,
    outcomes]; each intercept float[outcomes].
    """

    dense: Floats
    dense_intercept: Floats
    terms: NDArray[np.float32]
    terms_intercept: Floats
    idf: NDArray[np.float32]
    signs: Floats
    signs_intercept: Floats
    shares: Floats

    def logits(self, features: Features) -> Floats:
        """``float64[n, outcomes]``."""
        dense = features.dense() @ self.dense + self.dense_intercept
        signs = features.style * STYLE_SCALE @ self.signs + self.signs_intercept
        terms = self.term_logits(features.hashed) + self.terms_intercept
        return np.asarray(self.shares[0] * dense + self.shares[1] * terms + self.shares[2] * signs)

    def term_logits(self, rows: Hashed) -> Floats:
        """The hashed head without its intercept; words and letters are each of unit length."""
        if not len(rows.places):
            return np.zeros((len(rows), self.terms.shape[1]))
        weights = rows.weights * self.idf[rows.places]
        letters = rows.places >= WORD_BUCKETS
        row = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
        part = row * 2 + letters
        norms = np.sqrt(np.bincount(part, weights.astype(np.float64) ** 2, minlength=2 * len(rows)))
        scaled = weights / np.maximum(norms[part], 1e-9)
        products = self.terms[rows.places] * scaled[:, None]
        columns = [
            np.bincount(row, products[:, column], minlength=len(rows))
            for column in range(products.shape[1])
        ]
        return np.stack(columns, axis=1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What ``numpy.savez_compressed`` stores."""
        return {name: getattr(self, name).astype(kind) for name, kind in _STORED_AS.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Heads:
        """The opposite of ``arrays``: KeyError where one is missing, ValueError where none fits."""

        heads = cls(**{name: np.asarray(arrays[name], kind) for name, kind in _READ_AS.items()})
        if heads.terms.shape[0] != TERM_BUCKETS or heads.signs.shape[0] != STYLE_COLUMNS:
            raise ValueError("trained for other features")
        return heads


def read(name: str, folder: Path | None = None) -> tuple[Heads, dict[str, Any]]:
    """The heads called ``name`` and their card.

    Raises:
        ModelError: ``heads_unreadable``.
    """
    return load(name, folder, Heads.from_arrays)
