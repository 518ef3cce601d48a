"""The figures of an evaluation: F1 with intervals, calibration, recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the 2.5 % and 97.5 % quantiles of its bootstrap, widened to hold the value."""

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
class Scores:
    """All of one prediction: by label, macro F1 over the labels, and the share that is right."""

    labels: dict[str, LabelScore]
    macro_f1: Interval
    accuracy: Interval


def interval(value: float, draws: Floats) -> Interval:
    """On few rows a bootstrap can miss the value it was drawn around; an interval never does."""
    finite = draws[np.isfinite(draws)]
    low = high = value
    if len(finite):
        low, high = np.quantile(finite, [0.025, 0.975])
    return Interval(
        value=round(value, 4),
        low=round(float(min(low, value)), 4),
        high=round(float(max(high, value)), 4),
    )


def confusion(
    truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> NDArray[np.int64]:
    """``int64[labels, labels]``: rows are the truth, columns what was predicted."""
    place = {label: index for index, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(table, ([place[label] for label in truth], [place[label] for label in predicted]), 1)
    return table


def label_scores(
    truth: Sequence[str],
    predicted: Sequence[str],
    labels: Sequence[str],
    *,
    seed: int,
    samples: int,
) -> Scores:
    """Scores by label, macro F1 over the ``labels`` that some row carries, and accuracy.

    Intervals resample the rows ``samples`` times: what that does to a confusion matrix is one
    multinomial draw.
    """
    table = confusion(truth, predicted, labels)
    drawn = _resample(table.ravel(), seed, samples).reshape(samples, *table.shape)
    f1, drawn_f1 = _f1(table), _f1(drawn)
    occurs = table.sum(axis=1) > 0
    hits = np.diagonal(table)
    by_label = {
        label: LabelScore(
            precision=_ratio(hits[index], table[:, index].sum()),
            recall=_ratio(hits[index], table[index].sum()),
            f1=interval(float(np.nan_to_num(f1[index])), drawn_f1[:, index]),
            rows=int(table[index].sum()),
        )
        for index, label in enumerate(labels)
    }
    right, drawn_right = np.trace(table), np.trace(drawn, axis1=1, axis2=2)
    return Scores(
        labels=by_label,
        macro_f1=interval(float(f1[occurs].mean()), np.nanmean(drawn_f1[:, occurs], axis=1)),
        accuracy=interval(float(right / len(truth)), drawn_right / len(truth)),
    )


def difference(
    truth: Sequence[str],
    predicted: Sequence[str],
    rival: Sequence[str],
    labels: Sequence[str],
    *,
    seed: int,
    samples: int,
) -> Interval:
    """The macro F1 of what is predicted minus that of a rival on the same rows, resampled
    together."""
    place = {label: index for index, label in enumerate(labels)}
    cells = np.array([[place[label] for label in side] for side in (truth, predicted, rival)])
    cube = np.zeros((len(labels),) * 3, np.int64)
    np.add.at(cube, tuple(cells), 1)
    drawn = _resample(cube.ravel(), seed, samples).reshape(samples, *cube.shape)
    occurs = cube.sum(axis=(1, 2)) > 0

    def ahead(tables: NDArray[np.int64]) -> Floats:
        own, rivals = (_f1(tables.sum(axis=axis))[..., occurs] for axis in (-1, -2))
        return np.asarray(np.nanmean(own, axis=-1) - np.nanmean(rivals, axis=-1))

    return interval(float(ahead(cube)), ahead(drawn))


def calibration_error(
    confidence: Sequence[float] | Floats,
    right: Sequence[bool] | NDArray[np.bool_],
    weights: Floats | None = None,
    bins: int = 15,
) -> float:
    """Expected calibration error with equally wide bins (Guo et al., ICML 2017); rows weigh 1
    without ``weights``."""
    sure = np.asarray(confidence, float)
    if weights is None:
        weights = np.ones(len(sure))
    place = np.clip((sure * bins).astype(int), 0, bins - 1)
    gap = np.bincount(place, weights * (sure - np.asarray(right, float)), minlength=bins)
    return float(np.abs(gap).sum() / weights.sum())


def harmonic(one: float, other: float) -> float:
    """Harmonic mean; 0 when both are."""
    if not one + other:
        return 0.0
    return 2 * one * other / (one + other)


def tabulate(table: NDArray[np.int64], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """The confusion matrix by name: truth, then prediction."""
    return {
        truth: {predicted: int(table[row, column]) for column, predicted in enumerate(labels)}
        for row, truth in enumerate(labels)
    }


def _resample(counts: NDArray[np.int64], seed: int, samples: int) -> NDArray[np.int64]:
    total = int(counts.sum())
    return np.asarray(np.random.default_rng(seed).multinomial(total, counts / total, size=samples))


def _f1(tables: NDArray[np.int64]) -> Floats:
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    count = tables.sum(axis=-1) + tables.sum(axis=-2)
    # A label that a draw left out, and nobody predicted, was not told wrong: it has no F1 there.
    return np.asarray(
        np.divide(2.0 * hits, count, out=np.full(count.shape, np.nan), where=count > 0)
    )


def _ratio(part: float, total: float) -> float:
    if not total:
        return 0.0
    return float(part / total)
