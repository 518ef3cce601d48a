"""What a product learned and could learn from: labels, the version in force, and the history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import NotFound
from app.learning.model_versions import ModelVersion, versions
from app.learning.training import LABELS_MIN
from app.learning.training_queue import being_trained
from app.models.states import Learned, ModelStatus
from app.storage.db import Connection
from app.storage.rows import fetch_one

VERSIONS_SHOWN = 50
COUNT_LABELS = {
    # A kind that a person left as it was confirms the model.
    Learned.kind: """
        select count(*) filter (where l.weight >= 1 and l.kind <> l.was) as corrections,
               count(*) filter (where not (l.weight >= 1 and l.kind <> l.was)) as confirmations,
               count(*) filter (where l.id > coalesce(%(last_label)s, 0)) as fresh
        from kind_label l join activity a on a.id = l.activity_id and a.undone_by is null
        where l.product_id = %(product)s
    """,
    Learned.grouping: """
        select count(*) filter (where l.weight >= 1) as corrections,
               count(*) filter (where not (l.weight >= 1)) as confirmations,
               count(*) filter (where l.id > coalesce(%(last_label)s, 0)) as fresh
        from pair_label l join activity a on a.id = l.activity_id and a.undone_by is null
        where l.product_id = %(product)s
    """,
}


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """What people said against or beside the model, what they let stand, and what is new."""

    corrections: int
    confirmations: int
    fresh: int


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
        if self.active is None or self.active.activated_at is None:
            return None
        in_force_since = self.active.activated_at
        earlier = [
            (version.activated_at, version)
            for version in self.versions
            if version.status == ModelStatus.retired
            and version.reason != "rolled_back"
            and version.activated_at is not None
            and version.activated_at < in_force_since
        ]
        return max(earlier, key=lambda pair: pair[0])[1] if earlier else None

    @property
    def labels(self) -> int:
        """All labels that count."""
        return self.corrections + self.confirmations


async def learning_states(connection: Connection, product_id: uuid.UUID) -> list[LearningState]:
    """The kinds and the grouping of a product. Raises NotFound."""
    if await fetch_one(connection, "select from product where id = %s", [product_id]) is None:
        raise NotFound("There is no product with this id.", reason="product_not_found")
    in_training = await being_trained(connection, product_id)
    return [
        await _learning_state(connection, product_id, learned, training=learned in in_training)
        for learned in Learned
    ]


async def _learning_state(
    connection: Connection, product_id: uuid.UUID, learned: Learned, *, training: bool
) -> LearningState:
    history = await versions(connection, product_id, learned, most=VERSIONS_SHOWN)
    last_label = history[0].last_label if history else None
    values = {"product": product_id, "last_label": last_label}
    counts = await fetch_one(connection, COUNT_LABELS[learned], values, of=LabelCounts)
    assert counts is not None
    active = next((v for v in history if v.status == ModelStatus.active), None)
    return LearningState(
        product_id=product_id,
        what=learned,
        corrections=counts.corrections,
        confirmations=counts.confirmations,
        fresh=counts.fresh,
        needed=LABELS_MIN[learned],
        training=training,
        active=active,
        versions=history,
    )
