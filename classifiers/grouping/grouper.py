"""Where a comment belongs: join a theme, suggest it to a person, or start a new one, with the
evidence."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from classifiers.contract import Decision, Member, ModelError, Nearest, Verdict
from classifiers.grouping.alternatives import differ
from classifiers.grouping.distinct import conflict, differ_in_numbers, names_parts
from classifiers.grouping.link import (
    LINKED,
    READ,
    SIGNS,
    Surroundings,
    impersonal,
    in_paragraphs,
    length,
    overlap,
)
from classifiers.middle import Middle
from classifiers.stored_weights import WEIGHTS
from classifiers.texts.phrases import shared_words
from classifiers.texts.text import fingerprint

CLASSES = ("short", "medium", "long", "technical", "report")
NEVER = 1.01
"""A threshold no score reaches: a person decides."""
SHORT_WORDS = 20
LONG_WORDS = 60
JUDGED = 5
"""Themes that are weighed, those with the nearest members."""
NEARLY = 0.95
ALIKE = 0.6
"""Share of words in common from which a number that differs is what the two texts differ in."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a score must reach to ``join`` and to ``suggest``, by the class of the two texts; see
    ``pair_class``.

    The score is the likelihood (0..1) that a comment says the same as a theme: the logistic
    function of ``intercept`` and the signs of ``classifiers.grouping.link``, each times its weight
    in ``weights`` (0 for one that is not named).
    """

    join: Mapping[str, float]
    suggest: Mapping[str, float]
    weights: Mapping[str, float]
    intercept: float
    version: str

    @classmethod
    def read(cls, folder: Path | None = None) -> Thresholds:
        """The shipped thresholds, or those in ``folder``.

        Raises:
            ModelError: ``thresholds_unreadable``.
        """
        path = (folder or WEIGHTS) / "grouping.json"
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                {name: float(card["join"][name]) for name in CLASSES},
                {name: float(card["suggest"][name]) for name in CLASSES},
                {name: float(card["weights"][name]) for name in SIGNS},
                float(card["intercept"]), str(card["version"]),
            )  # fmt: skip
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "thresholds_unreadable",
                f"The grouping thresholds in {path} cannot be read ({type(error).__name__}: "
                f"{error}); "
                "fit them again with this version (python -m classifiers.training.train_grouping), "
                "or reinstall the package.",
            ) from error


class DefaultGrouper:
    """Weighs how near a theme is, its nearest members and its middle, against what else is near;
    pure and deterministic."""

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        """``thresholds`` defaults to the shipped ones."""
        self.thresholds = thresholds or Thresholds.read()
        self._weights = np.array([self.thresholds.weights.get(sign, 0.0) for sign in SIGNS])

    def decide(
        self,
        comment: Member,
        candidates: Sequence[Member],
        blocked: frozenset[str] = frozenset(),
        middles: Mapping[str, Middle] | None = None,
    ) -> Decision:
        """The theme with the best link decides; ties go to the theme with the older comment.

        Members of ``blocked`` themes are no choice, but still tell how crowded it is around the
        comment. ``middles`` are those of whole themes.
        """
        near = [candidate for candidate in candidates if candidate.comment_id != comment.comment_id]
        themes: dict[str, list[int]] = defaultdict(list)
        for place, candidate in enumerate(near):
            if candidate.theme_id not in blocked:
                themes[candidate.theme_id].append(place)
        if not themes:
            size = pair_class(comment.text, comment.text)
            return Decision(
                Verdict.new,
                None,
                0.0,
                self.thresholds.join[size],
                self.thresholds.suggest[size],
                (),
            )
        around = Surroundings(comment, near, middles)
        nearest = sorted((around.nearest(places) for places in themes.values()), key=around.rank)[
            :JUDGED
        ]
        judged = [self._judge(around, places) for places in nearest]
        best = min(judged, key=lambda link: (-link.margin, link.oldest, link.theme_id))
        verdict = Verdict.new
        if best.score >= best.join_at:
            verdict = Verdict.join
        elif best.score >= best.suggest_at:
            verdict = Verdict.suggest
        theme = None if verdict is Verdict.new else best.theme_id
        return Decision(
            verdict,
            theme,
            best.score,
            best.join_at,
            best.suggest_at,
            _evidence(around, best),
            best.apart,
        )

    def _judge(self, around: Surroundings, nearest: Sequence[int]) -> _Link:
        text, closest = around.comment.text, around.candidates[nearest[0]].text
        size = pair_class(text, closest)
        join_at, suggest_at = self.thresholds.join[size], self.thresholds.suggest[size]
        copied = any(same_words(text, around.candidates[place].text) for place in nearest[:LINKED])
        apart = (
            ()
            if copied
            else differ(around.comment, [around.candidates[place] for place in nearest[:LINKED]])
            or ()
        )
        if copied:
            join_at = (
                NEVER if size == "report" and length_class(text) == "long" else min(join_at, 1.0)
            )
        elif (
            apart
            or around.contradicts(nearest, surely=True)
            or conflict(text, closest)
            or (overlap(text, closest) >= ALIKE and differ_in_numbers(text, closest))
        ):
            join_at = NEVER
        score = 1.0 if copied else self.score(around, nearest)
        oldest = min(around.candidates[place].comment_id for place in nearest)
        return _Link(
            around.candidates[nearest[0]].theme_id,
            score,
            join_at,
            suggest_at,
            tuple(nearest[:LINKED]),
            oldest,
            apart,
        )

    def score(self, around: Surroundings, nearest: Sequence[int]) -> float:
        """The likelihood that the comment says the same as the members at the places ``nearest``,
        nearest first."""
        return round(
            float(
                1 / (1 + np.exp(-around.signs(nearest) @ self._weights - self.thresholds.intercept))
            ),
            4,
        )


@dataclass(frozen=True, slots=True)
class _Link:
    theme_id: str
    score: float
    join_at: float
    suggest_at: float
    nearest: tuple[int, ...]
    oldest: int
    apart: tuple[str, ...]

    @property
    def margin(self) -> float:
        return round(self.score - self.join_at, 4)


def _evidence(around: Surroundings, link: _Link) -> tuple[Nearest, ...]:
    """The nearest members with the words in common, worked out for the theme that decided and no
    other."""
    text = around.comment.text
    members = [(place, around.candidates[place]) for place in link.nearest]
    return tuple(
        Nearest(
            member.comment_id,
            link.theme_id,
            round(float(around.cosines[place]), 4),
            round(overlap(text, member.text), 4),
            shared_words(text[:READ], member.text[:READ]),
        )
        for place, member in members
    )


@lru_cache(maxsize=16384)
def length_class(text: str) -> str:
    """``short`` up to 20 words, ``long`` above 60, else ``medium``."""
    count = length(text)
    return "short" if count <= SHORT_WORDS else "long" if count > LONG_WORDS else "medium"


def pair_class(one: str, other: str) -> str:
    """What the two texts are like: ``report`` where both name a version, code or module;
    ``technical`` where one does, or where both have a title or paragraphs, or one has and both
    sound like tasks in a tracker; else the length of the shorter one.

    Those who name parts exactly file neighbouring tasks in nearly the same words, and clone whole
    reports on purpose.
    """
    names = names_parts(one) + names_parts(other)
    if names:
        return "report" if names == 2 else "technical"
    paragraphs = in_paragraphs(one) + in_paragraphs(other)
    if paragraphs == 2 or (paragraphs and impersonal(one) and impersonal(other)):
        return "technical"
    sizes = {length_class(one), length_class(other)}
    return next(size for size in ("short", "medium", "long") if size in sizes)


def same_words(one: str, other: str) -> bool:
    """Whether two texts are copies, however they are cased, spaced or punctuated."""
    if (lexical := overlap(one, other)) and lexical < NEARLY:
        return False
    return _print(one) == _print(other) != ""


@lru_cache(maxsize=16384)
def _print(text: str) -> str:
    return fingerprint(text)
