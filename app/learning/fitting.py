"""Fits a product's kinds and thresholds to its labels, and measures them on labels kept out."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.judging.product_models import base_of
from app.learning import labelled, labelled_pairs
from app.learning.labelled import KindLabelled
from app.learning.model_versions import active_version
from app.models.states import Learned
from app.storage.db import Database
from classifiers.contract import Enricher, Enrichment
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.doubt import unsure_below_in
from classifiers.refits.refit_grouping import NO_SHIFTS, GroupingTrial, try_grouping
from classifiers.refits.refit_kind import KindTrial, try_kind


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of a fit: ``reason`` says whether it shall serve, ``scores`` are empty where there
    were too few labels to measure."""

    reason: str
    labels: int
    weights: bytes
    settings: Mapping[str, Any]
    scores: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _KindsInForce:
    """``fitted_until`` is the newest label that the correction in force knows; None where there is
    none."""

    unsure_below: float
    fitted_until: int | None


async def fit_kind(database: Database, enricher: Enricher, product_id: uuid.UUID) -> Fitted:
    """A correction of the kinds. The model reads every text anew, a few at a time."""
    async with database.transaction() as connection:
        labels = await labelled.kind_labels(connection, product_id)
        unlabelled_texts = await labelled.unlabelled(connection, product_id)
        active = await active_version(connection, product_id, Learned.kind)
    strictest = float(getattr(enricher, "unsure_below", 0.0))
    shipped = unsure_below_in(enricher, _commonest_sort(labels), strictest)
    in_force = _KindsInForce(shipped, None)
    if active is not None and active.base == base_of(enricher):
        in_force = _KindsInForce(
            float(active.settings["unsure_below"]),
            active.settings.get("fitted_until", active.last_label),
        )
    texts = [label.text for label in labels] + unlabelled_texts
    enrichments = await labelled.understood(enricher, texts)
    return await asyncio.to_thread(_fit_kind_now, labels, unlabelled_texts, enrichments, in_force)


def _commonest_sort(labels: Sequence[KindLabelled]) -> str:
    """Of the places that the labelled comments were said in; blank without any."""
    (most, _), *_ = Counter(label.sort for label in labels).most_common(1) or [("", 0)]
    return most


def _fit_kind_now(
    labels: Sequence[KindLabelled],
    unlabelled_texts: Sequence[str],
    enrichments: Sequence[Enrichment],
    in_force: _KindsInForce,
) -> Fitted:
    data, label_ids = labelled.examples_of(labels, unlabelled_texts, enrichments)
    seen_before = None if in_force.fitted_until is None else label_ids <= in_force.fitted_until
    trial = try_kind(data, seen_before, in_force.unsure_below)
    correction = trial.correction
    # One that is only surer keeps the correction in force, and what that was fitted to.
    surer = trial.reason == "surer"
    unsure_below = correction.unsure_below if correction else in_force.unsure_below
    newest_label = max((label.id for label in labels), default=None)
    settings = {
        "unsure_below": unsure_below,
        "empty": not surer and (correction is None or not len(correction.centres)),
        "fitted_until": in_force.fitted_until if surer else newest_label,
    }
    scores = _measured(trial)
    if scores:
        scores["changed"] = trial.changed
        scores["unsure_below"] = {"before": in_force.unsure_below, "after": unsure_below}
    weights = correction.pack() if correction else b""
    return Fitted(trial.reason, trial.labels, weights, settings, scores)


async def fit_grouping(database: Database, thresholds: Thresholds, product_id: uuid.UUID) -> Fitted:
    """Shifts of the shipped ``thresholds``."""
    async with database.transaction() as connection:
        labels = await labelled_pairs.pair_labels(connection, product_id, thresholds)
        active = await active_version(connection, product_id, Learned.grouping)
    shifts, seen_before = NO_SHIFTS, None
    if active is not None and active.base == thresholds.version:
        shifts = active.settings["shifts"]
        seen_before = np.array([label.id <= (active.last_label or 0) for label in labels], bool)
    pairs = labelled_pairs.pairs_of(labels)
    trial = await asyncio.to_thread(try_grouping, pairs, shifts, seen_before)
    settings = {
        "shifts": {name: dict(shift) for name, shift in trial.shifts.items()},
        "empty": not any(trial.shifts.values()),
    }
    return Fitted(trial.reason, trial.labels, b"", settings, _measured(trial))


def _measured(trial: KindTrial | GroupingTrial) -> dict[str, Any]:
    """The scores before and after, and what was gained; empty where nothing was measured."""
    if trial.before is None or trial.after is None or trial.gain is None:
        return {}
    return {
        "before": asdict(trial.before),
        "after": asdict(trial.after),
        "gain": asdict(trial.gain),
    }
