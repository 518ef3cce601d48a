"""The versions of a product's own models: listed, promoted, rolled back. One of each sort is
active, or none: then the shipped model serves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.errors import Conflict, Invalid, NotFound
from app.judging.product_models import GROUPING, KIND
from app.storage.advisory import AdvisoryLock, lock_waiting
from app.storage.db import Connection

WHATS = (KIND, GROUPING)
UNCONFIRMED = "rejected_unconfirmed"

LIST = """
    select id, product_id, what, number, base, settings, status, reason, detail, labels, last_label, scores,
           trained_at, trained_by, activated_at
    from product_model
    where product_id = %(product)s and (%(what)s::text is null or what = %(what)s)
    order by what desc, number desc limit %(most)s
"""
ADD = """
    insert into product_model (product_id, what, number, base, weights, settings, status, reason, detail, labels,
                               last_label, scores, trained_by)
    select %(product)s, %(what)s, coalesce(max(number), 0) + 1, %(base)s, %(weights)s, %(settings)s, %(status)s,
           %(reason)s, %(detail)s, %(labels)s, %(last_label)s, %(scores)s, %(actor)s
    from product_model where product_id = %(product)s and what = %(what)s
    returning id
"""
# The active one first gives way: two active ones are never there together.
GIVE_WAY = """
    update product_model set status = 'retired', reason = %(reason)s
    where product_id = %(product)s and what = %(what)s and status = 'active' and id is distinct from %(to)s
"""
PROMOTE = """
    update product_model
    set activated_at = now(), reason = case when status = 'candidate' then reason else 'promoted' end, status = 'active'
    where id = %s
"""
# Back means to the version that served before the active one; none before it is the shipped model.
PREVIOUS = """
    select id from product_model
    where product_id = %(product)s and what = %(what)s and activated_at is not null and status = 'retired'
      and reason <> 'rolled_back'
      and activated_at < (select activated_at from product_model
                          where product_id = %(product)s and what = %(what)s and status = 'active')
    order by activated_at desc limit 1
"""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version. ``scores`` hold ``before``, ``after`` and ``gain`` as they were measured on
    labels kept out."""

    id: int
    product_id: uuid.UUID
    what: str
    number: int
    base: str
    settings: Mapping[str, Any]
    status: str
    reason: str
    detail: str
    labels: int
    last_label: int | None
    scores: Mapping[str, Any]
    trained_at: datetime
    trained_by: str
    activated_at: datetime | None


async def versions(
    connection: Connection, product_id: uuid.UUID, what: str | None = None, most: int = 100
) -> list[ModelVersion]:
    """Every version of a product, newest first."""
    cursor = await connection.execute(LIST, {"product": product_id, "what": what, "most": most})
    return [ModelVersion(**row) for row in await cursor.fetchall()]


async def active_version(
    connection: Connection, product_id: uuid.UUID, what: str
) -> ModelVersion | None:
    """The version in force, or None for the shipped model."""
    found = await versions(connection, product_id, what)
    return next((one for one in found if one.status == "active"), None)


async def add_version(
    connection: Connection,
    product_id: uuid.UUID,
    what: str,
    *,
    base: str,
    weights: bytes,
    settings: Mapping[str, Any],
    status: str,
    reason: str,
    detail: str,
    labels: int,
    last_label: int | None,
    scores: Mapping[str, Any],
    actor: str,
) -> int:
    """Keep a version under the next number; returns its id."""
    values = {
        "product": product_id,
        "what": what,
        "base": base,
        "weights": weights,
        "settings": json.dumps(dict(settings)),
        "status": status,
        "reason": reason,
        "detail": detail,
        "labels": labels,
        "last_label": last_label,
        "scores": json.dumps(dict(scores)),
        "actor": actor,
    }
    row = await (await connection.execute(ADD, values)).fetchone()
    assert row is not None
    return int(row["id"])


async def activate(connection: Connection, product_id: uuid.UUID, what: str, number: int) -> None:
    """Put the version with this id in force; the one before it is retired."""
    await connection.execute(
        GIVE_WAY, {"product": product_id, "what": what, "to": number, "reason": "replaced"}
    )
    await connection.execute(PROMOTE, [number])


async def promote(
    connection: Connection, product_id: uuid.UUID, what: str, number: int, *, anyway: bool = False
) -> ModelVersion:
    """Put the version of this number in force, ``anyway`` also one that was rejected.

    Raises NotFound; Conflict for one that is active, that has nothing to serve, or that was
    rejected (``rejected_unconfirmed``, with the figures).
    """
    check_what(what)
    await _alone(connection, product_id)
    found = next(
        (one for one in await versions(connection, product_id, what) if one.number == number), None
    )
    if found is None:
        raise NotFound(
            f"There is no version {number} of this product's {what} model.",
            reason="model_not_found",
        )
    if found.status == "active":
        raise Conflict(f"Version {number} is active already.", reason="already_active")
    if found.settings.get("empty"):
        raise Conflict(
            f"Version {number} changes nothing: {found.detail}", reason="nothing_to_promote"
        )
    if found.status == "rejected" and not anyway:
        raise Conflict(
            f"{why_not(found)} Confirm that it shall serve all the same.", reason=UNCONFIRMED
        )
    await activate(connection, product_id, what, found.id)
    return found


async def roll_back(
    connection: Connection, product_id: uuid.UUID, what: str
) -> ModelVersion | None:
    """Go back to the version that served before the active one; returns it, or None for the shipped
    model.

    Raises Conflict where the shipped model is in force already.
    """
    check_what(what)
    await _alone(connection, product_id)
    if await active_version(connection, product_id, what) is None:
        raise Conflict(
            f"The shipped {what} model is in force: there is nothing to go back to.",
            reason="nothing_active",
        )
    row = await (
        await connection.execute(PREVIOUS, {"product": product_id, "what": what})
    ).fetchone()
    number = row["id"] if row else None
    await connection.execute(
        GIVE_WAY, {"product": product_id, "what": what, "to": number, "reason": "rolled_back"}
    )
    if number is None:
        return None
    await connection.execute(PROMOTE, [number])
    return await active_version(connection, product_id, what)


def why_not(version: ModelVersion) -> str:
    """By how much a rejected version was worse than what was in force then, or why it was rejected
    where it was not."""
    if not version.scores:
        return f"Version {version.number} was rejected without being measured. {version.detail}"
    before, after, gain = (version.scores[side] for side in ("before", "after", "gain"))
    if version.what == KIND:
        told = f"its score was {100 * after['macro_f1']:.1f} of 100 against {100 * before['macro_f1']:.1f}"
        unit, change, low = "points", 100 * gain["mean"], 100 * gain["low"]
    else:
        told = (
            f"{after['precision']:.0%} of its joins were right against {before['precision']:.0%}, "
            "and it found "
            f"{after['recall']:.0%} of what is the same against {before['recall']:.0%}"
        )
        unit, change, low = "points of net benefit", gain["mean"], gain["low"]
    verdict = (
        "no better"
        if abs(change) < 0.05
        else f"{abs(change):.1f} {unit} {'better' if change > 0 else 'worse'}"
    )
    if change >= 0.05 and low < 0:
        verdict += f", which may be chance (it may be {-low:.1f} worse)"
    more = "" if version.reason == "not_better" else f" {version.detail}"
    return f"Version {version.number} was rejected: on labels kept out {told} in force then, {verdict}.{more}"


def check_what(what: str) -> None:
    """Raises Invalid for something that is not learned."""
    if what not in WHATS:
        raise Invalid(f"What is learned is {' or '.join(WHATS)}.", reason="what_unknown")


async def _alone(connection: Connection, product_id: uuid.UUID) -> None:
    """Keep two people, or a person and a training, from switching at the same moment."""
    await lock_waiting(connection, AdvisoryLock.model, product_id)
