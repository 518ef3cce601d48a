"""Whether training again could come to anything new: the labels, the shipped model and what is in
force decide that."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.learning import labelled, labelled_pairs
from app.learning.model_versions import ModelVersion, versions
from app.models.states import Learned, ModelStatus
from app.storage.db import Connection
from app.storage.rows import fetch_value

NOTHING_NEW = "nothing_new"
SELECT_NEWEST_LABEL: Mapping[Learned, str] = {
    Learned.kind: "select max(id) as newest from kind_label where product_id = %s",
    Learned.grouping: "select max(id) as newest from pair_label where product_id = %s",
}
REMEDIES_BY_MODEL: Mapping[Learned, str] = {
    Learned.kind: "correct or confirm kinds",
    Learned.grouping: "merge, split or answer suggestions",
}
STATUS_CLAUSES: Mapping[ModelStatus, str] = {
    ModelStatus.active: "which is in force",
    ModelStatus.candidate: "which waits to be put in force",
    ModelStatus.retired: "which served before",
    ModelStatus.rejected: "which was rejected",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a training learns from: ``digest`` of the labels that count, ``newest`` of all label
    ids, the shipped model ``base``, the number of the version that is ``in_force`` over it, and the
    ``last`` version of all."""

    digest: str
    newest: int | None
    base: str
    in_force: int | None
    last: ModelVersion | None

    @property
    def settings(self) -> dict[str, Any]:
        """What the version keeps of it, to be recognised by."""
        return {"labels_digest": self.digest, "compared_with": self.in_force}

    @property
    def known(self) -> ModelVersion | None:
        """The last version where it came of this very lesson, so that training again would only
        repeat it."""
        last = self.last
        if last is None or last.base != self.base:
            return None
        if last.settings.get("labels_digest") != self.digest:
            return None
        if self.in_force not in (last.number, last.settings.get("compared_with")):
            return None
        return last


async def lesson(
    connection: Connection, product_id: uuid.UUID, learned: Learned, base: str
) -> Lesson:
    """What there is to learn now. Read it before the labels themselves: one that comes in between
    counts as new."""
    newest_label = await fetch_value(connection, SELECT_NEWEST_LABEL[learned], [product_id])
    newest_first = await versions(connection, product_id, learned)
    in_force = [
        version.number
        for version in newest_first
        if version.status is ModelStatus.active and version.base == base
    ]
    read_facts = _kind_facts if learned is Learned.kind else _pair_facts
    digest = _digest(await read_facts(connection, product_id))
    return Lesson(
        digest,
        newest_label,
        base,
        in_force[0] if in_force else None,
        newest_first[0] if newest_first else None,
    )


async def unchanged_since(
    connection: Connection, product_id: uuid.UUID, learned: Learned, base: str
) -> ModelVersion | None:
    """The last version where training again would only repeat it, else None."""
    current = await lesson(connection, product_id, learned, base)
    return current.known


def sentence(version: ModelVersion) -> str:
    """Why there is nothing to train, and what would change that."""
    remedy = REMEDIES_BY_MODEL[version.what]
    return (
        f"Nothing changed since version {version.number}, {STATUS_CLAUSES[version.status]}: it "
        f"learned from the same labels over the same shipped model; {remedy}, then train again."
    )


async def _kind_facts(connection: Connection, product_id: uuid.UUID) -> Iterable[tuple[Any, ...]]:
    labels = await labelled.kind_labels(connection, product_id)
    return ((label.kind, label.weight, str(label.theme_id), label.text) for label in labels)


async def _pair_facts(connection: Connection, product_id: uuid.UUID) -> Iterable[tuple[Any, ...]]:
    pairs = await labelled_pairs.stored_pairs(connection, product_id)
    return (
        (pair.activity_id, pair.comment_id, pair.version, pair.near, pair.same, pair.weight)
        for pair in pairs
    )


def _digest(facts: Iterable[tuple[Any, ...]]) -> str:
    """SHA-256 of the facts in whatever order."""
    lines = sorted(json.dumps(fact, sort_keys=True) for fact in facts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
