"""How well comments that say the same are found and grouped on a labelled file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Decision, Enricher, Grouper, Kind, Member, Verdict
from classifiers.datasets import Row, read_rows
from classifiers.measures import ClusterScore, clusters, recall_at
from classifiers.retrieval import Search

BATCH = 512
CANDIDATES = 10
DEPTHS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What the shipped thresholds do when the comments come one by one.

    A join is wrong when its theme holds no comment of the same true group. ``kept_apart`` counts comments that opened
    a new theme although their group had one.
    """

    comments: int
    joins: int
    wrong_joins: int
    wrong_joins_per_1000: float
    suggestions: int
    right_suggestions: int
    kept_apart: int
    themes: int
    clusters: ClusterScore


@dataclass(frozen=True, slots=True)
class WrongJoin:
    """Two comments that were joined and should not have been, and the score that did it."""

    text: str
    joined: str
    score: float


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """Search and grouping of one file. ``recall`` is by way of searching and depth, over the rows with a duplicate."""

    file: str
    version: str
    rows: int
    groups: int
    queries: int
    recall: Mapping[str, Mapping[int, float]]
    stream: StreamReport
    mistakes: Sequence[WrongJoin]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pool:
    """The rows in the order they came, as grouping sees them: ``theme_id`` of a member is still its place."""

    members: Sequence[Member]
    groups: Sequence[str]
    products: NDArray[np.str_]
    search: Search


def evaluate_duplicates(
    path: Path,
    enricher: Enricher,
    grouper: Grouper,
    *,
    shuffle: int | None = None,
    limit: int | None = None,
    mistakes: int = 10,
) -> DuplicateReport:
    """Score search and grouping on a file with ``text``, ``duplicate_group`` and ``created_at`` (``product``,
    ``kind`` optional).

    Rows without a group are alone in theirs. They are taken by ``created_at``, or in a random order with the seed
    ``shuffle``. Search looks at the whole pool of the product; the stream only at what came before.

    Raises:
        DataError: for an unusable file.
    """
    rows = ordered(read_rows(path, "text"), shuffle)[:limit]
    pool = build_pool(rows, enricher)
    recall, queries = search_recall(pool)
    stream, wrong = run_stream(pool, grouper, mistakes)
    return DuplicateReport(
        path.name, enricher.version, len(rows), len(set(pool.groups)), queries, recall, stream, wrong
    )


def ordered(rows: Sequence[Row], shuffle: int | None) -> list[Row]:
    """By time (numbers before texts), or in the random order of a seed."""
    if shuffle is not None:
        return [rows[place] for place in np.random.default_rng(shuffle).permutation(len(rows))]
    return sorted(rows, key=lambda row: _time(row.get("created_at")))


def build_pool(rows: Sequence[Row], enricher: Enricher) -> Pool:
    """Enrich the rows; a kind given by the file replaces the model's."""
    members: list[Member] = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        for row, result in zip(part, enricher.enrich([str(row["text"]) for row in part]), strict=True):
            given = str(row.get("kind") or "")
            kind = Kind(given) if given in set(Kind) else result.kind
            members.append(Member(len(members), str(len(members)), kind, result.clean, result.vector))
    groups = [str(row.get("duplicate_group") or f"alone {place}") for place, row in enumerate(rows)]
    products = np.array([str(row.get("product") or "") for row in rows])
    search = Search([member.text for member in members], np.stack([member.vector for member in members]))
    return Pool(members, groups, products, search)


def search_recall(pool: Pool) -> tuple[dict[str, dict[int, float]], int]:
    """Recall at 1, 5 and 10 (a hit is any other comment of the group), and how many comments had one to find."""
    same_product = Counter(zip(pool.products.tolist(), pool.groups, strict=True))
    ranks: dict[str, list[int | None]] = {"words": [], "vector": [], "fused": []}
    for place, group in enumerate(pool.groups):
        if same_product[(str(pool.products[place]), group)] < 2:
            continue
        for way, ranking in pool.search.rankings(place, pool.products == pool.products[place]).items():
            hit = next((rank for rank, other in enumerate(ranking.tolist(), 1) if pool.groups[other] == group), None)
            ranks[way].append(hit)
    recall = {way: {depth: round(recall_at(found, depth), 4) for depth in DEPTHS} for way, found in ranks.items()}
    return recall, len(ranks["fused"])


def run_stream(pool: Pool, grouper: Grouper, mistakes: int) -> tuple[StreamReport, list[WrongJoin]]:
    """Group the comments one by one, each among what came before it."""
    themes: list[str] = []
    joins = suggestions = right_suggestions = kept_apart = 0
    wrong: list[WrongJoin] = []
    for place, member in enumerate(pool.members):
        decision = decide(pool, place, themes, grouper)
        mates = {themes[other] for other in range(place) if pool.groups[other] == pool.groups[place]}
        if decision.verdict is Verdict.join and decision.theme_id is not None:
            joins += 1
            themes.append(decision.theme_id)
            if decision.theme_id not in mates:
                wrong.append(WrongJoin(member.text[:200], _text(pool, decision), decision.score))
            continue
        if decision.verdict is Verdict.suggest:
            suggestions += 1
            right_suggestions += decision.theme_id in mates
        kept_apart += bool(mates)
        themes.append(str(place))
    report = StreamReport(
        len(themes), joins, len(wrong), round(1000 * len(wrong) / max(len(themes), 1), 2),
        suggestions, right_suggestions, kept_apart, len(set(themes)), clusters(pool.groups, themes),
    )  # fmt: skip
    return report, sorted(wrong, key=lambda one: -one.score)[:mistakes]


def decide(pool: Pool, place: int, themes: Sequence[str], grouper: Grouper) -> Decision:
    """The decision for the comment at ``place`` among the nearest of the comments before it, by vector and by words."""
    earlier = pool.products == pool.products[place]
    earlier[place:] = False
    found = pool.search.rankings(place, earlier, CANDIDATES)["fused"]
    candidates = [_in_theme(pool.members[other], themes[other]) for other in found.tolist()]
    return grouper.decide(pool.members[place], candidates)


def _in_theme(member: Member, theme: str) -> Member:
    return Member(member.comment_id, theme, member.kind, member.text, member.vector)


def _text(pool: Pool, decision: Decision) -> str:
    return pool.members[decision.nearest[0].comment_id].text[:200]


def _time(value: object) -> tuple[int, float, str]:
    try:
        return 0, float(str(value)), ""
    except ValueError:
        return 1, 0.0, str(value or "")
