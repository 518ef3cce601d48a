"""Whether a day's people are too many, or too few, to be chance.

After R surveillance's ``farringtonFlexible`` (Noufaily et al. 2013, "An improved algorithm for
outbreak detection in multiple surveillance systems"): a level from past days, days that were
outbreaks themselves left out of it, and the tail of a negative binomial distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.insights.negative_binomial import at_least, at_most

HISTORY_DAYS = 56
HISTORY_DAYS_LEAST = 14
"""A product that is younger has no usual day yet."""
RESIDUAL_MOST = 2.58
CHANCE_MOST = 0.001
PEOPLE_LEAST = 5
"""Fewer people are no spike, however quiet it is otherwise."""
FITS = 3
"""Rounds of leaving days out: what was hidden by a bigger outbreak shows in the next."""
DISPERSION_LEAST = 0.05
DISPERSION_MARGIN = 1.5
"""Days that were left out took variance with them."""
OWN_INFORMATION = 20.0
"""How much a theme must have been spoken of until its own dispersion counts as much as that of
its sisters: the sum of squared expected counts."""
WEEKDAY_PEOPLE = 20.0
"""People a weekday is taken to have had as usual, before those who were counted."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The usual day of a series: ``level`` people on a day of mean weight. ``excess`` is the
    variance beyond chance and ``information`` what it is measured against, ``counted`` all people
    of the days that were kept."""

    level: float
    counted: int
    weight: float
    excess: float
    information: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """``people`` were counted where ``expected`` are usual; ``chance`` that as many, or as few,
    come by themselves."""

    people: int
    expected: float
    chance: float


def weekday_weights(totals: Sequence[int], first_weekday: int) -> list[float]:
    """How much is usual on each weekday, 1 on the mean one: of all series of a product together,
    drawn to 1 where few spoke. ``totals`` are the days in order, the first on ``first_weekday``."""
    by_day: list[list[int]] = [[] for _ in range(7)]
    for place, total in enumerate(totals):
        by_day[(first_weekday + place) % 7].append(total)
    # The median of a weekday's counts, so that one outbreak does not make a weekday a busy one.
    usual = [sorted(counts)[len(counts) // 2] if counts else 0 for counts in by_day]
    mean = sum(usual) / 7
    if not mean:
        return [1.0] * 7
    seen = [mean * len(counts) for counts in by_day]
    weights = [
        (WEEKDAY_PEOPLE + number / mean * people) / (WEEKDAY_PEOPLE + people)
        for number, people in zip(usual, seen, strict=True)
    ]
    scale = sum(weights) / 7
    return [weight / scale for weight in weights]


def fit(counts: Sequence[int], weights: Sequence[float], dispersion: float) -> Fit:
    """The usual day of ``counts``, days in order with the weight of each, without the days that
    stand out."""
    days_kept = list(zip(counts, weights, strict=True))
    level = 0.0
    for _ in range(FITS):
        level = _level(days_kept)
        staying = [
            (count, weight)
            for count, weight in days_kept
            if _residual(count, level * weight, dispersion) <= RESIDUAL_MOST
        ]
        if len(staying) == len(days_kept) or not staying:
            break
        days_kept = staying
    level = _level(days_kept)
    return Fit(
        level=level,
        counted=sum(count for count, _ in days_kept),
        weight=sum(weight for _, weight in days_kept),
        excess=sum((count - level * weight) ** 2 - level * weight for count, weight in days_kept),
        information=sum((level * weight) ** 2 for _, weight in days_kept),
    )


def pooled_dispersion(fits: Sequence[Fit]) -> float:
    """How much more than chance the series of a product vary together, by the moments."""
    information = sum(one.information for one in fits)
    if not information:
        return DISPERSION_LEAST
    excess = sum(one.excess for one in fits)
    return max(DISPERSION_LEAST, DISPERSION_MARGIN * excess / information)


def shrunk_dispersion(one: Fit, pooled: float) -> float:
    """A series' own dispersion, drawn to that of its sisters the less it says itself; never below
    half of theirs, because few quiet weeks prove no calm."""
    own = DISPERSION_MARGIN * one.excess
    shrunk = (own + OWN_INFORMATION * pooled) / (one.information + OWN_INFORMATION)
    return max(shrunk, pooled / 2, DISPERSION_LEAST)


def too_many(one: Fit, people: int, weight: float, pooled: float) -> Verdict | None:
    """The spike of a day, or None where it is none."""
    if people < PEOPLE_LEAST:
        return None
    mean, dispersion = _predicted(one, weight, pooled)
    chance = at_least(people, mean, dispersion)
    return Verdict(people, mean, chance) if chance < CHANCE_MOST else None


def too_few(one: Fit, people: int, weight: float, pooled: float) -> Verdict | None:
    """The silence of a day that is over, or None where it is as usual."""
    mean, dispersion = _predicted(one, weight, pooled)
    chance = at_most(people, mean, dispersion)
    return Verdict(people, mean, chance) if chance < CHANCE_MOST else None


def _predicted(one: Fit, weight: float, pooled: float) -> tuple[float, float]:
    """Mean and dispersion of a new day: a level that few people told is itself uncertain, by one
    part in as many as were counted."""
    level = (one.counted + 0.5) / max(one.weight, 1.0)
    return level * weight, shrunk_dispersion(one, pooled) + 1.0 / (one.counted + 0.5)


def _level(days: Sequence[tuple[int, float]]) -> float:
    weight = sum(weight for _, weight in days)
    return sum(count for count, _ in days) / weight if weight else 0.0


def _residual(count: int, mean: float, dispersion: float) -> float:
    """Anscombe's residual, which is nearly normal for small counts as well."""
    if mean <= 0:
        return 0.0 if count == 0 else math.inf
    spread = math.sqrt(1.0 + dispersion * mean)
    root: float = 1.5 * (count ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
    return root / spread
