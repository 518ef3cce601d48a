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
from app.models.states import Learned, ModelStatus
from app.storage.advisory import AdvisoryLock, lock_waiting
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value

VERSION_UNCONFIRMED = "rejected_unconfirmed"
CHANCE_POINTS = 0.05
"""A smaller change than this is told as none."""

SELECT_VERSIONS = """
    select id, product_id, what, number, base, settings, status, reason, detail, labels,
           last_label, scores, trained_at, trained_by, activated_at
    from product_model
    where product_id = %(product)s and (%(what)s::text is null or what = %(what)s)
    order by what desc, number desc limit %(most)s
"""
INSERT_VERSION = """
    insert into product_model (
        product_id, what, number, base, weights, settings, status, reason, detail,
        labels, last_label, scores, trained_by
    )
    select %(product)s, %(what)s, coalesce(max(number), 0) + 1, %(base)s, %(weights)s,
           %(settings)s, %(status)s, %(reason)s, %(detail)s, %(labels)s, %(last_label)s,
           %(scores)s, %(actor)s
    from product_model where product_id = %(product)s and what = %(what)s
    returning id
"""
# The active one first gives way: two active ones are never there together.
RETIRE_ACTIVE = """
    update product_model set status = 'retired', reason = %(reason)s
    where product_id = %(product)s and what = %(what)s and status = 'active'
      and id is distinct from %(to)s
"""
ACTIVATE = """
    update product_model
    set activated_at = now(), status = 'active',
        reason = case when status = 'candidate' then reason else 'promoted' end
    where id = %s
"""
# Back means to the version that served before the active one; none before it is the shipped model.
SELECT_PREVIOUS = """
    select id from product_model
    where product_id = %(product)s and what = %(what)s and activated_at is not null
      and status = 'retired' and reason <> 'rolled_back'
      and activated_at < (
        select activated_at from product_model
        where product_id = %(product)s and what = %(what)s and status = 'active'
      )
    order by activated_at desc limit 1
"""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version. ``scores`` hold ``before``, ``after`` and ``gain`` as they were measured on
    labels kept out."""

    id: int
    product_id: uuid.UUID
    what: Learned
    number: int
    base: str
    settings: Mapping[str, Any]
    status: ModelStatus
    reason: str
    detail: str
    labels: int
    last_label: int | None
    scores: Mapping[str, Any]
    trained_at: datetime
    trained_by: str
    activated_at: datetime | None


async def versions(
    connection: Connection, product_id: uuid.UUID, learned: Learned | None = None, most: int = 100
) -> list[ModelVersion]:
    """Every version of a product, newest first."""
    values = {"product": product_id, "what": learned, "most": most}
    return await fetch_all(connection, SELECT_VERSIONS, values, of=ModelVersion)


async def active_version(
    connection: Connection, product_id: uuid.UUID, learned: Learned
) -> ModelVersion | None:
    """The version in force, or None for the shipped model."""
    for version in await versions(connection, product_id, learned):
        if version.status is ModelStatus.active:
            return version
    return None


async def add_version(
    connection: Connection,
    product_id: uuid.UUID,
    learned: Learned,
    *,
    base: str,
    weights: bytes,
    settings: Mapping[str, Any],
    status: ModelStatus,
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
        "what": learned,
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
    return int(await fetch_value(connection, INSERT_VERSION, values))


async def activate(
    connection: Connection, product_id: uuid.UUID, learned: Learned, version_id: int
) -> None:
    """Put the version with this id in force; the one before it is retired."""
    values = {"product": product_id, "what": learned, "to": version_id, "reason": "replaced"}
    await connection.execute(RETIRE_ACTIVE, values)
    await connection.execute(ACTIVATE, [version_id])


async def promote(
    connection: Connection,
    product_id: uuid.UUID,
    learned_name: str,
    number: int,
    *,
    anyway: bool = False,
) -> ModelVersion:
    """Put the version of this number in force, ``anyway`` also one that was rejected.

    Raises NotFound; Conflict for one that is active, that has nothing to serve, or that was
    rejected (``rejected_unconfirmed``, with the figures).
    """
    learned = checked_learned(learned_name)
    await _lock(connection, product_id)
    for version in await versions(connection, product_id, learned):
        if version.number == number:
            _require_promotable(version, anyway=anyway)
            await activate(connection, product_id, learned, version.id)
            return version
    raise NotFound(
        f"There is no version {number} of this product's {learned} model.",
        reason="model_not_found",
    )


def _require_promotable(version: ModelVersion, *, anyway: bool) -> None:
    number = version.number
    if version.status is ModelStatus.active:
        raise Conflict(f"Version {number} is active already.", reason="already_active")
    if version.settings.get("empty"):
        raise Conflict(
            f"Version {number} changes nothing: {version.detail}", reason="nothing_to_promote"
        )
    if version.status is ModelStatus.rejected and not anyway:
        raise Conflict(
            f"{why_not(version)} Confirm that it shall serve all the same.",
            reason=VERSION_UNCONFIRMED,
        )


async def roll_back(
    connection: Connection, product_id: uuid.UUID, learned_name: str
) -> ModelVersion | None:
    """Go back to the version that served before the active one; returns it, or None for the shipped
    model.

    Raises Conflict where the shipped model is in force already.
    """
    learned = checked_learned(learned_name)
    await _lock(connection, product_id)
    if await active_version(connection, product_id, learned) is None:
        raise Conflict(
            f"The shipped {learned} model is in force: there is nothing to go back to.",
            reason="nothing_active",
        )
    values = {"product": product_id, "what": learned}
    previous_id = await fetch_value(connection, SELECT_PREVIOUS, values)
    await connection.execute(RETIRE_ACTIVE, {**values, "to": previous_id, "reason": "rolled_back"})
    if previous_id is None:
        return None
    await connection.execute(ACTIVATE, [previous_id])
    return await active_version(connection, product_id, learned)


def why_not(version: ModelVersion) -> str:
    """By how much a rejected version was worse than what was in force then, or why it was rejected
    where it was not."""
    if not version.scores:
        return f"Version {version.number} was rejected without being measured. {version.detail}"
    explain = _compare_kinds if version.what is Learned.kind else _compare_grouping
    detail = "" if version.reason == "not_better" else f" {version.detail}"
    return (
        f"Version {version.number} was rejected: on labels kept out {explain(version.scores)}."
        f"{detail}"
    )


def _compare_kinds(scores: Mapping[str, Any]) -> str:
    previous, fitted, gain = scores["before"], scores["after"], scores["gain"]
    verdict = _verdict("points", 100 * gain["mean"], 100 * gain["low"])
    return (
        f"its score was {100 * fitted['macro_f1']:.1f} of 100 against "
        f"{100 * previous['macro_f1']:.1f} in force then, {verdict}"
    )


def _compare_grouping(scores: Mapping[str, Any]) -> str:
    previous, fitted, gain = scores["before"], scores["after"], scores["gain"]
    verdict = _verdict("points of net benefit", gain["mean"], gain["low"])
    return (
        f"{fitted['precision']:.0%} of its joins were right against {previous['precision']:.0%}, "
        f"and it found {fitted['recall']:.0%} of what is the same against "
        f"{previous['recall']:.0%} in force then, {verdict}"
    )


def _verdict(unit: str, change: float, low: float) -> str:
    """The change in words; ``low`` is the lower end of what it may be.

    =======  =======  ==========================================================
    change   low
    =======  =======  ==========================================================
    0.01     -1.0     no better
    -2.0     -3.0     2.0 points worse
    2.0      0.5      2.0 points better
    2.0      -1.0     2.0 points better, which may be chance (it may be 1.0 worse)
    =======  =======  ==========================================================
    """
    if abs(change) < CHANCE_POINTS:
        return "no better"
    if change < 0:
        return f"{-change:.1f} {unit} worse"
    verdict = f"{change:.1f} {unit} better"
    if low < 0:
        verdict += f", which may be chance (it may be {-low:.1f} worse)"
    return verdict


def checked_learned(learned_name: str) -> Learned:
    """What is learned, by its name. Raises Invalid for something that is not."""
    try:
        return Learned(learned_name)
    except ValueError:
        raise Invalid(
            f"What is learned is {' or '.join(Learned)}.", reason="what_unknown"
        ) from None


async def _lock(connection: Connection, product_id: uuid.UUID) -> None:
    """Keep two people, or a person and a training, from switching at the same moment."""
    await lock_waiting(connection, AdvisoryLock.model, product_id)
