"""The encoder's upper layers tuned on issue reports, as they are shipped: 8-bit weights with their
scales."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.encoding.graph import Weights, in_8_bits
from classifiers.stored_weights import Arrays, load

NAME = "report_encoder"
SCALES = ":scales"
HEAD = "head"
"""How the names of the arrays begin that belong to the head (``kinds.report_encoder``), not to a
layer."""


def read_layers(folder: Path | None = None) -> Weights:
    """The shipped layers, or those in ``folder``, in the place of the published tensors of these
    names.

    Raises:
        ModelError: ``heads_unreadable``.
    """
    return unpacked(load(NAME, folder, layers_among)[0])


def layers_version() -> str:
    """The version of the shipped layers and their head, as their card names it, without reading the
    layers.

    Raises:
        ModelError: ``heads_unreadable``.
    """
    return str(load(NAME, None, lambda _: None)[1]["version"])


def layers_among(arrays: Arrays) -> Arrays:
    """The arrays that belong to the layers."""
    return {name: arrays[name] for name in arrays if not name.startswith(HEAD)}


def packed(tensors: Weights) -> Arrays:
    """Matrices ``float32[outputs, inputs]`` as whole numbers from -127 to 127 with a scale
    ``float32[outputs, groups]`` for each group of inputs, with the rounding of the graph; vectors
    as they are."""
    stored: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        stored[name] = tensor
        if tensor.ndim == 2:
            whole, scales = in_8_bits(tensor)
            stored[name], stored[name + SCALES] = whole.reshape(tensor.shape), scales[:, :, 0]
    return stored


def unpacked(stored: Arrays) -> Weights:
    """The opposite of ``packed``, but for the rounding: tensors in the place of the published ones
    of these names."""
    tensors = {name: array for name, array in stored.items() if not name.endswith(SCALES)}
    for name, array in tensors.items():
        if array.ndim == 2:
            scales = stored[name + SCALES]
            scaled = array.reshape(*scales.shape, -1) * scales[:, :, None]
            tensors[name] = scaled.reshape(array.shape).astype(np.float32)
    return tensors
