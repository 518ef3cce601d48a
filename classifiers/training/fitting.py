"""Fitting heads and calibrating them: what training does with numbers (scipy; never imported when
serving)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.kinds.features import STYLE_COLUMNS, TERM_BUCKETS, WORD_BUCKETS, Hashed
from classifiers.kinds.heads import STYLE_SCALE, Features, Floats, Heads
from classifiers.kinds.softmax import fit, softmax

Mask = NDArray[np.bool_]

INNER_SCALE = 4.0
"""Length of an average row of the encoder's columns when they are fitted."""


@dataclass(frozen=True, slots=True)
class Penalties:
    """Strength of the squared norm for each head, and the share of each in the averaged logits."""

    dense: float = 1e-3
    terms: float = 3e-4
    signs: float = 1e-4
    shares: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)


@dataclass(frozen=True, slots=True)
class Table:
    """Features of all rows with their terms as a sparse matrix, scaled the way
    ``Heads.term_logits`` scales them."""

    features: Features
    dense: Floats
    terms: Any
    idf: NDArray[np.float32]

    @classmethod
    def of(cls, features: Features) -> Table:
        """Inverse document frequencies come from all rows: they hold no label."""
        matrix = _sparse(features.hashed)
        spread = np.bincount(features.hashed.places, minlength=TERM_BUCKETS)
        idf = np.where(spread >= 2, np.log((1 + matrix.shape[0]) / (1 + spread)) + 1, 0).astype(
            np.float16
        )
        return cls(
            features,
            features.dense(),
            _unit(matrix, idf.astype(np.float64)),
            idf.astype(np.float32),
        )

    def take(self, rows: NDArray[np.intp]) -> Table:
        """The given rows, in the given order; one may come twice."""
        return Table(self.features.take(rows), self.dense[rows], self.terms[rows], self.idf)

    def with_titles(self) -> Table:
        """The same with the titles' columns beside the texts'."""
        features = self.features.with_titles()
        return replace(self, features=features, dense=features.dense())

    def heads(self, rows: Mask, allowed: Mask, weights: Floats, penalties: Penalties) -> Heads:
        """Fit the three heads on ``rows``; ``allowed`` bool[n, outcomes] and ``weights`` cover all
        rows."""
        chosen, share = allowed[rows], weights[rows]
        signs_table = self.features.style[rows].astype(np.float64) * STYLE_SCALE
        dense, dense_intercept = fit_level(self.dense[rows], chosen, share, penalties.dense)
        terms, terms_intercept = fit(self.terms[rows], chosen, share, penalties.terms)
        signs, signs_intercept = fit(signs_table, chosen, share, penalties.signs)
        return Heads(
            dense=dense,
            dense_intercept=dense_intercept,
            terms=terms.astype(np.float32),
            terms_intercept=terms_intercept,
            idf=self.idf,
            signs=signs,
            signs_intercept=signs_intercept,
            shares=np.array(penalties.shares),
        )

    def logits(self, heads: Heads, rows: Mask) -> Floats:
        """The averaged logits of ``rows``; the same numbers as ``Heads.logits`` gives, through the
        sparse matrix."""
        dense = self.dense[rows] @ heads.dense + heads.dense_intercept
        terms = (
            np.asarray(self.terms[rows] @ heads.terms.astype(np.float64)) + heads.terms_intercept
        )
        signs = self.features.style[rows] * STYLE_SCALE @ heads.signs + heads.signs_intercept
        return np.asarray(
            heads.shares[0] * dense + heads.shares[1] * terms + heads.shares[2] * signs
        )


def fit_level(
    rows: Floats, chosen: Mask, share: Floats, penalty: float, *, signs: int = STYLE_COLUMNS
) -> tuple[Floats, Floats]:
    """``softmax.fit`` with the encoder's columns on a common level, folded back into the
    coefficients; the last ``signs`` columns are none of the encoder's.

    A few of its columns are a hundred times as large as the others, and one penalty could not suit
    both.
    """
    inner = rows.shape[1] - signs
    center, spread = rows.mean(axis=0), rows.std(axis=0) * np.sqrt(inner) / INNER_SCALE + 1e-9
    center[inner:], spread[inner:] = 0, 1
    coefficients, intercepts = fit((rows - center) / spread, chosen, share, penalty)
    folded = coefficients / spread[:, None]
    return folded, intercepts - center @ folded


def temperature(logits: Floats, allowed: Mask, weights: Floats) -> float:
    """The temperature (0.2 to 5) that makes the allowed kinds most likely (Guo et al., ICML
    2017)."""
    from scipy.optimize import minimize_scalar

    def loss(log: float) -> float:
        mass = np.where(allowed, softmax(logits / np.exp(log)), 0).sum(axis=1)
        return -float(weights @ np.log(np.maximum(mass, 1e-12)))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(5)), method="bounded").x))


def unsure_below(
    confidence: Floats, right: Mask, weights: Floats, precision: float = 0.9
) -> tuple[float, float]:
    """The lowest confidence above which ``precision`` of the rows (by weight) are right, and the
    share they make up.

    (1.0, 0.0) where no threshold does it.
    """
    order = np.argsort(-confidence, kind="stable")
    total = np.cumsum(weights[order])
    good = np.cumsum(weights[order] * right[order]) / total >= precision
    if not good.any():
        return 1.0, 0.0
    last = int(np.flatnonzero(good)[-1])
    return float(confidence[order][last]), float(total[last] / total[-1])


def macro_f1(
    truth: NDArray[np.str_], predicted: NDArray[np.str_], labels: list[str]
) -> tuple[float, Mapping[str, float]]:
    """Macro F1 and the F1 of each label; a label that never occurs nor is predicted counts 0."""
    scores = {}
    for label in labels:
        hits = float(((truth == label) & (predicted == label)).sum())
        scores[label] = (
            2 * hits / max(float((truth == label).sum() + (predicted == label).sum()), 1.0)
        )
    return sum(scores.values()) / len(labels), scores


def _sparse(rows: Hashed) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix(
        (rows.weights.astype(np.float64), rows.places, rows.starts), shape=(len(rows), TERM_BUCKETS)
    )


def _unit(matrix: Any, idf: Floats) -> Any:
    from scipy.sparse import diags, hstack

    parts = []
    for start, end in ((0, WORD_BUCKETS), (WORD_BUCKETS, TERM_BUCKETS)):
        part = matrix[:, start:end] @ diags(idf[start:end])
        norms = np.sqrt(np.asarray(part.multiply(part).sum(axis=1)).ravel())
        parts.append(diags(1 / np.maximum(norms, 1e-9)) @ part)
    return hstack(parts).tocsr()
