"""Whether a product's labels make its kinds better, judged on labels that were kept out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from classifiers.kinds.correction import Correction, Floats
from classifiers.kinds.kind import KINDS
from classifiers.refits.holdout import Gain, Numbers, draws, expected_f1, gain
from classifiers.refits.refit import Examples, Mask, refit, total_loss

KIND_FOLDS = 5
KIND_REPEATS = 2
LEAST_KIND_LABELS = 30
LEAST_WEIGHT_OF_A_KIND = 5
LEAST_F1_GAIN = 0.01
MOST_CHANGED = 0.5
PRECISION_OF_SURE = 0.9
"""At or above ``unsure_below`` this share shall be right."""
_QUANTILE_10 = 1.2816
LEAST_SURE_LABELS = 20
LEAST_COVERAGE_GAIN = 0.05
"""A threshold of doubt alone is worth a version from this much more coverage on."""

Trial = tuple[Floats, Floats]
"""Probabilities before and after, float64[n, 5] each."""


@dataclass(frozen=True, slots=True)
class KindScore:
    """What was measured on labels kept out: macro F1 over the kinds that occur, F1 by kind, mean
    log loss, the share of labels that were met, and the share of all examples at or above
    ``unsure_below`` with how many of them are right."""

    macro_f1: float
    f1: dict[str, float]
    log_loss: float
    right: float
    coverage: float
    precision: float


@dataclass(frozen=True, slots=True)
class KindTrial:
    """The outcome. ``reason`` is ``better``; ``surer`` where only the threshold of doubt moves and
    the kinds stay as what is in force has them; or why nothing shall serve: ``too_few_labels``,
    ``nothing_learned``, ``changes_too_much`` or ``not_better``. ``changed`` is the share of
    unlabelled comments whose kind it would change. ``gain`` is of macro F1, of a surer one of
    coverage. Scores are None where there were too few labels to measure."""

    reason: str
    labels: int
    correction: Correction | None = None
    before: KindScore | None = None
    after: KindScore | None = None
    gain: Gain | None = None
    changed: float = 0.0


def enough(data: Examples) -> bool:
    """Whether there are labels of 30 different texts, and at least two kinds among what is
    scored."""
    if len(np.unique(data.groups[data.labelled])) < LEAST_KIND_LABELS:
        return False
    return len(_scored_kinds(data.judged())) >= 2


def _scored_kinds(truth: Examples) -> Numbers:
    """The kinds that weigh enough to be measured."""
    return np.flatnonzero(truth.weights @ truth.targets >= LEAST_WEIGHT_OF_A_KIND)


def try_kind(
    data: Examples, fitted_to: Mask | None, unsure_below: float, seed: int = 7
) -> KindTrial:
    """Fit a correction to all of ``data`` and judge the recipe on folds kept out, groups together.

    ``fitted_to`` (bool[n]) are the examples the version in force was fitted to; None stands for
    the shipped heads. That version has seen its labels, so what is compared is its recipe: fitted
    within each fold to what it knew. ``unsure_below`` is the threshold in force. Promoted is what
    raises macro F1 by a hundredth or more, with the 5 % quantile of a paired bootstrap over groups
    above zero, at a lower log loss. Where people mostly confirm what is in force there is nothing
    to correct, but much to trust: then the threshold of doubt alone may move.
    """
    labels = int(data.labelled.sum())
    if not enough(data):
        return KindTrial("too_few_labels", labels)
    trials = [_judged_unseen(data, fitted_to, seed + repeat) for repeat in range(KIND_REPEATS)]
    trial = _try_correction(data, trials, unsure_below, seed)
    if trial.reason == "better":
        return trial
    return _try_threshold(data, fitted_to, trials, unsure_below, seed) or trial


def _try_correction(
    data: Examples, trials: list[Trial], unsure_below: float, seed: int
) -> KindTrial:
    labels = int(data.labelled.sum())
    correction = refit(data, seed)
    if not len(correction.centres):
        return KindTrial("nothing_learned", labels)
    truth = data.judged()
    kinds = _scored_kinds(truth)
    f1_gain = _gain(truth, trials, kinds, seed)
    before, after = ([trial[side] for trial in trials] for side in (0, 1))
    unsure_after = unsure_from(truth, np.mean(after, axis=0), unsure_below)
    correction = replace(correction, unsure_below=unsure_after)
    score_before = _score(truth, before, kinds, unsure_below)
    score_after = _score(truth, after, kinds, unsure_after)
    changed = _changed(data.take(~data.labelled), correction)
    reason = "better"
    if changed > MOST_CHANGED:
        reason = "changes_too_much"
    elif (
        f1_gain.low <= 0
        or f1_gain.mean < LEAST_F1_GAIN
        or score_after.log_loss >= score_before.log_loss
    ):
        reason = "not_better"
    return KindTrial(
        reason=reason,
        labels=labels,
        correction=correction,
        before=score_before,
        after=score_after,
        gain=f1_gain,
        changed=round(changed, 4),
    )


def _changed(unlabelled: Examples, correction: Correction) -> float:
    """The share of comments whose kind the correction changes."""
    if not len(unlabelled):
        return 0.0
    corrected = correction.probabilities(unlabelled.vectors, unlabelled.shipped)
    return float((corrected.argmax(axis=1) != unlabelled.shipped.argmax(axis=1)).mean())


def _try_threshold(
    data: Examples, fitted_to: Mask | None, trials: list[Trial], unsure_below: float, seed: int
) -> KindTrial | None:
    """The kinds in force under a threshold of their own, judged on folds that did not choose it;
    None where that trusts no more comments, or too few of them rightly."""
    truth, before = data.judged(), np.mean([trial[0] for trial in trials], axis=0)
    sure = _sure_unseen(data, truth, before, unsure_below, seed)
    trusted = truth.weights * sure
    right = truth.targets[np.arange(len(truth)), before.argmax(axis=1)]
    more_sure = sure.astype(float) - (before.max(axis=1) >= unsure_below)
    counted = np.vstack([np.ones(len(truth)), draws(truth.groups, seed)]) * truth.weights
    difference = counted @ more_sure / np.maximum(counted.sum(axis=1), 1e-9)
    coverage_gain = gain(difference[1:], float(difference[0]))
    if coverage_gain.low <= 0 or coverage_gain.mean < LEAST_COVERAGE_GAIN:
        return None
    if float(trusted @ right) < PRECISION_OF_SURE * float(trusted.sum()):
        return None
    correction = Correction.nothing(data.vectors)
    if fitted_to is not None:
        correction = refit(data.take(fitted_to), seed)
    correction = replace(correction, unsure_below=unsure_from(truth, before, unsure_below))
    if correction.unsure_below >= unsure_below:
        return None
    kinds = _scored_kinds(truth)
    score_after = replace(
        _score(truth, [before], kinds, correction.unsure_below),
        coverage=round(float(trusted.sum() / truth.weights.sum()), 4),
        precision=round(float(trusted @ right / trusted.sum()), 4),
    )
    return KindTrial(
        reason="surer",
        labels=int(data.labelled.sum()),
        correction=correction,
        before=_score(truth, [before], kinds, unsure_below),
        after=score_after,
        gain=coverage_gain,
    )


def _sure_unseen(
    data: Examples, truth: Examples, probabilities: Floats, unsure_below: float, seed: int
) -> Mask:
    """What is sure by a threshold that was chosen without its group."""
    fold_of = data.folds(KIND_FOLDS, seed)
    sureness = probabilities.max(axis=1)
    sure = np.zeros(len(truth), bool)
    for fold in range(KIND_FOLDS):
        unseen = fold_of == fold
        threshold = unsure_from(truth.take(~unseen), probabilities[~unseen], unsure_below)
        sure[unseen] = sureness[unseen] >= threshold
    return sure


def unsure_from(data: Examples, probabilities: Floats, fallback: float) -> float:
    """The lowest confidence from which nine of ten are right, by weight; ``fallback`` where too
    little is above any.

    Not nine of ten of the labels: the 10 % quantile of what they may stand for (Wilson, Probable
    inference, 1927), because the lowest of many thresholds that seem to do is one that had luck.
    """
    choice, sureness = probabilities.argmax(axis=1), probabilities.max(axis=1)
    order = np.argsort(-sureness, kind="stable")
    right = data.targets[np.arange(len(data)), choice] * data.weights
    total = np.maximum(np.cumsum(data.weights[order]), 1e-9)
    share = np.cumsum(right[order]) / total
    half = _QUANTILE_10 * np.sqrt(share * (1 - share) / total + _QUANTILE_10**2 / (4 * total**2))
    low = (share + _QUANTILE_10**2 / (2 * total) - half) / (1 + _QUANTILE_10**2 / total)
    enough_labels = np.cumsum(data.weights[order] > 0) >= LEAST_SURE_LABELS
    good = np.flatnonzero((low >= PRECISION_OF_SURE) & enough_labels)
    if not len(good):
        return fallback
    return round(float(sureness[order][good[-1]]), 4)


def _judged_unseen(data: Examples, fitted_to: Mask | None, seed: int) -> Trial:
    """Probabilities before and after, each example judged by a fit that has not seen its group."""
    fold_of = data.folds(KIND_FOLDS, seed)
    before, after = data.shipped.copy(), data.shipped.copy()
    for fold in range(KIND_FOLDS):
        unseen = fold_of == fold
        test = data.take(unseen)
        correction = refit(data.take(~unseen), seed)
        after[unseen] = correction.probabilities(test.vectors, test.shipped)
        if fitted_to is not None:
            correction = refit(data.take(~unseen & fitted_to), seed)
            before[unseen] = correction.probabilities(test.vectors, test.shipped)
    return before, after


def _gain(truth: Examples, trials: list[Trial], kinds: Numbers, seed: int) -> Gain:
    """What the change brings in macro F1, the mean over the repeats."""
    counted = np.vstack([np.ones(len(truth)), draws(truth.groups, seed)]) * truth.weights

    def mean_f1(side: int) -> Floats:
        choices = [trial[side].argmax(axis=1) for trial in trials]
        scores = [expected_f1(truth.targets, choice, counted, kinds) for choice in choices]
        return np.asarray(np.mean(scores, axis=0))

    difference = mean_f1(1) - mean_f1(0)
    return gain(difference[1:], float(difference[0]))


def _score(
    truth: Examples, repeats: list[Floats], kinds: Numbers, unsure_below: float
) -> KindScore:
    """The mean over the repeats, each the probabilities float64[n, 5]."""
    scores = [_score_once(truth, one, kinds, unsure_below) for one in repeats]
    macro_f1, log_loss, right, coverage, precision, *f1 = np.mean(scores, axis=0).round(4).tolist()
    return KindScore(
        macro_f1=macro_f1,
        f1={KINDS[kind].value: value for kind, value in zip(kinds, f1, strict=True)},
        log_loss=log_loss,
        right=right,
        coverage=coverage,
        precision=precision,
    )


def _score_once(
    truth: Examples, probabilities: Floats, kinds: Numbers, unsure_below: float
) -> list[float]:
    """Macro F1, log loss, the share right, coverage, precision, and the F1 of each of ``kinds``."""
    choice = probabilities.argmax(axis=1)
    right = truth.targets[np.arange(len(truth)), choice]
    sure = probabilities.max(axis=1) >= unsure_below
    weights, labelled = truth.weights, truth.labelled
    precision = 0.0
    if weights[sure].sum():
        precision = float(np.average(right[sure], weights=weights[sure]))
    f1 = [
        float(expected_f1(truth.targets, choice, weights[None, :], np.array([kind]))[0])
        for kind in kinds
    ]
    return [
        float(np.mean(f1)),
        total_loss(truth, probabilities) / float(weights.sum()),
        float(np.average(right[labelled], weights=weights[labelled])),
        float(weights[sure].sum() / weights.sum()),
        precision,
        *f1,
    ]
