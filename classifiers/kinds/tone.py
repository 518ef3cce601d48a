"""Whether a comment attacks a person: a hint for the community manager, never a judgement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.kinds.heads import Features, read

TONES = ("civil", "hostile")
HOSTILE = "hostile"
HOSTILE_PART_FROM = 0.25
"""From this probability on, one part of a longer comment is worth a hint: the whole hides what a
sentence says, but a sentence is more easily misread than a whole comment, so that more is asked of
it than ``hostile_from``."""


class ToneModel:
    """How likely each comment of a batch insults, threatens or harasses somebody, or is part of a
    heated quarrel."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the heads from ``folder``, by default the shipped ones.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        self._heads, self.card = read("tone", folder)
        self.hostile_from = float(self.card["hostile_from"])

    def is_hint(self, comment: float, part: float) -> bool:
        """Whether a hint is worth it, by the probability of a comment and of its worst part."""
        return comment >= self.hostile_from or part >= HOSTILE_PART_FROM

    @property
    def version(self) -> str:
        """Changes with the weights; stored with each result."""
        return str(self.card["version"])

    def hostile(self, features: Features) -> NDArray[np.float64]:
        """``float64[n]``: the probability of an attack; from ``hostile_from`` on worth a hint."""
        return np.asarray(chance(self._heads.logits(features), float(self.card["temperature"])))


def chance(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """The probability of the second of ``TONES``."""
    return np.asarray(0.5 + 0.5 * np.tanh((logits[:, 1] - logits[:, 0]) / (2 * temperature)))
