"""A product's own models as they serve: the active version of each, read once and picked up with
the next batch."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import structlog

from app.config import settings
from app.judging.chosen_model import encoder_space
from app.storage.db import Connection
from classifiers.contract import UNSURE, Enricher, Enrichment, Grouper
from classifiers.grouping.grouper import DefaultGrouper, Thresholds
from classifiers.kinds.correction import Correction
from classifiers.kinds.kind import KINDS, KindModel, scores_of, strongest
from classifiers.refits.refit_grouping import shifted

log = structlog.get_logger(__name__)

KIND, GROUPING = "kind", "grouping"
ACTIVE = """
    select product_id, id, number, settings from product_model
    where what = %s and status = 'active' and base = %s and product_id = any(%s::uuid[])
"""
WEIGHTS = "select weights from product_model where id = %s"
_KEPT = 64
_corrections: dict[tuple[uuid.UUID, int], Correction | None] = {}


def base_of(enricher: Enricher) -> str:
    """What a correction of kinds depends on: the space of the vectors, the kind heads and what
    reads reports again.

    Not the backend, which differs between machines of one installation, nor what else the enricher
    does.
    """
    heads = [part for part in enricher.version.split("+") if part.startswith(("kind-", "reports-"))]
    return "+".join([enricher.space, *(heads or [enricher.version])])


async def own_kinds(
    connection: Connection,
    enricher: Enricher,
    products: Sequence[uuid.UUID],
    found: Sequence[Enrichment],
) -> tuple[list[Enrichment], list[str]]:
    """The enrichments as their products' own versions see them, and the name of the model that
    judged each.

    ``found`` comes from ``enricher``, ``products`` names the product of each. A version that was
    fitted to another base is left alone, and so is what has a reason: noise and unknown languages
    stay what they are.
    """
    judged, names = list(found), [enricher.version] * len(found)
    cursor = await connection.execute(ACTIVE, [KIND, base_of(enricher), sorted(set(products))])
    for version in await cursor.fetchall():
        correction = await _correction(connection, version["product_id"], version["id"])
        mine = [place for place, product in enumerate(products) if product == version["product_id"]]
        mine = [place for place in mine if found[place].reason in ("", UNSURE)]
        if correction is None or not mine:
            continue
        for place, changed in zip(
            mine, corrected(correction, [found[place] for place in mine]), strict=True
        ):
            judged[place] = changed
            names[place] = f"{enricher.version}+own-{version['number']}"
    return judged, names


def corrected(correction: Correction, found: Sequence[Enrichment]) -> list[Enrichment]:
    """Enrichments with the kinds, scores and confidence that the correction gives."""
    vectors = np.stack([each.vector for each in found])
    rows = correction.probabilities(vectors, shipped_scores(found))
    changed = []
    for each, row in zip(found, rows, strict=True):
        scores = scores_of(row)
        kind, confidence = strongest(scores)
        reason = UNSURE if confidence < correction.unsure_below else ""
        others = [other for other in each.other_kinds if other is not kind]
        changed.append(
            replace(
                each,
                kind=kind,
                confidence=confidence,
                scores=scores,
                reason=reason,
                other_kinds=others,
            )
        )
    return changed


def shipped_scores(found: Sequence[Enrichment]) -> Any:
    """``float64[n, 5]``: the scores as they are stored, in the order of ``KINDS``."""
    return np.array([[each.scores.get(kind, 0.0) for kind in KINDS] for each in found], np.float64)


async def own_grouper(connection: Connection, product_id: uuid.UUID, grouper: Grouper) -> Grouper:
    """The grouper under the product's own thresholds, or the given one where it has none for
    these."""
    if not isinstance(grouper, DefaultGrouper):
        return grouper
    cursor = await connection.execute(ACTIVE, [GROUPING, grouper.thresholds.version, [product_id]])
    version = await cursor.fetchone()
    if version is None:
        return grouper
    return DefaultGrouper(
        shifted(grouper.thresholds, version["settings"]["shifts"], f"own-{version['number']}")
    )


@lru_cache(maxsize=1)
def shipped_thresholds() -> Thresholds:
    """The thresholds that come with the program, or with the heads that the settings name."""
    return Thresholds.read(settings().heads_dir)


@lru_cache(maxsize=2)
def shipped_base(what: str) -> str:
    """What a version of ``what`` depends on as the settings have it; the same as ``base_of``,
    without an encoder."""
    if what == GROUPING:
        return shipped_thresholds().version
    return f"{encoder_space(settings())}+{KindModel(settings().heads_dir).name}"


async def _correction(
    connection: Connection, product_id: uuid.UUID, model_id: int
) -> Correction | None:
    """The weights of a version, unpacked once in this process; None for bytes that cannot be used.

    The product is part of the key because a process may serve two databases, whose versions are
    numbered alike.
    """
    key = product_id, model_id
    if key not in _corrections:
        row = await (await connection.execute(WEIGHTS, [model_id])).fetchone()
        if len(_corrections) >= _KEPT:
            _corrections.clear()
        try:
            _corrections[key] = Correction.unpack(bytes(row["weights"])) if row else None
        except ValueError as error:
            log.error(
                "product_model_unreadable",
                model=model_id,
                reason="weights_unreadable",
                error=str(error),
            )
            _corrections[key] = None
    return _corrections[key]
