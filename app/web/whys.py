"""Why a comment is in its theme: how likely both say the same, and from where on that is enough."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from app.web.words import VERDICTS, plain

COPY_WORD_SHARE = 0.95
"""The share of words in common from which two texts that score 1 are copies of each other."""
THREAD_WORDS = {
    "parent": "answers a comment of the theme",
    "author": "is by somebody who said something of the theme in this thread",
    "opener": "stands in the thread that the theme began with",
    "latest": "was said right after a comment of the theme",
    "still": "says in a thread of the theme that nothing has changed",
}
STRICT_THRESHOLD = 0.95
"""From this threshold on texts are of a kind whose likelihood is often too high: reports that
follow one template."""


def likely(score: float) -> str:
    """A likelihood as a percentage that claims neither never nor always: ``87 %``, ``under 1 %``,
    ``over 99 %``."""
    if score < 0.01:
        return "under 1 %"
    if score > 0.99:
        return "over 99 %"
    return f"{math.floor(100 * score + 1e-6)} %"


def likeness(cosine: float) -> str:
    """How alike two texts mean: a scale, no likelihood; in a narrow trade everything is alike."""
    return f"likeness {100 * max(cosine, 0.0):.0f} of 100"


def why(grouping: Mapping[str, Any]) -> str:
    """The decision of the group step as it was stored with the comment, for people; ends with a
    full stop."""
    verdict = str(grouping.get("verdict", ""))
    sentence = VERDICTS.get(verdict, plain(verdict))
    if "score" not in grouping or "join_at" not in grouping:
        return f"{sentence}."
    nearest = grouping.get("nearest") or []
    if verdict == "new" and not nearest:
        return "There was nothing to compare it with, so it opened a theme."
    score, join_at = float(grouping["score"]), float(grouping["join_at"])
    suggest_at = float(grouping.get("suggest_at", join_at))
    same_words = any(float(comment.get("lexical", 0)) >= COPY_WORD_SHARE for comment in nearest)
    evidence = f"{likely(score)} likely the same"
    if score >= 1 and same_words:
        evidence = "both use the same words"
    in_thread = thread_reason(grouping.get("thread") or [])
    if verdict == "join" and in_thread:
        return f"{sentence}: {in_thread}; {evidence}, and in a thread {_from(join_at)} is enough."
    if verdict == "join":
        return f"{sentence}: {evidence}; {_needed(join_at)}."
    needed = _needed(join_at, grouping.get("apart"))
    asked_from = f"a person is asked from {_from(suggest_at)}"
    return f"{sentence}: {evidence}; {needed}, and {asked_from}."


def thread_reason(signs: Sequence[str]) -> str:
    """What of its thread speaks for a comment's theme: ``it answers a comment of the theme and
    agrees with it``; blank where nothing does."""
    reasons = [words for sign, words in THREAD_WORDS.items() if sign in signs]
    if not reasons:
        return ""
    agreeing = " and agrees" if "agrees" in signs else ""
    return f"it {reasons[0]}{agreeing}"


def proposal(score: float, evidence: Mapping[str, Any]) -> str:
    """What speaks for two themes being the same: ``87 % likely; such texts join from 90 %``."""
    likelihood = f"{likely(score)} likely"
    if "join_at" not in evidence:
        return likelihood
    return f"{likelihood}; {_needed(float(evidence['join_at']), evidence.get('apart'))}"


def asked_because(score: float, evidence: Mapping[str, Any]) -> str:
    """Why a person is asked about themes whose likelihood would be enough for a comment; blank
    where it is not."""
    if score < float(evidence.get("join_at", math.inf)):
        return ""
    return "; themes that were decided, or that grew, are merged by people alone"


def _needed(join_at: float, differing: Sequence[str] | None = None) -> str:
    """What it takes to join; above 1 nothing is enough. ``differing`` are the two words by which
    the texts mean different things."""
    if join_at > 1 and differing:
        one, other = differing[:2]
        return f"one says “{one}”, the other “{other}”, and such texts never join by themselves"
    if join_at > 1:
        exact = "texts that name an exact version, part or number, or are of another kind"
        return f"{exact}, never join by themselves"
    if join_at >= STRICT_THRESHOLD:
        return f"such texts, which often look the same and are not, join from {_from(join_at)}"
    return f"such texts join from {_from(join_at)}"


def _from(threshold: float) -> str:
    return f"{100 * threshold:.0f} %"
