"""Whether a product's labels make its kinds better: judged on labels kept out, against what is in
force now."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from classifiers.kinds.correction import Correction, Floats
from classifiers.kinds.kind import KINDS
from classifiers.refits.holdout import Gain, Numbers, draws, expected_f1, folds, gain
from classifiers.refits.refit import Examples, Mask, refit, total_loss

FOLDS = 5
REPEATS = 2
LEAST_LABELS = 30
LEAST_OF_A_KIND = 5
LEAST_GAIN = 0.01
MOST_CHANGED = 0.5
PRECISION = 0.9
"""At or above ``unsure_below`` this share shall be right."""
_Z = 1.2816
LEAST_SURE = 20
LEAST_SURER = 0.05
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
    return (
        len(np.unique(data.groups[data.spoken])) >= LEAST_LABELS
        and len(_scored_kinds(data.judged())) >= 2
    )


def _scored_kinds(truth: Examples) -> Numbers:
    """The kinds that weigh enough to be measured."""
    return np.flatnonzero(truth.weights @ truth.targets >= LEAST_OF_A_KIND)


def try_kind(data: Examples, known: Mask | None, unsure_below: float, seed: int = 7) -> KindTrial:
    """Fit a correction to all of ``data`` and judge the recipe on folds kept out, groups together.

    ``known`` (bool[n]) are the examples that the version in force was fitted to; None stands for
    the shipped heads. That version has seen its labels, so what is compared is its recipe: fitted
    within each fold to what it knew. ``unsure_below`` is the threshold in force. Promoted is what
    raises macro F1 by a hundredth or more, with the 5 % quantile of a paired bootstrap over groups
    above zero, at a lower log loss. Where people mostly confirm what is in force there is nothing
    to correct, but much to trust: then the threshold of doubt alone may move.
    """
    labels = int(data.spoken.sum())
    if not enough(data):
        return KindTrial("too_few_labels", labels)
    trials = [_kept_out(data, known, seed + repeat) for repeat in range(REPEATS)]
    trial = _try_correction(data, trials, unsure_below, seed)
    if trial.reason == "better":
        return trial
    return _try_threshold(data, known, trials, unsure_below, seed) or trial


def _try_correction(
    data: Examples, trials: list[Trial], unsure_below: float, seed: int
) -> KindTrial:
    labels = int(data.spoken.sum())
    correction = refit(data, seed)
    if not len(correction.centres):
        return KindTrial("nothing_learned", labels)
    truth = data.judged()
    kinds = _scored_kinds(truth)
    found = _gain(truth, trials, kinds, seed)
    after = np.mean([trial[1] for trial in trials], axis=0)
    correction = replace(correction, unsure_below=unsure_from(truth, after, unsure_below))
    scores = (
        _score(truth, [trial[0] for trial in trials], kinds, unsure_below),
        _score(truth, [trial[1] for trial in trials], kinds, correction.unsure_below),
    )
    rest = data.take(~data.spoken)
    now = correction.probabilities(rest.vectors, rest.shipped).argmax(axis=1)
    changed = float((now != rest.shipped.argmax(axis=1)).mean()) if len(rest) else 0.0
    reason = "better"
    if changed > MOST_CHANGED:
        reason = "changes_too_much"
    elif found.low <= 0 or found.mean < LEAST_GAIN or scores[1].log_loss >= scores[0].log_loss:
        reason = "not_better"
    return KindTrial(reason, labels, correction, *scores, found, round(changed, 4))


def _try_threshold(
    data: Examples, known: Mask | None, trials: list[Trial], unsure_below: float, seed: int
) -> KindTrial | None:
    """The kinds in force under a threshold of their own, judged on folds that did not choose it;
    None where that trusts no more comments, or too few of them rightly."""
    truth, before = data.judged(), np.mean([trial[0] for trial in trials], axis=0)
    choice, sureness = before.argmax(axis=1), before.max(axis=1)
    right = truth.targets[np.arange(len(truth)), choice]
    place = folds(data.groups, data.targets.argmax(axis=1) + len(KINDS) * data.spoken, FOLDS, seed)
    sure = np.zeros(len(truth), bool)
    for fold in range(FOLDS):
        out = place == fold
        sure[out] = sureness[out] >= unsure_from(truth.take(~out), before[~out], unsure_below)
    counted = np.vstack([np.ones(len(truth)), draws(truth.groups, seed)]) * truth.weights
    more = (
        counted
        @ (sure.astype(float) - (sureness >= unsure_below))
        / np.maximum(counted.sum(axis=1), 1e-9)
    )
    found = gain(more[1:], float(more[0]))
    weight = truth.weights * sure
    if (
        found.low <= 0
        or found.mean < LEAST_SURER
        or float(weight @ right) < PRECISION * float(weight.sum())
    ):
        return None
    kept = (
        Correction(data.vectors[:0], np.zeros((0, len(KINDS))))
        if known is None
        else refit(data.take(known), seed)
    )
    kept = replace(kept, unsure_below=unsure_from(truth, before, unsure_below))
    if kept.unsure_below >= unsure_below:
        return None
    kinds = _scored_kinds(truth)
    scores = [
        _score(truth, [before], kinds, unsure_below),
        _score(truth, [before], kinds, kept.unsure_below),
    ]
    honest = replace(
        scores[1],
        coverage=round(float(weight.sum() / truth.weights.sum()), 4),
        precision=round(float(weight @ right / weight.sum()), 4),
    )
    return KindTrial("surer", int(data.spoken.sum()), kept, scores[0], honest, found)


def unsure_from(data: Examples, probabilities: Floats, fallback: float) -> float:
    """The lowest confidence from which nine of ten are right, by weight; ``fallback`` where too
    little is above any.

    Not nine of ten of the labels: the 10 % quantile of what they may stand for (Wilson, Probable
    inference, 1927), because the lowest of many thresholds that seem to do is one that had luck.
    """
    choice, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    right = data.targets[np.arange(len(data)), choice] * data.weights
    total = np.maximum(np.cumsum(data.weights[order]), 1e-9)
    share = np.cumsum(right[order]) / total
    half = _Z * np.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    low = (share + _Z**2 / (2 * total) - half) / (1 + _Z**2 / total)
    good = (low >= PRECISION) & (np.cumsum(data.weights[order] > 0) >= LEAST_SURE)
    return round(float(sure[order][np.flatnonzero(good)[-1]]), 4) if good.any() else fallback


def _kept_out(data: Examples, known: Mask | None, seed: int) -> Trial:
    """Probabilities before and after, each example judged by a fit that has not seen its group."""
    place = folds(data.groups, data.targets.argmax(axis=1) + len(KINDS) * data.spoken, FOLDS, seed)
    before, after = data.shipped.copy(), data.shipped.copy()
    for fold in range(FOLDS):
        out = place == fold
        held = data.take(out)
        after[out] = refit(data.take(~out), seed).probabilities(held.vectors, held.shipped)
        if known is not None:
            before[out] = refit(data.take(~out & known), seed).probabilities(
                held.vectors, held.shipped
            )
    return before, after


def _gain(truth: Examples, trials: list[Trial], kinds: Numbers, seed: int) -> Gain:
    """What the change brings in macro F1, the mean over the repeats."""
    counted = np.vstack([np.ones(len(truth)), draws(truth.groups, seed)]) * truth.weights
    sides = [
        np.mean(
            [
                expected_f1(truth.targets, trial[side].argmax(axis=1), counted, kinds)
                for trial in trials
            ],
            axis=0,
        )
        for side in (0, 1)
    ]
    difference = sides[1] - sides[0]
    return gain(difference[1:], float(difference[0]))


def _score(truth: Examples, said: list[Floats], kinds: Numbers, unsure_below: float) -> KindScore:
    """The mean over the repeats."""
    mean = (
        np.mean([_score_once(truth, each, kinds, unsure_below) for each in said], axis=0)
        .round(4)
        .tolist()
    )
    f1 = {KINDS[kind].value: mean[5 + place] for place, kind in enumerate(kinds)}
    return KindScore(mean[0], f1, mean[1], mean[2], mean[3], mean[4])


def _score_once(truth: Examples, said: Floats, kinds: Numbers, unsure_below: float) -> list[float]:
    choice = said.argmax(axis=1)
    right = truth.targets[np.arange(len(truth)), choice]
    sure = said.max(axis=1) >= unsure_below
    weights, spoken = truth.weights, truth.spoken
    each = [
        float(expected_f1(truth.targets, choice, weights[None, :], np.array([kind]))[0])
        for kind in kinds
    ]
    return [
        float(np.mean(each)),
        total_loss(truth, said) / float(weights.sum()),
        float(np.average(right[spoken], weights=weights[spoken])),
        float(weights[sure].sum() / weights.sum()),
        float(np.average(right[sure], weights=weights[sure])) if weights[sure].sum() else 0.0,
        *each,
    ]
