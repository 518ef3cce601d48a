"""What a comment is: the trained heads with their calibration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind, ModelError
from classifiers.experts import Reports, log_softmax
from classifiers.heads import Features, read
from classifiers.model_files import DIMENSIONS

KINDS = tuple(Kind)


class KindModel:
    """Scores each kind of a comment with calibrated probabilities."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the heads from ``folder``, by default the shipped ones.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        self._heads, self.card = read("kind", folder)
        self._reports = Reports.read(folder)
        self._temperature = float(self.card["temperature"])
        self._bias = np.array([float(self.card["bias"].get(kind, 0.0)) for kind in KINDS])

    @property
    def version(self) -> str:
        """Changes with the weights; stored with each result."""
        return str(self.card["version"])

    @property
    def unsure_below(self) -> float:
        """The confidence at which the kinds of unseen channels were right nine times out of ten."""
        return float(self.card["unsure_below"])

    def check_encoder(self, name: str, dimensions: int) -> None:
        """Refuse vectors the heads were not trained on: ``name`` is that of an Embedder.

        Raises:
            ModelError: ``encoder_mismatch``.
        """
        trained = str(self.card["encoder"])
        if name.split("/openvino-")[0].split("/sentence-transformers-")[0] != trained or dimensions != DIMENSIONS:
            raise ModelError(
                "encoder_mismatch",
                f"The heads were trained on {trained}, not on {name}; train them again with that encoder: relay train",
            )

    def probabilities(self, features: Features) -> NDArray[np.float64]:
        """``float64[n, 5]`` in the order of ``KINDS``; rows sum to 1."""
        opinion = self._reports.blend(log_softmax(self._heads.logits(features)), features)
        logits = opinion / self._temperature + self._bias
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def scores_of(row: NDArray[np.float64]) -> dict[Kind, float]:
    """Probabilities of one comment by kind, to four places."""
    return {kind: round(float(value), 4) for kind, value in zip(KINDS, row, strict=True)}


def strongest(scores: Mapping[Kind, float]) -> tuple[Kind, float]:
    """The kind with the highest score; the first of ``KINDS`` wins a tie."""
    kind = max(KINDS, key=lambda one: scores.get(one, 0.0))
    return kind, scores.get(kind, 0.0)
