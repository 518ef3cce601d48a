"""Fits a product's correction of kinds to its labels (NumPy alone, so that a worker can do it).

A softmax regression over the likeness to labelled comments, whose offsets are the shipped log
probabilities, with half the squared norm times ``penalty``: not per label, so that few labels move
little and many move much. Comments that nobody labelled take part with the shipped probabilities as
their target (Li and Hoiem, Learning without Forgetting, ECCV 2016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.kinds.correction import Correction, Floats, likeness, logs
from classifiers.kinds.kind import KINDS
from classifiers.kinds.softmax import softmax
from classifiers.refits.holdout import Numbers, folds

PENALTIES = (1.0, 0.25, 0.06)
MOST_CENTRES = 600
CAUTION = 2.0
_INNER = 3
_STEPS = 150
_CLOSE = 1e-3
_RATIO = (1.0, 9.0)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Examples:
    """Comments of one product: unit ``vectors`` float32[n, d], ``shipped`` probabilities float64[n,
    5], ``targets`` float64[n, 5], ``weights``, the ``groups`` that are held out together, and
    whether a person has ``spoken``.

    Those nobody spoke about stand in for what people saw and left: their target is the shipped
    probability.
    """

    vectors: Vectors
    shipped: Floats
    targets: Floats
    weights: Floats
    groups: Numbers
    spoken: Mask
    missing: float
    """What the stand-ins weigh together where they are scored."""

    def __len__(self) -> int:
        return len(self.weights)

    def judged(self) -> Examples:
        """The same as they are scored: what nobody corrected counts as right, as far as
        confirmations are missing."""
        left = ~self.spoken
        targets = np.where(
            left[:, None], np.eye(len(KINDS))[self.shipped.argmax(axis=1)], self.targets
        )
        weights = np.where(left, self.missing / max(int(left.sum()), 1), self.weights)
        return replace(self, targets=targets, weights=weights)

    def take(self, rows: Mask) -> Examples:
        """The chosen rows."""
        return Examples(
            self.vectors[rows], self.shipped[rows], self.targets[rows], self.weights[rows], self.groups[rows],
            self.spoken[rows], self.missing,
        )  # fmt: skip


def examples(
    vectors: Vectors, shipped: Floats, kinds: Numbers, weights: Floats, groups: Numbers
) -> Examples:
    """Labels and stand-ins together: ``kinds`` int64[n] are places in ``KINDS``, -1 where nobody
    spoke.

    The stand-ins make up for the confirmations that are missing: where the shipped model expects to
    be right three times out of four, three times the weight of the labels that contradict it must
    agree with it. In the fit they weigh ``CAUTION`` times that, and never less than the
    contradictions.
    """
    spoken = kinds >= 0
    targets = np.where(spoken[:, None], np.eye(len(KINDS))[kinds], shipped)
    agree = spoken & (shipped.argmax(axis=1) == kinds)
    against = float(weights[spoken & ~agree].sum())
    weights, missing = np.where(spoken, weights, 0.0), 0.0
    if (~spoken).any():
        sure = float(shipped[~spoken].max(axis=1).mean())
        missing = max(
            0.0,
            float(np.clip(sure / max(1 - sure, 1e-9), *_RATIO)) * against
            - float(weights[agree].sum()),
        )
        weights[~spoken] = max(CAUTION * missing, against) / (~spoken).sum()
    return Examples(vectors, shipped, targets, weights, groups, spoken, missing)


def fit(data: Examples, penalties: tuple[float, ...] = PENALTIES) -> list[Correction]:
    """One correction for each penalty, strongest first. Deterministic."""
    centres = data.vectors[np.flatnonzero(data.spoken)[-MOST_CENTRES:]]
    if not len(centres):
        return [Correction(centres, np.zeros((0, len(KINDS)))) for _ in penalties]
    sizes, axes = np.linalg.eigh(likeness(centres, centres))
    kept = sizes > 1e-6 * sizes.max()
    basis = axes[:, kept] / np.sqrt(sizes[kept])
    rows = likeness(data.vectors, centres) @ basis
    spread, turn = np.linalg.eigh(rows.T @ (rows * data.weights[:, None]))
    rows, found = rows @ turn, []
    start = np.zeros((rows.shape[1], len(KINDS)))
    for penalty in penalties:
        start = _descend(rows, data, penalty, spread, start)
        found.append(Correction(centres, basis @ turn @ start))
    return found


def refit(data: Examples, seed: int) -> Correction:
    """The correction under the penalty that does best on folds kept out; one that changes nothing
    where none helps."""
    penalty = best_penalty(data, seed)
    return (
        fit(data, (penalty,))[0]
        if penalty is not None
        else Correction(data.vectors[:0], np.zeros((0, len(KINDS))))
    )


def best_penalty(data: Examples, seed: int) -> float | None:
    """The penalty with the least loss on folds kept out, or None where the shipped probabilities
    have less."""
    place = folds(data.groups, data.targets.argmax(axis=1) + len(KINDS) * data.spoken, _INNER, seed)
    loss = np.zeros(len(PENALTIES))
    for fold in range(_INNER):
        held = data.take(place == fold)
        for number, correction in enumerate(fit(data.take(place != fold))):
            loss[number] += total_loss(held, correction.probabilities(held.vectors, held.shipped))
    best = int(np.argmin(loss))
    return PENALTIES[best] if loss[best] < total_loss(data, data.shipped) else None


def total_loss(data: Examples, probabilities: Floats) -> float:
    """Weighted cross entropy of ``probabilities`` against the targets."""
    return -float(data.weights @ (data.targets * logs(probabilities)).sum(axis=1))


def _descend(rows: Floats, data: Examples, penalty: float, spread: Floats, start: Floats) -> Floats:
    """Minimise by steps that the bound of the softmax's curvature allows (Böhning, Multinomial
    logistic regression algorithm, 1992), with momentum that starts again when it leads uphill
    (O'Donoghue and Candès, 2015)."""
    step = 1 / (np.maximum(spread, 0) / 2 + penalty)[:, None]
    offset = logs(data.shipped)
    weights = data.weights[:, None]
    now, ahead, momentum = start, start, 1.0
    for _ in range(_STEPS):
        slope = (
            rows.T @ (weights * (softmax(offset + rows @ ahead) - data.targets)) + penalty * ahead
        )
        new = ahead - step * slope
        if float((slope * (new - now)).sum()) > 0:
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        moved = new - now
        ahead, now, momentum = new + (momentum - 1) / faster * moved, new, faster
        if float(np.abs(moved).max()) < _CLOSE * max(float(np.abs(new).max()), 1e-6):
            break
    return now
