"""What the heads read beside the vector: hashed words and letters, and plain signs of style."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Span, Vectors
from classifiers.kinds.cues import CUES
from classifiers.texts.text import LINK_WORD, words

WORD_BUCKETS = 1 << 15
LETTER_BUCKETS = 1 << 15
TERM_BUCKETS = WORD_BUCKETS + LETTER_BUCKETS
FEATURE_CHARACTERS = 1_500
"""Characters the hashed features look at; what a comment wants is said early."""
LETTER_LENGTHS = (3, 4, 5)
HASHED_AT_ONCE = 256
"""Texts that are hashed together: calls of NumPy cost more than what they compute for one text."""
STYLE_COLUMNS = 8 + len(CUES)

Counts = NDArray[np.float32]
Places = NDArray[np.int32]

_HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_CODE_SIGNS = re.compile(r"[{}();=<>]|`")


@dataclass(frozen=True, slots=True)
class Hashed:
    """Sparse rows: ``places[starts[i]:starts[i + 1]]`` are the buckets of text i, ``weights`` their
    damped counts. No vocabulary is kept."""

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
    batches = [
        _hashed_batch(texts[start : start + HASHED_AT_ONCE])
        for start in range(0, len(texts), HASHED_AT_ONCE)
    ]
    sizes = [size for batch in batches for size in batch.sizes]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    if not batches:
        return Hashed(np.empty(0, np.int32), np.empty(0, np.float32), starts)
    places = np.concatenate([batch.places for batch in batches])
    weights = np.concatenate([batch.weights for batch in batches])
    return Hashed(places, weights, starts)


class _Batch(NamedTuple):
    """Buckets and damped counts of texts one after the other, and how many each text has."""

    places: Places
    weights: Counts
    sizes: NDArray[np.intp]


def _hashed_batch(texts: Sequence[str]) -> _Batch:
    words_of_texts = [words(text[:FEATURE_CHARACTERS]) for text in texts]
    codes_of_texts = [
        _term_codes(text_words, text)
        for text_words, text in zip(words_of_texts, texts, strict=True)
    ]
    rows = np.repeat(np.arange(len(texts)), [len(codes) for codes in codes_of_texts])
    terms = np.array([code for codes in codes_of_texts for code in codes], np.int64)
    letter_rows, letters = _letter_buckets(words_of_texts)
    keys = np.concatenate(
        [
            rows * TERM_BUCKETS + terms % WORD_BUCKETS,
            letter_rows * TERM_BUCKETS + letters + WORD_BUCKETS,
        ]
    )
    buckets, counts = np.unique(keys, return_counts=True)
    return _Batch(
        places=(buckets % TERM_BUCKETS).astype(np.int32),
        weights=(1 + np.log(counts)).astype(np.float32),
        sizes=np.bincount(buckets // TERM_BUCKETS, minlength=len(texts)),
    )


def style(texts: Sequence[str]) -> Vectors:
    """``float32[n, STYLE]``: length, shape and the cues of intent, each roughly in 0..1."""
    rows = np.zeros((len(texts), STYLE_COLUMNS), np.float32)
    for row, text in enumerate(texts):
        text = text[:FEATURE_CHARACTERS]
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
            min(len(_CODE_SIGNS.findall(text)), 10) / 10,
        )
        lowered = text.casefold().replace("’", "'")
        rows[row, 8:] = [cue.search(lowered) is not None for cue in CUES.values()]
    return rows


def title(text: str) -> list[Span]:
    """Where the first line of a cleaned text stands, if there are lines below it: a report in a
    tracker has a title."""
    end = text.find("\n", 0, FEATURE_CHARACTERS)
    if end <= 0:
        return []
    return [(0, end)]


def _term_codes(text_words: Sequence[str], text: str) -> list[int]:
    """Hashes of words and of pairs of words; a number is a 0, and a question ends with its mark.

    *Why 3 times?* is read as: why, 0, times, ?, why 0, 0 times, times ?
    """
    terms = []
    for word in text_words:
        if word.isdigit():
            terms.append("0")
        elif word != LINK_WORD:
            terms.append(word)
    if text[:FEATURE_CHARACTERS].rstrip().endswith("?"):
        terms.append("?")
    pairs = [f"{one} {two}" for one, two in pairwise(terms)]
    return [zlib.crc32(term.encode("utf-8", "replace")) for term in terms + pairs]


def _letter_buckets(
    words_of_texts: Sequence[Sequence[str]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Groups of 3 to 5 bytes, hashed by multiplying and shifting over sliding windows (no loop over
    letters): the text that each is of, and its bucket."""
    encoded = [f" {' '.join(one)} ".encode("utf-8", "replace") for one in words_of_texts]
    data = np.frombuffer(b"".join(encoded), np.uint8).astype(np.uint64)
    owners = np.repeat(np.arange(len(encoded)), [len(one) for one in encoded])
    rows, buckets = [], []
    for length in LETTER_LENGTHS:
        count = max(len(data) - length + 1, 0)
        codes = np.full(count, length, np.uint64)
        for offset in range(length):
            codes = codes * np.uint64(257) + data[offset : count + offset]
        within_text = owners[:count] == owners[len(owners) - count :]
        mixed = (codes[within_text] * _HASH_MULTIPLIER) >> np.uint64(40)
        rows.append(owners[:count][within_text])
        buckets.append((mixed % np.uint64(LETTER_BUCKETS)).astype(np.int64))
    return np.concatenate(rows), np.concatenate(buckets)
