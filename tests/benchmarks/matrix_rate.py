"""How fast this machine multiplies matrices, and how many operations the encoder needs: what its
rate is held against.

The rate is that of a chain of large products in bf16 (float32 where the processor lacks it),
through the same runtime and with as many threads; each product's shape is that of the encoder's own
dense layers or a large square. The encoder's 8-bit products can go beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifiers.encoding.model_files import DIMENSIONS
from classifiers.encoding.models import DEFAULT
from classifiers.encoding.openvino_import import openvino

INNER = 4 * DIMENSIONS
SHAPES = ((2048, 384, 1536), (1024, 1024, 1024), (2048, 2048, 2048))
"""Rows, inputs and outputs of one product; the first is the encoder's own."""
WORK = 2e10
PRECISION = "bf16"


class MatrixRate:
    """Products of one shape, ready to run in ``threads`` streams of one thread each; ``operations``
    of one run."""

    def __init__(self, shape: tuple[int, int, int], threads: int) -> None:
        self._threads = threads
        rows, inputs, outputs = shape
        model, operations = _chain(rows, inputs, outputs)
        compiled = (
            openvino()
            .Core()
            .compile_model(
                model,
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": PRECISION,
                    "INFERENCE_NUM_THREADS": threads,
                    "NUM_STREAMS": threads,
                },
            )
        )
        self._queue = openvino().AsyncInferQueue(compiled, threads)
        self._input = np.full((rows, inputs), 0.01, np.float32)
        self._runs = threads * max(1, round(WORK / operations))
        self.operations = self._runs * operations

    def run(self) -> None:
        """All of it once."""
        for _ in range(self._runs):
            self._queue.start_async({0: self._input})
        self._queue.wait_all()


def _chain(rows: int, inputs: int, outputs: int) -> tuple[Any, float]:
    """Four products back and forth between ``inputs`` and ``outputs``, and their operations."""
    import openvino.opset13 as op

    random = np.random.default_rng(0)
    first = op.parameter([rows, inputs], np.float32, name="x")
    value = first
    for width, height in ((outputs, inputs), (inputs, outputs)) * 2:
        weight = random.normal(0, 0.01, (width, height)).astype(np.float32)
        value = op.matmul(value, op.constant(weight), False, True)
    return openvino().Model(
        [op.result(value)], [first], "products"
    ), 4 * 2.0 * rows * inputs * outputs


def operations(lengths: Sequence[int]) -> float:
    """Multiplications and additions that the encoder's products need for texts of so many tokens;
    padding is none.

    Per layer and token: query, key, value and output, and the two layers between; per layer and
    text: the scores of attention and their sums.
    """
    tokens = np.asarray(lengths, np.float64)
    dense = 2 * (4 * DIMENSIONS**2 + 2 * DIMENSIONS * INNER) * tokens
    attention = 2 * 2 * DIMENSIONS * tokens**2
    return float(DEFAULT.shape.layers * (dense + attention).sum())
