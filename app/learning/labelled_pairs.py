"""Reads labels of pairs as a refit needs them: scored under the grouper of now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pgvector import HalfVector

from app.learning.labelled import LABELS_MAX
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.candidates import surroundings
from app.themes.pools import CANDIDATES_MOST
from app.triage.labels import judge_name
from classifiers.contract import UNSURE, Kind, Member
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.pair_classes import pair_class
from classifiers.grouping.thresholds import TEXT_CLASSES, Thresholds
from classifiers.refits.refit_grouping import Pairs

SELECT_PAIR_LABELS = """
    select l.id, l.comment_id, l.activity_id, l.version, l.near, l.same, l.score, l.join_at,
           l.suggest_at, l.size, l.judge, l.weight
    from pair_label l
    join activity a on a.id = l.activity_id and a.undone_by is null
    where l.product_id = %s order by l.id desc limit %s
"""
SELECT_COMMENTS_NOW = """
    select c.id, c.theme_id, c.version, c.kind, c.kind_reason, left(c.text, 4000) as text,
           e.embedding, e.model
    from comment c join comment_embedding e on e.comment_id = c.id
    where c.id = any(%s::bigint[]) and c.deleted_at is null and c.stage <> 'parsed'
"""


@dataclass(frozen=True, slots=True)
class StoredPair:
    """What a person said about a comment and a theme, as it was scored then. ``near`` has the
    versions of the theme's nearest comments by their id."""

    id: int
    comment_id: int
    activity_id: int
    version: str
    near: Mapping[str, str]
    same: bool
    score: float
    join_at: float
    suggest_at: float
    size: str
    judge: str
    weight: float


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


@dataclass(frozen=True, slots=True)
class _CommentNow:
    id: int
    theme_id: uuid.UUID | None
    version: str
    kind: str
    kind_reason: str
    text: str
    embedding: HalfVector
    model: str

    @property
    def member(self) -> Member:
        vector = self.embedding.to_numpy().astype("float32")
        kind = Kind(self.kind or Kind.other)
        return Member(self.id, "theme", kind, self.text, vector, self.kind_reason != UNSURE)


async def stored_pairs(connection: Connection, product_id: uuid.UUID) -> list[StoredPair]:
    """The newest pairs whose decision still stands, newest first."""
    return await fetch_all(connection, SELECT_PAIR_LABELS, [product_id, LABELS_MAX], of=StoredPair)


async def pair_labels(
    connection: Connection, product_id: uuid.UUID, thresholds: Thresholds
) -> list[PairLabelled]:
    """The newest pairs that still count, oldest first.

    A pair whose comments have not changed is scored anew under the shipped ``thresholds``; one that
    was edited since keeps its score as long as the grouper is the same, and is left out after that.
    """
    pairs = await stored_pairs(connection, product_id)
    ids = {pair.comment_id for pair in pairs}
    near_ids = {int(near_id) for pair in pairs for near_id in pair.near}
    current = {
        comment.id: comment
        for comment in await fetch_all(
            connection, SELECT_COMMENTS_NOW, [sorted(ids | near_ids)], of=_CommentNow, binary=True
        )
    }
    grouper = DefaultGrouper(thresholds)
    crowd = await surroundings(
        connection, product_id, sorted(ids & current.keys()), CANDIDATES_MOST
    )
    rescored = [
        _rescored(pair, current, crowd.get(pair.comment_id, []), grouper)
        for pair in reversed(pairs)
    ]
    return [pair for pair in rescored if pair is not None]


def pairs_of(labels: Sequence[PairLabelled]) -> Pairs:
    """Pairs for a refit."""
    return Pairs(
        np.array([label.score for label in labels], np.float64),
        np.array([label.join_at for label in labels], np.float64),
        np.array([label.suggest_at for label in labels], np.float64),
        np.array([TEXT_CLASSES.index(label.size) for label in labels], np.int64),
        np.array([label.same for label in labels], bool),
        np.array([label.weight for label in labels], np.float64),
        np.array([label.activity_id for label in labels], np.int64),
    )


def _rescored(
    pair: StoredPair,
    current: Mapping[int, _CommentNow],
    crowd: Sequence[Member],
    grouper: DefaultGrouper,
) -> PairLabelled | None:
    """``crowd`` is what else is near the comment now."""
    sides = _unchanged_sides(pair, current)
    if sides is not None:
        return _scored_now(pair, *sides, crowd, grouper)
    space = pair.judge.rpartition("|")[0]
    if pair.judge != judge_name(space, grouper.thresholds) or pair.size not in TEXT_CLASSES:
        return None
    return PairLabelled(
        pair.id,
        pair.activity_id,
        pair.same,
        pair.score,
        pair.join_at,
        pair.suggest_at,
        pair.size,
        pair.weight,
    )


def _unchanged_sides(
    pair: StoredPair, current: Mapping[int, _CommentNow]
) -> tuple[_CommentNow, list[_CommentNow]] | None:
    """The comment and those that were near it; None where one of them was edited, deleted or has a
    vector of another space."""
    comment = _unchanged(current, pair.comment_id, pair.version)
    if comment is None or not pair.near:
        return None
    near_comments = []
    for near_id, version in pair.near.items():
        near_comment = _unchanged(current, int(near_id), version)
        if near_comment is None or near_comment.model != comment.model:
            return None
        near_comments.append(near_comment)
    return comment, near_comments


def _unchanged(
    current: Mapping[int, _CommentNow], comment_id: int, version: str
) -> _CommentNow | None:
    comment = current.get(comment_id)
    return comment if comment is not None and comment.version == version else None


def _scored_now(
    pair: StoredPair,
    comment: _CommentNow,
    near_comments: Sequence[_CommentNow],
    crowd: Sequence[Member],
    grouper: DefaultGrouper,
) -> PairLabelled:
    """Both sides' own themes say nothing against each other: only the others' members do."""
    own_themes = {str(side.theme_id) for side in (comment, *near_comments)}
    strangers = [member for member in crowd if member.theme_id not in own_themes]
    blocked = frozenset(member.theme_id for member in strangers)
    near_members = [near_comment.member for near_comment in near_comments]
    decision = grouper.decide(comment.member, [*near_members, *strangers], blocked)
    closest_id = decision.nearest[0].comment_id
    closest = next(near_comment for near_comment in near_comments if near_comment.id == closest_id)
    return PairLabelled(
        pair.id,
        pair.activity_id,
        pair.same,
        decision.score,
        decision.join_at,
        decision.suggest_at,
        pair_class(comment.text, closest.text),
        pair.weight,
    )
