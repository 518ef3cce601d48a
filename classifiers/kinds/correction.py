"""A product's own word on kinds: what people corrected shifts the kinds of comments like it.

The shift is local. A linear head fitted to corrections learns to contradict the shipped one
everywhere, because people correct what is wrong and seldom say what is right; docs/learning.md has
the figures. NumPy alone.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.kinds.kind import KINDS
from classifiers.kinds.softmax import softmax
from classifiers.stored_weights import UNREADABLE_ERRORS

CORRECTION_WIDTH = 0.4
"""How far a correction reaches: its weight falls to a third at a cosine of 0.56."""
_LEAST_STORED = 1e-4
"""Shipped scores are kept to four places; below that nothing is known."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Correction:
    """``centres`` float32[c, d] are the vectors of labelled comments, ``shifts`` float64[c, 5] what
    each adds to the shipped log probabilities of a comment at the same place; less, the less alike
    it is.

    Kinds whose confidence is below ``unsure_below`` go to a person.
    """

    centres: Vectors
    shifts: Floats
    unsure_below: float = 0.0

    @classmethod
    def nothing(cls, vectors: Vectors) -> Correction:
        """One that changes nothing, for vectors like these."""
        return cls(vectors[:0], np.zeros((0, len(KINDS))))

    def probabilities(self, vectors: Vectors, shipped: Floats) -> Floats:
        """``float64[n, 5]`` in the order of ``KINDS``, from unit vectors float32[n, d] and the
        shipped probabilities."""
        return softmax(logs(shipped) + likeness(vectors, self.centres) @ self.shifts)

    def pack(self) -> bytes:
        """The correction as an ``.npz``: about 0.8 kB for each labelled comment."""
        packed = io.BytesIO()
        np.savez_compressed(
            packed,
            centres=self.centres.astype(np.float16),
            shifts=self.shifts.astype(np.float32),
            unsure_below=np.float64(self.unsure_below),
        )
        return packed.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> Correction:
        """The opposite of ``pack``. Raises ValueError for bytes that are something else."""
        try:
            with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
                centres = np.asarray(arrays["centres"], np.float32)
                shifts = np.asarray(arrays["shifts"], np.float64)
                unsure_below = float(arrays["unsure_below"])
        except UNREADABLE_ERRORS as error:
            raise ValueError(f"not a stored correction: {error}") from error
        if shifts.shape != (len(centres), len(KINDS)) or not np.isfinite(shifts).all():
            raise ValueError("a stored correction for other kinds")
        return cls(centres, shifts, unsure_below)


def likeness(vectors: Vectors, centres: Vectors) -> Floats:
    """``float64[n, c]``: 1 for the same unit vector, falling with the distance (Gaussian kernel).

    cosine 1 -> 1, 0.8 -> 0.61, 0.56 -> 0.33, 0 -> 0.08
    """
    cosines = vectors.astype(np.float64) @ centres.T.astype(np.float64)
    return np.asarray(np.exp((cosines - 1) / CORRECTION_WIDTH))


def logs(probabilities: Floats) -> Floats:
    """Logarithms, with zero read as less than the least that is stored."""
    return np.asarray(np.log(np.maximum(probabilities, _LEAST_STORED)))
