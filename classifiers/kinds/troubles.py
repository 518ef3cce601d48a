"""Trouble told in the words of a question: what asks gets a second opinion on whether something is
broken.

In developers' chats "can anyone help?" opens everything, and only what follows says what it is;
elsewhere "why does the export stop since the update?" asks for nothing but a fix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.kinds.experts import log_softmax
from classifiers.kinds.heads import Features, Floats
from classifiers.kinds.trouble_signs import TROUBLE_SIGNS, trouble_signs
from classifiers.stored_weights import load

TROUBLES = "kind_troubles"
ASKED_SHARE = 0.5
"""Weight of the second opinion between bug and question outside chats; chosen on our own comments
that were kept out of its fit."""
CLEAR_ASKED_ODDS = 2.0
CLEAR_BROKEN_ODDS = -0.4
"""Log odds of the second opinion, of the one for chats, from which a question is told a bug all the
same, an unsure one: of such questions two in three report trouble, in places that were left out
(docs/decisions/0021)."""
BARELY_ODDS = 0.01
BUG_COLUMN, QUESTION_COLUMN = 0, 2
"""Of the probabilities of all kinds."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression: log odds from ``weights`` float[columns] and an ``intercept``."""

    weights: Floats
    intercept: float

    def log_odds(self, rows: Floats) -> Floats:
        """``float64[n]`` of rows ``float64[n, columns]``."""
        return np.asarray(rows @ self.weights + self.intercept)


@dataclass(frozen=True, slots=True)
class Troubles:
    """Three lines: whether a text reads like a developers' chat (``chat``, over what the dense head
    reads), and over the same with ``TROUBLE_SIGNS`` whether somebody reports a bug there
    (``broken``), and whether what asks elsewhere does (``asked``)."""

    chat: Logistic
    broken: Logistic
    asked: Logistic

    @classmethod
    def read(cls, folder: Path | None = None) -> tuple[Troubles, dict[str, Any]]:
        """The shipped ones, or those in ``folder``, and their card.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        return load(TROUBLES, folder, cls.from_arrays)

    def blend(
        self, opinion: Floats, features: Features, texts: Sequence[str], report_odds: Floats
    ) -> Floats:
        """Log probabilities ``float64[n, 5]`` of all kinds with what this hears in them.

        ``texts`` are those of the first rows; what comes behind them, parts of texts, keeps its
        probabilities. ``report_odds`` float64[n] are the log odds that each reads like a report in
        a tracker, minus infinity for what is not judged as one: such are left to their own heads,
        unless they read more like a chat.
        """
        blended = opinion.copy()
        heard = opinion[: len(texts)]
        asks = np.isin(heard.argmax(axis=1), (BUG_COLUMN, QUESTION_COLUMN))
        dense = features.take(np.arange(len(texts))).dense()
        odds = self.chat.log_odds(dense)
        chats = (odds >= 0) & (odds > report_odds[: len(texts)])
        asks &= ~chats & np.isneginf(report_odds[: len(texts)])
        rows = np.flatnonzero(chats | asks)
        read = np.hstack([dense[rows], trouble_signs([texts[row] for row in rows.tolist()])])
        in_chat = chats[rows]
        broken, asked = self.broken.log_odds(read), self.asked.log_odds(read)
        judged = np.where(
            in_chat[:, None],
            broken_or_not(heard[rows], broken),
            bug_or_question(heard[rows], asked),
        )
        clear = (asked >= CLEAR_ASKED_ODDS) | (in_chat & (broken >= CLEAR_BROKEN_ODDS))
        blended[rows] = no_question(judged, clear)
        return blended

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is stored."""
        lines = {"chat": self.chat, "broken": self.broken, "asked": self.asked}
        return {
            name: np.append(line.weights, line.intercept).astype(np.float32)
            for name, line in lines.items()
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Troubles:
        """The opposite of ``arrays``: KeyError where one is missing, ValueError where none fits."""
        chat, broken, asking = (
            Logistic(stored[:-1], float(stored[-1]))
            for stored in (
                np.asarray(arrays[name], np.float64) for name in ("chat", "broken", "asked")
            )
        )
        columns = len(chat.weights) + len(TROUBLE_SIGNS)
        if len(broken.weights) != columns or len(asking.weights) != columns:
            raise ValueError("trained for other signs")
        return cls(chat, broken, asking)


def broken_or_not(opinion: Floats, broken: Floats) -> Floats:
    """Log probabilities ``float64[n, 5]`` in which bug has the log odds ``broken`` float64[n]; the
    other kinds share the rest as in ``opinion``.

    =======  =====  =======  ========  =====  =====
    opinion  bug    feature  question  praise other
    =======  =====  =======  ========  =====  =====
    before   0.2    0.1      0.6       0      0.1
    after    0.6    0.05     0.3       0      0.05   (log odds .405)
    =======  =====  =======  ========  =====  =====
    """
    rest = opinion.copy()
    rest[:, BUG_COLUMN] = -np.inf
    blended = log_softmax(rest) - np.logaddexp(0, broken)[:, None]
    blended[:, BUG_COLUMN] = -np.logaddexp(0, -broken)
    return np.asarray(blended)


def bug_or_question(opinion: Floats, trouble: Floats) -> Floats:
    """Log probabilities ``float64[n, 5]`` in which bug and question share what both had, by the
    weighted mean of their log odds in ``opinion`` and of ``trouble`` float64[n]."""
    bug, question = opinion[:, BUG_COLUMN], opinion[:, QUESTION_COLUMN]
    both = np.logaddexp(bug, question)
    odds = (1 - ASKED_SHARE) * (bug - question) + ASKED_SHARE * trouble
    blended = opinion.copy()
    blended[:, BUG_COLUMN] = both - np.logaddexp(0, -odds)
    blended[:, QUESTION_COLUMN] = both - np.logaddexp(0, odds)
    return blended


def no_question(opinion: Floats, clear: NDArray[np.bool_]) -> Floats:
    """Log probabilities ``float64[n, 5]`` in which bug and question share evenly what both had,
    bug barely ahead, where question is the strongest in ``opinion`` and trouble is ``clear``
    bool[n].

    So it opens a theme as a bug does, and nobody is sure of it.
    """
    told = clear & (opinion.argmax(axis=1) == QUESTION_COLUMN)
    blended = opinion.copy()
    both = np.logaddexp(opinion[told, BUG_COLUMN], opinion[told, QUESTION_COLUMN])
    blended[told, BUG_COLUMN] = both - np.logaddexp(0, -BARELY_ODDS)
    blended[told, QUESTION_COLUMN] = both - np.logaddexp(0, BARELY_ODDS)
    return blended
