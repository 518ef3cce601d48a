"""The figures of an evaluation: F1 with intervals, calibration, clustering quality."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the 2.5 % and 97.5 % quantiles of its bootstrap distribution."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 (with its interval) of one label, and how many rows carry it."""

    precision: float
    recall: float
    f1: Interval
    rows: int


@dataclass(frozen=True, slots=True)
class ClusterScore:
    """Agreement of found and true groups: B-cubed (Bagga and Baldwin 1998) and over pairs; each precision,
    recall, F1."""

    b_cubed: tuple[float, float, float]
    pairs: tuple[float, float, float]


def confusion(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> NDArray[np.int64]:
    """``int64[labels, labels]``: rows are the truth, columns what was predicted."""
    place = {label: index for index, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(table, ([place[label] for label in truth], [place[label] for label in predicted]), 1)
    return table


def label_scores(
    truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str], *, seed: int, samples: int
) -> tuple[dict[str, LabelScore], Interval, Interval]:
    """Scores by label, macro F1 over ``labels``, and accuracy; intervals by resampling rows ``samples`` times."""
    place = {label: index for index, label in enumerate(labels)}
    cells = np.array([place[t] * len(labels) + place[p] for t, p in zip(truth, predicted, strict=True)])
    random = np.random.default_rng(seed)
    table = confusion(truth, predicted, labels)
    draws = np.stack([
        np.bincount(cells[random.integers(0, len(cells), len(cells))], minlength=table.size).reshape(table.shape)
        for _ in range(samples)
    ]) if samples else table[None]  # fmt: skip
    f1, drawn_f1 = _f1(table), _f1(draws)
    hits = np.diagonal(table)
    scores = {
        label: LabelScore(
            _ratio(hits[index], table[:, index].sum()),
            _ratio(hits[index], table[index].sum()),
            _interval(f1[index], drawn_f1[:, index]),
            int(table[index].sum()),
        )
        for label, index in place.items()
    }
    accuracy = np.trace(draws, axis1=1, axis2=2) / len(cells)
    return scores, _interval(f1.mean(), drawn_f1.mean(axis=1)), _interval(np.trace(table) / len(cells), accuracy)


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 15) -> float:
    """Expected calibration error with equally wide bins (Guo et al., ICML 2017)."""
    sure = np.asarray(confidence, float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gap = np.bincount(place, sure - np.asarray(right, float), minlength=bins)
    return float(np.abs(gap).sum() / len(sure))


def clusters(truth: Sequence[str], found: Sequence[str]) -> ClusterScore:
    """B-cubed and pair scores of ``found`` groups against ``truth``, both given per comment."""
    both, ours, theirs = Counter(zip(found, truth, strict=True)), Counter(found), Counter(truth)
    total = len(truth)
    precision = sum(count * count / ours[group] for (group, _), count in both.items()) / total
    recall = sum(count * count / theirs[group] for (_, group), count in both.items()) / total
    together = sum(_pairs(count) for count in both.values())
    pair_precision = _ratio(together, sum(_pairs(count) for count in ours.values()))
    pair_recall = _ratio(together, sum(_pairs(count) for count in theirs.values()))
    return ClusterScore(
        (precision, recall, harmonic(precision, recall)),
        (pair_precision, pair_recall, harmonic(pair_precision, pair_recall)),
    )


def recall_at(ranks: Sequence[int | None], depth: int) -> float:
    """Share of queries whose first right answer has a rank (from 1) of at most ``depth``."""
    return sum(rank is not None and rank <= depth for rank in ranks) / len(ranks) if ranks else 0.0


def harmonic(one: float, other: float) -> float:
    """Harmonic mean; 0 when both are."""
    return 2 * one * other / (one + other) if one + other else 0.0


def tabulate(table: NDArray[np.int64], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """The confusion matrix by name: truth, then prediction."""
    named: Mapping[str, dict[str, int]] = defaultdict(dict)
    for row, truth in enumerate(labels):
        for column, predicted in enumerate(labels):
            named[truth][predicted] = int(table[row, column])
    return dict(named)


def _f1(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    return np.asarray(2 * hits / np.maximum(tables.sum(axis=-1) + tables.sum(axis=-2), 1))


def _interval(value: float, draws: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(round(float(value), 4), round(float(low), 4), round(float(high), 4))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _pairs(count: int) -> int:
    return count * (count - 1) // 2
