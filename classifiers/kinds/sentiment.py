"""How a comment feels, from -1 (angry) to 1 (happy): heads trained on people's stars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.kinds.heads import Features, read


class SentimentModel:
    """Sentiment of a batch."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the heads from ``folder``, by default the shipped ones.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        self._heads, self.card = read("sentiment", folder)
        self._temperature = float(self.card["temperature"])

    @property
    def version(self) -> str:
        """Changes with the weights; stored with each result."""
        return str(self.card["version"])

    def score(self, features: Features) -> NDArray[np.float64]:
        """``float64[n]`` in -1..1: the probability of four or five stars less that of one or two.

        Of 0.9 and 0.1 that is 0.8; tanh(x / 2) is the difference of the two, x that of the logits.
        """
        logits = self._heads.logits(features) / self._temperature
        return np.asarray(np.tanh((logits[:, 1] - logits[:, 0]) / 2))
