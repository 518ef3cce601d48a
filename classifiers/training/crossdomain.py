"""Leave-one-domain-out: the heads judged on each domain after training on all the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind
from classifiers.evaluation.measures import calibration_error
from classifiers.kinds.experts import REPORT_KINDS, Reports, log_softmax
from classifiers.kinds.heads import Floats
from classifiers.kinds.kind import KINDS
from classifiers.kinds.softmax import softmax
from classifiers.training.corpora import DOMAINS, INBOXES, NOISY, SEEDS, Corpus, Report
from classifiers.training.fitting import (
    Mask,
    Penalties,
    Table,
    fit_level,
    macro_f1,
    temperature,
    unsure_below,
)

Names = NDArray[np.str_]

_ALL_THE_REST = {Kind.question: "rest", Kind.praise: "rest", Kind.other: "rest"}
LABELS_OF_DOMAINS: dict[str, Mapping[Kind, str]] = {
    "clap": _ALL_THE_REST,
    "maalej": _ALL_THE_REST,
    "shah": _ALL_THE_REST,
    "nlbse": {},
    "intention": {Kind.praise: "other"},
    "chat": {Kind.bug: "rest", **_ALL_THE_REST},
}
"""How the kinds are folded to the labels a domain knows."""
REPORTS_DOMAIN = "nlbse"
"""The domain whose texts are whole issue reports."""
FOLDS_OF_REPORTS = 5
REPORT_PENALTIES = Penalties(dense=6e-3, terms=1e-4, signs=1e-3, shares=(0.5, 0.5, 0.0))
REPORT_WEIGHT = 0.5
"""Of the reports against all other texts together, where they are told apart."""
LIKENESS_PENALTY = 1e-3
ABSENT_KINDS = {"nlbse": (Kind.praise, Kind.other)}
"""Kinds that no row of a domain can have, so that they are not offered there."""


def judge_domains(
    corpus: Corpus, table: Table, allowed: Mask, weights: Floats, penalties: Penalties, say: Report
) -> tuple[Floats, dict[str, Any]]:
    """Log probabilities of every row by heads that never saw its domain, and the scores by
    domain."""
    logits = np.zeros(allowed.shape)
    scores: dict[str, Any] = {}
    for domain in DOMAINS:
        unseen = corpus.domains == domain
        logits[unseen] = _opinion(corpus, table, allowed, weights, penalties, unseen)
        scores[domain] = score_domain(domain, logits[unseen], corpus.labels[unseen])
        say(f"unseen {domain}: {scores[domain]}")
    return logits, scores


def judge_folds(
    corpus: Corpus, table: Table, allowed: Mask, weights: Floats, penalties: Penalties, seed: int
) -> tuple[Floats, dict[str, Any]]:
    """The same for the issue reports, each fifth of them after training on the rest of them and all
    other domains."""
    fold = folds_of_reports(corpus.domains, seed)
    logits = np.zeros(allowed.shape)
    for number in range(FOLDS_OF_REPORTS):
        unseen = fold == number
        logits[unseen] = _opinion(corpus, table, allowed, weights, penalties, unseen)
    inside = fold >= 0
    return logits[inside], score_domain(REPORTS_DOMAIN, logits[inside], corpus.labels[inside])


def folds_of_reports(domains: Names, seed: int) -> NDArray[np.intp]:
    """The fold of each row, ``int[n]`` from 0; -1 for what is no issue report."""
    inside = np.flatnonzero(domains == REPORTS_DOMAIN)
    fold = np.full(len(domains), -1)
    fold[inside] = np.random.default_rng(seed).permutation(len(inside)) % FOLDS_OF_REPORTS
    return fold


def calibrate(logits: Floats, allowed: Mask, domains: Names) -> dict[str, Any]:
    """Temperature, the confidence for 90 % precision with its coverage, and the calibration errors.

    Every domain weighs the same, one with noisy labels less; what the heads were trained on in
    every round, the project's own comments, does not count.
    """
    even = _even(domains)
    scale = temperature(logits, allowed, even)
    uncalibrated, calibrated = softmax(logits), softmax(logits / scale)
    right = allowed[np.arange(len(allowed)), logits.argmax(axis=1)]
    threshold, coverage = unsure_below(calibrated.max(axis=1), right, even)
    sure = calibrated.max(axis=1) >= threshold
    return {
        "temperature": round(scale, 4),
        "unsure_below": round(threshold, 4),
        "coverage_at_90_precision": round(coverage, 4),
        "coverage_by_domain": {
            domain: _sure(sure, right, domains == domain) for domain in [*DOMAINS, INBOXES]
        },
        "calibration_error": {
            "before": round(calibration_error(uncalibrated.max(axis=1), right, even), 4),
            "after": round(calibration_error(calibrated.max(axis=1), right, even), 4),
        },
    }


def score_domain(domain: str, logits: Floats, labels: Names) -> dict[str, Any]:
    """Macro F1 and F1 by label, in the labels of ``domain``."""
    offered = logits.copy()
    for kind in ABSENT_KINDS.get(domain, ()):
        offered[:, KINDS.index(kind)] = -np.inf
    fold = {kind.value: LABELS_OF_DOMAINS[domain].get(kind, kind.value) for kind in KINDS} | {
        "notfeature": "rest"
    }
    predicted = np.array([fold[KINDS[place].value] for place in offered.argmax(axis=1)])
    truth = np.array([fold[str(label)] for label in labels])
    names = sorted(set(truth.tolist()))
    macro, single = macro_f1(truth, predicted, names)
    return {
        "macro_f1": round(macro, 3),
        **{name: round(value, 3) for name, value in single.items()},
    }


def report_heads(
    corpus: Corpus, table: Table, allowed: Mask, weights: Floats, rows: Mask
) -> Reports:
    """What tells reports from the other texts among ``rows``, and the heads for their kinds."""
    reports = corpus.domains == REPORTS_DOMAIN
    heads = table.with_titles().heads(
        rows & reports, allowed[:, : len(REPORT_KINDS)], np.ones(len(rows)), REPORT_PENALTIES
    )
    even = np.where(
        reports, REPORT_WEIGHT * weights[rows & ~reports].sum() / weights[rows & reports].sum(), 1
    )
    outcomes = np.stack([~reports, reports], axis=1)
    likeness, intercept = fit_level(
        table.dense[rows], outcomes[rows], (weights * even)[rows], LIKENESS_PENALTY
    )
    return Reports(heads, likeness[:, 1] - likeness[:, 0], float(intercept[1] - intercept[0]))


def general_opinion(
    table: Table, allowed: Mask, weights: Floats, penalties: Penalties, unseen: Mask
) -> Floats:
    """Log probabilities of the rows ``unseen`` from general heads that have not seen them."""
    return log_softmax(table.logits(table.heads(~unseen, allowed, weights, penalties), unseen))


def _opinion(
    corpus: Corpus, table: Table, allowed: Mask, weights: Floats, penalties: Penalties, unseen: Mask
) -> Floats:
    """The same with the second opinion on reports, where there are others to learn it from."""
    general = general_opinion(table, allowed, weights, penalties, unseen)
    if unseen[corpus.domains == REPORTS_DOMAIN].all():
        return general
    reports = report_heads(corpus, table, allowed, weights, ~unseen)
    return reports.blend(general, table.features.take(np.flatnonzero(unseen)))


def _even(domains: Names) -> Floats:
    weights = np.zeros(len(domains))
    for domain in np.unique(domains):
        trust = NOISY.get(str(domain), 1.0)
        if domain == SEEDS:
            trust = 0.0
        weights[domains == domain] = trust / (domains == domain).sum()
    return np.asarray(weights / weights.sum())


def _sure(sure: Mask, right: Mask, inside: Mask) -> dict[str, float]:
    chosen = sure & inside
    precision = 0.0
    if chosen.any():
        precision = round(float(right[chosen].mean()), 3)
    return {"coverage": round(float(chosen.sum() / inside.sum()), 3), "precision": precision}
