"""Fit the link of grouping: ``python -m classifiers.train_grouping --data DIR --model DIR``.

Pairs of a comment and a theme come from streams whose groups are known, in the states a stream gets into: with every
earlier comment in its true theme, and as the link itself has placed them so far.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers import encoder
from classifiers.contract import THEME_KINDS, Embedder, Kind, Member, Verdict
from classifiers.corpora import Report
from classifiers.datasets import Row, read_rows
from classifiers.grouping import JUDGED, DefaultGrouper, Thresholds
from classifiers.heads import WEIGHTS
from classifiers.link import SIGNS, Floats, Surroundings
from classifiers.model_files import MODEL_NAME, sha256
from classifiers.retrieval import Search
from classifiers.seed_texts import FOLDER, comments
from classifiers.softmax import fit
from classifiers.stream import CANDIDATES
from classifiers.text import clean

PUBLIC = {"openoffice": "openoffice.jsonl.gz", "hadoop": "gitbugs_hadoop.jsonl.gz"}
PENALTY = 1e-4
ROUNDS = 2
JOIN = {"short": 0.87, "medium": 0.9, "long": 0.87, "technical": 0.97, "report": 1.01}
SUGGEST = {"short": 0.3, "medium": 0.3, "long": 0.3, "technical": 0.4, "report": 0.6}
"""On products' inboxes the link was not fitted on more than nine joins in ten are right from here, and every second
suggestion; Hadoop's stream of tasks, which clone each other, keeps two wrong joins per 1,000."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Comments of one product in the order they came, their true groups, and the candidates before each."""

    family: str
    members: Sequence[Member]
    groups: Sequence[str]
    candidates: Sequence[Sequence[int]]


def train_grouping(
    data: Path, embedder: Embedder, out: Path, seed: int, *, judge: bool = True, say: Report = print
) -> Mapping[str, Any]:
    """Fit the link on all inboxes and write it with the thresholds to ``out``; returns the card.

    ``judge`` runs each family of inboxes under a link that was fitted on the others.

    Raises:
        DataError: for a missing or unreadable data file.
    """
    inboxes = read_inboxes(data, embedder, seed)
    judged = {}
    for family in sorted({inbox.family for inbox in inboxes}) if judge else []:
        held = [inbox for inbox in inboxes if inbox.family == family]
        link = fit_link([inbox for inbox in inboxes if inbox.family != family])
        judged[family] = _judge(held, link)
        say(f"unseen {family}: {judged[family]}")
    link = fit_link(inboxes)
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
        "encoder": MODEL_NAME,
        "leave_one_family_out": judged,
        "comments": {family: sum(len(box.members) for box in inboxes if box.family == family) for family in judged},
        "data_sha256": {name: sha256(data / "duplicates" / file) for name, file in PUBLIC.items()},
        "seed": seed,
    }
    (out / "grouping.json").write_text(json.dumps(card, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return card


def read_inboxes(data: Path, embedder: Embedder, seed: int) -> list[Inbox]:
    """Our own comments and products' inboxes (bugs and requests, shuffled) and the public sets (by time)."""
    mixed = np.random.default_rng(seed)
    found = [("own", [row for row in comments("own") if Kind(str(row["kind"])) in THEME_KINDS])]
    for path in sorted((FOLDER / "streams").glob("*.jsonl")):
        found.append(("streams", [row for row in read_rows(path, "text") if Kind(str(row["kind"])) in THEME_KINDS]))
    found = [(family, [rows[place] for place in mixed.permutation(len(rows))]) for family, rows in found]
    for family, name in PUBLIC.items():
        rows = read_rows(data / "duplicates" / name, "text")
        found.append((family, sorted(rows, key=lambda row: str(row["created_at"]))))
    return [inbox(family, rows, embedder) for family, rows in found]


def inbox(family: str, rows: Sequence[Row], embedder: Embedder) -> Inbox:
    """One inbox with the candidates of each comment, searched among those before it."""
    texts = [clean(str(row["text"])) for row in rows]
    vectors = embedder.embed(texts)
    members = [
        Member(place, "", Kind(str(row.get("kind") or Kind.bug)), text, vector)
        for place, (row, text, vector) in enumerate(zip(rows, texts, vectors, strict=True))
    ]
    groups = [str(row.get("group") or row.get("duplicate_group") or f"alone {place}") for place, row in enumerate(rows)]
    search = Search(texts, vectors, [""] * len(texts))
    came = np.zeros(len(texts), bool)
    candidates = []
    for place in range(len(texts)):
        candidates.append(search.rankings(place, came, CANDIDATES)["fused"].tolist())
        came[place] = True
    return Inbox(family, members, groups, candidates)


def fit_link(inboxes: Sequence[Inbox]) -> Thresholds:
    """The link of which the given inboxes are likeliest, every inbox weighing the same."""
    tables = [[examples(inbox, None)] for inbox in inboxes]
    link = _fit(tables)
    for _ in range(ROUNDS):
        for inbox, table in zip(inboxes, tables, strict=True):
            table[1:] = [examples(inbox, link)]
        link = _fit(tables)
    return link


def examples(inbox: Inbox, link: Thresholds | None) -> tuple[Floats, NDArray[np.bool_]]:
    """Signs ``float64[n, SIGNS]`` of comments and the themes near them, and whether the theme is theirs.

    Earlier comments stand in their true themes, or where ``link`` placed them.
    """
    rows: list[Floats] = []
    same: list[bool] = []
    themes: list[str] = []
    homes: dict[str, set[str]] = defaultdict(set)
    grouper = DefaultGrouper(link) if link else None
    for place, member in enumerate(inbox.members):
        near = [replace(inbox.members[other], theme_id=themes[other]) for other in inbox.candidates[place]]
        home = homes[inbox.groups[place]]
        theme = inbox.groups[place] if grouper is None else str(place)
        if near:
            around = Surroundings(member, near)
            for found in _themes(around)[:JUDGED]:
                rows.append(around.signs(found))
                same.append(near[found[0]].theme_id in home)
            decision = grouper.decide(member, near) if grouper else None
            if decision is not None and decision.verdict is Verdict.join and decision.theme_id is not None:
                theme = decision.theme_id
        themes.append(theme)
        home.add(theme)
    return np.stack(rows), np.array(same)


def _themes(around: Surroundings) -> list[list[int]]:
    """The places of each theme's members, nearest first, and the themes in the order of their nearest member."""
    found: dict[str, list[int]] = defaultdict(list)
    for place in around.nearest(range(len(around.candidates))):
        found[around.candidates[place].theme_id].append(place)
    return list(found.values())


def _fit(tables: Sequence[Sequence[tuple[Floats, NDArray[np.bool_]]]]) -> Thresholds:
    signs = np.vstack([rows for table in tables for rows, _ in table])
    same = np.concatenate([labels for table in tables for _, labels in table])
    weights = np.concatenate([np.full(len(labels), 1 / len(labels)) for table in tables for _, labels in table])
    center, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    outcomes = np.stack([~same, same], axis=1)
    coefficients, intercepts = fit((signs - center) / spread, outcomes, weights, PENALTY)
    slopes = (coefficients[:, 1] - coefficients[:, 0]) / spread
    intercept = float(intercepts[1] - intercepts[0] - center @ slopes)
    return Thresholds(JOIN, SUGGEST, dict(zip(SIGNS, slopes.tolist(), strict=True)), intercept, "fitted")


def _judge(inboxes: Sequence[Inbox], link: Thresholds) -> dict[str, Any]:
    """What the thresholds do to inboxes the link was not fitted on."""
    grouper = DefaultGrouper(link)
    comments_seen = joins = wrong = 0
    for inbox in inboxes:
        themes: list[str] = []
        homes: dict[str, set[str]] = defaultdict(set)
        for place, member in enumerate(inbox.members):
            near = [replace(inbox.members[other], theme_id=themes[other]) for other in inbox.candidates[place]]
            decision = grouper.decide(member, near)
            joined = decision.verdict is Verdict.join and decision.theme_id is not None
            themes.append(str(decision.theme_id) if joined else str(place))
            joins += joined
            wrong += joined and themes[-1] not in homes[inbox.groups[place]]
            homes[inbox.groups[place]].add(themes[-1])
        comments_seen += len(inbox.members)
    return {"comments": comments_seen, "joins": joins, "wrong_joins": wrong}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--data``, ``--model`` (folder of the prepared encoder), ``--out``, ``--seed``."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.train_grouping", description="Fit the link.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    encoder.prepare(options.model)
    train_grouping(options.data, encoder.load(options.model, backend="openvino"), options.out, options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
