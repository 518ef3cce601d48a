"""How far two groupings of the same comments agree: B-cubed, pairs, the adjusted Rand index, with
intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluation.measures import Interval, harmonic, interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClusterScore:
    """Agreement of found and true groups: B-cubed (Bagga and Baldwin 1998) and over pairs; each
    precision, recall, F1.

    The two intervals are those of the F1 values.
    """

    b_cubed: tuple[float, float, float]
    pairs: tuple[float, float, float]
    b_cubed_f1: Interval
    pair_f1: Interval


def clusters(
    truth: Sequence[str], found: Sequence[str], *, seed: int = 7, samples: int = 0
) -> ClusterScore:
    """Scores of ``found`` groups against ``truth``, both given per comment; 1 where there was
    nothing to get wrong.

    Intervals come from drawing whole true groups ``samples`` times: comments of one group do not
    err independently.
    """
    _, true = np.unique(np.asarray(truth), return_inverse=True)
    both, ours, theirs = _sizes(true, found)
    one = np.ones(len(true))
    cells = np.stack([both / ours, both / theirs, one, both - 1, ours - 1, theirs - 1], axis=1)
    totals, drawn = cells.sum(axis=0)[None], draws(cells, true, seed=seed, samples=samples)
    b_cubed, pairs = _scores(totals, (0, 1), (2, 2)), _scores(totals, (3, 3), (4, 5))
    return ClusterScore(
        _triple(b_cubed),
        _triple(pairs),
        interval(float(b_cubed[0, 2]), _scores(drawn, (0, 1), (2, 2))[:, 2]),
        interval(float(pairs[0, 2]), _scores(drawn, (3, 3), (4, 5))[:, 2]),
    )


def draws(cells: Floats, groups: NDArray[np.intp], *, seed: int, samples: int) -> Floats:
    """``float64[samples, k]``: sums of ``cells`` float64[n, k] over as many groups as there are,
    drawn with repeats."""
    count = int(groups.max()) + 1
    sums = np.stack([np.bincount(groups, column, minlength=count) for column in cells.T], axis=1)
    random = np.random.default_rng(seed)
    found = [
        np.bincount(random.integers(0, count, count), minlength=count) @ sums
        for _ in range(samples)
    ]
    return np.array(found).reshape(samples, cells.shape[1])


def rand_index(one: Sequence[str], other: Sequence[str]) -> float:
    """The adjusted Rand index (Hubert and Arabie 1985): 1 for the same grouping, about 0 for a
    random one."""
    _, first = np.unique(np.asarray(one), return_inverse=True)
    both, second, mine = _sizes(first, other)
    together, ours, theirs = (both - 1).sum() / 2, (second - 1).sum() / 2, (mine - 1).sum() / 2
    total = len(first) * (len(first) - 1) / 2
    expected = ours * theirs / total if total else 0.0
    most = (ours + theirs) / 2
    return float((together - expected) / (most - expected)) if most != expected else 1.0


def _sizes(true: NDArray[np.intp], found: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    """For each comment: how many share both its groups, its found group, its true group (itself
    counted)."""
    _, ours = np.unique(np.asarray(found), return_inverse=True)
    _, cell, both = np.unique(
        true * (int(ours.max()) + 1) + ours, return_inverse=True, return_counts=True
    )
    return (
        both[cell].astype(float),
        np.bincount(ours)[ours].astype(float),
        np.bincount(true)[true].astype(float),
    )


def _scores(sums: Floats, parts: tuple[int, int], wholes: tuple[int, int]) -> Floats:
    """``float64[draws, 3]``: precision, recall and F1 of each row of sums."""
    rates = [
        np.divide(sums[:, part], sums[:, whole], out=np.ones(len(sums)), where=sums[:, whole] > 0)
        for part, whole in zip(parts, wholes, strict=True)
    ]
    return np.array([(*pair, harmonic(*pair)) for pair in zip(*rates, strict=True)]).reshape(
        len(sums), 3
    )


def _triple(scores: Floats) -> tuple[float, float, float]:
    precision, recall, f1 = (round(float(value), 6) for value in scores[0])
    return precision, recall, f1
