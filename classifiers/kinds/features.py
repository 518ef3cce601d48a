"""What the heads read beside the vector: hashed words and letter groups, and plain signs of style.
No vocabulary is kept."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Span, Vectors
from classifiers.kinds.cues import CUES
from classifiers.texts.text import LINK_WORD, words

WORD_BUCKETS = 1 << 15
LETTER_BUCKETS = 1 << 15
BUCKETS = WORD_BUCKETS + LETTER_BUCKETS
READ = 1_500
"""Characters the hashed features look at; what a comment wants is said early."""
LETTER_LENGTHS = (3, 4, 5)
AT_ONCE = 256
"""Texts that are hashed together: calls of NumPy cost more than what they compute for one text."""
STYLE = 8 + len(CUES)

Counts = NDArray[np.float32]
Places = NDArray[np.int32]

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_CODE = re.compile(r"[{}();=<>]|`")


@dataclass(frozen=True, slots=True)
class Hashed:
    """Sparse rows: ``places[starts[i]:starts[i + 1]]`` are the buckets of text i, ``weights`` their
    damped counts."""

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
    """Words, pairs of words and letter groups of each (cleaned) text, counted by bucket with 1 +
    log(count)."""
    parts = [_hashed(texts[start : start + AT_ONCE]) for start in range(0, len(texts), AT_ONCE)]
    starts = np.concatenate(
        [[0], np.cumsum([count for _, _, counts in parts for count in counts])]
    ).astype(np.int64)
    if not parts:
        return Hashed(np.empty(0, np.int32), np.empty(0, np.float32), starts)
    return Hashed(
        np.concatenate([each[0] for each in parts]),
        np.concatenate([each[1] for each in parts]),
        starts,
    )


def _hashed(texts: Sequence[str]) -> tuple[Places, Counts, NDArray[np.intp]]:
    """Buckets and damped counts of all texts one after the other, and how many buckets each has."""
    said = [words(text[:READ]) for text in texts]
    coded = [_codes(found, text) for found, text in zip(said, texts, strict=True)]
    rows = np.repeat(np.arange(len(texts)), [len(codes) for codes in coded])
    codes = np.array([code for found in coded for code in found], np.int64)
    letter_rows, letters = _letters(said)
    keys = np.concatenate(
        [rows * BUCKETS + codes % WORD_BUCKETS, letter_rows * BUCKETS + letters + WORD_BUCKETS]
    )
    found, counts = np.unique(keys, return_counts=True)
    owners = np.bincount(found // BUCKETS, minlength=len(texts))
    return (found % BUCKETS).astype(np.int32), (1 + np.log(counts)).astype(np.float32), owners


def style(texts: Sequence[str]) -> Vectors:
    """``float32[n, STYLE]``: length, shape and the cues of intent, each roughly in 0..1."""
    rows = np.zeros((len(texts), STYLE), np.float32)
    for row, text in enumerate(texts):
        text = text[:READ]
        length = len(words(text))
        letters = sum(map(str.isalpha, text))
        rows[row, :8] = (
            min(np.log1p(length) / 6, 1),
            length <= 8,
            text.count("\n") >= 3,
            text.count("?") > 0,
            text.rstrip().endswith("?"),
            min(text.count("!"), 3) / 3,
            sum(map(str.isupper, text)) / max(letters, 1),
            min(len(_CODE.findall(text)), 10) / 10,
        )
        lowered = text.casefold().replace("’", "'")
        rows[row, 8:] = [cue.search(lowered) is not None for cue in CUES.values()]
    return rows


def title(text: str) -> list[Span]:
    """Where the first line of a cleaned text stands, if there are lines below it: a report in a
    tracker has a title."""
    end = text.find("\n", 0, READ)
    return [(0, end)] if end > 0 else []


def _codes(said: Sequence[str], text: str) -> list[int]:
    """Hashes of words and of pairs of words; a number is a 0, and a question ends with its mark."""
    found = ["0" if word.isdigit() else word for word in said if word != LINK_WORD]
    if text[:READ].rstrip().endswith("?"):
        found.append("?")
    pairs = [f"{one} {two}" for one, two in pairwise(found)]
    return [zlib.crc32(term.encode("utf-8", "replace")) for term in found + pairs]


def _letters(said: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Groups of 3 to 5 bytes, hashed by multiplying and shifting over sliding windows (no loop over
    letters): the text that each is of, and its bucket."""
    raw = [f" {' '.join(found)} ".encode("utf-8", "replace") for found in said]
    data = np.frombuffer(b"".join(raw), np.uint8).astype(np.uint64)
    owners = np.repeat(np.arange(len(raw)), [len(each) for each in raw])
    rows, buckets = [], []
    for length in LETTER_LENGTHS:
        count = max(len(data) - length + 1, 0)
        code = np.full(count, length, np.uint64)
        for offset in range(length):
            code = code * np.uint64(257) + data[offset : count + offset]
        within = owners[:count] == owners[len(owners) - count :]
        rows.append(owners[:count][within])
        buckets.append(
            (((code[within] * _PRIME) >> np.uint64(40)) % np.uint64(LETTER_BUCKETS)).astype(
                np.int64
            )
        )
    return np.concatenate(rows), np.concatenate(buckets)
