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

CORRECTION_PENALTIES = (1.0, 0.25, 0.06)
MOST_CENTRES = 600
STAND_IN_CAUTION = 2.0
INNER_FOLDS = 3
_DESCENT_STEPS = 150
_DESCENT_CLOSE = 1e-3
_RIGHT_FOR_EACH_WRONG = (1.0, 9.0)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Examples:
    """Comments of one product: unit ``vectors`` float32[n, d], ``shipped`` probabilities float64[n,
    5], ``targets`` float64[n, 5], ``weights``, the ``groups`` that are held out together, and
    whether a person has ``labelled`` them.

    Those nobody spoke about stand in for what people saw and left: their target is the shipped
    probability.
    """

    vectors: Vectors
    shipped: Floats
    targets: Floats
    weights: Floats
    groups: Numbers
    labelled: Mask
    missing: float
    """What the stand-ins weigh together where they are scored."""

    def __len__(self) -> int:
        return len(self.weights)

    def judged(self) -> Examples:
        """The same as they are scored: what nobody corrected counts as right, as far as
        confirmations are missing."""
        stand_ins = ~self.labelled
        shipped_kinds = np.eye(len(KINDS))[self.shipped.argmax(axis=1)]
        return replace(
            self,
            targets=np.where(stand_ins[:, None], shipped_kinds, self.targets),
            weights=np.where(stand_ins, self.missing / max(int(stand_ins.sum()), 1), self.weights),
        )

    def folds(self, count: int, seed: int) -> Numbers:
        """A fold for every row: each has its share of every kind, labelled and not."""
        strata = self.targets.argmax(axis=1) + len(KINDS) * self.labelled
        return folds(self.groups, strata, count, seed)

    def take(self, rows: Mask) -> Examples:
        """The chosen rows."""
        return replace(
            self,
            vectors=self.vectors[rows],
            shipped=self.shipped[rows],
            targets=self.targets[rows],
            weights=self.weights[rows],
            groups=self.groups[rows],
            labelled=self.labelled[rows],
        )


def examples(
    vectors: Vectors, shipped: Floats, kinds: Numbers, weights: Floats, groups: Numbers
) -> Examples:
    """Labels and stand-ins together: ``kinds`` int64[n] are places in ``KINDS``, -1 where nobody
    spoke.

    The stand-ins make up for the confirmations that are missing. Where the shipped model expects to
    be right three times out of four, labels of weight 2 contradict it and of weight 1 agree:

    =====================================================  ===============
    right for each wrong                                   .75 / .25 = 3
    weight that must agree                                 3 * 2 = 6
    missing                                                6 - 1 = 5
    weight of the stand-ins in the fit: twice the missing  10
    =====================================================  ===============
    """
    labelled = kinds >= 0
    stand_ins = ~labelled
    targets = np.where(labelled[:, None], np.eye(len(KINDS))[kinds], shipped)
    agrees = labelled & (shipped.argmax(axis=1) == kinds)
    agreeing = float(weights[agrees].sum())
    contradicting = float(weights[labelled & ~agrees].sum())
    weights, missing = np.where(labelled, weights, 0.0), 0.0
    if stand_ins.any():
        sure = float(shipped[stand_ins].max(axis=1).mean())
        right_for_each_wrong = float(np.clip(sure / max(1 - sure, 1e-9), *_RIGHT_FOR_EACH_WRONG))
        missing = max(0.0, right_for_each_wrong * contradicting - agreeing)
        weights[stand_ins] = max(STAND_IN_CAUTION * missing, contradicting) / stand_ins.sum()
    return Examples(vectors, shipped, targets, weights, groups, labelled, missing)


def fit(data: Examples, penalties: tuple[float, ...] = CORRECTION_PENALTIES) -> list[Correction]:
    """One correction for each penalty, strongest first. Deterministic."""
    centres = data.vectors[np.flatnonzero(data.labelled)[-MOST_CENTRES:]]
    if not len(centres):
        return [Correction.nothing(centres) for _ in penalties]
    sizes, axes = np.linalg.eigh(likeness(centres, centres))
    telling = sizes > 1e-6 * sizes.max()
    basis = axes[:, telling] / np.sqrt(sizes[telling])
    rows = likeness(data.vectors, centres) @ basis
    spread, turn = np.linalg.eigh(rows.T @ (rows * data.weights[:, None]))
    rows, corrections = rows @ turn, []
    coefficients = np.zeros((rows.shape[1], len(KINDS)))
    for penalty in penalties:
        coefficients = _descend(rows, data, penalty, spread, coefficients)
        corrections.append(Correction(centres, basis @ turn @ coefficients))
    return corrections


def refit(data: Examples, seed: int) -> Correction:
    """The correction under the penalty that does best on folds kept out; one that changes nothing
    where none helps."""
    penalty = best_penalty(data, seed)
    if penalty is None:
        return Correction.nothing(data.vectors)
    return fit(data, (penalty,))[0]


def best_penalty(data: Examples, seed: int) -> float | None:
    """The penalty with the least loss on folds kept out, or None where the shipped probabilities
    have less."""
    fold_of = data.folds(INNER_FOLDS, seed)
    loss = np.zeros(len(CORRECTION_PENALTIES))
    for fold in range(INNER_FOLDS):
        test = data.take(fold_of == fold)
        for place, correction in enumerate(fit(data.take(fold_of != fold))):
            loss[place] += total_loss(test, correction.probabilities(test.vectors, test.shipped))
    best = int(np.argmin(loss))
    if loss[best] >= total_loss(data, data.shipped):
        return None
    return CORRECTION_PENALTIES[best]


def total_loss(data: Examples, probabilities: Floats) -> float:
    """Weighted cross entropy of ``probabilities`` against the targets."""
    return -float(data.weights @ (data.targets * logs(probabilities)).sum(axis=1))


def _descend(rows: Floats, data: Examples, penalty: float, spread: Floats, start: Floats) -> Floats:
    """The coefficients of least loss, from those at ``start``.

    Steps that the bound of the softmax's curvature allows (Böhning, Multinomial logistic regression
    algorithm, 1992), with momentum that starts again when it leads uphill (O'Donoghue and Candès,
    2015).
    """
    step = 1 / (np.maximum(spread, 0) / 2 + penalty)[:, None]
    offset = logs(data.shipped)
    weights = data.weights[:, None]
    now, ahead, momentum = start, start, 1.0
    for _ in range(_DESCENT_STEPS):
        wrong = softmax(offset + rows @ ahead) - data.targets
        slope = rows.T @ (weights * wrong) + penalty * ahead
        new = ahead - step * slope
        if float((slope * (new - now)).sum()) > 0:
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        moved = new - now
        ahead, now, momentum = new + (momentum - 1) / faster * moved, new, faster
        if float(np.abs(moved).max()) < _DESCENT_CLOSE * max(float(np.abs(new).max()), 1e-6):
            break
    return now
