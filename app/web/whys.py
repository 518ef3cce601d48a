"""Why a comment is in its theme, as a sentence: how likely both say the same, and from where on
that is enough."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from app.web.words import VERDICTS, plain

_SAME_WORDS = 0.95
"""The share of words in common from which two texts that score 1 are copies of each other."""
_STRICT = 0.95
"""From this threshold on texts are of a kind whose likelihood is often too high: reports that
follow one template."""


def likely(score: float) -> str:
    """A likelihood as a percentage that claims neither never nor always: ``87 %``, ``under 1 %``,
    ``over 99 %``."""
    if score < 0.01:
        return "under 1 %"
    return "over 99 %" if score > 0.99 else f"{math.floor(100 * score + 1e-6)} %"


def likeness(cosine: float) -> str:
    """How alike two texts are in meaning: a scale, not a likelihood, as in a narrow trade
    everything is alike."""
    return f"likeness {100 * max(cosine, 0.0):.0f} of 100"


def why(grouping: Mapping[str, Any]) -> str:
    """The decision of the group step as it was stored with the comment, for people; ends with a
    full stop."""
    verdict = str(grouping.get("verdict", ""))
    said = VERDICTS.get(verdict, plain(verdict))
    if "score" not in grouping or "join_at" not in grouping:
        return f"{said}."
    nearest = grouping.get("nearest") or []
    if verdict == "new" and not nearest:
        return "There was nothing to compare it with, so it opened a theme."
    score, join_at = float(grouping["score"]), float(grouping["join_at"])
    suggest_at = float(grouping.get("suggest_at", join_at))
    if score >= 1 and any(float(near.get("lexical", 0)) >= _SAME_WORDS for near in nearest):
        told = "both use the same words"
    else:
        told = f"{likely(score)} likely the same"
    if verdict == "join":
        return f"{said}: {told}; {_needed(join_at)}."
    return f"{said}: {told}; {_needed(join_at, grouping.get('apart'))}, and a person is asked from {_from(suggest_at)}."


def proposal(score: float, evidence: Mapping[str, Any]) -> str:
    """What speaks for two themes being the same: ``87 % likely; such texts join from 90 %``."""
    told = f"{likely(score)} likely"
    return (
        f"{told}; {_needed(float(evidence['join_at']), evidence.get('apart'))}"
        if "join_at" in evidence
        else told
    )


def _needed(join_at: float, apart: Sequence[str] | None = None) -> str:
    if join_at > 1 and apart:
        return f"one says “{apart[0]}”, the other “{apart[1]}”, and such texts never join by themselves"
    if join_at > 1:
        return "texts that name an exact version, part or number, or are of another kind, never join by themselves"
    if join_at >= _STRICT:
        return f"such texts, which often look the same and are not, join from {_from(join_at)}"
    return f"such texts join from {_from(join_at)}"


def _from(threshold: float) -> str:
    return f"{100 * threshold:.0f} %"
