"""The middle of a theme: the mean of its latest comments, which no single one pulls about."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIDDLE_COMMENTS = 32
"""Comments that make up a middle at most, so that it costs the same however big a theme grows; the
mean of all told nothing more (docs/decisions/0009)."""


@dataclass(frozen=True, slots=True)
class Middle:
    """The mean ``vector`` float32[dimensions] of so many ``comments``, each of unit length; it is
    shorter the less these are alike."""

    vector: NDArray[np.float32]
    comments: int

    @classmethod
    def of(cls, vectors: Sequence[NDArray[np.float32]]) -> Middle:
        """The middle of one comment or more."""
        return cls(np.mean(np.stack(vectors), axis=0), len(vectors))

    @property
    def within(self) -> float:
        """The mean cosine of any two of the comments; there have to be two."""
        return (self.comments * float(self.vector @ self.vector) - 1) / (self.comments - 1)

    def joined(self, vector: NDArray[np.float32]) -> Middle:
        """The middle with one comment more; from the 32nd on the earlier ones fade."""
        comments = min(self.comments + 1, MIDDLE_COMMENTS)
        return Middle(self.vector + (vector - self.vector) / np.float32(comments), comments)


def join(middles: MutableMapping[str, Middle], theme_id: str, vector: NDArray[np.float32]) -> None:
    """Keep ``middles`` true when a comment joins a theme or opens it."""
    middle = middles.get(theme_id)
    if middle is None:
        middles[theme_id] = Middle.of([vector])
    else:
        middles[theme_id] = middle.joined(vector)
