"""The encoder tuned on issue reports, as it is stored: its layers and the head that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.contract import Vectors
from classifiers.encoding.tuned_layers import REPORT_ENCODER, layers_among
from classifiers.kinds.experts import log_softmax
from classifiers.kinds.heads import Floats
from classifiers.stored_weights import Arrays, load


@dataclass(frozen=True, slots=True)
class ReportHead:
    """A softmax regression over the vectors of the tuned encoder: ``coefficients`` float[384, 3],
    ``intercepts`` float[3], in the order of ``experts.REPORT_KINDS``."""

    coefficients: Floats
    intercepts: Floats

    @classmethod
    def read(cls) -> tuple[ReportHead, dict[str, Any]]:
        """The shipped one and its card; another could not fit the prepared graph.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        return load(REPORT_ENCODER, None, cls.from_arrays)

    def opinion(self, vectors: Vectors) -> Floats:
        """Log probabilities ``float64[n, 3]``, from vectors of unit length."""
        return log_softmax(vectors.astype(np.float64) @ self.coefficients + self.intercepts)

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> ReportHead:
        """Those of ``TunedEncoder.arrays``. Raises KeyError for a missing one."""
        coefficients = np.asarray(arrays["head"], np.float64)
        return cls(coefficients, np.asarray(arrays["head_intercept"], np.float64))


@dataclass(frozen=True, slots=True)
class TunedEncoder:
    """What is trained: ``layers``, as ``packed`` gives them, and the head that reads them."""

    layers: Arrays
    head: ReportHead

    @classmethod
    def read(cls, folder: Path | None = None) -> TunedEncoder:
        """The shipped one, or that in ``folder``.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        return load(REPORT_ENCODER, folder, cls.from_arrays)[0]

    def arrays(self) -> Arrays:
        """What is stored: the layers' arrays and two more."""
        return {
            **self.layers,
            "head": self.head.coefficients.astype(np.float32),
            "head_intercept": self.head.intercepts.astype(np.float32),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TunedEncoder:
        """The opposite of ``arrays``. Raises KeyError for a missing array."""
        return cls(layers_among(arrays), ReportHead.from_arrays(arrays))
