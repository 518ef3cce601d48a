"""Fitting what hears trouble in a question, and judging it on communities that it has not heard.

It needs no command of its own: ``classifiers.training.train`` fits it with the heads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind
from classifiers.evaluation.measures import label_scores
from classifiers.kinds.experts import Reports
from classifiers.kinds.features import STYLE_COLUMNS
from classifiers.kinds.heads import Floats
from classifiers.kinds.kind import KINDS
from classifiers.kinds.trouble_signs import TROUBLE_SIGNS, trouble_signs
from classifiers.kinds.troubles import Logistic, Troubles
from classifiers.training.corpora import CHAT_DOMAIN, SEEDS, Corpus, balance
from classifiers.training.fitting import Mask, fit_level

CHAT_WEIGHT = 0.5
"""Of the chats against all other texts together, where they are told apart."""
CHAT_PENALTY = 1e-3
BROKEN_PENALTY = 0.1
ASKED_PENALTY = 0.1
ASKED_FACTOR = 3.0
"""What one of the comments that ask weighs against one of our others."""
BALANCED = {"domain_power": 0.5, "label_power": 0.5}
_ALL_SIGNS = STYLE_COLUMNS + len(TROUBLE_SIGNS)


@dataclass(frozen=True, slots=True)
class TroubleTexts:
    """What trouble is learned from: the dialogs of ``chats``, whose domains are communities, and
    our own comments that ``asked``."""

    chats: Corpus
    asked: Corpus

    def fit(self, corpus: Corpus, rows: Mask, left_out: str = "") -> Troubles:
        """The three lines, from those ``rows`` of the corpus that may be seen and from all
        communities but the one ``left_out``."""
        chats = self.chats.domains != left_out
        return Troubles(
            chat=self._chat(corpus, rows, chats),
            broken=self._broken(chats),
            asked=self._asked(corpus),
        )

    def _chat(self, corpus: Corpus, rows: Mask, chats: Mask) -> Logistic:
        dense = np.vstack([corpus.features.dense()[rows], self.chats.features.dense()[chats]])
        domains = np.concatenate([corpus.domains[rows], self.chats.domains[chats]])
        labels = np.concatenate([corpus.labels[rows], self.chats.labels[chats]])
        alike = np.isin(domains, [CHAT_DOMAIN, *np.unique(self.chats.domains)])
        weights = balance(labels, domains, **BALANCED)
        weights[alike] *= CHAT_WEIGHT * weights[~alike].sum() / weights[alike].sum()
        return _line(dense, alike, weights, CHAT_PENALTY, STYLE_COLUMNS)

    def _broken(self, chats: Mask) -> Logistic:
        places = np.flatnonzero(chats)
        labels = self.chats.labels[places]
        weights = balance(labels, self.chats.domains[places], **BALANCED)
        rows = _heard(self.chats, places)
        return _line(rows, labels == Kind.bug, weights, BROKEN_PENALTY, _ALL_SIGNS)

    def _asked(self, corpus: Corpus) -> Logistic:
        own = np.flatnonzero((corpus.domains == SEEDS) & _bug_or_question(corpus.labels))
        asking = np.flatnonzero(_bug_or_question(self.asked.labels))
        labels = np.concatenate([corpus.labels[own], self.asked.labels[asking]])
        bugs = labels == Kind.bug
        weights = np.repeat([1.0, ASKED_FACTOR], [len(own), len(asking)])
        weights /= np.sqrt(np.where(bugs, bugs.sum(), (~bugs).sum()))
        rows = np.vstack([_heard(corpus, own), _heard(self.asked, asking)])
        return _line(rows, bugs, weights, ASKED_PENALTY, _ALL_SIGNS)

    def judge_chats(
        self, corpus: Corpus, general: Floats, reports: Reports
    ) -> tuple[Judged, dict[str, Any]]:
        """The dialogs, each by what was learned from the other communities, and how well bugs are
        told in each community. ``general`` are log probabilities of heads that have seen none of
        the dialogs."""
        judged = Judged.nothing(len(general))
        labels = self.chats.labels
        seen = np.ones(len(corpus.texts), bool)
        scores: dict[str, Any] = {}
        for community in np.unique(self.chats.domains):
            places = np.flatnonzero(self.chats.domains == community)
            troubles = self.fit(corpus, seen, left_out=str(community))
            judged.put(places, hear(general[places], self.chats.take(places), reports, troubles))
            scores[str(community)] = _bugs_told(judged.heard[places], labels[places])
        scores["all"] = _bugs_told(judged.heard, labels)
        return judged, scores


@dataclass(frozen=True, slots=True)
class Judged:
    """Log probabilities ``float64[n, 5]`` of rows by heads that have not seen them: as the heads
    have them, and as they are once trouble was ``heard`` in them."""

    plain: Floats
    heard: Floats

    @classmethod
    def nothing(cls, rows: int) -> Judged:
        """To be filled."""
        return cls(np.zeros((rows, len(KINDS))), np.zeros((rows, len(KINDS))))

    @classmethod
    def joined(cls, parts: Sequence[Judged]) -> Judged:
        """One after the other."""
        return cls(
            np.concatenate([part.plain for part in parts]),
            np.concatenate([part.heard for part in parts]),
        )

    def put(self, places: NDArray[np.intp], judged: Judged) -> None:
        """Fill the rows at these places."""
        self.plain[places], self.heard[places] = judged.plain, judged.heard


def hear(general: Floats, part: Corpus, reports: Reports | None, troubles: Troubles) -> Judged:
    """What becomes of the ``general`` log probabilities of all rows of ``part``."""
    plain, odds = general, np.full(len(general), -np.inf)
    if reports is not None:
        odds = reports.odds(part.features)
        plain = reports.blend(general, part.features, odds=odds)
    return Judged(plain, troubles.blend(plain, part.features, part.texts, odds))


def _bugs_told(logits: Floats, labels: NDArray[np.str_]) -> Mapping[str, float]:
    predicted = ["bug" if KINDS[place] is Kind.bug else "notbug" for place in logits.argmax(axis=1)]
    score = label_scores(labels.tolist(), predicted, ["bug", "notbug"], seed=0, samples=0).labels[
        "bug"
    ]
    return {
        "f1": round(score.f1.value, 3),
        "precision": round(score.precision, 3),
        "recall": round(score.recall, 3),
        "rows": len(labels),
    }


def _bug_or_question(labels: NDArray[np.str_]) -> Mask:
    return np.isin(labels, [Kind.bug.value, Kind.question.value])


def _heard(corpus: Corpus, places: NDArray[np.intp]) -> Floats:
    """What the lines of trouble read of these rows: ``float64[n, columns + STYLE +
    TROUBLE_SIGNS]``."""
    signs = trouble_signs([corpus.texts[place] for place in places])
    return np.hstack([corpus.features.take(places).dense(), signs])


def _line(rows: Floats, yes: Mask, weights: Floats, penalty: float, signs: int) -> Logistic:
    outcomes = np.stack([~yes, yes], axis=1)
    coefficients, intercepts = fit_level(rows, outcomes, weights, penalty, signs=signs)
    return Logistic(coefficients[:, 1] - coefficients[:, 0], float(intercepts[1] - intercepts[0]))
