"""False alarms of the spike detector, and the spikes that it finds, on real streams.

Run: ``python -m tests.benchmarks.bench_spikes``. The streams are the reports of public trackers in
their order; a series is a word, with the reports of a day in which it stands (each is by another
person). Days are cut so that a stream has so many reports a day. Spikes are injected on days that
no detector looked at before: a series of mean m gets m times the factor more, and 5 people at
least; the share found is of those, the false alarms of all other days. Mean + 3 standard deviations
of 28 days stands beside it. Where a file is ordered by topic (banking77) a new topic is a true
spike, and its "false alarms" are no measure.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.insights.spike_model import (
    DISPERSION_LEAST,
    HISTORY_DAYS,
    PEOPLE_LEAST,
    fit,
    pooled_dispersion,
    too_many,
    weekday_weights,
)
from classifiers.texts.phrases import content_words
from tests.benchmarks.machine import describe
from tests.paths import SHARED

BASELINE_DAYS = 28
SISTERS = 200
FACTORS = (5.0, 2.5)
BANDS = ((0.3, 1.0), (1.0, 5.0), (5.0, 40.0))
INJECTED_PER_SERIES = 3


@dataclass
class Score:
    """Days looked at, alarms on days that nothing was put into, spikes put in and found."""

    days: int = 0
    alarms: int = 0
    injected: int = 0
    hits: int = 0


def reports(path: Path) -> list[set[str]]:
    """The words of each report, the oldest first."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows.sort(key=lambda row: (len(str(row["created_at"])), str(row["created_at"])))
    return [
        {word for word in content_words(row["text"][:1000]) if re.fullmatch(r"[a-z]+", word)}
        for row in rows
    ]


def series_of(stream: Sequence[set[str]], per_day: int) -> dict[str, list[int]]:
    """How many reports of each day hold a word; words of 0.3 to 40 reports a day."""
    days = [stream[start : start + per_day] for start in range(0, len(stream), per_day)][:-1]
    counts = [Counter(word for words in day for word in words) for day in days]
    means = Counter[str]()
    for day in counts:
        means.update(day)
    return {
        word: [day[word] for day in counts]
        for word, total in means.items()
        if BANDS[0][0] <= total / len(days) < BANDS[-1][1]
    }


def looked_at(
    series: dict[str, list[int]], rng: random.Random
) -> Iterator[tuple[str, int, float, bool]]:
    """(word, day, factor, injected) of every day with a whole history, and of the injections."""
    for word, counts in series.items():
        days = range(HISTORY_DAYS, len(counts))
        for day in days:
            yield word, day, 0.0, False
        for factor in FACTORS:
            for day in rng.sample(days, min(INJECTED_PER_SERIES, len(days))):
                yield word, day, factor, True


def band_of(mean: float) -> int:
    return next((place for place, (_, high) in enumerate(BANDS) if mean < high), len(BANDS) - 1)


def run(stream: Sequence[set[str]], per_day: int, seed: int) -> dict[tuple[str, int, float], Score]:
    """The scores of both detectors by band and factor."""
    rng = random.Random(seed)
    series = dict(sorted(series_of(stream, per_day).items()))
    scores: dict[tuple[str, int, float], Score] = {}
    pools: dict[int, tuple[float, list[float]]] = {}
    for word, day, factor, injected in looked_at(series, rng):
        history = series[word][day - HISTORY_DAYS : day]
        if day not in pools:
            sisters = list(series.values())[:SISTERS]
            past = [counts[day - HISTORY_DAYS : day] for counts in sisters]
            weights = weekday_weights([sum(one) for one in zip(*past, strict=True)], 0)
            by_day = [weights[place % 7] for place in range(HISTORY_DAYS + 1)]
            first = pooled_dispersion([fit(one, by_day[:-1], DISPERSION_LEAST) for one in past])
            pool = pooled_dispersion([fit(one, by_day[:-1], first) for one in past])
            pools[day] = pool, by_day
        pool, by_day = pools[day]
        mean = statistics.fmean(history)
        count = series[word][day]
        if injected:
            count += max(PEOPLE_LEAST, round(mean * factor))
        recent = history[-BASELINE_DAYS:]
        limit = statistics.fmean(recent) + 3 * statistics.pstdev(recent)
        usual = fit(history, by_day[:-1], pool)
        alarms = {
            "negative binomial": too_many(usual, count, by_day[-1], pool) is not None,
            "mean + 3 sd": count > limit,
        }
        for name, alarm in alarms.items():
            score = scores.setdefault((name, band_of(mean), factor), Score())
            if injected:
                score.injected += 1
                score.hits += alarm
            else:
                score.days += 1
                score.alarms += alarm
    return scores


def main() -> None:
    """Print a table for each stream."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-day", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    folder = SHARED / "data" / "duplicates"
    streams = sorted(folder.glob("*.jsonl.gz"))
    if not streams:
        print("The real streams are not at hand here, so nothing is measured.")
        return
    print(describe("psycopg"))
    for path in streams:
        stream = reports(path)
        scores = run(stream, chosen.per_day, chosen.seed)
        print(f"\n{path.name}: {len(stream):,} reports, {chosen.per_day} a day")
        for name in ("negative binomial", "mean + 3 sd"):
            for place, (low, high) in enumerate(BANDS):
                quiet = scores.get((name, place, 0.0), Score())
                shares = [scores.get((name, place, factor), Score()) for factor in FACTORS]
                found = ", ".join(
                    f"+{factor:g}x {score.hits / score.injected:.0%} of {score.injected}"
                    for factor, score in zip(FACTORS, shares, strict=True)
                    if score.injected
                )
                rate = 1000 * quiet.alarms / quiet.days if quiet.days else 0.0
                print(
                    f"  {name:18} {low:g}-{high:g} a day: {rate:5.1f} false alarms per 1,000"
                    f" theme-days (n={quiet.days:,}); {found}"
                )


if __name__ == "__main__":
    main()
