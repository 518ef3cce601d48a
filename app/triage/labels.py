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
from typing import Any

from app.judging.product_models import shipped_thresholds
from app.storage.db import Connection
from app.themes.activity import SYSTEM
from app.themes.candidates import surroundings
from classifiers.contract import UNSURE, Kind, Member
from classifiers.grouping.grouper import DefaultGrouper, pair_class

SAID = 1.0
STOOD = 0.25
"""What it weighs to let something stand."""
PER_ACTIVITY = 5
PER_SIDE = 3
MEMBERS = 200
NEAR = 8

ADD_KINDS = """
    insert into kind_label
        (product_id, comment_id, activity_id, theme_id, version, kind, was, confidence, weight)
    select c.product_id, c.id, %(activity)s, coalesce(%(theme)s, c.theme_id), c.version, %(kind)s,
           coalesce(%(was)s, c.kind), coalesce(%(confidence)s, c.kind_confidence), %(weight)s
    from comment c where c.id = any(%(ids)s::bigint[]) and c.deleted_at is null and c.text <> ''
    on conflict do nothing
"""
SHOWN = """
    select c.id from comment c
    where c.theme_id = %s and c.deleted_at is null and c.kind_by = 'model' and c.kind <> ''
      and (%s or c.kind = %s)
    order by c.kind_confidence, c.id limit %s
"""
JOINED = """
    select c.id from comment c
    where c.theme_id = %s and c.deleted_at is null and c.theme_by = 'model' and c.grouping ->> 'verdict' = 'join'
    order by c.id desc limit %s
"""
SIDE = """
    select c.id, c.theme_id, c.kind, c.kind_reason, left(c.text, 4000) as text, c.version, e.embedding, e.model
    from comment c join comment_embedding e on e.comment_id = c.id
    where c.id = any(%s::bigint[]) and c.deleted_at is null order by c.id
"""
ADD_PAIR = """
    insert into pair_label (product_id, comment_id, activity_id, version, near, same, score, join_at, suggest_at, size,
                            judge, weight)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict do nothing
"""


async def label_comment(
    connection: Connection, comment: dict[str, Any], kind: str, activity: int
) -> None:
    """A person said what one comment is. ``comment`` is its row before that."""
    values = {
        "was": comment["kind"],
        "confidence": comment["kind_confidence"],
        "theme": comment["theme_id"],
    }
    await _kinds(connection, [comment["id"]], kind, activity, SAID, **values)


async def label_theme(
    connection: Connection, theme_id: uuid.UUID, kind: str, activity: int, *, said: bool
) -> None:
    """A person said what a theme is, or (not ``said``) accepted it as what it was called.

    Those of its comments count that the model was least sure of: they are what the word is about.
    """
    cursor = await connection.execute(SHOWN, [theme_id, said, kind, PER_ACTIVITY])
    ids = [row["id"] for row in await cursor.fetchall()]
    await _kinds(connection, ids, kind, activity, SAID / max(len(ids), 1) if said else STOOD)


async def confirm(connection: Connection, theme: dict[str, Any], activity: int, actor: str) -> None:
    """A person accepted a theme: its kind and its joined comments stood. What numbers decided
    teaches nothing."""
    if actor == SYSTEM:
        return
    await label_theme(connection, theme["id"], theme["kind"], activity, said=False)
    joined = [
        row["id"]
        for row in await (await connection.execute(JOINED, [theme["id"], PER_SIDE])).fetchall()
    ]
    members = await members_of(connection, theme["id"])
    await label_pairs(
        connection, theme["product_id"], joined, members, activity, same=True, weight=STOOD
    )


async def label_pairs(
    connection: Connection,
    product_id: uuid.UUID,
    comments: Sequence[int],
    members: Sequence[int],
    activity: int,
    *,
    same: bool,
    weight: float = SAID,
) -> None:
    """A person said that ``comments`` say the same as the theme of ``members``, or something else.

    The first three stand for all of them and share the ``weight``; each is scored against the
    others' nearest members as the shipped grouper would.
    """
    chosen = sorted(comments)[:PER_SIDE]
    rows = await _side(connection, [*chosen, *sorted(set(members) - set(chosen))[-MEMBERS:]])
    grouper = DefaultGrouper(shipped_thresholds())
    asked = [rows[number] for number in chosen if number in rows]
    crowd = await surroundings(connection, product_id, [one["id"] for one in asked])
    home = {str(row["theme_id"]) for row in rows.values()}
    for one in asked:
        around = [row for row in rows.values() if row["id"] in members and row["id"] != one["id"]]
        around = [row for row in around if row["model"] == one["model"]]
        near = sorted(around, key=lambda row: -float(row["member"].vector @ one["member"].vector))[
            :NEAR
        ]
        if not near:
            continue
        others = [member for member in crowd.get(one["id"], []) if member.theme_id not in home]
        blocked = frozenset(member.theme_id for member in others)
        decision = grouper.decide(
            one["member"], [*(row["member"] for row in near), *others], blocked
        )
        closest = next(
            (row for row in near if row["id"] == decision.nearest[0].comment_id), near[0]
        )
        values = [
            product_id,
            one["id"],
            activity,
            one["version"],
            json.dumps({str(row["id"]): row["version"] for row in near}),
            same,
            decision.score,
            decision.join_at,
            decision.suggest_at,
            pair_class(one["text"], closest["text"]),
            judge_name(one["model"]),
            weight / len(asked),
        ]
        await connection.execute(ADD_PAIR, values)


async def members_of(connection: Connection, theme_id: uuid.UUID) -> list[int]:
    """The comments of a theme that are still there."""
    cursor = await connection.execute(
        "select id from comment where theme_id = %s and deleted_at is null order by id", [theme_id]
    )
    return [row["id"] for row in await cursor.fetchall()]


def judge_name(space: str) -> str:
    """What the score of a pair depends on: the space of the vectors, and the grouper's rules."""
    return f"{space}|{shipped_thresholds().version}"


async def _kinds(
    connection: Connection,
    ids: Sequence[int],
    kind: str,
    activity: int,
    weight: float,
    *,
    was: str | None = None,
    confidence: float | None = None,
    theme: uuid.UUID | None = None,
) -> None:
    values = {"was": was, "confidence": confidence, "theme": theme, "weight": weight}
    await connection.execute(
        ADD_KINDS, {"ids": list(ids), "kind": kind, "activity": activity, **values}
    )


async def _side(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Comments with their vectors, by id, as the grouper reads them: all of one theme, whichever
    they are in."""
    cursor = await connection.execute(SIDE, [list(ids)], binary=True)
    rows = await cursor.fetchall()
    for row in rows:
        kind = Kind(row["kind"] or "other")
        vector = row["embedding"].to_numpy().astype("float32")
        row["member"] = Member(
            row["id"], "theme", kind, row["text"], vector, row["kind_reason"] != UNSURE
        )
    return {row["id"]: row for row in rows}
