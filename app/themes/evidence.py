"""Why a comment is in its theme, or why two themes may be the same: the JSON that is stored with
the decision and shown beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from classifiers.contract import Decision, Nearest


class NearestEvidence(TypedDict):
    """A comment that was neighbour; ``of`` is the one that spoke for a theme, where themes are
    compared."""

    of: NotRequired[int]
    comment: int
    theme: str
    cosine: float
    lexical: float
    words: list[str]


class Evidence(TypedDict):
    """``score`` against the thresholds that were asked of such texts; ``apart`` holds the two words
    that keep comments apart; ``thread`` is what of its thread spoke for the theme,
    ``bars`` what each boldness asks."""

    verdict: str
    score: float
    join_at: float
    suggest_at: float
    apart: list[str]
    nearest: list[NearestEvidence]
    thread: NotRequired[list[str]]
    bars: NotRequired[dict[str, float]]


def evidence_of(
    verdict: str,
    *,
    score: float,
    join_at: float,
    suggest_at: float,
    apart: Sequence[str],
    nearest: Sequence[NearestEvidence],
) -> Evidence:
    """A verdict as it is stored."""
    return {
        "verdict": verdict,
        "score": _rounded(score),
        "join_at": join_at,
        "suggest_at": suggest_at,
        "apart": list(apart),
        "nearest": list(nearest),
    }


def decision_evidence(decision: Decision) -> Evidence:
    """The grouper's decision about one comment as it is stored."""
    evidence = evidence_of(
        decision.verdict.value,
        score=decision.score,
        join_at=decision.join_at,
        suggest_at=decision.suggest_at,
        apart=decision.apart,
        nearest=[nearest_evidence(neighbour) for neighbour in decision.nearest],
    )
    if decision.thread:
        evidence["thread"] = list(decision.thread)
    if decision.bars:
        evidence["bars"] = dict(decision.bars)
    return evidence


def nearest_evidence(neighbour: Nearest) -> NearestEvidence:
    """One near comment as it is stored."""
    return {
        "comment": neighbour.comment_id,
        "theme": neighbour.theme_id,
        "cosine": _rounded(neighbour.cosine),
        "lexical": _rounded(neighbour.lexical),
        "words": list(neighbour.words),
    }


def _rounded(value: float) -> float:
    return round(float(value), 4)
