"""Series of a product held against their past together, because they share how much they vary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.insights.day_counts import DayCount
from app.insights.spike_model import (
    DISPERSION_LEAST,
    HISTORY_DAYS,
    Fit,
    Verdict,
    fit,
    pooled_dispersion,
    too_few,
    too_many,
    weekday_weights,
)

Test = Callable[[Fit, int, float, float], Verdict | None]


@dataclass(frozen=True, slots=True)
class Series:
    """People per day of each subject, ``days`` before ``day``, and on ``day`` itself."""

    day: date
    days: int
    past: Mapping[str, Sequence[int]]
    present: Mapping[str, int]


def series_of(counts: Sequence[DayCount], day: date, days: int) -> Series:
    """The counts as series; a day without a count is one on which nobody spoke."""
    first = day - timedelta(days=days)
    past: dict[str, list[int]] = {}
    present: dict[str, int] = {}
    for count in counts:
        series = past.setdefault(count.subject, [0] * days)
        place = (count.day - first).days
        if 0 <= place < days:
            series[place] = count.people
        elif count.day == day:
            present[count.subject] = count.people
    return Series(day, days, past, present)


def spikes_in(series: Series, subjects: Sequence[str]) -> dict[str, Verdict]:
    """The subjects of which far more people spoke than on other days."""
    return _judged(series, subjects, too_many)


def silences_in(series: Series) -> dict[str, Verdict]:
    """The subjects of which far fewer people spoke on a day that is over."""
    return _judged(series, list(series.past), too_few)


def _judged(series: Series, subjects: Sequence[str], test: Test) -> dict[str, Verdict]:
    if not series.past:
        return {}
    first_weekday = (series.day - timedelta(days=series.days)).weekday()
    totals = [sum(counts) for counts in zip(*series.past.values(), strict=True)]
    by_weekday = weekday_weights(totals, first_weekday)
    weights = [by_weekday[(first_weekday + place) % 7] for place in range(series.days + 1)]
    past, today = weights[:-1], weights[-1]
    # Twice: how far a day stands out depends on how much days vary, and the other way round.
    rough = pooled_dispersion([fit(one, past, DISPERSION_LEAST) for one in series.past.values()])
    fits = {subject: fit(counts, past, rough) for subject, counts in series.past.items()}
    pooled = pooled_dispersion(list(fits.values()))
    verdicts = {
        subject: test(fits[subject], series.present.get(subject, 0), today, pooled)
        for subject in subjects
        if subject in fits
    }
    return {subject: verdict for subject, verdict in verdicts.items() if verdict is not None}


def history_days(first_day: date, day: date) -> int:
    """How many whole days lie before ``day``, HISTORY_DAYS at most."""
    return max(0, min(HISTORY_DAYS, (day - first_day).days))
