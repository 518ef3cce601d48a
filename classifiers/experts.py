"""Reports are judged by a second opinion: heads trained on issue reports alone, which know their templates
and words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind
from classifiers.heads import Floats

REPORT_KINDS = (Kind.bug, Kind.feature, Kind.question)
SHARE = 0.7
"""Weight of the second opinion for a report; chosen on five folds of the issue reports."""


def blend(general: Floats, expert: Floats, reports: NDArray[np.bool_]) -> Floats:
    """Log probabilities ``float64[n, 5]`` from those of all kinds and those of bug, feature and question
    ``float64[n, 3]``; ``reports`` is ``bool[n]``.

    For a report, what the general heads give to the three kinds is shared out again by the weighted geometric mean
    of both opinions; praise and other keep theirs. Other texts stay as they are.
    """
    three = len(REPORT_KINDS)
    mass = np.logaddexp.reduce(general[:, :three], axis=1, keepdims=True)
    mixed = (1 - SHARE) * (general[:, :three] - mass) + SHARE * expert
    mixed = mixed - np.logaddexp.reduce(mixed, axis=1, keepdims=True) + mass
    shared = np.hstack([mixed, general[:, three:]])
    return np.where(reports[:, None], shared, general)


def log_softmax(logits: Floats) -> Floats:
    """Row-wise logarithm of the softmax."""
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
