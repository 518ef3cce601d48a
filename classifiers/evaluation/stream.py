"""Comments grouped one by one, each among what came before: what the thresholds do, and whether the
order matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Decision, Grouper, Member, Verdict
from classifiers.evaluation.agreement import ClusterScore, clusters, draws, rand_index
from classifiers.evaluation.measures import Interval, interval
from classifiers.evaluation.retrieval import Search
from classifiers.middle import Middle, join

CANDIDATES = 16
QUOTE = 240


@dataclass(frozen=True, slots=True)
class Pool:
    """The rows in the order they came, as grouping sees them: ``theme_id`` of a member is still its
    place."""

    members: Sequence[Member]
    groups: Sequence[str]
    products: Sequence[str]
    search: Search


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What the thresholds do when the comments come one by one.

    A join is wrong when its theme holds no comment of the same true group. ``kept_apart`` counts
    comments that opened a new theme although their group had one.
    """

    comments: int
    joins: int
    wrong_joins: int
    wrong_joins_per_1000: float
    wrong_joins_interval: Interval
    suggestions: int
    right_suggestions: int
    kept_apart: int
    themes: int
    clusters: ClusterScore


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A comment that was joined wrongly and the nearest comment there, or one kept apart and the
    nearest of its group.

    ``score`` and ``join_at`` are those of the theme that came closest.
    """

    text: str
    other: str
    score: float
    join_at: float


@dataclass(frozen=True, slots=True)
class Stream:
    """One run: its report, the theme of each comment, the wrong joins (surest first) and the worst
    of those missed."""

    report: StreamReport
    themes: Sequence[str]
    wrong: Sequence[Misplaced]
    missed: Sequence[Misplaced]


@dataclass(frozen=True, slots=True)
class OrderReport:
    """The same comments in other random orders, the one above among them.

    The agreements are means over all pairs of orders: the adjusted Rand index and B-cubed F1 of one
    grouping against the other.
    """

    orders: int
    b_cubed_f1: Sequence[float]
    wrong_joins_per_1000: Sequence[float]
    themes: Sequence[int]
    rand_index: float
    mutual_b_cubed_f1: float


def run_stream(
    pool: Pool,
    grouper: Grouper,
    *,
    order: NDArray[np.intp] | None = None,
    mistakes: int = 10,
    seed: int = 7,
    samples: int = 0,
) -> Stream:
    """Group the comments one by one, by place or in the given ``order``, each among what came
    before it."""
    themes: list[str] = [""] * len(pool.members)
    middles: dict[str, Middle] = {}
    homes: dict[str, set[str]] = defaultdict(set)
    mates: dict[str, list[int]] = defaultdict(list)
    came = np.zeros(len(pool.members), bool)
    joins = suggestions = right_suggestions = 0
    wrong: list[Misplaced] = []
    missed: list[Misplaced] = []
    erred = np.zeros(len(pool.members))
    for place in (np.arange(len(pool.members)) if order is None else order).tolist():
        decision = decide(pool, place, themes, came, grouper, middles)
        home = homes[pool.groups[place]]
        themes[place] = str(place)
        if decision.verdict is Verdict.join and decision.theme_id is not None:
            joins += 1
            themes[place] = decision.theme_id
            if decision.theme_id not in home:
                erred[place] = 1
                wrong.append(_misplaced(pool, place, decision.nearest[0].comment_id, decision))
        else:
            if decision.verdict is Verdict.suggest:
                suggestions += 1
                right_suggestions += decision.theme_id in home
            if home:
                missed.append(
                    _misplaced(
                        pool, place, _closest(pool, place, mates[pool.groups[place]]), decision
                    )
                )
        home.add(themes[place])
        mates[pool.groups[place]].append(place)
        came[place] = True
        join(middles, themes[place], pool.members[place].vector)
    _, groups = np.unique(np.asarray(pool.groups), return_inverse=True)
    drawn = draws(
        np.stack([erred, np.ones(len(erred))], axis=1), groups, seed=seed, samples=samples
    )
    per_1000 = 1000 * float(erred.mean())
    report = StreamReport(
        len(themes), joins, len(wrong),
        round(per_1000, 2), interval(per_1000, 1000 * drawn[:, 0] / np.maximum(drawn[:, 1], 1)),
        suggestions, right_suggestions, len(missed), len(set(themes)),
        clusters(pool.groups, themes, seed=seed, samples=samples),
    )  # fmt: skip
    wrong.sort(key=lambda one: one.join_at - one.score)
    missed.sort(key=lambda one: one.score - one.join_at)
    return Stream(report, themes, wrong[:mistakes], missed[:mistakes])


def run_orders(pool: Pool, grouper: Grouper, first: Stream, count: int, seed: int) -> OrderReport:
    """``first`` and ``count`` further runs in random orders with the seeds from ``seed`` on."""
    runs = [first]
    for number in range(count):
        order = np.random.default_rng(seed + number).permutation(len(pool.members))
        runs.append(run_stream(pool, grouper, order=order, mistakes=0))
    pairs = list(combinations([run.themes for run in runs], 2))
    return OrderReport(
        len(runs),
        [round(run.report.clusters.b_cubed[2], 4) for run in runs],
        [run.report.wrong_joins_per_1000 for run in runs],
        [run.report.themes for run in runs],
        round(float(np.mean([rand_index(*pair) for pair in pairs])), 4),
        round(float(np.mean([clusters(*pair).b_cubed[2] for pair in pairs])), 4),
    )


def decide(
    pool: Pool,
    place: int,
    themes: Sequence[str],
    came: NDArray[np.bool_],
    grouper: Grouper,
    middles: Mapping[str, Middle] | None = None,
) -> Decision:
    """The decision for the comment at ``place`` among the nearest of those that ``came``, by vector
    and by words."""
    found = pool.search.rankings(place, came, CANDIDATES)["fused"]
    candidates = [replace(pool.members[other], theme_id=themes[other]) for other in found.tolist()]
    return grouper.decide(pool.members[place], candidates, middles=middles)


def _closest(pool: Pool, place: int, others: Sequence[int]) -> int:
    vector = pool.members[place].vector
    return max(others, key=lambda other: float(pool.members[other].vector @ vector))


def _misplaced(pool: Pool, place: int, other: int, decision: Decision) -> Misplaced:
    text, beside = (pool.members[one].text[:QUOTE] for one in (place, other))
    return Misplaced(text, beside, decision.score, decision.join_at)
