"""The MiniLM encoder as an OpenVINO graph, built straight from its weights, so that neither set-up nor serving
needs torch.

Architecture: BERT, post-norm (Devlin et al. 2019), six layers of 12 heads; then the mean over the tokens and unit
length, as
``sentence-transformers/all-MiniLM-L6-v2`` declares in its ``modules.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.model_files import DIMENSIONS, MAX_TOKENS

LAYERS = 6
HEADS = 12
HEAD = DIMENSIONS // HEADS
EPSILON = 1e-12
REVISION = 1
"""Raised whenever the graph below changes, so that a graph prepared earlier is built anew."""

Weights = Mapping[str, Vectors]


def build(weights: Weights) -> Any:
    """An ``openvino.Model`` from the tensors of ``model.safetensors``.

    Inputs ``ids`` int32[rows, tokens] and ``mask`` float32[rows, tokens] (1 for a token, 0 for padding); output
    ``vectors`` float32[rows, 384] of unit length.
    """
    from classifiers.openvino_import import openvino

    ov = openvino()
    import openvino.opset13 as op

    ids = op.parameter([-1, -1], np.int32, name="ids")
    mask = op.parameter([-1, -1], np.float32, name="mask")
    hidden = _embed(op, weights, ids)
    blocked = op.multiply(op.subtract(op.constant(np.float32(1)), mask), op.constant(np.float32(-1e4)))
    bias = op.unsqueeze(blocked, _ints(op, [1, 2]))
    for layer in range(LAYERS):
        hidden = _layer(op, weights, f"encoder.layer.{layer}.", hidden, bias)
    output = op.result(_pool(op, hidden, mask), name="vectors")
    for port, name in ((ids.output(0), "ids"), (mask.output(0), "mask"), (output.output(0), "vectors")):
        port.get_tensor().set_names({name})
    return ov.Model([output], [ids, mask], "all-MiniLM-L6-v2")


def read_weights(path: Path) -> dict[str, Vectors]:
    """All tensors of a safetensors file as float32 arrays."""
    from safetensors.numpy import load_file

    return {name: np.asarray(tensor, np.float32) for name, tensor in load_file(path).items() if tensor.ndim <= 2}


def _embed(op: Any, weights: Weights, ids: Any) -> Any:
    words = op.gather(op.constant(weights["embeddings.word_embeddings.weight"]), ids, _int(op, 0))
    # Every token of ours is of type 0, so its type embedding is a constant that the positions can carry.
    places = (
        weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    length = op.gather(op.shape_of(ids, output_type="i32"), _ints(op, [1]), _int(op, 0))
    used = op.slice(op.constant(places), _ints(op, [0]), length, _ints(op, [1]), _ints(op, [0]))
    return _norm(op, weights, "embeddings.LayerNorm", op.add(words, used))


def _layer(op: Any, weights: Weights, name: str, hidden: Any, bias: Any) -> Any:
    attended = _attention(op, weights, name + "attention.self.", hidden, bias)
    attended = _dense(op, weights, name + "attention.output.dense", attended)
    hidden = _norm(op, weights, name + "attention.output.LayerNorm", op.add(attended, hidden))
    inner = op.gelu(_dense(op, weights, name + "intermediate.dense", hidden), "erf")
    return _norm(
        op, weights, name + "output.LayerNorm", op.add(_dense(op, weights, name + "output.dense", inner), hidden)
    )


def _attention(op: Any, weights: Weights, name: str, hidden: Any, bias: Any) -> Any:
    def heads(part: str) -> Any:
        split = op.reshape(_dense(op, weights, name + part, hidden), _ints(op, [0, 0, HEADS, HEAD]), special_zero=True)
        return op.transpose(split, _ints(op, [0, 2, 1, 3]))

    mixed = op.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), bias)
    joined = op.transpose(mixed, _ints(op, [0, 2, 1, 3]))
    return op.reshape(joined, _ints(op, [0, 0, DIMENSIONS]), special_zero=True)


def _dense(op: Any, weights: Weights, name: str, hidden: Any) -> Any:
    product = op.matmul(hidden, op.constant(weights[name + ".weight"]), False, True)
    return op.add(product, op.constant(weights[name + ".bias"].reshape(1, 1, -1)))


def _norm(op: Any, weights: Weights, name: str, hidden: Any) -> Any:
    level = op.mvn(hidden, _ints(op, [-1]), True, EPSILON, "inside_sqrt")
    scaled = op.multiply(level, op.constant(weights[name + ".weight"].reshape(1, 1, -1)))
    return op.add(scaled, op.constant(weights[name + ".bias"].reshape(1, 1, -1)))


def _pool(op: Any, hidden: Any, mask: Any) -> Any:
    total = op.reduce_sum(op.multiply(hidden, op.unsqueeze(mask, _ints(op, [2]))), _ints(op, [1]), False)
    mean = op.divide(total, op.reduce_sum(mask, _ints(op, [1]), True))
    return op.normalize_l2(mean, _ints(op, [1]), EPSILON, "max")


def _ints(op: Any, values: list[int]) -> Any:
    return op.constant(np.array(values, np.int32))


def _int(op: Any, value: int) -> Any:
    return op.constant(_scalar(value))


def _scalar(value: int) -> NDArray[np.int32]:
    return np.array(value, np.int32)
