"""Learns a product's own kinds and thresholds from its labels, and puts them in force where they
are better."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from structlog.contextvars import bound_contextvars

from app.errors import Conflict
from app.judging.product_models import base_of, shipped_thresholds
from app.learning import model_versions, unchanged
from app.learning.fitting import Fitted, fit_grouping, fit_kind
from app.models.states import Learned, ModelStatus
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Connection, Database
from classifiers.contract import Enricher
from classifiers.refits import refit_grouping, refit_kind

LABELS_MIN: Mapping[Learned, int] = {
    Learned.kind: refit_kind.LEAST_KIND_LABELS,
    Learned.grouping: refit_grouping.LEAST_GROUPING_LABELS,
}
"""Labels without which nothing is tried."""
REASONS_TO_SERVE = ("better", "surer")
"""Reasons for which a version serves."""
SENTENCES_BY_REASON: Mapping[str, str] = {
    "better": "It is better on labels that were kept out.",
    "surer": "Kinds stay as they are, and more of them are trusted: nine of ten are right from a "
    "lower confidence on.",
    "too_few_labels": "Too many of the labels are of the same themes, or of one answer, to learn "
    "from and to judge by; go on correcting.",
    "nothing_learned": "The labels lead to nothing but what is in force.",
    "changes_too_much": "It would change the kind of more than half of the comments that nobody "
    "corrected.",
    "not_better": "On labels that were kept out it is not clearly better than what is in force.",
    "labels_contradict": "What people called the same is no likelier than what they called "
    "different: no threshold can follow that.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training came to. ``reason`` is one of REASONS_TO_SERVE or why nothing changed,
    ``detail`` the sentence for it.

    ``version`` is the number under which it is kept, None for a dry run or where there was nothing
    to keep. Where the reason is ``nothing_new``, it names the version that learned the same, with
    its scores.
    """

    what: Learned
    reason: str
    detail: str
    labels: int
    promoted: bool = False
    version: int | None = None
    scores: Mapping[str, Any] = field(default_factory=dict)


async def train(
    database: Database,
    enricher: Enricher,
    product_id: uuid.UUID,
    learned_name: str,
    *,
    actor: str,
    dry_run: bool = False,
    hold: bool = False,
    heads_dir: Path | None = None,
) -> Outcome:
    """Fit the kinds or the grouping (``learned_name``) to the product's labels; promote what is
    better on labels kept out.

    ``dry_run`` keeps nothing, ``hold`` keeps it as a candidate that a person may promote,
    ``heads_dir`` has the heads of the enricher where those are not the shipped ones. Nothing
    is fitted where the last version learned from the same labels (``nothing_new``). Raises Invalid
    for another name; Conflict (``training_running``) where the product is being trained.
    """
    learned = model_versions.checked_learned(learned_name)
    base = base_for(enricher, learned, heads_dir)
    with bound_contextvars(product=str(product_id), what=learned.value):
        async with _held_for_training(database, product_id):
            async with database.transaction() as connection:
                lesson = await unchanged.lesson(connection, product_id, learned, base)
            if lesson.known is not None:
                return _nothing_new(lesson.known)
            if learned is Learned.kind:
                fitted = await fit_kind(database, enricher, product_id)
            else:
                thresholds = shipped_thresholds(heads_dir)
                fitted = await fit_grouping(database, thresholds, product_id)
            outcome = _outcome_of(learned, fitted)
            if dry_run or fitted.labels < LABELS_MIN[learned]:
                return outcome
            async with database.transaction() as connection:
                return await _keep_version(
                    connection, product_id, outcome, fitted, lesson, actor, hold=hold
                )


def base_for(enricher: Enricher, learned: Learned, heads_dir: Path | None = None) -> str:
    """The shipped model that a version of ``learned`` corrects."""
    if learned is Learned.kind:
        return base_of(enricher)
    return shipped_thresholds(heads_dir).version


def _nothing_new(same_lesson: model_versions.ModelVersion) -> Outcome:
    return Outcome(
        same_lesson.what,
        unchanged.NOTHING_NEW,
        unchanged.sentence(same_lesson),
        same_lesson.labels,
        version=same_lesson.number,
        scores=same_lesson.scores,
    )


def _outcome_of(learned: Learned, fitted: Fitted) -> Outcome:
    detail = SENTENCES_BY_REASON[fitted.reason]
    if fitted.labels < LABELS_MIN[learned]:
        detail = (
            f"At least {LABELS_MIN[learned]} labels of different themes are needed; "
            "go on correcting."
        )
    return Outcome(learned, fitted.reason, detail, fitted.labels, scores=fitted.scores)


async def _keep_version(
    connection: Connection,
    product_id: uuid.UUID,
    outcome: Outcome,
    fitted: Fitted,
    lesson: unchanged.Lesson,
    actor: str,
    *,
    hold: bool,
) -> Outcome:
    better = fitted.reason in REASONS_TO_SERVE
    version_id = await model_versions.add_version(
        connection,
        product_id,
        outcome.what,
        base=lesson.base,
        weights=fitted.weights,
        settings={**fitted.settings, **lesson.settings},
        status=ModelStatus.candidate if better else ModelStatus.rejected,
        reason=fitted.reason,
        detail=outcome.detail,
        labels=fitted.labels,
        last_label=lesson.newest,
        scores=fitted.scores,
        actor=actor,
    )
    promoted = better and not hold
    if promoted:
        await model_versions.activate(connection, product_id, outcome.what, version_id)
    stored = await model_versions.versions(connection, product_id, outcome.what)
    number = next(version.number for version in stored if version.id == version_id)
    return replace(outcome, promoted=promoted, version=number)


@asynccontextmanager
async def _held_for_training(database: Database, product_id: uuid.UUID) -> AsyncIterator[None]:
    """Hold the product's training lock, outside of any transaction: a fit takes seconds. Raises
    Conflict."""
    async with held_alone(database, AdvisoryLock.train, product_id) as is_held:
        if not is_held:
            raise Conflict(
                "This product is being trained; look again in a minute.",
                reason="training_running",
            )
        yield
