"""Leave-one-domain-out: the heads judged on each domain after training on all the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind
from classifiers.evaluation.measures import calibration_error
from classifiers.grouping.sorts import Sort
from classifiers.kinds.experts import REPORT_KINDS, Reports, log_softmax
from classifiers.kinds.heads import Floats
from classifiers.kinds.kind import KINDS
from classifiers.kinds.softmax import softmax
from classifiers.training.corpora import (
    DOMAINS,
    INBOXES,
    NOISY,
    OTHER_LANGUAGES,
    SEEDS,
    Corpus,
    Report,
)
from classifiers.training.fitting import (
    Mask,
    Penalties,
    Table,
    fit_level,
    macro_f1,
    temperature,
    unsure_below,
)
from classifiers.training.train_troubles import Judged, TroubleTexts, hear

Names = NDArray[np.str_]

SURE_PRECISION = 0.9
"""Of what is not doubted so much is right, on domains that were not seen."""
SURE_PRECISION_OF_OURS = 0.95
"""The same for sorts of place that only comments of our own tell of."""

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


@dataclass(frozen=True, slots=True)
class Unseen:
    """Judges rows by what was learned from all others."""

    corpus: Corpus
    table: Table
    allowed: Mask
    weights: Floats
    penalties: Penalties
    troubles: TroubleTexts

    def domains(self, say: Report) -> tuple[Judged, dict[str, Any]]:
        """Every row by heads that never saw its domain, and the scores by domain."""
        judged = Judged.nothing(len(self.allowed))
        scores: dict[str, Any] = {}
        for domain in DOMAINS:
            unseen = np.flatnonzero(self.corpus.domains == domain)
            judged.put(unseen, self._judge(unseen))
            scores[domain] = score_domain(domain, judged.heard[unseen], self.corpus.labels[unseen])
            say(f"unseen {domain}: {scores[domain]}")
        return judged, scores

    def folds(self, seed: int, judged: Judged) -> dict[str, Any]:
        """The issue reports once more, each fifth of them after training on the rest of them and
        all other domains; put into ``judged``. Returns the score."""
        fold = folds_of_reports(self.corpus.domains, seed)
        for number in range(FOLDS_OF_REPORTS):
            unseen = np.flatnonzero(fold == number)
            judged.put(unseen, self._judge(unseen))
        inside = fold >= 0
        return score_domain(REPORTS_DOMAIN, judged.heard[inside], self.corpus.labels[inside])

    def _judge(self, places: NDArray[np.intp]) -> Judged:
        """With the second opinion on reports, where there are others to learn it from."""
        unseen = np.zeros(len(self.allowed), bool)
        unseen[places] = True
        general = general_opinion(self.table, self.allowed, self.weights, self.penalties, unseen)
        reports = None
        if not unseen[self.corpus.domains == REPORTS_DOMAIN].all():
            reports = report_heads(self.corpus, self.table, self.allowed, self.weights, ~unseen)
        troubles = self.troubles.fit(self.corpus, ~unseen)
        return hear(general, self.corpus.take(places), reports, troubles)


def folds_of_reports(domains: Names, seed: int) -> NDArray[np.intp]:
    """The fold of each row, ``int[n]`` from 0; -1 for what is no issue report."""
    inside = np.flatnonzero(domains == REPORTS_DOMAIN)
    fold = np.full(len(domains), -1)
    fold[inside] = np.random.default_rng(seed).permutation(len(inside)) % FOLDS_OF_REPORTS
    return fold


def calibrate(judged: Judged, allowed: Mask, domains: Names, sorts: Names) -> dict[str, Any]:
    """Temperature, the confidence for 90 % precision by sort of place with its coverage, and the
    calibration errors.

    Every domain weighs the same, one with noisy labels less; what the heads were trained on in
    every round, the project's own comments, does not count. The temperature is that of the heads,
    from what they are judged on and before trouble is heard. Our own comments decide only about a
    sort that nobody else's tell of, and it has to do better there, as they flatter. No sort is
    doubted more than all together ask for: labels of reviews are so noisy that hardly any would be
    left.
    """
    of_heads = np.isin(domains, [*DOMAINS, SEEDS, INBOXES])
    scale = temperature(judged.plain[of_heads], allowed[of_heads], _even(domains[of_heads]))
    uncalibrated, calibrated = softmax(judged.heard), softmax(judged.heard / scale)
    confidence = calibrated.max(axis=1)
    right = allowed[np.arange(len(allowed)), judged.heard.argmax(axis=1)]
    own_rows, even = np.isin(domains, [SEEDS, INBOXES]), _even(domains)
    judged_rows = domains != SEEDS
    overall, _ = unsure_below(confidence[judged_rows], right[judged_rows], even[judged_rows])
    below: dict[str, float] = {}
    coverage: dict[str, Any] = {}
    for sort in sorted(set(sorts) - {Sort.unknown}):
        inside, precision = (sorts == sort) & ~own_rows, SURE_PRECISION
        if not inside.any():
            inside, precision = (sorts == sort) & (domains != SEEDS), SURE_PRECISION_OF_OURS
        threshold, _ = unsure_below(
            confidence[inside], right[inside], _even(domains[inside]), precision
        )
        below[str(sort)] = round(min(threshold, overall), 4)
        sure = confidence >= below[str(sort)]
        coverage[str(sort)] = {
            str(domain): _sure(sure, right, inside & (domains == domain))
            for domain in np.unique(domains[inside])
        }
    return {
        "temperature": round(scale, 4),
        "unsure_below": max(below.values()),
        "unsure_below_by_sort": below,
        "coverage_by_sort": coverage,
        "calibration_error": {
            "before": round(calibration_error(uncalibrated.max(axis=1), right, even), 4),
            "after": round(calibration_error(confidence, right, even), 4),
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


def _even(domains: Names) -> Floats:
    weights = np.zeros(len(domains))
    for domain in np.unique(domains):
        trust = NOISY.get(str(domain), 1.0)
        if domain in (SEEDS, OTHER_LANGUAGES):
            trust = 0.0
        weights[domains == domain] = trust / (domains == domain).sum()
    return np.asarray(weights / weights.sum())


def _sure(sure: Mask, right: Mask, inside: Mask) -> dict[str, float]:
    chosen = sure & inside
    precision = 0.0
    if chosen.any():
        precision = round(float(right[chosen].mean()), 3)
    return {"coverage": round(float(chosen.sum() / inside.sum()), 3), "precision": precision}
