"""The detector by itself: tails that are exact, outbreaks that hide nothing, calm that is calm."""

from __future__ import annotations

import math
import random

import pytest
from scipy.stats import nbinom, poisson

from app.insights.negative_binomial import at_least, at_most
from app.insights.spike_model import (
    DISPERSION_LEAST,
    HISTORY_DAYS,
    fit,
    pooled_dispersion,
    shrunk_dispersion,
    too_few,
    too_many,
    weekday_weights,
)

EVEN = [1.0] * HISTORY_DAYS


@pytest.mark.parametrize("mean", [0.01, 0.7, 4.0, 40.0])
@pytest.mark.parametrize("dispersion", [0.0, 0.05, 0.8, 3.0])
def test_the_tails_are_those_of_scipy(mean: float, dispersion: float) -> None:
    if dispersion:
        size = 1 / dispersion
        other = nbinom(size, size / (size + mean))
    else:
        other = poisson(mean)
    for count in (0, 1, 3, 5, 12, 45, 130):
        assert at_least(count, mean, dispersion) == pytest.approx(
            float(other.sf(count - 1)), rel=1e-6, abs=1e-300
        )
        assert at_most(count, mean, dispersion) == pytest.approx(float(other.cdf(count)), rel=1e-6)


def test_nobody_expected_and_nobody_counted() -> None:
    assert (at_least(0, 0.0, 0.1), at_least(1, 0.0, 0.1)) == (1.0, 0.0)
    assert (at_most(-1, 1.0, 0.1), at_most(3, 0.0, 0.1)) == (0.0, 1.0)
    assert math.isfinite(at_least(100_000, 50_000.0, 0.1))


def days(mean: float, seed: int, dispersion: float = 0.2) -> list[int]:
    """A history as a negative binomial has it."""
    size = 1 / dispersion
    drawn = nbinom(size, size / (size + mean))
    return [int(n) for n in drawn.rvs(HISTORY_DAYS, random_state=seed)]


def test_an_outbreak_ten_days_back_hides_no_spike() -> None:
    calm = days(3.0, 7)
    outbreak = [*calm]
    outbreak[-10] = 30
    for history in (calm, outbreak):
        usual = fit(history, EVEN, 0.2)
        assert usual.level == pytest.approx(sum(calm) / HISTORY_DAYS, rel=0.15)
        assert too_many(usual, 18, 1.0, 0.2) is not None
        assert too_many(usual, 6, 1.0, 0.2) is None


def test_four_people_are_no_spike_and_five_of_a_new_theme_are() -> None:
    never = fit([0] * HISTORY_DAYS, EVEN, 0.2)
    assert too_many(never, 4, 1.0, 0.2) is None
    spike = too_many(never, 5, 1.0, 0.2)
    assert spike is not None
    assert spike.chance < 1e-3


def test_false_alarms_are_rare_where_days_only_vary() -> None:
    rng = random.Random(3)
    means = [rng.choice((0.3, 1.0, 4.0, 12.0)) for _ in range(1_500)]
    fits = [fit(days(mean, series), EVEN, 0.2) for series, mean in enumerate(means)]
    pooled = pooled_dispersion(fits)
    alarms = 0
    for series, mean in enumerate(means):
        today = days(mean, 10_000 + series)[0]
        alarms += too_many(fits[series], today, 1.0, pooled) is not None
    assert alarms <= 4  # 3 in 1,000 at most


def test_a_weekday_that_is_always_busy_is_as_usual() -> None:
    totals = [60 if place % 7 == 0 else 12 for place in range(HISTORY_DAYS)]
    weights = weekday_weights(totals, first_weekday=2)
    by_day = [weights[(2 + place) % 7] for place in range(HISTORY_DAYS)]
    usual = fit(totals, by_day, 0.05)
    assert too_many(usual, 62, weights[2], 0.05) is None
    assert too_many(usual, 62, weights[3], 0.05) is not None
    assert sum(weights) == pytest.approx(7)
    assert weekday_weights([0] * 14, 0) == [1.0] * 7


def test_dispersion_is_that_of_the_sisters_until_a_series_says_enough() -> None:
    wild = [fit(days(5.0, seed, 1.0), EVEN, 1.0) for seed in range(30)]
    calm = fit([5] * HISTORY_DAYS, EVEN, 1.0)
    quiet = fit([0] * (HISTORY_DAYS - 1) + [1], EVEN, 1.0)
    pooled = pooled_dispersion(wild)
    assert 0.5 < pooled < 2.0
    assert shrunk_dispersion(calm, pooled) == pooled / 2
    assert shrunk_dispersion(quiet, pooled) == pytest.approx(pooled, rel=0.1)
    assert pooled_dispersion([]) == DISPERSION_LEAST


def test_a_busy_source_without_a_word_is_silent_and_a_slow_one_is_not() -> None:
    busy, slow = fit(days(20.0, 1, 0.1), EVEN, 0.1), fit(days(0.5, 2, 0.1), EVEN, 0.1)
    assert too_few(busy, 0, 1.0, 0.1) is not None
    assert too_few(busy, 12, 1.0, 0.1) is None
    assert too_few(slow, 0, 1.0, 0.1) is None
