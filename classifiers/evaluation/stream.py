"""Comments grouped one by one, each among what came before it, in one order or several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Decision, Grouper, Member, Verdict
from classifiers.evaluation.agreement import ClusterScore, clusters, draws, rand_index
from classifiers.evaluation.conversations import places_by_thread, thread_mates
from classifiers.evaluation.lost import Loss, Losses, count_losses, loss_of
from classifiers.evaluation.measures import Interval, interval
from classifiers.evaluation.retrieval import Search
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.middle import Middle, join

STREAM_CANDIDATES = 16
MISPLACED_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class Pool:
    """The rows in the order they came, as grouping sees them: ``theme_id`` of a member is still its
    place. ``threads`` holds the places of each one's thread; ``aside`` says which never get a
    theme, such as answers of staff."""

    members: Sequence[Member]
    groups: Sequence[str]
    products: Sequence[str]
    search: Search
    threads: Sequence[Sequence[int]] = ()
    aside: Sequence[bool] = ()

    @classmethod
    def of(
        cls,
        members: Sequence[Member],
        groups: Sequence[str],
        products: Sequence[str],
        search: Search,
        aside: Sequence[bool] = (),
    ) -> Pool:
        """A pool whose members know their threads."""
        return cls(members, groups, products, search, places_by_thread(members), aside)


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What the thresholds do when the comments come one by one.

    A join is wrong when its theme holds no comment of the same true group. ``kept_apart`` counts
    comments that opened a new theme although their group had one. ``unplaced`` ones got no theme:
    they were told neither bug nor request and joined none. ``losses`` are those of comments with an
    earlier mate.
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
    unplaced: int = 0
    losses: Losses = field(default_factory=dict)


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
    as_served: bool = False,
) -> Stream:
    """Group the comments one by one, by place or in the given ``order``, each among what came
    before it.

    ``as_served``: as the service has it, where only bugs and requests open themes. Else every
    comment does.
    """
    themes: list[str] = [""] * len(pool.members)
    middles: dict[str, Middle] = {}
    homes: dict[str, set[str]] = defaultdict(set)
    mates: dict[str, list[int]] = defaultdict(list)
    came = np.zeros(len(pool.members), bool)
    joins = suggestions = right_suggestions = 0
    wrong: list[Misplaced] = []
    missed: list[Misplaced] = []
    erred = np.zeros(len(pool.members))
    losses: list[tuple[str, Loss]] = []
    if order is None:
        order = np.arange(len(pool.members))
    for place in order.tolist():
        home = homes[pool.groups[place]]
        member = pool.members[place]
        if as_served and pool.aside and pool.aside[place]:
            themes[place] = f"none {place}"
            continue
        candidates = near_members(pool, place, themes, came)
        decision = grouper.decide(member, candidates, middles=middles)
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
                closest = _closest(pool, place, mates[pool.groups[place]])
                missed.append(_misplaced(pool, place, closest, decision))
        opens = decision.verdict is not Verdict.join
        unplaced = opens and member.aside
        if mates[pool.groups[place]] and isinstance(grouper, DefaultGrouper):
            weighed = grouper.weighed(member, candidates, middles)
            theme = "" if unplaced else themes[place]
            losses.append((member.sort, loss_of(theme, home, weighed, candidates)))
        mates[pool.groups[place]].append(place)
        if unplaced:
            themes[place] = f"none {place}"
            continue
        home.add(themes[place])
        came[place] = True
        join(middles, themes[place], member.vector)
    _, groups = np.unique(np.asarray(pool.groups), return_inverse=True)
    cells = np.stack([erred, np.ones(len(erred))], axis=1)
    drawn = draws(cells, groups, seed=seed, samples=samples)
    per_1000 = 1000 * float(erred.mean())
    report = StreamReport(
        comments=len(themes),
        joins=joins,
        wrong_joins=len(wrong),
        wrong_joins_per_1000=round(per_1000, 2),
        wrong_joins_interval=interval(per_1000, 1000 * drawn[:, 0] / np.maximum(drawn[:, 1], 1)),
        suggestions=suggestions,
        right_suggestions=right_suggestions,
        kept_apart=len(missed),
        themes=len(set(np.asarray(themes)[came].tolist())),
        clusters=clusters(pool.groups, themes, seed=seed, samples=samples),
        unplaced=len(themes) - int(came.sum()),
        losses=count_losses(losses),
    )
    wrong.sort(key=lambda mistake: mistake.join_at - mistake.score)
    missed.sort(key=lambda mistake: mistake.score - mistake.join_at)
    return Stream(report, themes, wrong[:mistakes], missed[:mistakes])


def run_orders(pool: Pool, grouper: Grouper, first: Stream, count: int, seed: int) -> OrderReport:
    """``first`` and ``count`` further runs in random orders with the seeds from ``seed`` on."""
    runs = [first]
    for number in range(count):
        order = np.random.default_rng(seed + number).permutation(len(pool.members))
        runs.append(run_stream(pool, grouper, order=order, mistakes=0))
    pairs = list(combinations([run.themes for run in runs], 2))
    mutual_f1 = [clusters(*pair).b_cubed[2] for pair in pairs]
    return OrderReport(
        orders=len(runs),
        b_cubed_f1=[round(run.report.clusters.b_cubed[2], 4) for run in runs],
        wrong_joins_per_1000=[run.report.wrong_joins_per_1000 for run in runs],
        themes=[run.report.themes for run in runs],
        rand_index=round(float(np.mean([rand_index(*pair) for pair in pairs])), 4),
        mutual_b_cubed_f1=round(float(np.mean(mutual_f1)), 4),
    )


def near_members(
    pool: Pool, place: int, themes: Sequence[str], came: NDArray[np.bool_]
) -> list[Member]:
    """What is weighed for the comment at ``place``: the nearest of those that ``came``, and its
    thread."""
    near = pool.search.rankings(place, came, STREAM_CANDIDATES)["fused"].tolist()
    if pool.threads:
        near = list(dict.fromkeys(near + thread_mates(pool.members, pool.threads, place, came)))
    return [replace(pool.members[one], theme_id=themes[one]) for one in near]


def _closest(pool: Pool, place: int, mates: Sequence[int]) -> int:
    vector = pool.members[place].vector
    return max(mates, key=lambda mate: float(pool.members[mate].vector @ vector))


def _misplaced(pool: Pool, place: int, beside: int, decision: Decision) -> Misplaced:
    return Misplaced(
        text=pool.members[place].text[:MISPLACED_CHARACTERS],
        other=pool.members[beside].text[:MISPLACED_CHARACTERS],
        score=decision.score,
        join_at=decision.join_at,
    )
