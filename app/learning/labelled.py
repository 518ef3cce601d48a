"""Reads labels as a refit needs them: texts of their time, scores under the grouper of now, copies
in one group."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.judging.product_models import shipped_scores, shipped_thresholds
from app.storage.db import Connection
from app.themes.candidates import surroundings
from app.triage.labels import CORRECTION_WEIGHT, judge_name
from classifiers.contract import UNSURE, Enricher, Enrichment, Kind, Member
from classifiers.grouping.grouper import TEXT_CLASSES, DefaultGrouper, pair_class
from classifiers.kinds.kind import KINDS
from classifiers.refits.refit import Examples, examples
from classifiers.refits.refit_grouping import Pairs
from classifiers.texts.text import fingerprint

MOST_LABELS = 2_000
MOST_UNLABELLED = 400
AT_ONCE = 64

KIND_LABELS = """
    select l.id, l.comment_id, l.version, l.theme_id, l.kind, l.weight, v.text
    from kind_label l
    join activity a on a.id = l.activity_id and a.undone_by is null
    join comment c on c.id = l.comment_id and c.deleted_at is null
    join lateral (
        select v.text from comment_version v
        where v.source_id = c.source_id and v.external_id = c.external_id and v.version = l.version and v.text <> ''
        order by v.id limit 1
    ) v on true
    where l.product_id = %s order by l.id desc limit %s
"""
UNLABELLED = """
    select c.text from comment c
    where c.product_id = %s and c.kind_by = 'model' and c.kind_reason in ('', %s) and c.deleted_at is null
      and c.stage in ('enriched', 'grouped') and c.text <> ''
      and not exists (select 1 from kind_label l where l.comment_id = c.id)
    order by c.id desc limit %s
"""
PAIR_LABELS = """
    select l.id, l.comment_id, l.activity_id, l.version, l.near, l.same, l.score, l.join_at, l.suggest_at, l.size,
           l.judge, l.weight
    from pair_label l
    join activity a on a.id = l.activity_id and a.undone_by is null
    where l.product_id = %s order by l.id desc limit %s
"""
NOW = """
    select c.id, c.theme_id, c.version, c.kind, c.kind_reason, left(c.text, 4000) as text, e.embedding, e.model
    from comment c join comment_embedding e on e.comment_id = c.id
    where c.id = any(%s::bigint[]) and c.deleted_at is null and c.stage <> 'parsed'
"""


@dataclass(frozen=True, slots=True)
class KindLabelled:
    """What a person said about the text of one version of a comment."""

    id: int
    text: str
    kind: str
    weight: float
    theme_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class PairLabelled:
    """What a person said about a comment and a theme, scored as the grouper does now."""

    id: int
    activity_id: int
    same: bool
    score: float
    join_at: float
    suggest_at: float
    size: str
    weight: float


async def kind_labels(connection: Connection, product_id: uuid.UUID) -> list[KindLabelled]:
    """The newest labels that still count, oldest first: one for each version of a comment, the last
    clear word."""
    rows = await (await connection.execute(KIND_LABELS, [product_id, MOST_LABELS])).fetchall()
    kept: dict[tuple[int, str], dict[str, Any]] = {}
    for row in reversed(rows):
        key = row["comment_id"], row["version"]
        if key not in kept or row["weight"] >= min(kept[key]["weight"], CORRECTION_WEIGHT):
            kept[key] = row
    return [
        KindLabelled(row["id"], row["text"], row["kind"], row["weight"], row["theme_id"])
        for row in sorted(kept.values(), key=lambda row: int(row["id"]))
    ]


async def unlabelled(
    connection: Connection, product_id: uuid.UUID, most: int = MOST_UNLABELLED
) -> list[str]:
    """Newest texts whose kind nobody spoke about."""
    cursor = await connection.execute(UNLABELLED, [product_id, UNSURE, most])
    return [row["text"] for row in await cursor.fetchall()]


async def understood(enricher: Enricher, texts: Sequence[str]) -> list[Enrichment]:
    """What the model makes of the texts now, a few at a time, so that the pipeline gets its turn in
    between."""
    found: list[Enrichment] = []
    for start in range(0, len(texts), AT_ONCE):
        found += await asyncio.to_thread(enricher.enrich, texts[start : start + AT_ONCE])
    return found


def examples_of(
    labels: Sequence[KindLabelled], rest: Sequence[str], found: Sequence[Enrichment]
) -> tuple[Examples, NDArray[np.int64]]:
    """Examples for a refit, and the id of each one's label (0 for none). ``found`` is what the
    model makes of the texts of ``labels`` and then of ``rest``.

    What the model sets aside (noise, unknown languages) teaches nothing: a correction is never
    asked about it.
    """
    texts = [one.text for one in labels] + list(rest)
    kept = [place for place, each in enumerate(found) if each.reason in ("", UNSURE)]
    themes: dict[str, object] = {}
    numbers: dict[object, int] = {}
    groups, kinds, weights, ids = [], [], [], []
    for place in kept:
        mark = fingerprint(texts[place])
        label = labels[place] if place < len(labels) else None
        group = themes.setdefault(mark, label.theme_id if label and label.theme_id else mark)
        groups.append(numbers.setdefault(group, len(numbers)))
        kinds.append(KINDS.index(Kind(label.kind)) if label else -1)
        weights.append(label.weight if label else 1.0)
        ids.append(label.id if label else 0)
    chosen = [found[place] for place in kept]
    vectors = np.stack([each.vector for each in chosen]) if chosen else np.zeros((0, 1), np.float32)
    scores = shipped_scores(chosen).reshape(-1, len(KINDS))
    data = examples(
        vectors, scores, np.array(kinds, np.int64), np.array(weights), np.array(groups, np.int64)
    )
    return data, np.array(ids, np.int64)


async def pair_labels(connection: Connection, product_id: uuid.UUID) -> list[PairLabelled]:
    """The newest pairs that still count, oldest first.

    A pair whose comments have not changed is scored anew; one that was edited since keeps its score
    as long as the grouper is the same, and is left out after that.
    """
    rows = await (await connection.execute(PAIR_LABELS, [product_id, MOST_LABELS])).fetchall()
    wanted = {row["comment_id"] for row in rows} | {
        int(number) for row in rows for number in row["near"]
    }
    cursor = await connection.execute(NOW, [sorted(wanted)], binary=True)
    now = {row["id"]: row for row in await cursor.fetchall()}
    grouper = DefaultGrouper(shipped_thresholds())
    crowd = await surroundings(
        connection, product_id, sorted({row["comment_id"] for row in rows} & now.keys())
    )
    found = [
        _rescored(row, now, crowd.get(row["comment_id"], []), grouper) for row in reversed(rows)
    ]
    return [one for one in found if one is not None]


def pairs_of(labels: Sequence[PairLabelled]) -> Pairs:
    """Pairs for a refit."""
    return Pairs(
        np.array([one.score for one in labels], np.float64),
        np.array([one.join_at for one in labels], np.float64),
        np.array([one.suggest_at for one in labels], np.float64),
        np.array([TEXT_CLASSES.index(one.size) for one in labels], np.int64),
        np.array([one.same for one in labels], bool),
        np.array([one.weight for one in labels], np.float64),
        np.array([one.activity_id for one in labels], np.int64),
    )


def _rescored(
    row: dict[str, Any],
    now: dict[int, dict[str, Any]],
    crowd: Sequence[Member],
    grouper: DefaultGrouper,
) -> PairLabelled | None:
    """``crowd`` is what else is near the comment now; both sides' own themes say nothing against
    each other."""
    said = row["id"], row["activity_id"], row["same"]
    comment = _unchanged(now, row["comment_id"], row["version"])
    near = [_unchanged(now, int(number), version) for number, version in row["near"].items()]
    around = [
        other
        for other in near
        if other is not None and comment is not None and other["model"] == comment["model"]
    ]
    if comment is not None and around and len(around) == len(near):
        home = {str(each["theme_id"]) for each in (comment, *around)}
        others = [member for member in crowd if member.theme_id not in home]
        blocked = frozenset(member.theme_id for member in others)
        decision = grouper.decide(
            _member(comment), [*(_member(other) for other in around), *others], blocked
        )
        closest = next(other for other in around if other["id"] == decision.nearest[0].comment_id)
        size = pair_class(comment["text"], closest["text"])
        return PairLabelled(
            *said, decision.score, decision.join_at, decision.suggest_at, size, row["weight"]
        )
    space = row["judge"].rpartition("|")[0]
    if row["judge"] != judge_name(space) or row["size"] not in TEXT_CLASSES:
        return None
    return PairLabelled(
        *said, row["score"], row["join_at"], row["suggest_at"], row["size"], row["weight"]
    )


def _unchanged(now: dict[int, dict[str, Any]], number: int, version: str) -> dict[str, Any] | None:
    row = now.get(number)
    return row if row is not None and row["version"] == version else None


def _member(row: dict[str, Any]) -> Member:
    kind = Kind(row["kind"] or "other")
    vector = row["embedding"].to_numpy().astype("float32")
    return Member(row["id"], "theme", kind, row["text"], vector, row["kind_reason"] != UNSURE)
