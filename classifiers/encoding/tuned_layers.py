"""The encoder's upper layers tuned on issue reports, as they are shipped: in 8 bits with scales."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.encoding.graph import Weights, in_8_bits
from classifiers.stored_weights import Arrays, load

REPORT_ENCODER = "report_encoder"
SCALES_SUFFIX = ":scales"
HEAD_PREFIX = "head"
"""How the names of the arrays begin that belong to the head (``kinds.report_encoder``), not to a
layer."""


def read_layers(folder: Path | None = None) -> Weights:
    """The shipped layers, or those in ``folder``, in the place of the published tensors of these
    names.

    Raises:
        ModelError: ``heads_unreadable``.
    """
    return unpacked(load(REPORT_ENCODER, folder, layers_among)[0])


def layers_version() -> str:
    """The version of the shipped layers and their head, as their card names it.

    The layers themselves are not read.

    Raises:
        ModelError: ``heads_unreadable``.
    """
    return str(load(REPORT_ENCODER, None, lambda _: None)[1]["version"])


def layers_among(arrays: Arrays) -> Arrays:
    """The arrays that belong to the layers."""
    return {name: arrays[name] for name in arrays if not name.startswith(HEAD_PREFIX)}


def packed(tensors: Weights) -> Arrays:
    """Matrices ``float32[outputs, inputs]`` as whole numbers from -127 to 127 with a scale
    ``float32[outputs, groups]`` for each group of inputs, with the rounding of the graph; vectors
    as they are."""
    stored: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        stored[name] = tensor
        if tensor.ndim == 2:
            numbers, scales = in_8_bits(tensor)
            stored[name] = numbers.reshape(tensor.shape)
            stored[name + SCALES_SUFFIX] = scales[:, :, 0]
    return stored


def unpacked(stored: Arrays) -> Weights:
    """The opposite of ``packed``, but for the rounding: tensors of the published names."""
    tensors: dict[str, Vectors] = {}
    for name, array in stored.items():
        if name.endswith(SCALES_SUFFIX):
            continue
        tensors[name] = array
        if array.ndim == 2:
            scales = stored[name + SCALES_SUFFIX]
            scaled = array.reshape(*scales.shape, -1) * scales[:, :, None]
            tensors[name] = scaled.reshape(array.shape).astype(np.float32)
    return tensors
