"""What a product learned and what it could learn from: labels so far, the version in force, and the
history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import NotFound
from app.learning.model_versions import ModelVersion, versions
from app.learning.training import LABELS_MIN
from app.learning.training_queue import being_trained
from app.models.states import Learned
from app.storage.db import Connection

COUNTS = """
    select count(*) filter (where l.weight >= 1 {against}) as corrections,
           count(*) filter (where not (l.weight >= 1 {against})) as confirmations,
           count(*) filter (where l.id > coalesce(%(seen)s, 0)) as fresh
    from {table} l join activity a on a.id = l.activity_id and a.undone_by is null
    where l.product_id = %(product)s
"""
_TABLES = {
    Learned.kind: ("kind_label", "and l.kind <> l.was"),
    Learned.grouping: ("pair_label", ""),
}


@dataclass(frozen=True, slots=True)
class LearningState:
    """One sort of model of one product. ``active`` is None where the shipped model serves.

    ``corrections`` are what people said against or beside the model, ``confirmations`` what they
    let stand or agreed with; ``fresh`` came after the last try. Nothing is tried below ``needed``
    labels. ``training``: a worker was asked.
    """

    product_id: uuid.UUID
    what: str
    corrections: int
    confirmations: int
    fresh: int
    needed: int
    training: bool
    active: ModelVersion | None
    versions: Sequence[ModelVersion]

    @property
    def previous(self) -> ModelVersion | None:
        """What a rollback goes to; None for the shipped model."""
        since = self.active.activated_at if self.active else None
        served = [
            one for one in self.versions if one.status == "retired" and one.reason != "rolled_back"
        ]
        before = [one for one in served if one.activated_at and since and one.activated_at < since]
        return max(before, key=lambda one: one.activated_at or one.trained_at, default=None)

    @property
    def labels(self) -> int:
        """All labels that count."""
        return self.corrections + self.confirmations


async def learning_states(connection: Connection, product_id: uuid.UUID) -> list[LearningState]:
    """The kinds and the grouping of a product. Raises NotFound."""
    found = await (
        await connection.execute("select 1 from product where id = %s", [product_id])
    ).fetchone()
    if found is None:
        raise NotFound("There is no product with this id.", reason="product_not_found")
    asked = await being_trained(connection, product_id)
    states = []
    for what, (table, against) in _TABLES.items():
        known = await versions(connection, product_id, what, most=50)
        statement = COUNTS.format(table=table, against=against)
        seen = known[0].last_label if known else None
        row = await (
            await connection.execute(statement, {"product": product_id, "seen": seen})
        ).fetchone()
        assert row is not None
        active = next((one for one in known if one.status == "active"), None)
        states.append(
            LearningState(
                product_id, what, row["corrections"], row["confirmations"], row["fresh"], LABELS_MIN[what], what in asked,
                active, known,
            )
        )  # fmt: skip
    return states
