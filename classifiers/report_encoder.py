"""The encoder's upper layers tuned on issue reports, as they are shipped: 8-bit weights and a head that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.experts import log_softmax
from classifiers.graph import Weights, in_8_bits
from classifiers.heads import Floats, load

NAME = "report_encoder"
SCALES = ":scales"

Stored = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class ReportHead:
    """A softmax regression over the vectors of the tuned encoder: ``coefficients`` float[384, 3], ``intercepts``
    float[3], in the order of ``experts.REPORT_KINDS``."""

    coefficients: Floats
    intercepts: Floats

    @classmethod
    def read(cls) -> tuple[ReportHead, dict[str, Any]]:
        """The shipped one and its card; another could not fit the prepared graph.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        return load(NAME, None, cls.from_arrays)

    def opinion(self, vectors: Vectors) -> Floats:
        """Log probabilities ``float64[n, 3]``, from vectors of unit length."""
        return log_softmax(vectors.astype(np.float64) @ self.coefficients + self.intercepts)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> ReportHead:
        """Those of ``TunedEncoder.arrays``. Raises KeyError for a missing one."""
        return cls(np.asarray(arrays["head"], np.float64), np.asarray(arrays["head_intercept"], np.float64))


@dataclass(frozen=True, slots=True)
class TunedEncoder:
    """What is trained: ``layers``, stored as ``packed`` gives them, and the head that reads what comes of them."""

    layers: Stored
    head: ReportHead

    @classmethod
    def read(cls, folder: Path | None = None) -> TunedEncoder:
        """The shipped one, or that in ``folder``.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        return load(NAME, folder, cls.from_arrays)[0]

    def arrays(self) -> Stored:
        """What is stored: the layers' arrays and two more."""
        own = {"head": self.head.coefficients, "head_intercept": self.head.intercepts}
        return {**self.layers, **{name: array.astype(np.float32) for name, array in own.items()}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> TunedEncoder:
        """The opposite of ``arrays``. Raises KeyError for a missing array."""
        return cls(
            {name: arrays[name] for name in arrays if not name.startswith("head")}, ReportHead.from_arrays(arrays)
        )


def packed(tensors: Weights) -> Stored:
    """Matrices ``float32[outputs, inputs]`` as whole numbers from -127 to 127 with a scale ``float32[outputs, groups]``
    for each group of inputs, with the rounding of the graph; vectors as they are."""
    stored: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        stored[name] = tensor
        if tensor.ndim == 2:
            whole, scales = in_8_bits(tensor)
            stored[name], stored[name + SCALES] = whole.reshape(tensor.shape), scales[:, :, 0]
    return stored


def unpacked(stored: Stored) -> Weights:
    """The opposite of ``packed``, but for the rounding: tensors in the place of the published ones of these names."""
    tensors = {name: array for name, array in stored.items() if not name.endswith(SCALES)}
    for name, array in tensors.items():
        if array.ndim == 2:
            scales = stored[name + SCALES]
            scaled = array.reshape(*scales.shape, -1) * scales[:, :, None]
            tensors[name] = scaled.reshape(array.shape).astype(np.float32)
    return tensors
