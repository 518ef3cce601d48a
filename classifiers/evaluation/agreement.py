"""How far two groupings of the same comments agree: B-cubed, pairs, the adjusted Rand index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluation.measures import Interval, harmonic, interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClusterScore:
    """Agreement of predicted and true groups: B-cubed (Bagga and Baldwin 1998) and over pairs; each
    precision, recall, F1.

    The two intervals are those of the F1 values.
    """

    b_cubed: tuple[float, float, float]
    pairs: tuple[float, float, float]
    b_cubed_f1: Interval
    pair_f1: Interval


def clusters(
    truth: Sequence[str], predicted: Sequence[str], *, seed: int = 7, samples: int = 0
) -> ClusterScore:
    """Scores of ``predicted`` groups against ``truth``, both given per comment; 1 where there was
    nothing to get wrong.

    Intervals come from drawing whole true groups ``samples`` times: comments of one group do not
    err independently.
    """
    _, true_groups = np.unique(np.asarray(truth), return_inverse=True)
    shared, in_found, in_true = _sizes(true_groups, predicted)
    ones = np.ones(len(true_groups))
    # What B-cubed and pairs are sums of, for each comment.
    cells = np.stack(
        [shared / in_found, shared / in_true, ones, shared - 1, in_found - 1, in_true - 1], axis=1
    )
    totals = cells.sum(axis=0)[None]
    drawn = draws(cells, true_groups, seed=seed, samples=samples)
    b_cubed, pairs = _scores(totals, (0, 1), (2, 2)), _scores(totals, (3, 3), (4, 5))
    return ClusterScore(
        b_cubed=_triple(b_cubed),
        pairs=_triple(pairs),
        b_cubed_f1=interval(float(b_cubed[0, 2]), _scores(drawn, (0, 1), (2, 2))[:, 2]),
        pair_f1=interval(float(pairs[0, 2]), _scores(drawn, (3, 3), (4, 5))[:, 2]),
    )


def draws(cells: Floats, groups: NDArray[np.intp], *, seed: int, samples: int) -> Floats:
    """``float64[samples, k]``: sums of ``cells`` float64[n, k] over as many groups as there are,
    drawn with repeats."""
    count = int(groups.max()) + 1
    sums = np.stack([np.bincount(groups, column, minlength=count) for column in cells.T], axis=1)
    random = np.random.default_rng(seed)
    drawn = [
        np.bincount(random.integers(0, count, count), minlength=count) @ sums
        for _ in range(samples)
    ]
    return np.array(drawn).reshape(samples, cells.shape[1])


def rand_index(one: Sequence[str], other: Sequence[str]) -> float:
    """The adjusted Rand index (Hubert and Arabie 1985): 1 for the same grouping, about 0 for a
    random one."""
    _, one_groups = np.unique(np.asarray(one), return_inverse=True)
    sizes = _sizes(one_groups, other)
    shared_pairs, other_pairs, one_pairs = ((size - 1).sum() / 2 for size in sizes)
    all_pairs = len(one_groups) * (len(one_groups) - 1) / 2
    expected = 0.0
    if all_pairs:
        expected = other_pairs * one_pairs / all_pairs
    highest = (other_pairs + one_pairs) / 2
    if highest == expected:
        return 1.0
    return float((shared_pairs - expected) / (highest - expected))


def _sizes(
    true_groups: NDArray[np.intp], predicted: Sequence[str]
) -> tuple[Floats, Floats, Floats]:
    """For each comment: how many share both its groups, its found group, its true group (itself
    counted)."""
    _, found_groups = np.unique(np.asarray(predicted), return_inverse=True)
    pair_of_groups = true_groups * (int(found_groups.max()) + 1) + found_groups
    _, cell, counts = np.unique(pair_of_groups, return_inverse=True, return_counts=True)
    return (
        counts[cell].astype(float),
        np.bincount(found_groups)[found_groups].astype(float),
        np.bincount(true_groups)[true_groups].astype(float),
    )


def _scores(sums: Floats, hits: tuple[int, int], totals: tuple[int, int]) -> Floats:
    """``float64[draws, 3]``: precision, recall and F1 of each row of sums."""
    rates = [
        np.divide(sums[:, hit], sums[:, total], out=np.ones(len(sums)), where=sums[:, total] > 0)
        for hit, total in zip(hits, totals, strict=True)
    ]
    scores = [(*pair, harmonic(*pair)) for pair in zip(*rates, strict=True)]
    return np.array(scores).reshape(len(sums), 3)


def _triple(scores: Floats) -> tuple[float, float, float]:
    precision, recall, f1 = (round(float(value), 6) for value in scores[0])
    return precision, recall, f1
