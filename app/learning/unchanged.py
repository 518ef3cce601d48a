"""Whether training again could come to anything new: the labels, the shipped model and what is in
force decide that."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.judging.product_models import KIND
from app.learning import labelled
from app.learning.model_versions import ModelVersion, check_what, versions
from app.storage.db import Connection

NOTHING_NEW = "nothing_new"
NEWEST = {
    KIND: "select max(id) as newest from kind_label where product_id = %s",
    "grouping": "select max(id) as newest from pair_label where product_id = %s",
}
_STATUSES = {
    "active": "which is in force",
    "candidate": "which waits to be put in force",
    "retired": "which served before",
    "rejected": "which was rejected",
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
        if (
            last is None
            or last.base != self.base
            or last.settings.get("labels_digest") != self.digest
        ):
            return None
        return last if self.in_force in (last.number, last.settings.get("compared_with")) else None


async def lesson(connection: Connection, product_id: uuid.UUID, what: str, base: str) -> Lesson:
    """What there is to learn now. Read it before the labels themselves: one that comes in between
    counts as new."""
    row = await (await connection.execute(NEWEST[what], [product_id])).fetchone()
    assert row is not None
    found = await versions(connection, product_id, what)
    active = next((one for one in found if one.status == "active" and one.base == base), None)
    facts = await (_kind_facts if what == KIND else _pair_facts)(connection, product_id)
    return Lesson(
        _digest(facts),
        row["newest"],
        base,
        active.number if active else None,
        found[0] if found else None,
    )


async def unchanged_since(
    connection: Connection, product_id: uuid.UUID, what: str, base: str
) -> ModelVersion | None:
    """The last version where training again would only repeat it, else None. Raises Invalid for
    another ``what``."""
    check_what(what)
    return (await lesson(connection, product_id, what, base)).known


def sentence(version: ModelVersion) -> str:
    """Why there is nothing to train, and what would change that."""
    more = (
        "correct or confirm kinds" if version.what == KIND else "merge, split or answer suggestions"
    )
    return (
        f"Nothing changed since version {version.number}, {_STATUSES[version.status]}: it learned "
        "from the same labels "
        f"over the same shipped model; {more}, then train again."
    )


async def _kind_facts(connection: Connection, product_id: uuid.UUID) -> Iterable[tuple[Any, ...]]:
    labels = await labelled.kind_labels(connection, product_id)
    return ((one.kind, one.weight, str(one.theme_id), one.text) for one in labels)


async def _pair_facts(connection: Connection, product_id: uuid.UUID) -> Iterable[tuple[Any, ...]]:
    cursor = await connection.execute(labelled.PAIR_LABELS, [product_id, labelled.MOST_LABELS])
    names = ("activity_id", "comment_id", "version", "near", "same", "weight")
    return [tuple(row[name] for name in names) for row in await cursor.fetchall()]


def _digest(facts: Iterable[tuple[Any, ...]]) -> str:
    """SHA-256 of the facts in whatever order."""
    lines = sorted(json.dumps(fact, sort_keys=True) for fact in facts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
