"""Learns a product's own kinds and thresholds from its labels, and puts them in force where they
are better."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from app.errors import Conflict
from app.judging.product_models import GROUPING, KIND, base_of, shipped_thresholds
from app.learning import labelled, model_versions, unchanged
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Connection, Database
from classifiers.contract import Enricher
from classifiers.refits import refit_grouping, refit_kind
from classifiers.refits.refit_grouping import NO_SHIFTS, try_grouping
from classifiers.refits.refit_kind import try_kind

LEAST: Mapping[str, int] = {
    KIND: refit_kind.LEAST_KIND_LABELS,
    GROUPING: refit_grouping.LEAST_GROUPING_LABELS,
}
"""Labels without which nothing is tried."""
GOOD = ("better", "surer")
"""Reasons for which a version serves."""
SENTENCES: Mapping[str, str] = {
    "better": "It is better on labels that were kept out.",
    "surer": "Kinds stay as they are, and more of them are trusted: nine of ten are right from a lower confidence on.",
    "too_few_labels": "Too many of the labels are of the same themes, or of one answer, to learn from and to judge by; "
    "go on correcting.",
    "nothing_learned": "The labels lead to nothing but what is in force.",
    "changes_too_much": "It would change the kind of more than half of the comments that nobody corrected.",
    "not_better": "On labels that were kept out it is not clearly better than what is in force.",
    "labels_contradict": "What people called the same is no likelier than what they called different: no threshold "
    "can follow that.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training came to. ``reason`` is one of GOOD or why nothing changed, ``detail`` the
    sentence for it.

    ``version`` is the number under which it is kept, None for a dry run or where there was nothing
    to keep. Where the reason is ``nothing_new``, it names the version that learned the same, with
    its scores.
    """

    what: str
    reason: str
    detail: str
    labels: int
    promoted: bool = False
    version: int | None = None
    scores: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Fitted:
    reason: str
    labels: int
    weights: bytes
    settings: Mapping[str, Any]
    scores: Mapping[str, Any]


async def train(
    database: Database,
    enricher: Enricher,
    product_id: uuid.UUID,
    what: str,
    *,
    actor: str,
    dry_run: bool = False,
    hold: bool = False,
) -> Outcome:
    """Fit ``what`` (kind or grouping) to the product's labels; promote it where it is better on
    labels kept out.

    ``dry_run`` keeps nothing, ``hold`` keeps it as a candidate that a person may promote. Nothing
    is fitted where the last version learned from the same labels (``nothing_new``). Raises Invalid
    for another ``what``; Conflict (``training_running``) where the product is being trained.
    """
    model_versions.check_what(what)
    async with _alone(database, product_id):
        async with database.transaction() as connection:
            lesson = await unchanged.lesson(connection, product_id, what, base(enricher, what))
        if known := lesson.known:
            told = unchanged.sentence(known)
            return Outcome(
                what,
                unchanged.NOTHING_NEW,
                told,
                known.labels,
                version=known.number,
                scores=known.scores,
            )
        fitted = await (_fit_kind if what == KIND else _fit_grouping)(
            database, enricher, product_id
        )
        few, detail = fitted.labels < LEAST[what], SENTENCES[fitted.reason]
        if few:
            detail = (
                f"At least {LEAST[what]} labels of different themes are needed; go on correcting."
            )
        outcome = Outcome(what, fitted.reason, detail, fitted.labels, scores=fitted.scores)
        if dry_run or few:
            return outcome
        async with database.transaction() as connection:
            return await _keep(connection, product_id, outcome, fitted, lesson, actor, hold)


def base(enricher: Enricher, what: str) -> str:
    """The shipped model that a version of ``what`` corrects."""
    return base_of(enricher) if what == KIND else shipped_thresholds().version


async def _keep(
    connection: Connection,
    product_id: uuid.UUID,
    outcome: Outcome,
    fitted: _Fitted,
    lesson: unchanged.Lesson,
    actor: str,
    hold: bool,
) -> Outcome:
    better = fitted.reason in GOOD
    number = await model_versions.add_version(
        connection,
        product_id,
        outcome.what,
        base=lesson.base,
        weights=fitted.weights,
        settings={**fitted.settings, **lesson.settings},
        status="candidate" if better else "rejected",
        reason=fitted.reason,
        detail=outcome.detail,
        labels=fitted.labels,
        last_label=lesson.newest,
        scores=fitted.scores,
        actor=actor,
    )
    if better and not hold:
        await model_versions.activate(connection, product_id, outcome.what, number)
    kept = next(
        one
        for one in await model_versions.versions(connection, product_id, outcome.what)
        if one.id == number
    )
    return Outcome(
        outcome.what,
        outcome.reason,
        outcome.detail,
        outcome.labels,
        better and not hold,
        kept.number,
        outcome.scores,
    )


async def _fit_kind(database: Database, enricher: Enricher, product_id: uuid.UUID) -> _Fitted:
    async with database.transaction() as connection:
        labels = await labelled.kind_labels(connection, product_id)
        rest = await labelled.unlabelled(connection, product_id)
        active = await model_versions.active_version(connection, product_id, KIND)
    in_force = float(getattr(enricher, "unsure_below", 0.0))
    known_until = None
    if active is not None and active.base == base_of(enricher):
        in_force = float(active.settings["unsure_below"])
        known_until = active.settings.get("fitted_until", active.last_label)

    found = await labelled.understood(enricher, [one.text for one in labels] + rest)

    def work() -> _Fitted:
        data, ids = labelled.examples_of(labels, rest, found)
        known = None if known_until is None else ids <= known_until
        trial = try_kind(data, known, in_force)
        correction = trial.correction
        settings = {
            "unsure_below": correction.unsure_below if correction else in_force,
            "empty": trial.reason != "surer"
            and (correction is None or not len(correction.centres)),
            "fitted_until": known_until
            if trial.reason == "surer"
            else max((one.id for one in labels), default=None),
        }
        scores = {} if trial.before is None or trial.after is None or trial.gain is None else {
            "before": asdict(trial.before), "after": asdict(trial.after), "gain": asdict(trial.gain),
            "changed": trial.changed, "unsure_below": {"before": in_force, "after": settings["unsure_below"]},
        }  # fmt: skip
        packed = correction.pack() if correction else b""
        return _Fitted(trial.reason, trial.labels, packed, settings, scores)

    return await asyncio.to_thread(work)


async def _fit_grouping(database: Database, enricher: Enricher, product_id: uuid.UUID) -> _Fitted:
    async with database.transaction() as connection:
        labels = await labelled.pair_labels(connection, product_id)
        active = await model_versions.active_version(connection, product_id, GROUPING)
    shifts, known = NO_SHIFTS, None
    if active is not None and active.base == shipped_thresholds().version:
        shifts = active.settings["shifts"]
        known = np.array([one.id <= (active.last_label or 0) for one in labels], bool)
    data = labelled.pairs_of(labels)
    trial = await asyncio.to_thread(try_grouping, data, shifts, known)
    scores = {} if trial.before is None or trial.after is None or trial.gain is None else {
        "before": asdict(trial.before), "after": asdict(trial.after), "gain": asdict(trial.gain),
    }  # fmt: skip
    empty = not any(trial.shifts.values())
    settings = {
        "shifts": {name: dict(moved) for name, moved in trial.shifts.items()},
        "empty": empty,
    }
    return _Fitted(trial.reason, trial.labels, b"", settings, scores)


@asynccontextmanager
async def _alone(database: Database, product_id: uuid.UUID) -> AsyncIterator[None]:
    """Hold the product's training lock, outside of any transaction: a fit takes seconds. Raises
    Conflict."""
    async with held_alone(database, AdvisoryLock.train, product_id) as alone:
        if not alone:
            raise Conflict(
                "This product is being trained; look again in a minute.",
                reason="training_running",
            )
        yield
