"""Several kinds in one comment: what its parts say clearly, beside what it says as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Embedder, Kind, ModelError, Span, Vectors
from classifiers.kinds.features import title
from classifiers.kinds.heads import Features, signs_of
from classifiers.kinds.kind import KINDS
from classifiers.stored_weights import SHIPPED_WEIGHTS

SIDE_KINDS_CARD = "several.json"
SIDE_KINDS = (Kind.bug, Kind.feature, Kind.question, Kind.praise)
"""What a comment can say beside its strongest kind; *other* would say nothing."""
SEGMENTED_CHARACTERS = 1_500
"""Characters of a comment that are cut into segments, as many as the heads read of it."""
MAX_SEGMENTS = 8
LEAST_SEGMENT_WORDS = 4
CLEAR_SEGMENT_WORDS = 10
"""Fewer words than this seldom say a second thing clearly: short segments are judged together with
their neighbours."""
CLEAR_ALONE = 0.9
"""From this clearness on they do say it."""
NEVER_CLEAR = 1.01
_SEGMENT_ENDS = re.compile(r"(?<=[.!?…])[ \t]+|\n+")


def segments(text: str) -> list[Span]:
    """Sentences and lines of a cleaned text, the tiny ones with their neighbours; none of one."""
    if len(text) < 2 * CLEAR_SEGMENT_WORDS:
        return []
    parts: list[Span] = []
    for span in _pieces(text[:SEGMENTED_CHARACTERS]):
        if parts and _words(text, parts[-1]) < LEAST_SEGMENT_WORDS:
            parts[-1] = (parts[-1][0], span[1])
        else:
            parts.append(span)
    if len(parts) > 1 and _words(text, parts[-1]) < LEAST_SEGMENT_WORDS:
        _merge(parts, len(parts) - 2)
    while len(parts) > MAX_SEGMENTS:
        lengths = [right[1] - left[0] for left, right in pairwise(parts)]
        _merge(parts, lengths.index(min(lengths)))
    if len(parts) < 2 or sum(_words(text, part) for part in parts) <= CLEAR_SEGMENT_WORDS:
        return []
    return parts


def _pieces(text: str) -> Iterator[Span]:
    """What stands between the ends of sentences and lines, without the blanks around it."""
    begin = 0
    for end, begins in [
        *(match.span() for match in _SEGMENT_ENDS.finditer(text)),
        (len(text), len(text)),
    ]:
        piece = text[begin:end]
        stripped = piece.strip()
        if stripped:
            left = begin + len(piece) - len(piece.lstrip())
            yield left, left + len(stripped)
        begin = begins


def _merge(parts: list[Span], place: int) -> None:
    parts[place : place + 2] = [(parts[place][0], parts[place + 1][1])]


def _words(text: str, span: Span) -> int:
    return len(text[slice(*span)].split())


def read(
    embedder: Embedder, texts: Sequence[str], parts: Sequence[Sequence[Span]]
) -> tuple[Vectors, Features]:
    """The vectors of cleaned ``texts``, and the features of all texts followed by those of all
    their ``parts``.

    What needs no encoder is worked out while the encoder computes.
    """
    titles = [title(text) for text in texts]
    segment_texts = [
        text[slice(*span)] for text, spans in zip(texts, parts, strict=True) for span in spans
    ]
    everything = [*texts, *segment_texts]
    # Of each text its parts are read, and behind them its title.
    read_parts = [[*spans, *first_line] for spans, first_line in zip(parts, titles, strict=True)]
    with ThreadPoolExecutor(1) as executor:
        encoding = executor.submit(embedder.encode, texts, read_parts)
        signs = signs_of(everything)
        encoded = encoding.result()
    counts = [
        (len(spans), len(first_line)) for spans, first_line in zip(parts, titles, strict=True)
    ]
    is_segment = np.repeat(np.tile([True, False], len(texts)), np.ravel(counts).astype(int))
    inner = np.concatenate([encoded.inner, encoded.parts[is_segment]])
    titled = [row for row, first_line in enumerate(titles) if first_line]
    features = Features.of(everything, inner, titled, encoded.parts[~is_segment], signs)
    return encoded.vectors, features


def clearest(
    text: str, parts: Sequence[Span], probabilities: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How clearly neighbouring segments say each kind: ``float64[5]``.

    They have ``CLEAR_SEGMENT_WORDS`` or more together, or are as clear as ``CLEAR_ALONE``.

    ``probabilities`` is ``float64[len(parts), 5]`` in the order of ``KINDS``. The clearness of
    neighbours is the geometric mean of their probabilities; the best run of neighbours counts.

    Of two segments of six words each that say *bug* with .8 and .45, the clearness is .6: none is
    long enough alone. With .95 and .4 it is .95: the first one is clear by itself.
    """
    lengths = np.array([_words(text, part) for part in parts])
    logs = np.log(np.maximum(probabilities, 1e-9))
    best = np.zeros(len(KINDS))
    for start in range(len(lengths)):
        for end in range(start + 1, len(lengths) + 1):
            clear = np.exp(logs[start:end].mean(axis=0))
            few = lengths[start:end].sum() < CLEAR_SEGMENT_WORDS
            best = np.maximum(best, np.where(few & (clear < CLEAR_ALONE), 0, clear))
    return best


@dataclass(frozen=True, slots=True)
class SideKinds:
    """From which clearness on a kind is kept beside the strongest one."""

    clear_from: Mapping[Kind, float]
    version: str

    @classmethod
    def read(cls, folder: Path | None = None) -> SideKinds:
        """The shipped thresholds, or those in ``folder``.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        path = (folder or SHIPPED_WEIGHTS) / SIDE_KINDS_CARD
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                {kind: float(card["clear_from"][kind]) for kind in SIDE_KINDS}, str(card["version"])
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "heads_unreadable",
                f"The thresholds in {path} cannot be read ({type(error).__name__}: {error}); train "
                "them again or reinstall the package.",
            ) from error

    def beside(self, kind: Kind, clearness: NDArray[np.float64]) -> tuple[Kind, ...]:
        """The kinds that are clear beside ``kind``, clearest first."""
        values = {
            side: float(clearness[KINDS.index(side)]) for side in SIDE_KINDS if side is not kind
        }
        clear = [side for side, value in values.items() if value >= self.clear_from[side]]
        return tuple(sorted(clear, key=lambda side: -values[side]))
