"""Judging on what was kept out: folds that keep copies together, and a paired bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
BOOTSTRAP_SAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Gain:
    """What a change brings: mean, and the 5 % quantile of the bootstrap distribution."""

    mean: float
    low: float


def folds(groups: Numbers, strata: Numbers, count: int, seed: int) -> Numbers:
    """A fold 0..count-1 for every row: rows of one group share it, and every stratum is spread over
    all folds.

    Groups go, in an order shuffled by ``seed``, largest first, to the fold that has least of their
    strata.
    """
    random = np.random.default_rng(seed)
    names, place = np.unique(groups, return_inverse=True)
    kinds = int(strata.max()) + 1
    table = np.zeros((len(names), kinds))
    np.add.at(table, (place, strata), 1)
    order = random.permutation(len(names))
    order = order[np.argsort(-table[order].sum(axis=1), kind="stable")]
    share = 1 / np.maximum(table.sum(axis=0), 1)
    filled = np.zeros((count, kinds))
    fold_of = np.zeros(len(names), np.int64)
    for name in order:
        own_load = (filled * (table[name] > 0) * share).sum(axis=1)
        load = own_load + 1e-6 * (filled * share).sum(axis=1)
        fold_of[name] = int(np.argmin(load))
        filled[fold_of[name]] += table[name]
    return np.asarray(fold_of[place])


def draws(groups: Numbers, seed: int, samples: int = BOOTSTRAP_SAMPLES) -> Floats:
    """``float64[samples, n]``: how often every row counts when whole groups are drawn with
    replacement."""
    names, place = np.unique(groups, return_inverse=True)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(names), np.full(len(names), 1 / len(names)), samples)
    return np.asarray(drawn[:, place], float)


def expected_f1(targets: Floats, predicted: Numbers, counted: Floats, labels: Numbers) -> Floats:
    """Macro F1 over ``labels``, all of which occur, for each row of ``counted`` (float64[samples,
    n], weights).

    ``targets`` float64[n, kinds] are probabilities of the truth; where they are not certain, so is
    the score: it is the expected one, with numerator and denominator expected apart.
    """
    scores = []
    for label in labels:
        is_label, called = targets[:, label], (predicted == label).astype(float)
        rightly, either = counted @ (is_label * called), counted @ (is_label + called)
        scores.append(2 * rightly / np.maximum(either, 1e-9))
    return np.asarray(np.mean(scores, axis=0))


def gain(differences: Floats, mean: float) -> Gain:
    """From the differences of all draws."""
    return Gain(round(mean, 4), round(float(np.quantile(differences, 0.05)), 4))
