"""The tails of the negative binomial distribution: counts that vary more than chance alone."""

from __future__ import annotations

import math

TERMS_MOST = 100_000


def at_least(count: int, mean: float, dispersion: float) -> float:
    """P(X >= count) of X with this mean and the variance mean + dispersion * mean ** 2.

    ``dispersion`` 0 is the Poisson distribution. Summed from ``count`` upwards, so that a tiny tail
    is exact where 1 minus the rest would be noise.
    """
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if count <= mean:
        return max(0.0, 1.0 - at_most(count - 1, mean, dispersion))
    return _summed(count, mean, dispersion, TERMS_MOST)


def at_most(count: int, mean: float, dispersion: float) -> float:
    """P(X <= count) of the same."""
    if count < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    if count > mean:
        return max(0.0, 1.0 - at_least(count + 1, mean, dispersion))
    return min(1.0, sum(_probability(number, mean, dispersion) for number in range(count + 1)))


def _summed(count: int, mean: float, dispersion: float, terms: int) -> float:
    """P(X >= count) where the terms fall from the first one on."""
    term = _probability(count, mean, dispersion)
    total = 0.0
    size = 1.0 / dispersion if dispersion > 0 else math.inf
    for number in range(count, count + terms):
        total += term
        if math.isinf(size):
            term *= mean / (number + 1)
        else:
            term *= (number + size) / (number + 1) * mean / (mean + size)
        if term <= total * 1e-12:
            break
    return min(1.0, total)


def _probability(number: int, mean: float, dispersion: float) -> float:
    if dispersion <= 0:
        return math.exp(number * math.log(mean) - mean - math.lgamma(number + 1))
    size = 1.0 / dispersion
    return math.exp(
        math.lgamma(number + size)
        - math.lgamma(size)
        - math.lgamma(number + 1)
        + size * math.log(size / (size + mean))
        + number * math.log(mean / (size + mean))
    )
