"""How well comments that say the same are found and grouped on a labelled file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.contract import THEME_KINDS, UNSURE, Enricher, Enrichment, Grouper, Member
from classifiers.evaluation.agreement import draws
from classifiers.evaluation.baselines import check
from classifiers.evaluation.baselines_groups import (
    GROUP_BASELINE_NEEDS,
    Clustering,
    check_size,
    cluster,
)
from classifiers.evaluation.conversations import conversations
from classifiers.evaluation.datasets import AS_NAMED, DataError, Reading, Row, labelled_rows
from classifiers.evaluation.labels import read_kinds
from classifiers.evaluation.measures import Interval, interval
from classifiers.evaluation.retrieval import SEARCH_WAYS, Search
from classifiers.evaluation.stream import (
    Misplaced,
    OrderReport,
    Pool,
    StreamReport,
    run_orders,
    run_stream,
)
from classifiers.kinds.doubt import by_sort

ENRICHED_AT_ONCE = 512
RECALL_DEPTHS = (1, 5, 10)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """Search and grouping of one file.

    ``recall`` is by way of searching and depth, over the ``queries``, the rows with a duplicate;
    empty where there are none. ``left_out`` rows have no text; ``undated`` ones, without a
    ``created_at`` that can be read, come last. ``strange_kinds`` counts the file's kinds that are
    none of ours, where the model's was taken instead. ``no_theme`` rows are neither bug nor
    request: they are grouped here, while the service makes no themes of them. ``mistakes`` are the
    surest wrong joins, ``missed`` the comments furthest from the group they belong to.
    """

    file: str
    version: str
    rows: int
    left_out: int
    undated: int
    strange_kinds: Mapping[str, int]
    no_theme: int
    groups: int
    queries: int
    recall: Mapping[str, Mapping[int, float]]
    recall_intervals: Mapping[str, Mapping[int, Interval]]
    stream: StreamReport
    orders: OrderReport | None
    mistakes: Sequence[Misplaced]
    missed: Sequence[Misplaced]
    baselines: Mapping[str, Clustering]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers."""
        return asdict(self)


def evaluate_duplicates(
    path: Path,
    enricher: Enricher,
    grouper: Grouper,
    *,
    reading: Reading = AS_NAMED,
    mapping: Mapping[str, str] | None = None,
    shuffle: int | None = None,
    limit: int | None = None,
    orders: int = 0,
    baselines: Sequence[str] = (),
    mistakes: int = 10,
    seed: int = 7,
    samples: int = 1000,
    as_served: bool = False,
    say: Say = lambda _: None,
) -> DuplicateReport:
    """Score search and grouping on a file with ``text``, ``duplicate_group`` and ``created_at``
    (``product``, ``kind`` optional), or others by ``reading``. ``mapping`` says which kinds the
    file's labels are.

    Rows without a group are alone in theirs. They are taken by ``created_at``, or in a random order
    with the seed ``shuffle``, then cut to ``limit``. Search looks at the whole pool of the product;
    the stream only at what came before. ``orders`` further random orders tell how much the order
    matters. ``baselines`` (singletons, agglomerative, hdbscan, bertopic) see the whole pool at
    once; bm25 and minilm are ways of searching, in every report. Intervals draw whole groups
    ``samples`` times. ``as_served``: kinds are the model's, whatever the file says, and only bugs
    and requests open themes.

    Raises:
        DataError: for an unusable file or an unusable baseline.
    """
    check(baselines, GROUP_BASELINE_NEEDS, "groups")
    rows, left_out = labelled_rows(path, "text", reading=reading)
    if not any("duplicate_group" in row for row in rows):
        raise DataError(
            "field_missing",
            f"No row of {path} has a field 'duplicate_group', so there is nothing to score.",
        )
    undated = sum(_time(row.get("created_at"))[0] for row in rows)
    rows = ordered(rows, shuffle)[:limit]
    check_size(baselines, [str(row.get("product") or "") for row in rows])
    _, strange_kinds = read_kinds([row.get("kind") for row in rows], mapping)
    pool = build_pool(rows, enricher, say, mapping, as_served=as_served)
    recall, queries = search_recall(pool, seed=seed, samples=samples)
    say("Grouping the comments one by one")
    stream = run_stream(
        pool, grouper, mistakes=mistakes, seed=seed, samples=samples, as_served=as_served
    )
    order_report = None
    if orders:
        order_report = run_orders(pool, grouper, stream, orders, seed + 1)
    return DuplicateReport(
        file=path.name,
        version=enricher.version,
        rows=len(rows),
        left_out=len(left_out),
        undated=undated,
        strange_kinds=strange_kinds,
        no_theme=sum(member.kind not in THEME_KINDS for member in pool.members),
        groups=len(set(pool.groups)),
        queries=queries,
        recall={
            way: {depth: interval.value for depth, interval in intervals.items()}
            for way, intervals in recall.items()
        },
        recall_intervals=recall,
        stream=stream.report,
        orders=order_report,
        mistakes=stream.wrong,
        missed=stream.missed,
        baselines=cluster(baselines, pool, seed=seed, samples=samples, say=say),
    )


def ordered(rows: Sequence[Row], shuffle: int | None) -> list[Row]:
    """By time (numbers and dates before other texts), or in the random order of a seed."""
    if shuffle is not None:
        return [rows[place] for place in np.random.default_rng(shuffle).permutation(len(rows))]
    return sorted(rows, key=lambda row: _time(row.get("created_at")))


def build_pool(
    rows: Sequence[Row],
    enricher: Enricher,
    say: Say = lambda _: None,
    mapping: Mapping[str, str] | None = None,
    *,
    as_served: bool = False,
) -> Pool:
    """Enrich the rows; a kind that the file gives replaces the model's, unless ``as_served``."""
    file_kinds, _ = read_kinds([row.get("kind") for row in rows], mapping)
    if as_served:
        file_kinds = [None] * len(rows)
    conversation = conversations(rows)
    members: list[Member] = []
    for start in range(0, len(rows), ENRICHED_AT_ONCE):
        part = slice(start, start + ENRICHED_AT_ONCE)
        results = enricher.enrich([str(row["text"]) for row in rows[part]])
        for result in by_sort(enricher, results, [one.sort for one in conversation[part]]):
            number, file_kind = len(members), file_kinds[len(members)]
            member = Member(
                comment_id=number,
                theme_id=str(number),
                kind=file_kind or result.kind,
                text=result.clean,
                vector=result.vector,
                sure=file_kind is not None or result.reason != UNSURE,
                report=report_of(result),
                aside=as_served and result.kind not in THEME_KINDS,
            )
            members.append(conversation[number].put(member))
        say(f"{len(members):,} of {len(rows):,} rows read")
    products = [str(row.get("product") or "") for row in rows]
    groups = []
    for place, (row, product) in enumerate(zip(rows, products, strict=True)):
        if row.get("duplicate_group") in (None, ""):
            groups.append(f"alone {place}")
        else:
            # Comments on different products are never duplicates, whatever a group is called.
            groups.append(f"{product}\n{row['duplicate_group']}")
    vectors = np.stack([member.vector for member in members])
    search = Search([member.text for member in members], vectors, products)
    return Pool.of(members, groups, products, search, [one.staff for one in conversation])


def report_of(result: Enrichment) -> float:
    """The probability that a text reports or asks for something."""
    return sum(result.scores.get(kind, 0.0) for kind in THEME_KINDS)


def search_recall(
    pool: Pool, *, seed: int = 7, samples: int = 0
) -> tuple[dict[str, dict[int, Interval]], int]:
    """Recall at 1, 5 and 10 (a hit is any other comment of the group), and how many comments had
    one to find: empty where none had."""
    sizes = Counter(pool.groups)
    queries = [place for place, group in enumerate(pool.groups) if sizes[group] > 1]
    if not queries:
        return {}, 0
    columns = [(way, depth) for way in SEARCH_WAYS for depth in RECALL_DEPTHS]
    hits = np.ones((len(queries), len(columns) + 1))  # the last column counts
    for row, place in enumerate(queries):
        ranks = _ranks(pool, place)
        hits[row, :-1] = [ranks[way] <= depth for way, depth in columns]
    query_groups = np.asarray([pool.groups[place] for place in queries])
    _, groups = np.unique(query_groups, return_inverse=True)
    drawn = draws(hits, groups, seed=seed, samples=samples)
    values, rates = hits.mean(axis=0), drawn[:, :-1] / drawn[:, -1:]
    recall: dict[str, dict[int, Interval]] = {way: {} for way in SEARCH_WAYS}
    for column, (way, depth) in enumerate(columns):
        recall[way][depth] = interval(float(values[column]), rates[:, column])
    return recall, len(queries)


def _ranks(pool: Pool, query: int) -> dict[str, float]:
    """By each way the rank of the first comment of the same group, from 1."""
    rankings = pool.search.rankings(query)
    ranks = {}
    for way in SEARCH_WAYS:
        places = rankings[way][: max(RECALL_DEPTHS)].tolist()
        same = [pool.groups[place] == pool.groups[query] for place in places]
        ranks[way] = same.index(True) + 1 if True in same else math.inf
    return ranks


def _time(value: object) -> tuple[int, float, str]:
    """What a row is ordered by: a number or a date before another text."""
    text = "" if value is None else str(value)
    try:
        return 0, float(text), ""
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return 0, moment.timestamp(), ""
    except ValueError:
        return 1, 0.0, text
