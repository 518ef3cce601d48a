"""Several kinds in one comment: what its parts say clearly, beside what it says as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind, ModelError
from classifiers.heads import WEIGHTS
from classifiers.kind import KINDS

CARD = "several.json"
SIDE_KINDS = (Kind.bug, Kind.feature, Kind.question, Kind.praise)
"""What a comment can say beside its strongest kind; *other* would say nothing."""
READ = 1_500
"""Characters of a comment that are cut into segments, as many as the heads read of it."""
MOST = 8
LEAST_WORDS = 4
CLEAR_WORDS = 10
"""Fewer words than this say no second thing clearly: short segments are judged together with their neighbours."""
NEVER = 1.01
_ENDS = re.compile(r"(?<=[.!?…])[ \t]+|\n+")


def segments(text: str) -> list[str]:
    """Sentences and lines of a cleaned text, the tiny ones with their neighbours; none where there is only one."""
    if len(text) < 2 * CLEAR_WORDS:
        return []
    parts: list[str] = []
    for piece in _ENDS.split(text[:READ]):
        piece = piece.strip()
        if piece and parts and len(parts[-1].split()) < LEAST_WORDS:
            parts[-1] += f" {piece}"
        elif piece:
            parts.append(piece)
    if len(parts) > 1 and len(parts[-1].split()) < LEAST_WORDS:
        tail = parts.pop()
        parts[-1] += f" {tail}"
    while len(parts) > MOST:
        shortest = min(range(len(parts) - 1), key=lambda place: len(parts[place]) + len(parts[place + 1]))
        parts[shortest : shortest + 2] = [f"{parts[shortest]} {parts[shortest + 1]}"]
    long_enough = sum(len(part.split()) for part in parts) > CLEAR_WORDS
    return parts if len(parts) > 1 and long_enough else []


def clearest(parts: Sequence[str], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """How clearly neighbouring segments of ``CLEAR_WORDS`` or more together say each kind: ``float64[5]``.

    ``probabilities`` is ``float64[len(parts), 5]`` in the order of ``KINDS``. The clearness of neighbours is the
    geometric mean of their probabilities; the best run of neighbours counts.
    """
    lengths = np.array([len(part.split()) for part in parts])
    logs = np.log(np.maximum(probabilities, 1e-9))
    best = np.zeros(len(KINDS))
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            if lengths[start:end].sum() >= CLEAR_WORDS:
                best = np.maximum(best, np.exp(logs[start:end].mean(axis=0)))
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
        path = (folder or WEIGHTS) / CARD
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            return cls({kind: float(card["clear_from"][kind]) for kind in SIDE_KINDS}, str(card["version"]))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "heads_unreadable",
                f"The thresholds in {path} cannot be read ({type(error).__name__}: {error}); train them again or "
                "reinstall the package.",
            ) from error

    def beside(self, kind: Kind, clearness: NDArray[np.float64]) -> tuple[Kind, ...]:
        """The kinds that are clear beside ``kind``, clearest first."""
        scored = {other: float(clearness[KINDS.index(other)]) for other in SIDE_KINDS if other is not kind}
        clear = [other for other, value in scored.items() if value >= self.clear_from[other]]
        return tuple(sorted(clear, key=lambda other: -scored[other]))
