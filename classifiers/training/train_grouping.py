"""Fit the link of grouping:
``python -m classifiers.training.train_grouping --data DIR --model DIR``.

Pairs of a comment and a theme come from streams whose groups are known, in the states a stream gets
into: with every earlier comment in its true theme, and as the link itself has placed them so far.
Kinds are those that the heads give, because a comment's kind is as often wrong when the service
asks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.contract import (
    THEME_KINDS,
    UNSURE,
    Decision,
    Enricher,
    Enrichment,
    Kind,
    Member,
    Verdict,
)
from classifiers.encoding import encoder
from classifiers.encoding.model_files import sha256
from classifiers.evaluation.datasets import Row, read_rows
from classifiers.evaluation.evaluate_duplicates import ENRICHED_AT_ONCE
from classifiers.evaluation.retrieval import Search
from classifiers.evaluation.stream import STREAM_CANDIDATES
from classifiers.grouping.grouper import JUDGED_THEMES, DefaultGrouper
from classifiers.grouping.link import SIGNS, Floats, Surroundings
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.softmax import fit
from classifiers.middle import Middle, join
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.training.corpora import Report
from classifiers.training.seed_texts import SEEDS_FOLDER, comments

NARROW_FAMILY = "narrow"
"""Inboxes of near misses alone: judged, not fitted on. No sign tells those apart, so that a fit on
them only lowers the likelihood of everything."""
PUBLIC = {"openoffice": "openoffice.jsonl.gz", "hadoop": "gitbugs_hadoop.jsonl.gz"}
LINK_PENALTY = 1e-3
"""Near a theme in one way is near in others: a weaker penalty lets these signs fight, and their
weights then follow the third decimal of the vectors."""
LINK_ROUNDS = 2
JOIN = {"short": 0.73, "medium": 0.73, "long": 0.85, "technical": 0.97, "report": 1.01}
SUGGEST = {"short": 0.2, "medium": 0.2, "long": 0.2, "technical": 0.4, "report": 0.6}
"""On products' inboxes the link was not fitted on more than nine joins in ten are right from here,
and every second suggestion; Hadoop's stream of tasks, which clone each other, keeps two wrong joins
per 1,000."""
LOOSE_JOIN = {"short": 0.6, "medium": 0.7, "long": 0.85, "technical": 0.96, "report": 1.01}
"""Where the link joins while it is fitted, so that it meets themes that are mixed."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Comments of one product in the order they came, their true groups, and the candidates before
    each."""

    family: str
    members: Sequence[Member]
    groups: Sequence[str]
    candidates: Sequence[Sequence[int]]


def train_grouping(
    data: Path,
    enricher: Enricher,
    out: Path,
    seed: int,
    *,
    judge: bool = True,
    most: int | None = None,
    say: Report = print,
) -> Mapping[str, Any]:
    """Fit the link on all inboxes but the narrow ones and write it with the thresholds to ``out``;
    returns the card.

    ``judge`` runs each family of inboxes under a link that was fitted on the others. ``most``: only
    so many comments of each public set, the oldest ones, for an encoder that takes its time.

    Raises:
        DataError: for a missing or unreadable data file.
    """
    inboxes = read_inboxes(data, enricher, seed, most)
    fitted = [inbox for inbox in inboxes if inbox.family != NARROW_FAMILY]
    families: list[str] = []
    if judge:
        families = sorted({inbox.family for inbox in inboxes})
    judged = {}
    for family in families:
        unseen = [inbox for inbox in inboxes if inbox.family == family]
        link = fit_link([inbox for inbox in fitted if inbox.family != family])
        judged[family] = _judge(unseen, link)
        say(f"unseen {family}: {judged[family]}")
    link = fit_link(fitted)
    content: dict[str, Any] = {
        "join": JOIN,
        "suggest": SUGGEST,
        "weights": {sign: round(link.weights[sign], 4) for sign in SIGNS},
        "intercept": round(link.intercept, 4),
    }
    version = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
    card = {
        **content,
        "version": version,
        "encoder": enricher.space,
        "kinds": enricher.version,
        "leave_one_family_out": judged,
        "comments": {
            family: sum(len(box.members) for box in inboxes if box.family == family)
            for family in judged
        },
        "data_sha256": {name: sha256(data / "duplicates" / file) for name, file in PUBLIC.items()},
        "seed": seed,
    }
    (out / "grouping.json").write_text(
        json.dumps(card, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )
    return card


def read_inboxes(data: Path, enricher: Enricher, seed: int, most: int | None = None) -> list[Inbox]:
    """Our own comments, products' inboxes and narrow ones (bugs and requests, shuffled) and the
    public sets (by time).

    Our own comments keep the kinds they are labelled with: the heads have learned them by heart.
    """
    random = np.random.default_rng(seed)
    own = [row for row in comments("own") if _makes_theme(row)]
    inboxes = [("own", own)]
    for family in ("streams", NARROW_FAMILY):
        for path in sorted((SEEDS_FOLDER / family).glob("*.jsonl")):
            inboxes.append((family, [row for row in read_rows(path, "text") if _makes_theme(row)]))
    inboxes = [
        (family, [rows[place] for place in random.permutation(len(rows))])
        for family, rows in inboxes
    ]
    for family, name in PUBLIC.items():
        rows = read_rows(data / "duplicates" / name, "text")
        inboxes.append((family, sorted(rows, key=lambda row: str(row["created_at"]))[:most]))
    return [inbox(family, rows, enricher, labelled=family == "own") for family, rows in inboxes]


def _makes_theme(row: Row) -> bool:
    return Kind(str(row["kind"])) in THEME_KINDS


def inbox(family: str, rows: Sequence[Row], enricher: Enricher, *, labelled: bool = False) -> Inbox:
    """One inbox with the candidates of each comment, searched among those before it; ``labelled``
    rows name kinds."""
    results = [
        result
        for start in range(0, len(rows), ENRICHED_AT_ONCE)
        for result in enricher.enrich(
            [str(row["text"]) for row in rows[start : start + ENRICHED_AT_ONCE]]
        )
    ]
    kinds: list[Kind | None] = [None] * len(rows)
    if labelled:
        kinds = [Kind(str(row["kind"])) for row in rows]
    members = [
        _member(place, result, kind)
        for place, (result, kind) in enumerate(zip(results, kinds, strict=True))
    ]
    texts = [member.text for member in members]
    vectors = np.stack([member.vector for member in members])
    groups = [
        str(row.get("group") or row.get("duplicate_group") or f"alone {place}")
        for place, row in enumerate(rows)
    ]
    search = Search(texts, vectors, [""] * len(texts))
    came = np.zeros(len(texts), bool)
    candidates = []
    for place in range(len(texts)):
        candidates.append(search.rankings(place, came, STREAM_CANDIDATES)["fused"].tolist())
        came[place] = True
    return Inbox(family, members, groups, candidates)


def _member(place: int, result: Enrichment, kind: Kind | None) -> Member:
    sure = kind is not None or result.reason != UNSURE
    return Member(
        comment_id=place,
        theme_id="",
        kind=kind or result.kind,
        text=result.clean,
        vector=result.vector,
        sure=sure,
    )


def fit_link(inboxes: Sequence[Inbox]) -> Thresholds:
    """The link of which the given inboxes are likeliest, every inbox weighing the same."""
    tables = [[examples(inbox, None)] for inbox in inboxes]
    link = _fit(tables)
    for _ in range(LINK_ROUNDS):
        for inbox, table in zip(inboxes, tables, strict=True):
            table[1:] = [examples(inbox, link)]
        link = _fit(tables)
    return link


def examples(inbox: Inbox, link: Thresholds | None) -> tuple[Floats, Floats]:
    """Signs ``float64[n, SIGNS]`` of comments and the themes near them, and the share 0..1 of the
    theme's comments that say the same.

    Earlier comments stand in their true themes, or where ``link`` placed them, joining as soon as
    ``LOOSE_JOIN`` allows.
    """
    rows: list[Floats] = []
    same: list[float] = []
    themes: list[str] = []
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    middles: dict[str, Middle] = {}
    grouper = None
    if link:
        grouper = DefaultGrouper(replace(link, join=LOOSE_JOIN))
    for place, member in enumerate(inbox.members):
        candidates = [
            replace(inbox.members[one], theme_id=themes[one]) for one in inbox.candidates[place]
        ]
        group = inbox.groups[place]
        if candidates:
            surroundings = Surroundings(member, candidates, middles)
            for places in _themes(surroundings)[:JUDGED_THEMES]:
                rows.append(surroundings.signs(places))
                theme_groups = inside[candidates[places[0]].theme_id]
                same.append(theme_groups[group] / theme_groups.total())
        theme = group
        if grouper is not None:
            theme = _joined(grouper.decide(member, candidates, middles=middles)) or str(place)
        themes.append(theme)
        inside[theme][group] += 1
        join(middles, theme, member.vector)
    return np.stack(rows), np.array(same)


def _joined(decision: Decision) -> str | None:
    """The theme that a comment joins, if any."""
    if decision.verdict is not Verdict.join:
        return None
    return decision.theme_id


def _themes(surroundings: Surroundings) -> list[list[int]]:
    """The places of each theme's members, nearest first, and the themes in the order of their
    nearest member."""
    themes: dict[str, list[int]] = defaultdict(list)
    for place in surroundings.nearest(range(len(surroundings.candidates))):
        themes[surroundings.candidates[place].theme_id].append(place)
    return list(themes.values())


def _fit(tables: Sequence[Sequence[tuple[Floats, Floats]]]) -> Thresholds:
    signs = np.vstack([rows for table in tables for rows, _ in table])
    same = np.concatenate([shares for table in tables for _, shares in table])
    weights = np.concatenate(
        [np.full(len(shares), 1 / len(shares)) for table in tables for _, shares in table]
    )
    center, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    # A theme that holds the comment's group in part counts for both answers, each by its share.
    shares = np.concatenate([same, 1 - same]) * np.tile(weights, 2)
    counts = shares > 0
    yes = np.repeat([True, False], len(same))[counts]
    scaled = np.tile((signs - center) / spread, (2, 1))[counts]
    coefficients, intercepts = fit(
        scaled, np.stack([~yes, yes], axis=1), shares[counts], LINK_PENALTY
    )
    slopes = (coefficients[:, 1] - coefficients[:, 0]) / spread
    intercept = float(intercepts[1] - intercepts[0] - center @ slopes)
    return Thresholds(
        JOIN, SUGGEST, dict(zip(SIGNS, slopes.tolist(), strict=True)), intercept, "fitted"
    )


def _judge(inboxes: Sequence[Inbox], link: Thresholds) -> dict[str, Any]:
    """What the thresholds do to inboxes the link was not fitted on."""
    grouper = DefaultGrouper(link)
    comments_seen = joins = wrong = 0
    for inbox in inboxes:
        themes: list[str] = []
        homes: dict[str, set[str]] = defaultdict(set)
        middles: dict[str, Middle] = {}
        for place, member in enumerate(inbox.members):
            candidates = [
                replace(inbox.members[one], theme_id=themes[one]) for one in inbox.candidates[place]
            ]
            decision = grouper.decide(member, candidates, middles=middles)
            home = homes[inbox.groups[place]]
            joined = _joined(decision)
            if joined is not None:
                joins += 1
                wrong += joined not in home
            theme = joined or str(place)
            themes.append(theme)
            home.add(theme)
            join(middles, theme, member.vector)
        comments_seen += len(inbox.members)
    return {"comments": comments_seen, "joins": joins, "wrong_joins": wrong}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--data``, ``--model`` (folder of the prepared encoder), ``--out``,
    ``--seed``."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.train_grouping", description="Fit the link."
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    encoder.prepare(options.model)
    enricher = DefaultEnricher(encoder.load(options.model, backend="openvino"))
    train_grouping(options.data, enricher, options.out, options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
