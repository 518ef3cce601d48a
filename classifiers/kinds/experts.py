"""Reports get a second opinion: of heads trained on issue reports alone, which know their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind
from classifiers.kinds.heads import Features, Floats, Heads
from classifiers.stored_weights import load

REPORT_HEADS = "kind_reports"
REPORT_KINDS = (Kind.bug, Kind.feature, Kind.question)
REPORT_SHARE = 0.85
"""Weight of the second opinion for a report; chosen on five folds of the issue reports."""
REPORT_FROM = 0.3
"""From this probability on a titled text is judged as a report; chosen on the folds and on unseen
reviews and chats."""
REREAD_SHARE = 0.3
"""Weight of the tuned encoder within the second opinion; chosen on the folds."""

Reread = Callable[[NDArray[np.intp]], Floats | None]
"""Log probabilities of bug, feature and question ``float64[n, 3]`` of the rows asked for, which are
read once more; None where nothing else can read them."""


@dataclass(frozen=True, slots=True)
class Reports:
    """What tells reports in a tracker from other texts, and the kinds of reports.

    ``likeness`` float[dimensions + STYLE] and ``intercept`` are a logistic regression; ``heads``
    read the title's columns beside the text's.
    """

    heads: Heads
    likeness: Floats
    intercept: float

    @classmethod
    def read(cls, folder: Path | None = None) -> Reports:
        """The shipped ones, or those in ``folder``.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        return load(REPORT_HEADS, folder, cls.from_arrays)[0]

    def odds(self, features: Features) -> Floats:
        """``float64[n]``: the log odds that each row is a report; minus infinity where it has
        no title or does not read like one."""
        odds = np.full(len(features.titled), -np.inf)
        titled = np.flatnonzero(features.titled)
        if len(titled):
            score = features.take(titled).dense() @ self.likeness + self.intercept
            alike = score >= np.log(REPORT_FROM / (1 - REPORT_FROM))
            odds[titled[alike]] = score[alike]
        return odds

    def among(self, features: Features) -> NDArray[np.intp]:
        """The rows that have a title and read like a report."""
        return np.flatnonzero(self.odds(features) > -np.inf)

    def blend(
        self,
        general: Floats,
        features: Features,
        reread: Reread | None = None,
        odds: Floats | None = None,
    ) -> Floats:
        """Log probabilities ``float64[n, 5]`` of all kinds, those of the reports with the second
        opinion: that of the heads, and of the encoder that can ``reread`` them. ``odds`` are
        ``odds(features)``, where they are known already."""
        rows = np.flatnonzero((self.odds(features) if odds is None else odds) > -np.inf)
        if not len(rows):
            return general
        blended = general.copy()
        opinion = log_softmax(self.heads.logits(features.take(rows).with_titles()))
        if reread is not None and (tuned_opinion := reread(rows)) is not None:
            opinion = log_softmax((1 - REREAD_SHARE) * opinion + REREAD_SHARE * tuned_opinion)
        blended[rows] = blend(general[rows], opinion)
        return blended

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is stored: the heads' arrays and two more."""
        own = {
            "likeness": self.likeness.astype(np.float32),
            "intercept": np.array(self.intercept, np.float32),
        }
        return {**self.heads.arrays(), **own}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Reports:
        """The opposite of ``arrays``: KeyError where one is missing, ValueError where none fits."""
        likeness = np.asarray(arrays["likeness"], np.float64)
        return cls(Heads.from_arrays(arrays), likeness, float(arrays["intercept"]))


def blend(general: Floats, expert: Floats) -> Floats:
    """Log probabilities ``float64[n, 5]`` of reports, from those of all kinds and those of bug,
    feature and question ``float64[n, 3]``.

    What the general heads give to the three kinds is shared out again by the weighted geometric
    mean of both opinions; praise and other keep theirs:

    =======  =====  =======  ========  =====  =====
    opinion  bug    feature  question  praise other
    =======  =====  =======  ========  =====  =====
    general  0.4    0.3      0.1       0.1    0.1
    expert   0.1    0.8      0.1
    blended  0.108  0.605    0.088     0.1    0.1
    =======  =====  =======  ========  =====  =====
    """
    three = len(REPORT_KINDS)
    mass = np.logaddexp.reduce(general[:, :three], axis=1, keepdims=True)
    mixed = (1 - REPORT_SHARE) * (general[:, :three] - mass) + REPORT_SHARE * expert
    mixed = mixed - np.logaddexp.reduce(mixed, axis=1, keepdims=True) + mass
    return np.hstack([mixed, general[:, three:]])


def log_softmax(logits: Floats) -> Floats:
    """Row-wise logarithm of the softmax."""
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
