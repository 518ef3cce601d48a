"""An encoder as an OpenVINO graph, built straight from its weights, so that neither set-up nor
serving needs torch.

Architecture: BERT, post-norm (Devlin et al. 2019). Several texts stand in one row, each attending
to itself alone; the mean over their tokens, which ``sentence-transformers/all-MiniLM-L6-v2``
declares in its ``modules.json``, is left to the caller.
The weights of its products are 8-bit whole numbers, so that a processor can multiply them by
activations that it brings to 8 bits as it goes (docs/decisions/0007).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.encoding.model_files import DIMENSIONS, ENCODER_TOKENS
from classifiers.encoding.models import Shape

NORM_EPSILON = 1e-12
SCALE_GROUP = 64
"""Weights of an output, and activations of a token, that share a scale."""
_LEAST_SCALE = np.float32(1e-12)
GRAPH_REVISION = 5
"""Raised whenever the graph below changes, so that a graph prepared earlier is built anew."""

GRAPH_INPUTS = ("words", "places", "texts")
GRAPH_OUTPUTS = ("hidden", "inner")

Weights = Mapping[str, Vectors]


def build(weights: Weights, shape: Shape, name: str) -> Any:
    """An ``openvino.Model`` from tensors under their published names.

    Inputs: ``words`` float16[rows, tokens, 384], the rows of ``word_vectors`` for the tokens; and,
    each int32[rows, tokens], ``places`` (of a token in its text) and ``texts`` (its number in the
    row; tokens see those of the same number). Outputs, each float32[rows, tokens, 384]: ``hidden``
    of the last layer and ``inner`` of the one that heads read.
    """
    from classifiers.encoding.openvino_import import openvino

    ov = openvino()
    import openvino.opset13 as op

    words = op.parameter([-1, -1, DIMENSIONS], np.float16, name=GRAPH_INPUTS[0])
    places, texts = (op.parameter([-1, -1], np.int32, name=name) for name in GRAPH_INPUTS[1:])
    hidden = _embed(op, weights, words, places)
    same = op.equal(op.unsqueeze(texts, _ints(op, [2])), op.unsqueeze(texts, _ints(op, [1])))
    bias = op.select(same, op.constant(np.float32(0)), op.constant(np.float32(-1e4)))
    bias = op.unsqueeze(bias, _ints(op, [1]))
    for layer in range(shape.layers):
        hidden = _layer(op, weights, shape, f"encoder.layer.{layer}.", hidden, bias)
        if layer + 1 == shape.inner_layer:
            inner = op.result(hidden, name=GRAPH_OUTPUTS[1])
    outputs = [op.result(hidden, name=GRAPH_OUTPUTS[0]), inner]
    for port, port_name in zip(
        (words, places, texts, *outputs), (*GRAPH_INPUTS, *GRAPH_OUTPUTS), strict=True
    ):
        port.output(0).get_tensor().set_names({port_name})
    return ov.Model(outputs, [words, places, texts], name)


def word_vectors(weights: Weights) -> NDArray[np.float16]:
    """``float16[vocabulary, 384]``: what the graph is given for each token.

    The table is no part of the graph, in which it would be unfolded to float32: 45 MiB in each
    encoder. Outside of it, both read the same pages of one file.
    """
    return weights["embeddings.word_embeddings.weight"].astype(np.float16)


def read_weights(path: Path) -> dict[str, Vectors]:
    """All tensors of a safetensors file as float32 arrays."""
    from safetensors.numpy import load_file

    return {
        name: np.asarray(tensor, np.float32)
        for name, tensor in load_file(path).items()
        if tensor.ndim <= 2
    }


def in_8_bits(weight: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """``float32[outputs, inputs]`` as whole numbers ``int8[outputs, groups, 64]`` from -127 to 127,
    and the scales ``float32[outputs, groups, 1]`` that bring them back."""
    groups = weight.reshape(len(weight), -1, SCALE_GROUP)
    scales = np.maximum(np.abs(groups).max(axis=2, keepdims=True) / 127, _LEAST_SCALE)
    return np.round(groups / scales).astype(np.int8), scales


def _embed(op: Any, weights: Weights, words: Any, places: Any) -> Any:
    # Every token of ours is of type 0, so its type embedding is a constant that the positions can
    # carry.
    positions = (
        weights["embeddings.position_embeddings.weight"][:ENCODER_TOKENS]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    position_vectors = op.gather(op.constant(positions), places, _int(op, 0))
    return _norm(
        op, weights, "embeddings.LayerNorm", op.add(op.convert(words, np.float32), position_vectors)
    )


def _layer(op: Any, weights: Weights, shape: Shape, name: str, hidden: Any, bias: Any) -> Any:
    attended = _attention(op, weights, shape, name + "attention.self.", hidden, bias)
    attended = _dense(op, weights, name + "attention.output.dense", attended)
    hidden = _norm(op, weights, name + "attention.output.LayerNorm", op.add(attended, hidden))
    inner = op.gelu(_dense(op, weights, name + "intermediate.dense", hidden), "erf")
    return _norm(
        op,
        weights,
        name + "output.LayerNorm",
        op.add(_dense(op, weights, name + "output.dense", inner), hidden),
    )


def _attention(op: Any, weights: Weights, shape: Shape, name: str, hidden: Any, bias: Any) -> Any:
    def heads(part: str) -> Any:
        split = op.reshape(
            _dense(op, weights, name + part, hidden),
            _ints(op, [0, 0, shape.attention_heads, DIMENSIONS // shape.attention_heads]),
            special_zero=True,
        )
        return op.transpose(split, _ints(op, [0, 2, 1, 3]))

    mixed = op.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), bias)
    joined = op.transpose(mixed, _ints(op, [0, 2, 1, 3]))
    return op.reshape(joined, _ints(op, [0, 0, DIMENSIONS]), special_zero=True)


def _dense(op: Any, weights: Weights, name: str, hidden: Any) -> Any:
    product = op.matmul(hidden, _in_8_bits(op, weights[name + ".weight"]), False, True)
    return op.add(product, op.constant(weights[name + ".bias"].reshape(1, 1, -1)))


def _in_8_bits(op: Any, weight: Vectors) -> Any:
    numbers, scales = in_8_bits(weight)
    scaled = op.multiply(
        op.convert(op.constant(numbers), np.float16), op.constant(scales.astype(np.float16))
    )
    return op.convert(
        op.reshape(scaled, _ints(op, list(weight.shape)), special_zero=False), np.float32
    )


def _norm(op: Any, weights: Weights, name: str, hidden: Any) -> Any:
    level = op.mvn(hidden, _ints(op, [-1]), True, NORM_EPSILON, "inside_sqrt")
    scaled = op.multiply(level, op.constant(weights[name + ".weight"].reshape(1, 1, -1)))
    return op.add(scaled, op.constant(weights[name + ".bias"].reshape(1, 1, -1)))


def _ints(op: Any, values: list[int]) -> Any:
    return op.constant(np.array(values, np.int32))


def _int(op: Any, value: int) -> Any:
    return op.constant(_scalar(value))


def _scalar(value: int) -> NDArray[np.int32]:
    return np.array(value, np.int32)
