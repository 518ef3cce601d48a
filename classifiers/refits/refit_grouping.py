"""A product's own thresholds of grouping, from pairs that people called the same or not.

NumPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifiers.grouping.thresholds import NEVER_JOINS, TEXT_CLASSES, Thresholds
from classifiers.refits.holdout import Gain, Numbers, draws, folds, gain

GROUPING_FOLDS = 5
GROUPING_REPEATS = 3
MOST_SHIFT = 0.12
"""A threshold moves this far at most."""
SHIFT_STEP = 0.01
JOIN_PRECISION = 0.9
SUGGEST_PRECISION = 0.3
LEAST_GROUPING_LABELS = 20
LEAST_OF_A_CLASS = 12
LEAST_OF_A_SIDE = 3
_WRONG_JOIN_COST = JOIN_PRECISION / (1 - JOIN_PRECISION)

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shifts = Mapping[str, Mapping[str, float]]
"""``{"join": {class: shift}, "suggest": {class: shift}}``; what is not named stays as shipped."""
NO_SHIFTS: Shifts = {"join": {}, "suggest": {}}


@dataclass(frozen=True, slots=True)
class Pairs:
    """A comment and a theme each: ``scores`` float64[n] as the grouper gave them, ``join_at`` and
    ``suggest_at`` as shipped, the class ``sizes`` int64[n] (a place in ``TEXT_CLASSES``), whether
    a person said ``same``, ``weights`` and the ``groups`` that are held out together."""

    scores: Floats
    join_at: Floats
    suggest_at: Floats
    sizes: Numbers
    same: Mask
    weights: Floats
    groups: Numbers

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: Mask) -> Pairs:
        """The chosen rows."""
        return Pairs(
            scores=self.scores[rows],
            join_at=self.join_at[rows],
            suggest_at=self.suggest_at[rows],
            sizes=self.sizes[rows],
            same=self.same[rows],
            weights=self.weights[rows],
            groups=self.groups[rows],
        )


@dataclass(frozen=True, slots=True)
class PairScore:
    """What joining at the thresholds does with pairs kept out: how many joins are right, how many
    of the same pairs are joined, and the net benefit per 100 pairs, a wrong join costing nine
    missed ones (Vickers and Elkin, Decision curve analysis, 2006: nine to one is what a precision
    of .9 means)."""

    precision: float
    recall: float
    benefit: float


@dataclass(frozen=True, slots=True)
class GroupingTrial:
    """The outcome. ``reason`` is ``better``, or why the thresholds stay: ``too_few_labels``,
    ``labels_contradict`` (people's words do not follow the likeness, so that no threshold can),
    ``nothing_learned`` or ``not_better``."""

    reason: str
    labels: int
    shifts: Shifts
    before: PairScore | None = None
    after: PairScore | None = None
    gain: Gain | None = None


def shifted(shipped: Thresholds, shifts: Shifts, version: str) -> Thresholds:
    """The shipped thresholds moved; those that nothing reaches stay, and none suggests above where
    it joins.

    ========  =====  =======  =====================================
    which     join   suggest
    ========  =====  =======  =====================================
    shipped   0.7    0.62
    shift     -0.15  +0.02
    in force  0.58   0.58     -0.12 at most; 0.64 is above the join
    ========  =====  =======  =====================================
    """
    join, suggest = _raised(shipped.join, shifts["join"]), dict(shipped.suggest)
    sorts = {
        sort: _raised(join_of_sort, shifts["join"])
        for sort, join_of_sort in shipped.level.sorts.items()
    }
    for size, shift in shifts["suggest"].items():
        if suggest.get(size, NEVER_JOINS) < NEVER_JOINS:
            suggest[size] = round(suggest[size] + float(np.clip(shift, -MOST_SHIFT, MOST_SHIFT)), 4)
    suggest = {size: min(value, join[size]) for size, value in suggest.items()}
    level = replace(shipped.level, sorts=sorts)
    version = f"{shipped.version}+{version}"
    return replace(shipped, join=join, suggest=suggest, level=level, version=version)


def _raised(join: Mapping[str, float], shifts: Mapping[str, float]) -> dict[str, float]:
    """Thresholds of joining, moved; those that nothing reaches stay."""
    moved = dict(join)
    for size, shift in shifts.items():
        if moved.get(size, NEVER_JOINS) < NEVER_JOINS:
            moved[size] = round(
                min(moved[size] + float(np.clip(shift, -MOST_SHIFT, MOST_SHIFT)), 1.0), 4
            )
    return moved


def fit_shifts(pairs: Pairs) -> Shifts:
    """For each class with enough labels of both answers the thresholds that find most at the wanted
    precision."""
    join: dict[str, float] = {}
    suggest: dict[str, float] = {}
    for place, size in enumerate(TEXT_CLASSES):
        of_class = pairs.take((pairs.sizes == place) & (pairs.join_at < NEVER_JOINS))
        fewer_side = min(of_class.same.sum(), (~of_class.same).sum())
        if len(of_class) < LEAST_OF_A_CLASS or fewer_side < LEAST_OF_A_SIDE:
            continue
        join_shift = _best(of_class.scores - of_class.join_at, of_class, JOIN_PRECISION)
        if join_shift:
            join[size] = join_shift
        below = of_class.take(of_class.scores < of_class.join_at + join_shift)
        if len(below) < LEAST_OF_A_CLASS:
            continue
        suggest_shift = _best(below.scores - below.suggest_at, below, SUGGEST_PRECISION)
        if suggest_shift:
            suggest[size] = suggest_shift
    return {"join": join, "suggest": suggest}


def try_grouping(
    pairs: Pairs, active: Shifts, fitted_to: Mask | None, seed: int = 7
) -> GroupingTrial:
    """Fit shifts to all ``pairs`` and judge the recipe on folds kept out against the version in
    force.

    ``active`` are the shifts in force, ``fitted_to`` (bool[n]) the pairs they were fitted to; None
    stands for the shipped thresholds. Promoted is what raises the net benefit with the 5 % quantile
    of a paired bootstrap above zero.
    """
    labels = len(pairs)
    fewer_side = min(pairs.same.sum(), (~pairs.same).sum())
    if len(np.unique(pairs.groups)) < LEAST_GROUPING_LABELS or fewer_side < LEAST_OF_A_SIDE:
        return GroupingTrial("too_few_labels", labels, active)
    if _follows(pairs, seed) <= 0.5:
        return GroupingTrial("labels_contradict", labels, active)
    shifts = fit_shifts(pairs)
    if shifts == active:
        return GroupingTrial("nothing_learned", labels, active)
    counted = np.vstack([np.ones(labels), draws(pairs.groups, seed)]) * pairs.weights
    value = np.where(pairs.same, 1.0, -_WRONG_JOIN_COST)
    trials = [_joined_unseen(pairs, fitted_to, seed + repeat) for repeat in range(GROUPING_REPEATS)]
    before, after = (np.mean([trial[side] for trial in trials], axis=0) for side in (0, 1))
    difference = counted @ (value * (after - before)) / counted.sum(axis=1)
    benefit = gain(100 * difference[1:], 100 * float(difference[0]))
    return GroupingTrial(
        reason="better" if benefit.low > 0 else "not_better",
        labels=labels,
        shifts=shifts,
        before=_score(pairs, before),
        after=_score(pairs, after),
        gain=benefit,
    )


def _best(margins: Floats, pairs: Pairs, precision: float) -> float:
    """The shift that finds most of what is the same where pairs above it are so often enough; the
    smallest of equals.

    Two imagined pairs at the wanted precision keep a handful from deciding much. Below the
    threshold in force the pairs that are gained must be the same often enough by themselves.
    """
    right = pairs.weights * pairs.same

    def holds(chosen: Mask) -> bool:
        return (
            float(right[chosen].sum() + 2 * precision)
            >= precision * float(pairs.weights[chosen].sum() + 2) - 1e-9
        )

    steps = round(MOST_SHIFT / SHIFT_STEP)
    best = -1.0, -1.0, MOST_SHIFT
    for step in range(-steps, steps + 1):
        shift = round(step * SHIFT_STEP, 2)
        above, gained = margins >= shift - 1e-9, (margins >= shift - 1e-9) & (margins < 0)
        if shift < 0 and (gained.sum() < LEAST_OF_A_SIDE or not holds(gained)):
            continue
        if holds(above):
            best = max(best, (float(right[above].sum()), -abs(shift), shift))
    return best[2]


def _follows(pairs: Pairs, seed: int) -> float:
    """The 5 % quantile of the area under the curve: how often a same pair scores above a different
    one."""
    margins = pairs.scores - pairs.join_at
    same_margins, different_margins = margins[pairs.same][:, None], margins[~pairs.same]
    wins = (same_margins > different_margins) + 0.5 * (same_margins == different_margins)
    counted = draws(pairs.groups, seed) * pairs.weights
    same, different = counted[:, pairs.same], counted[:, ~pairs.same]
    compared = np.maximum(same.sum(axis=1) * different.sum(axis=1), 1e-9)
    areas = ((same @ wins) * different).sum(axis=1) / compared
    return float(np.quantile(areas, 0.05))


def _joined_unseen(pairs: Pairs, fitted_to: Mask | None, seed: int) -> tuple[Floats, Floats]:
    """Which pairs join before and after (0 or 1), each judged by thresholds that have not seen its
    group."""
    fold_of = folds(pairs.groups, pairs.same.astype(np.int64), GROUPING_FOLDS, seed)
    before, after = _joins(pairs, NO_SHIFTS), np.zeros(len(pairs))
    for fold in range(GROUPING_FOLDS):
        unseen = fold_of == fold
        after[unseen] = _joins(pairs.take(unseen), fit_shifts(pairs.take(~unseen)))
        if fitted_to is not None:
            shifts = fit_shifts(pairs.take(~unseen & fitted_to))
            before[unseen] = _joins(pairs.take(unseen), shifts)
    return before, after


def _joins(pairs: Pairs, shifts: Shifts) -> Floats:
    by_class = np.array([shifts["join"].get(size, 0.0) for size in TEXT_CLASSES])
    return np.asarray(pairs.scores >= pairs.join_at + by_class[pairs.sizes], float)


def _score(pairs: Pairs, joined: Floats) -> PairScore:
    weights, same = pairs.weights, pairs.weights * pairs.same
    joined_weight, rightly = float(weights @ joined), float(same @ joined)
    benefit = float((weights * np.where(pairs.same, 1.0, -_WRONG_JOIN_COST)) @ joined) / float(
        weights.sum()
    )
    precision = 1.0
    if joined_weight:
        precision = round(rightly / joined_weight, 4)
    return PairScore(
        precision=precision,
        recall=round(rightly / max(float(same.sum()), 1e-9), 4),
        benefit=round(100 * benefit, 2),
    )
