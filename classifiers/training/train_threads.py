"""Fit what threads tell: ``python -m classifiers.training.train_threads --model DIR``.

Reads ``grouping.json``, fits the link of threads on the communities in ``seeds/threads``, which
were written to drift, and writes it back with the thresholds of each boldness. The link itself
stays as it is: run this after ``classifiers.training.train_grouping``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import THEME_KINDS, Enricher
from classifiers.encoding import encoder
from classifiers.evaluation.datasets import Row, read_rows
from classifiers.evaluation.evaluate_duplicates import build_pool, ordered
from classifiers.evaluation.stream import Pool, near_members
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.link import Floats, Surroundings
from classifiers.grouping.sorts import Sort
from classifiers.grouping.threads import THREAD_SIGNS, in_thread, thread_signs
from classifiers.grouping.thresholds import NEVER_JOINS, Boldness, ThreadLink, Thresholds
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.softmax import fit
from classifiers.middle import Middle, join
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.training.corpora import Report
from classifiers.training.seed_texts import SEEDS_FOLDER

THREAD_PENALTY = 3e-2
"""Some four hundred examples for twenty signs: a weaker penalty follows single threads."""
DRIFT_WEIGHT = 0.25
"""What a report weighs that another matter than its thread's opening is told in. In these
communities a third of such replies drift; with this weight it is one in nine."""
THREAD_PRECISION = {
    Boldness.careful: (0.95, 0.98),
    Boldness.balanced: (0.9, 0.94),
    Boldness.bold: (0.84, 0.88),
}
"""How many joins within threads are right at least, in communities that were left out, with
drifting reports weighing as in the fit: of what was told a bug or a request, and of the rest."""
ASIDE_JOIN = {Boldness.careful: 0.9, Boldness.balanced: 0.9, Boldness.bold: 0.8}
"""From where a comment that was told neither bug nor request joins outside of its thread."""
LOWEST_THREAD_JOIN = 0.5
PEOPLE_JOIN = {"short": 0.5, "medium": 0.5, "long": 0.5, "technical": 0.55, "report": 0.7}
"""Where people talk: versions and paragraphs make no task in a tracker of what they say."""
BOLD_PEOPLE_JOIN = {"short": 0.4, "medium": 0.4, "long": 0.4, "technical": 0.5, "report": 0.6}
SORT_JOIN: Mapping[Boldness, Mapping[Sort, Mapping[str, float]]] = {
    Boldness.careful: {
        Sort.community: {"short": 0.85, "medium": 0.85, "long": 0.85, "technical": 0.9},
        Sort.chat: {"short": 0.85, "medium": 0.85, "long": 0.85, "technical": 0.9},
        Sort.reviews: {"short": 0.85, "medium": 0.85, "long": 0.85, "technical": 0.9},
        Sort.help_desk: {"short": 0.85, "medium": 0.85, "long": 0.85, "technical": 0.9},
        Sort.tracker: {"short": 0.85, "medium": 0.85, "long": 0.9, "technical": 0.98},
        Sort.unknown: {"short": 0.85, "medium": 0.85, "long": 0.9, "technical": 0.98},
    },
    Boldness.balanced: {
        Sort.community: PEOPLE_JOIN,
        Sort.chat: PEOPLE_JOIN,
        Sort.reviews: PEOPLE_JOIN,
        Sort.help_desk: PEOPLE_JOIN,
        Sort.tracker: {"short": 0.65, "medium": 0.65, "long": 0.85, "technical": 0.97},
    },
    Boldness.bold: {
        Sort.community: BOLD_PEOPLE_JOIN,
        Sort.chat: BOLD_PEOPLE_JOIN,
        Sort.reviews: BOLD_PEOPLE_JOIN,
        Sort.help_desk: BOLD_PEOPLE_JOIN,
        Sort.tracker: {"short": 0.4, "medium": 0.4, "long": 0.6, "technical": 0.8},
        Sort.unknown: {"short": 0.5, "medium": 0.5, "long": 0.75, "technical": 0.9},
    },
}
"""Outside of threads. Careful is where some nine joins in ten are right in the six inboxes of close
neighbours (``seeds/streams``); balanced and bold are where people talk about different things.
Trackers keep their strictness; where nobody knows the sort, balanced is what the link was fixed
with."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Comments beside the themes of their threads: ``signs`` float64[n, THREAD_SIGNS], the share of
    each theme that says the ``same``, ``reports`` bool[n]: the comment truly reports or asks."""

    signs: Floats
    same: Floats
    reports: Floats
    comments: Floats

    @property
    def weights(self) -> Floats:
        """Drifting reports weigh less, as they are rarer than here."""
        return np.where((self.reports > 0) & (self.same < 0.5), DRIFT_WEIGHT, 1.0)


def train_threads(enricher: Enricher, out: Path, *, say: Report = print) -> Mapping[str, Any]:
    """Fit the link of threads and write it with all thresholds into ``out``; returns the card."""
    card: dict[str, Any] = json.loads((out / "grouping.json").read_text(encoding="utf-8"))
    communities = {}
    base = DefaultGrouper(_bare(card))
    for path in sorted((SEEDS_FOLDER / "threads").glob("*.jsonl")):
        rows = ordered([_grouped(row) for row in read_rows(path, "text")], None)
        pool = build_pool(rows, enricher, as_served=True)
        reports = [str(row["kind"]) in THEME_KINDS for row in rows]
        communities[path.stem] = thread_examples(pool, reports, base)
        say(f"{path.stem}: {len(communities[path.stem].same)} examples")
    feedback = _unseen(communities, feedback=True)
    aside = _unseen(communities, feedback=False)
    link = fit_threads(list(communities.values()))
    card["thread"] = {
        "weights": {sign: round(link.weights[sign], 4) for sign in THREAD_SIGNS},
        "intercept": round(link.intercept, 4),
    }
    card["levels"] = {}
    for boldness, precision in THREAD_PRECISION.items():
        bars = feedback.bar(precision[0]), aside.bar(precision[1])
        card["levels"][boldness] = _level(boldness, *bars, float(card["join"]["report"]))
    card["threads_left_out"] = {
        f"{bar:.1f}": {"told": feedback.joins_from(bar), "aside": aside.joins_from(bar)}
        for bar in (0.5, 0.6, 0.7, 0.8, 0.9)
    }
    say(str(card["threads_left_out"]))
    named = ("join", "suggest", "weights", "intercept", "thread", "levels")
    content = json.dumps({name: card[name] for name in named}, sort_keys=True)
    card["version"] = hashlib.sha256(content.encode()).hexdigest()[:10]
    text = json.dumps(card, indent=2, sort_keys=True) + "\n"
    (out / "grouping.json").write_text(text, encoding="utf-8")
    return card


def _grouped(row: Row) -> Row:
    """A row of the seeds as evaluation reads it."""
    return {**row, "duplicate_group": row.get("group")}


def _bare(card: Mapping[str, Any]) -> Thresholds:
    """The link without threads."""
    return Thresholds(
        card["join"], card["suggest"], card["weights"], float(card["intercept"]), "bare"
    )


def thread_examples(pool: Pool, reports: Sequence[bool], base: DefaultGrouper) -> Examples:
    """Every comment beside each theme that has a part in its thread, while all earlier comments
    stand in their true themes; those told neither bug nor request only if they truly have one."""
    size = len(pool.members)
    themes: list[str] = [""] * size
    came = np.zeros(size, bool)
    middles: dict[str, Middle] = {}
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    signs: list[Floats] = []
    same: list[float] = []
    comments: list[int] = []
    for place, member in enumerate(pool.members):
        if pool.aside[place]:
            continue
        group = pool.groups[place]
        candidates = near_members(pool, place, themes, came)
        for theme_id in sorted({one.theme_id for one in in_thread(member, candidates)}):
            surroundings = Surroundings(member, candidates, middles)
            places = surroundings.nearest(
                [at for at, one in enumerate(candidates) if one.theme_id == theme_id]
            )
            logit = base.logit(surroundings, places)
            members = [candidates[at] for at in places]
            signs.append(thread_signs(member, members, candidates, logit))
            counts = inside[theme_id]
            same.append(counts[group] / counts.total())
            comments.append(place)
        if member.kind in THEME_KINDS or not group.startswith("alone "):
            themes[place] = group
            came[place] = True
            inside[group][group] += 1
            join(middles, group, member.vector)
    return Examples(
        np.stack(signs),
        np.array(same),
        np.array([reports[place] for place in comments], np.float64),
        np.array(comments, np.float64),
    )


def fit_threads(communities: Sequence[Examples]) -> ThreadLink:
    """The link of which these examples are likeliest."""
    signs = np.vstack([one.signs for one in communities])
    same = np.concatenate([one.same for one in communities])
    weights = np.concatenate([one.weights for one in communities])
    center, spread = signs.mean(axis=0), signs.std(axis=0)
    spread = np.where(spread < 1e-6, 1.0, spread)
    shares = np.concatenate([same, 1 - same]) * np.tile(weights, 2)
    counts = shares > 0
    yes = np.repeat([True, False], len(same))[counts]
    scaled = np.tile((signs - center) / spread, (2, 1))[counts]
    coefficients, intercepts = fit(
        scaled, np.stack([~yes, yes], axis=1), shares[counts], THREAD_PENALTY
    )
    slopes = (coefficients[:, 1] - coefficients[:, 0]) / spread
    intercept = float(intercepts[1] - intercepts[0] - center @ slopes)
    return ThreadLink(dict(zip(THREAD_SIGNS, slopes.tolist(), strict=True)), intercept)


@dataclass(frozen=True, slots=True)
class Unseen:
    """``scores`` float64[n] by links that did not see the community, whether it was the ``same``
    (bool[n]), and ``weights`` float64[n]."""

    scores: Floats
    same: NDArray[np.bool_]
    weights: Floats

    def bar(self, precision: float) -> float:
        """The lowest likelihood, in steps of .01, from which so many joins are right."""
        for bar in np.arange(LOWEST_THREAD_JOIN, 1.0, 0.01):
            joined = self.scores >= bar
            right = self.weights[joined & self.same].sum()
            if joined.any() and right >= precision * self.weights[joined].sum():
                return round(float(bar), 2)
        return NEVER_JOINS

    def joins_from(self, bar: float) -> Mapping[str, float]:
        """How many join from there, and how many of them rightly, counted and weighed."""
        joined = self.scores >= bar
        right = joined & self.same
        weighed = self.weights[right].sum() / max(self.weights[joined].sum(), 1e-9)
        return {
            "joins": int(joined.sum()),
            "right": int(right.sum()),
            "weighted_precision": round(float(weighed), 3),
            "of_same": int(self.same.sum()),
        }


def _unseen(communities: Mapping[str, Examples], *, feedback: bool) -> Unseen:
    """Each community under a link fitted on the others: the comments that were told bugs and
    requests, or those that were not."""
    scores, same, weights = [], [], []
    for name, examples in communities.items():
        link = fit_threads([other for key, other in communities.items() if key != name])
        slopes = np.array([link.weights[sign] for sign in THREAD_SIGNS])
        chosen = (examples.signs[:, THREAD_SIGNS.index("told")] > 0) == feedback
        signs = examples.signs[chosen]
        scores.append(1 / (1 + np.exp(-signs @ slopes - link.intercept)))
        same.append(examples.same[chosen] >= 0.5)
        weights.append(examples.weights[chosen])
    return Unseen(np.concatenate(scores), np.concatenate(same), np.concatenate(weights))


def _level(boldness: Boldness, thread: float, aside: float, report: float) -> Mapping[str, Any]:
    sorts = {
        str(sort): {"report": report, **SORT_JOIN[boldness][sort]} for sort in SORT_JOIN[boldness]
    }
    return {"sorts": sorts, "thread": thread, "thread_aside": aside, "aside": ASIDE_JOIN[boldness]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--model`` (folder of the prepared encoder), ``--out``."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.train_threads", description="Fit what threads tell."
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    options = parser.parse_args(arguments)
    encoder.prepare(options.model)
    train_threads(DefaultEnricher(encoder.load(options.model, backend="openvino")), options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
