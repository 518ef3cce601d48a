"""Texts laid side by side in rows, so that a batch holds tokens and hardly any padding."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Encoded, Vectors
from classifiers.encoding.model_files import ENCODER_TOKENS

NARROW_ROW_TOKENS = 64
"""Tokens of a row of short texts: attention costs the square of it, so that wider rows would waste
what they save."""
BATCH_TOKENS = 512
"""Few enough that what a layer leaves is in the processor's cache for the next: 2,048 cost a
tenth."""
PAD_TO = 8
PADDING = -1

Ids = Sequence[int]
Row = list[int]
"""Places of the texts that stand in one row, in order."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text: its row in ``Encoded.parts``, and its tokens from ``begin`` until before
    ``end``."""

    row: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one width, and where in the flattened tokens the text ``owners[i]`` starts.

    Of each token its number in the vocabulary (``ids``), its place in its text, and the number of
    its text in the row; each int32[rows, tokens]. The owner of padding is ``PADDING``.
    """

    ids: NDArray[np.int32]
    places: NDArray[np.int32]
    texts: NDArray[np.int32]
    starts: NDArray[np.intp]
    owners: NDArray[np.intp]

    def pool(
        self, hidden: Vectors, inner: Vectors, parts: Mapping[int, Sequence[Part]], into: Encoded
    ) -> None:
        """Put the means over the tokens of each text, and of each of its parts, into their rows of
        ``into``, those of ``hidden`` with unit length.

        ``hidden`` and ``inner`` are float32[rows, tokens, 384]; ``parts`` are those of each text
        that has any.
        """
        no_padding = self.owners >= 0
        owners = self.owners[no_padding]
        means = self._means(hidden)[no_padding]
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        into.vectors[owners] = means / np.maximum(lengths, 1e-12)
        into.inner[owners] = self._means(inner)[no_padding]
        flat = inner.reshape(-1, inner.shape[-1])
        for start, owner in zip(self.starts.tolist(), self.owners.tolist(), strict=True):
            for part in parts.get(owner, ()):
                tokens = flat[start + part.begin : start + part.end]
                if len(tokens):
                    into.parts[part.row] = tokens.mean(axis=0)
                else:
                    into.parts[part.row] = into.inner[owner]

    def _means(self, tokens: Vectors) -> Vectors:
        flat = tokens.reshape(-1, tokens.shape[-1])
        counts = np.diff(self.starts, append=len(flat)).astype(np.float32)
        return np.asarray(np.add.reduceat(flat, self.starts, axis=0) / counts[:, None], np.float32)


def batches(texts: Sequence[Ids], workers: int = 1) -> Iterator[Batch]:
    """All texts, the long ones first, in batches of at most 512 tokens with padding.

    Each worker gets as many: of 20 rows of 64 tokens, eight of which are a batch, two workers take
    two batches of five rows each.
    """
    lengths = [len(ids) for ids in texts]
    for width, rows in pack(lengths).items():
        rounds = math.ceil(len(rows) / (BATCH_TOKENS // width * workers))
        for part in np.array_split(np.arange(len(rows)), min(rounds * workers, len(rows))):
            yield _batch(texts, [rows[place] for place in part])


def pack(lengths: Sequence[int]) -> dict[int, list[Row]]:
    """Rows by their width in tokens, wide ones first: best fit, longest text first (Johnson 1974).

    A text opens a new row, as narrow as it may be, only where no open row has room for it.
    """
    widths = (ENCODER_TOKENS, NARROW_ROW_TOKENS)
    rows: dict[int, list[Row]] = {width: [] for width in widths}
    open_rows: list[list[Row]] = [[] for _ in range(ENCODER_TOKENS + 1)]
    for place in np.argsort(-np.asarray(lengths), kind="stable").tolist():
        length = lengths[place]
        room = next((room for room in range(length, ENCODER_TOKENS + 1) if open_rows[room]), 0)
        if room:
            row = open_rows[room].pop()
        else:
            room = next(width for width in (NARROW_ROW_TOKENS, ENCODER_TOKENS) if length <= width)
            row = []
            rows[room].append(row)
        row.append(place)
        open_rows[room - length].append(row)
    return {width: wide_rows for width, wide_rows in rows.items() if wide_rows}


def _batch(texts: Sequence[Ids], rows: Sequence[Row]) -> Batch:
    used = [sum(len(texts[place]) for place in row) for row in rows]
    width = math.ceil(max(used) / PAD_TO) * PAD_TO
    ids, places = np.zeros((2, len(rows), width), np.int32)
    numbers = np.full((len(rows), width), PADDING, np.int32)
    starts: list[int] = []
    owners: list[int] = []
    for number, (row, filled) in enumerate(zip(rows, used, strict=True)):
        lengths = [len(texts[place]) for place in row]
        ids[number, :filled] = np.concatenate([texts[place] for place in row])
        places[number, :filled] = np.concatenate([np.arange(length) for length in lengths])
        numbers[number, :filled] = np.repeat(np.arange(len(row)), lengths)
        ends = (np.cumsum([0, *lengths]) + number * width).tolist()
        starts += ends[:-1]
        owners += row
        if filled < width:
            starts.append(ends[-1])
            owners.append(PADDING)
    return Batch(ids, places, numbers, np.array(starts, np.intp), np.array(owners, np.intp))
