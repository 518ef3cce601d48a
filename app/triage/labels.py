"""Keeps what people's decisions teach: labels of kind and of pairs, written with the decision
itself.

A correction weighs 1. Accepting a theme is a weak word about what it shows: its comments are of its
kind, and those that the classifiers joined belong there. An activity that is undone takes its
labels along.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pgvector import HalfVector

from app.config import settings
from app.judging.chosen_model import heads_folder
from app.judging.model_in_force import settings_in_force
from app.judging.product_models import shipped_thresholds
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.activity import SYSTEM
from app.themes.candidates import surroundings
from app.themes.locks import LockedComment, LockedTheme
from app.themes.pools import CANDIDATES_MOST
from classifiers.contract import UNSURE, Decision, Kind, Member, Vectors
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.pair_classes import pair_class
from classifiers.grouping.thresholds import Thresholds

CORRECTION_WEIGHT = 1.0
CONFIRMATION_WEIGHT = 0.25
"""What it weighs to let something stand."""
KIND_LABELS_PER_THEME = 5
PAIR_LABELS_PER_SIDE = 3
PAIR_MEMBERS_MOST = 200
"""Comments of a theme, the latest ones, among which the nearest to a pair's other side are
sought."""
PAIR_NEIGHBOURS = 8

INSERT_KIND_LABELS = """
    insert into kind_label
        (product_id, comment_id, activity_id, theme_id, version, kind, was, confidence, weight)
    select c.product_id, c.id, %(activity)s, coalesce(%(theme)s, c.theme_id), c.version, %(kind)s,
           coalesce(%(was)s, c.kind), coalesce(%(confidence)s, c.kind_confidence), %(weight)s
    from comment c where c.id = any(%(ids)s::bigint[]) and c.deleted_at is null and c.text <> ''
    on conflict do nothing
"""
SELECT_LEAST_SURE = """
    select c.id from comment c
    where c.theme_id = %s and c.deleted_at is null and c.kind_by = 'model' and c.kind <> ''
      and (%s or c.kind = %s)
    order by c.kind_confidence, c.id limit %s
"""
SELECT_JOINED_BY_MODEL = """
    select c.id from comment c
    where c.theme_id = %s and c.deleted_at is null and c.theme_by = 'model'
      and c.grouping ->> 'verdict' = 'join'
    order by c.id desc limit %s
"""
SELECT_STANDING_COMMENTS = """
    select id from comment where theme_id = %s and deleted_at is null order by id
"""
SELECT_PAIR_SIDES = """
    select c.id, c.theme_id, c.kind, c.kind_reason, left(c.text, 4000) as text, c.version,
           e.embedding, e.model
    from comment c join comment_embedding e on e.comment_id = c.id
    where c.id = any(%s::bigint[]) and c.deleted_at is null order by c.id
"""
INSERT_PAIR_LABEL = """
    insert into pair_label
        (product_id, comment_id, activity_id, version, near, same, score, join_at, suggest_at,
         size, judge, weight)
    values (%(product)s, %(comment)s, %(activity)s, %(version)s, %(near)s, %(same)s, %(score)s,
            %(join_at)s, %(suggest_at)s, %(size)s, %(judge)s, %(weight)s)
    on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class PairSide:
    """A comment of a pair, as its label and the grouper read it."""

    id: int
    theme_id: uuid.UUID | None
    kind: str
    kind_reason: str
    text: str
    version: str
    embedding: HalfVector
    model: str

    @property
    def vector(self) -> Vectors:
        """Its vector; only those of one ``model`` compare."""
        vector: Vectors = self.embedding.to_numpy().astype("float32")
        return vector

    def as_member(self, vector: Vectors) -> Member:
        """Read by the grouper as if all comments of both sides were of one theme."""
        kind = Kind(self.kind or Kind.other)
        return Member(self.id, "theme", kind, self.text, vector, self.kind_reason != UNSURE)


@dataclass(frozen=True, slots=True)
class _Side:
    """A row with its vector, unpacked once."""

    row: PairSide
    member: Member


async def label_comment(
    connection: Connection, comment: LockedComment, kind: str, activity: int
) -> None:
    """A person said what one comment is. ``comment`` is its row before that."""
    await _label_kinds(connection, [comment.id], kind, activity, CORRECTION_WEIGHT, was=comment)


async def label_theme(
    connection: Connection, theme_id: uuid.UUID, kind: str, activity: int, *, corrected: bool
) -> None:
    """A person said what a theme is, or (not ``corrected``) accepted it as what it was called.

    Those of its comments count that the model was least sure of: they are what the word is about.
    """
    values = [theme_id, corrected, kind, KIND_LABELS_PER_THEME]
    ids = [row["id"] for row in await fetch_all(connection, SELECT_LEAST_SURE, values)]
    weight = CORRECTION_WEIGHT / max(len(ids), 1) if corrected else CONFIRMATION_WEIGHT
    await _label_kinds(connection, ids, kind, activity, weight)


async def confirm(connection: Connection, theme: LockedTheme, activity: int, actor: str) -> None:
    """A person accepted a theme: its kind and its joined comments stood. What numbers decided
    teaches nothing."""
    if actor == SYSTEM:
        return
    await label_theme(connection, theme.id, theme.kind, activity, corrected=False)
    joined = await fetch_all(connection, SELECT_JOINED_BY_MODEL, [theme.id, PAIR_LABELS_PER_SIDE])
    standing = await fetch_all(connection, SELECT_STANDING_COMMENTS, [theme.id])
    await label_pairs(
        connection,
        theme.product_id,
        [row["id"] for row in joined],
        [row["id"] for row in standing],
        activity,
        same=True,
        weight=CONFIRMATION_WEIGHT,
    )


async def label_pairs(
    connection: Connection,
    product_id: uuid.UUID,
    comments: Sequence[int],
    members: Sequence[int],
    activity: int,
    *,
    same: bool,
    weight: float = CORRECTION_WEIGHT,
) -> None:
    """A person said that ``comments`` say the same as the theme of ``members``, or something else.

    The first three stand for all of them and share the ``weight``; each is scored against the
    others' nearest members as the shipped grouper would.
    """
    chosen = sorted(comments)[:PAIR_LABELS_PER_SIDE]
    latest = sorted(set(members) - set(chosen))[-PAIR_MEMBERS_MOST:]
    sides = await _load_sides(connection, [*chosen, *latest])
    labelled = [sides[number] for number in chosen if number in sides]
    crowd = await surroundings(
        connection, product_id, [side.row.id for side in labelled], CANDIDATES_MOST
    )
    own_themes = {str(side.row.theme_id) for side in sides.values()}
    member_ids = set(members)
    theme_side = [side for number, side in sides.items() if number in member_ids]
    model_settings = await settings_in_force(connection, settings())
    grouper = DefaultGrouper(shipped_thresholds(heads_folder(model_settings)))
    for side in labelled:
        neighbours = _nearest_sides(side, theme_side)
        if not neighbours:
            continue
        strangers = [
            member for member in crowd.get(side.row.id, []) if member.theme_id not in own_themes
        ]
        decision = _judge(grouper, side, neighbours, strangers)
        values = {
            "product": product_id,
            "comment": side.row.id,
            "activity": activity,
            "version": side.row.version,
            "near": json.dumps({str(one.row.id): one.row.version for one in neighbours}),
            "same": same,
            "score": decision.score,
            "join_at": decision.join_at,
            "suggest_at": decision.suggest_at,
            "size": pair_class(side.row.text, _closest(decision, neighbours).row.text),
            "judge": judge_name(side.row.model, grouper.thresholds),
            "weight": weight / len(labelled),
        }
        await connection.execute(INSERT_PAIR_LABEL, values)


def judge_name(space: str, thresholds: Thresholds) -> str:
    """What the score of a pair depends on: the space of the vectors, and the grouper's rules."""
    return f"{space}|{thresholds.version}"


def _nearest_sides(side: _Side, members: Sequence[_Side]) -> list[_Side]:
    """The members that are nearest to a comment, itself left out."""
    comparable = [
        one for one in members if one.row.id != side.row.id and one.row.model == side.row.model
    ]
    comparable.sort(key=lambda one: -float(one.member.vector @ side.member.vector))
    return comparable[:PAIR_NEIGHBOURS]


def _judge(
    grouper: DefaultGrouper, side: _Side, neighbours: Sequence[_Side], strangers: Sequence[Member]
) -> Decision:
    """What the grouper says of a comment and its neighbours; the strangers around them tell only
    how much a likeness means there."""
    blocked = frozenset(member.theme_id for member in strangers)
    return grouper.decide(side.member, [*(one.member for one in neighbours), *strangers], blocked)


def _closest(decision: Decision, neighbours: Sequence[_Side]) -> _Side:
    """The neighbour that the decision was made by."""
    closest_id = decision.nearest[0].comment_id
    return next((one for one in neighbours if one.row.id == closest_id), neighbours[0])


async def _label_kinds(
    connection: Connection,
    ids: Sequence[int],
    kind: str,
    activity: int,
    weight: float,
    *,
    was: LockedComment | None = None,
) -> None:
    """``was`` is the comment before its kind was corrected; without it the rows say what they
    were."""
    values: dict[str, object] = {
        "ids": list(ids),
        "kind": kind,
        "activity": activity,
        "weight": weight,
        "was": None,
        "confidence": None,
        "theme": None,
    }
    if was is not None:
        values |= {"was": was.kind, "confidence": was.kind_confidence, "theme": was.theme_id}
    await connection.execute(INSERT_KIND_LABELS, values)


async def _load_sides(connection: Connection, ids: Sequence[int]) -> dict[int, _Side]:
    """Comments with their vectors, by id."""
    rows = await fetch_all(connection, SELECT_PAIR_SIDES, [list(ids)], of=PairSide, binary=True)
    return {row.id: _Side(row, row.as_member(row.vector)) for row in rows}
