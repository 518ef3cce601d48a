"""Long reports are judged by a second opinion: heads trained on issue reports alone, which know their templates
and words."""

from __future__ import annotations

import numpy as np

from classifiers.contract import Kind, Vectors
from classifiers.heads import Floats

REPORT_KINDS = (Kind.bug, Kind.feature, Kind.question)
LONG_WORDS = 60
SHARE = 0.7
"""Weight of the second opinion for a long text; chosen on five folds of the issue reports."""


def is_report(style: Vectors) -> Floats:
    """``bool[n]``: whether a text has at least 60 words in four or more lines, read off the signs of
    ``features.style``."""
    return np.asarray((style[:, 0] >= np.log1p(LONG_WORDS) / 6) & (style[:, 2] > 0))


def blend(general: Floats, expert: Floats, style: Vectors) -> Floats:
    """Log probabilities ``float64[n, 5]`` from those of all kinds and those of bug, feature and question
    ``float64[n, 3]``.

    For a report, what the general heads give to the three kinds is shared out again by the weighted geometric mean
    of both opinions; praise and other keep theirs. Other texts stay as they are.
    """
    three = len(REPORT_KINDS)
    mass = np.logaddexp.reduce(general[:, :three], axis=1, keepdims=True)
    mixed = (1 - SHARE) * (general[:, :three] - mass) + SHARE * expert
    mixed = mixed - np.logaddexp.reduce(mixed, axis=1, keepdims=True) + mass
    shared = np.hstack([mixed, general[:, three:]])
    return np.where(is_report(style)[:, None], shared, general)


def log_softmax(logits: Floats) -> Floats:
    """Row-wise logarithm of the softmax."""
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
