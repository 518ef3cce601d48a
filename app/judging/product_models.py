"""A product's own models as they serve: the active versions, picked up with the next batch."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from app.config import Settings
from app.judging.chosen_model import encoder_space, heads_folder
from app.models.states import Learned
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from classifiers.contract import UNSURE, Enricher, Enrichment, Grouper, Kind
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.thresholds import Boldness, Thresholds
from classifiers.kinds.correction import Correction
from classifiers.kinds.kind import KINDS, KindModel, scores_of, strongest
from classifiers.refits.refit_grouping import shifted

log = structlog.get_logger(__name__)

SELECT_ACTIVE_VERSIONS = """
    select product_id, id, number, settings from product_model
    where what = %s and status = 'active' and base = %s and product_id = any(%s::uuid[])
"""
SELECT_BOLDNESS = "select boldness from product where id = %s"
SELECT_WEIGHTS = "select weights from product_model where id = %s"
HEADS_OF_KINDS = ("kind-", "troubles-", "reports-")
"""What the parts of an enricher's version start with that kinds depend on."""
CORRECTIONS_MAX = 64
_corrections: dict[tuple[uuid.UUID, int], Correction | None] = {}


@dataclass(frozen=True, slots=True)
class _ActiveVersion:
    product_id: uuid.UUID
    id: int
    number: int
    settings: Mapping[str, Any]


def base_of(enricher: Enricher) -> str:
    """What a correction of kinds depends on: the space of the vectors, the kind heads, what hears
    trouble and what reads reports again.

    Not the backend, which differs between machines of one installation, nor what else the enricher
    does.
    """
    heads = [part for part in enricher.version.split("+") if part.startswith(HEADS_OF_KINDS)]
    return "+".join([enricher.space, *(heads or [enricher.version])])


async def own_kinds(
    connection: Connection,
    enricher: Enricher,
    products: Sequence[uuid.UUID],
    enrichments: Sequence[Enrichment],
) -> tuple[list[Enrichment], list[str]]:
    """The enrichments as their products' own versions see them, and the name of the model that
    judged each.

    ``enrichments`` come from ``enricher``, ``products`` names the product of each. A version that
    was fitted to another base is left alone, and so is what has a reason: noise and unknown
    languages stay what they are.
    """
    judged, judges = list(enrichments), [enricher.version] * len(enrichments)
    values = [Learned.kind, base_of(enricher), sorted(set(products))]
    versions = await fetch_all(connection, SELECT_ACTIVE_VERSIONS, values, of=_ActiveVersion)
    for version in versions:
        correction = await _correction(connection, version)
        positions = [
            position
            for position, product_id in enumerate(products)
            if product_id == version.product_id and enrichments[position].reason in ("", UNSURE)
        ]
        if correction is None or not positions:
            continue
        changed = corrected(correction, [enrichments[position] for position in positions])
        for position, enrichment in zip(positions, changed, strict=True):
            judged[position] = enrichment
            judges[position] = f"{enricher.version}+own-{version.number}"
    return judged, judges


def corrected(correction: Correction, enrichments: Sequence[Enrichment]) -> list[Enrichment]:
    """Enrichments with the kinds, scores and confidence that the correction gives."""
    vectors = np.stack([enrichment.vector for enrichment in enrichments])
    probabilities = correction.probabilities(vectors, shipped_scores(enrichments))
    return [
        _with_scores(enrichment, scores_of(row), correction.unsure_below)
        for enrichment, row in zip(enrichments, probabilities, strict=True)
    ]


def _with_scores(
    enrichment: Enrichment, scores: Mapping[Kind, float], unsure_below: float
) -> Enrichment:
    kind, confidence = strongest(scores)
    return replace(
        enrichment,
        kind=kind,
        confidence=confidence,
        scores=scores,
        reason=UNSURE if confidence < unsure_below else "",
        other_kinds=[other_kind for other_kind in enrichment.other_kinds if other_kind is not kind],
    )


def shipped_scores(enrichments: Sequence[Enrichment]) -> NDArray[np.float64]:
    """``float64[n, 5]``: the scores as they are stored, in the order of ``KINDS``."""
    return np.array(
        [[enrichment.scores.get(kind, 0.0) for kind in KINDS] for enrichment in enrichments],
        np.float64,
    )


async def own_grouper(connection: Connection, product_id: uuid.UUID, grouper: Grouper) -> Grouper:
    """The grouper at the product's boldness and under its own thresholds, or the given one where it
    has none for these."""
    if not isinstance(grouper, DefaultGrouper):
        return grouper
    boldness = Boldness(await fetch_value(connection, SELECT_BOLDNESS, [product_id]))
    values = [Learned.grouping, grouper.thresholds.version, [product_id]]
    version = await fetch_one(connection, SELECT_ACTIVE_VERSIONS, values, of=_ActiveVersion)
    if version is None and boldness is Boldness.balanced:
        return grouper
    thresholds = grouper.thresholds.bold(boldness)
    if version is not None:
        thresholds = shifted(thresholds, version.settings["shifts"], f"own-{version.number}")
    return DefaultGrouper(thresholds)


@lru_cache(maxsize=4)
def shipped_thresholds(heads_dir: Path | None) -> Thresholds:
    """The thresholds that come with the program, or with the heads in ``heads_dir``."""
    return Thresholds.read(heads_dir)


def shipped_base(learned: Learned, settings: Settings) -> str:
    """What a version of ``learned`` depends on as the settings have it; the same as ``base_of``,
    without an encoder."""
    if learned is Learned.grouping:
        return shipped_thresholds(heads_folder(settings)).version
    return f"{encoder_space(settings)}+{_kind_heads_name(heads_folder(settings))}"


@lru_cache(maxsize=4)
def _kind_heads_name(heads_dir: Path | None) -> str:
    return KindModel(heads_dir).name


async def _correction(connection: Connection, version: _ActiveVersion) -> Correction | None:
    """The weights of a version, unpacked once in this process; None for bytes that cannot be used.

    The product is part of the key because a process may serve two databases, whose versions are
    numbered alike.
    """
    key = version.product_id, version.id
    if key not in _corrections:
        weights = await fetch_value(connection, SELECT_WEIGHTS, [version.id])
        if len(_corrections) >= CORRECTIONS_MAX:
            _corrections.clear()
        _corrections[key] = None if weights is None else _unpacked(version, bytes(weights))
    return _corrections[key]


def _unpacked(version: _ActiveVersion, weights: bytes) -> Correction | None:
    try:
        return Correction.unpack(weights)
    except ValueError as error:
        log.error(
            "product_model_unreadable",
            product=str(version.product_id),
            model=version.id,
            reason="weights_unreadable",
            error=str(error),
        )
        return None
