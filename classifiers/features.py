"""What the heads read beside the vector: hashed words and letter groups, and plain signs of style. No vocabulary
is kept."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Span, Vectors
from classifiers.cues import CUES
from classifiers.text import LINK, words

WORD_BUCKETS = 1 << 15
LETTER_BUCKETS = 1 << 15
BUCKETS = WORD_BUCKETS + LETTER_BUCKETS
READ = 1_500
"""Characters the hashed features look at; what a comment wants is said early."""
LETTER_LENGTHS = (3, 4, 5)
STYLE = 8 + len(CUES)

Counts = NDArray[np.float32]
Places = NDArray[np.int32]

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_CODE = re.compile(r"[{}();=<>]|`")


@dataclass(frozen=True, slots=True)
class Hashed:
    """Sparse rows: ``places[starts[i]:starts[i + 1]]`` are the buckets of text i, ``weights`` their damped counts."""

    places: Places
    weights: Counts
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, rows: NDArray[np.intp]) -> Hashed:
        """The given rows, in the given order; one may come twice."""
        counts = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(counts)])
        picked = np.repeat(self.starts[rows] - starts[:-1], counts) + np.arange(starts[-1])
        return Hashed(self.places[picked], self.weights[picked], starts)


def hashed(texts: Sequence[str]) -> Hashed:
    """Words, pairs of words and letter groups of each (cleaned) text, counted by bucket with 1 + log(count)."""
    places: list[Places] = []
    weights: list[Counts] = []
    starts = np.zeros(len(texts) + 1, np.int64)
    for row, text in enumerate(texts):
        found, counts = np.unique(np.concatenate([_words(text[:READ]), _letters(text[:READ])]), return_counts=True)
        places.append(found.astype(np.int32))
        weights.append((1 + np.log(counts)).astype(np.float32))
        starts[row + 1] = starts[row] + len(found)
    if not texts:
        return Hashed(np.empty(0, np.int32), np.empty(0, np.float32), starts)
    return Hashed(np.concatenate(places), np.concatenate(weights), starts)


def style(texts: Sequence[str]) -> Vectors:
    """``float32[n, STYLE]``: length, shape and the cues of intent, each roughly in 0..1."""
    rows = np.zeros((len(texts), STYLE), np.float32)
    for row, text in enumerate(texts):
        text = text[:READ]
        length = len(words(text))
        letters = sum(character.isalpha() for character in text)
        rows[row, :8] = (
            min(np.log1p(length) / 6, 1),
            length <= 8,
            text.count("\n") >= 3,
            text.count("?") > 0,
            text.rstrip().endswith("?"),
            min(text.count("!"), 3) / 3,
            sum(character.isupper() for character in text) / max(letters, 1),
            min(len(_CODE.findall(text)), 10) / 10,
        )
        lowered = text.casefold().replace("’", "'")
        rows[row, 8:] = [cue.search(lowered) is not None for cue in CUES.values()]
    return rows


def title(text: str) -> list[Span]:
    """Where the first line of a cleaned text stands, if there are lines below it: a report in a tracker has a title."""
    end = text.find("\n", 0, READ)
    return [(0, end)] if end > 0 else []


def _words(text: str) -> NDArray[np.int64]:
    found = [word for word in words(text) if word != LINK]
    found = ["0" if word.isdigit() else word for word in found]
    if text.rstrip().endswith("?"):
        found.append("?")
    pairs = [f"{one} {two}" for one, two in pairwise(found)]
    codes = [zlib.crc32(term.encode("utf-8", "replace")) for term in found + pairs]
    return np.array(codes, np.int64) % WORD_BUCKETS


def _letters(text: str) -> NDArray[np.int64]:
    """Groups of 3 to 5 bytes, hashed by multiplying and shifting over sliding windows (no loop over letters)."""
    raw = (" " + " ".join(words(text)) + " ").encode("utf-8", "replace")
    data = np.frombuffer(raw, np.uint8).astype(np.uint64)
    parts: list[NDArray[np.int64]] = []
    for length in LETTER_LENGTHS:
        if len(data) < length:
            continue
        code = np.full(len(data) - length + 1, length, np.uint64)
        for offset in range(length):
            code = code * np.uint64(257) + data[offset : len(data) - length + 1 + offset]
        mixed = (code * _PRIME) >> np.uint64(40)
        parts.append((mixed % np.uint64(LETTER_BUCKETS)).astype(np.int64) + WORD_BUCKETS)
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
