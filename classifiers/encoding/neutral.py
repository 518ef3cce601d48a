"""Takes out of vectors what a text's language adds to them, so that they can be compared across
languages, and what all texts share, so that cosines tell more.

A multilingual encoder puts each language into a region of its own: "crash" in German lies nearer to
other German texts than to "crash" in Japanese. What tells the languages' means apart is projected
away (Yang et al., EMNLP 2021, "A Simple and Effective Method To Eliminate the Self Language Bias in
Multilingual Representations"). Then the directions in which texts differ that say the same count
less (within-class covariance normalisation: Hatch, Kajarekar and Stolcke, Interspeech 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifiers.contract import Vectors
from classifiers.stored_weights import Arrays, load

VECTORS = "vectors"
LEAST_LENGTH = np.float32(1e-9)
SAME_SHRINKAGE = 3.0
"""How much of the mean variance is added to each direction's before it is evened out: with more of
it, less happens. On products' inboxes as good as the best, and the most cautious of those."""


@dataclass(frozen=True, slots=True)
class LanguageNeutral:
    """``center`` float32[dimensions], taken off a vector before it is multiplied by ``matrix``
    float32[dimensions, dimensions]."""

    center: Vectors
    matrix: Vectors

    @classmethod
    def fit(cls, languages: Sequence[Vectors], same: Sequence[Vectors] = ()) -> LanguageNeutral:
        """From vectors ``float32[n, dimensions]`` of texts in each language, whose topics are much
        the same, and of groups of texts that say the ``same``, two or more in each."""
        means = np.stack([vectors.mean(axis=0, dtype=np.float64) for vectors in languages])
        center = means.mean(axis=0)
        directions = np.linalg.svd(means - center, full_matrices=False)[2][: len(means) - 1]
        matrix = np.eye(len(center)) - directions.T @ directions
        without_language = cls(center.astype(np.float32), matrix.astype(np.float32))
        if same:
            matrix = matrix @ _evening([without_language.of(vectors) for vectors in same])
        # Stored in half precision; rounded here, so that what is fitted is what serves.
        rounded = matrix.astype(np.float16).astype(np.float32)
        return cls(without_language.center, rounded)

    def of(self, vectors: Vectors) -> Vectors:
        """The same texts' vectors ``float32[n, dimensions]`` of unit length, without center and
        language."""
        moved = (vectors - self.center) @ self.matrix
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.asarray(moved / np.maximum(lengths, LEAST_LENGTH), np.float32)

    def arrays(self) -> Arrays:
        """What is stored."""
        return {"center": self.center, "matrix": self.matrix.astype(np.float16)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> LanguageNeutral:
        """The opposite of ``arrays``. Raises KeyError for a missing one."""
        return cls(
            np.asarray(arrays["center"], np.float32), np.asarray(arrays["matrix"], np.float32)
        )

    @classmethod
    def read(cls, folder: Path) -> LanguageNeutral:
        """Those in ``folder``.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        return load(VECTORS, folder, cls.from_arrays)[0]


def _evening(same: Sequence[Vectors]) -> Vectors:
    """``float64[dimensions, dimensions]``: after it, what says the same differs about as much in
    every direction."""
    differences = np.concatenate(
        [vectors - vectors.mean(axis=0, dtype=np.float64) for vectors in same]
    )
    variances, axes = np.linalg.eigh(differences.T @ differences / len(differences))
    variances = np.maximum(variances, 0)
    shrunk = variances + SAME_SHRINKAGE * variances.mean()
    evening = (axes / np.sqrt(shrunk)) @ axes.T
    # The scale means nothing: vectors are brought to unit length.
    return np.asarray(evening * np.sqrt(shrunk.mean()))


def neutral_in(folder: Path | None) -> LanguageNeutral | None:
    """What belongs to the heads in ``folder``; None where these have no such thing. Raises
    ModelError."""
    if folder is None or not (folder / f"{VECTORS}.npz").is_file():
        return None
    return LanguageNeutral.read(folder)
