"""Where a comment belongs: join a theme, suggest it to a person, or start one, with evidence."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.contract import Decision, Member, Nearest, Verdict
from classifiers.grouping.alternatives import differ
from classifiers.grouping.distinct import conflict, differ_in_numbers
from classifiers.grouping.link import (
    LINK_CHARACTERS,
    LINKED_MEMBERS,
    SIGNS,
    Floats,
    Surroundings,
    overlap,
)
from classifiers.grouping.pair_classes import length_class, pair_class, same_words
from classifiers.grouping.templates import template_apart
from classifiers.grouping.threads import (
    THREAD_SIGNS,
    agreement,
    in_thread,
    reasons,
    thread_signs,
)
from classifiers.grouping.thresholds import NEVER_JOINS, Level, Thresholds
from classifiers.middle import Middle
from classifiers.texts.phrases import shared_words

JUDGED_THEMES = 5
"""Themes that are weighed, those with the nearest members."""
LEAST_SCORE = 1e-4
"""Scores are rounded to so much."""
NUMBERS_DIFFER_OVERLAP = 0.6
"""Share of words in common from which a number that differs is what the two texts differ in."""


class DefaultGrouper:
    """Weighs how near a theme is, its nearest members and its middle, against what else is near.

    Pure and deterministic.
    """

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        """``thresholds`` defaults to the shipped ones."""
        self.thresholds = thresholds or Thresholds.read()
        self._weights = np.array([self.thresholds.weights.get(sign, 0.0) for sign in SIGNS])
        thread = self.thresholds.thread
        self._thread_weights = None
        if thread is not None:
            self._thread_weights = np.array([thread.weights[sign] for sign in THREAD_SIGNS])

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
        surroundings, links = self._weigh(comment, candidates, blocked, middles)
        if surroundings is None:
            return self._nothing_near(comment)
        best = links[0]
        verdict = best.verdict
        if verdict is Verdict.suggest and comment.aside:
            verdict = Verdict.new  # it has no theme that could be proposed for a merge
        return Decision(
            verdict=verdict,
            theme_id=None if verdict is Verdict.new else best.theme_id,
            score=best.score,
            join_at=best.join_at,
            suggest_at=best.suggest_at,
            nearest=_evidence(surroundings, best),
            apart=best.apart,
            thread=best.thread,
            bars=best.bars,
        )

    def weighed(
        self,
        comment: Member,
        candidates: Sequence[Member],
        middles: Mapping[str, Middle] | None = None,
    ) -> list[Weighed]:
        """The themes that were weighed for a comment, the one that decides first."""
        _, links = self._weigh(comment, candidates, frozenset(), middles)
        return [Weighed(link.theme_id, link.score, link.join_at, link.suggest_at) for link in links]

    def _weigh(
        self,
        comment: Member,
        candidates: Sequence[Member],
        blocked: frozenset[str],
        middles: Mapping[str, Middle] | None,
    ) -> tuple[Surroundings | None, list[_Link]]:
        """The links with the themes of the candidates, the best one first; None where there is
        none."""
        others = [one for one in candidates if one.comment_id != comment.comment_id]
        themes: dict[str, list[int]] = defaultdict(list)
        for place, candidate in enumerate(others):
            if candidate.theme_id not in blocked:
                themes[candidate.theme_id].append(place)
        if not themes:
            return None, []
        surroundings = Surroundings(comment, others, middles)
        nearest = [surroundings.nearest(places) for places in themes.values()]
        nearest.sort(key=surroundings.rank)
        judged = self._judged(comment, others, nearest)
        links = [self._judge(surroundings, places) for places in judged]
        links.sort(key=lambda link: (-link.margin, link.oldest, link.theme_id))
        return surroundings, links

    def _judged(
        self, comment: Member, others: Sequence[Member], nearest: Sequence[Sequence[int]]
    ) -> list[Sequence[int]]:
        """The themes that are weighed: the nearest, and all that have a part in the thread."""
        judged = list(nearest[:JUDGED_THEMES])
        if self._thread_weights is not None and comment.thread:
            judged += [
                places
                for places in nearest[JUDGED_THEMES:]
                if in_thread(comment, [others[place] for place in places])
            ]
        return judged

    def _nothing_near(self, comment: Member) -> Decision:
        size = pair_class(comment.text, comment.text)
        return Decision(
            verdict=Verdict.new,
            theme_id=None,
            score=0.0,
            join_at=self.thresholds.join_for(comment.sort, size),
            suggest_at=self.thresholds.suggest[size],
            nearest=(),
        )

    def _judge(self, surroundings: Surroundings, nearest: Sequence[int]) -> _Link:
        """How well the comment fits the theme whose members stand at ``nearest``, nearest first."""
        comment = surroundings.comment
        members = [surroundings.candidates[place] for place in nearest[:LINKED_MEMBERS]]
        text, closest = comment.text, members[0].text
        size = pair_class(text, closest)
        in_theme = [surroundings.candidates[place] for place in nearest]
        threaded = self._thread_weights is not None and bool(in_thread(comment, in_theme))
        join_at = self._join_at(comment, size, threaded=threaded)
        apart: tuple[str, ...] = ()
        thread_reasons: tuple[str, ...] = ()
        if any(same_words(text, member.text) for member in members):
            score = 1.0
            join_at = min(join_at, 1.0)
            if size == "report" and length_class(text) == "long":
                join_at = NEVER_JOINS  # whole reports are cloned on purpose
        else:
            score = self.score(surroundings, nearest)
            if threaded:
                signs = thread_signs(comment, in_theme, surroundings.candidates, _logit(score))
                score = self._thread_score(signs)
                thread_reasons = reasons(signs)
            apart = differ(comment, members) or ()
            # Who agrees means what was thread_reasons, whatever version it was on.
            agrees = threaded and agreement(text)
            if (
                not apart
                and not threaded
                and comment.sort
                and score >= self.thresholds.suggest[size]
            ):
                apart = template_apart(text, closest) or ()
            if apart or (not agrees and _mean_different_things(surroundings, nearest)):
                join_at = NEVER_JOINS
        bars: Mapping[str, float] = {}
        if join_at < NEVER_JOINS:
            bars = self._bars(comment, size, threaded=threaded)
        return _Link(
            theme_id=members[0].theme_id,
            score=score,
            join_at=join_at,
            suggest_at=self.thresholds.suggest[size],
            nearest=tuple(nearest[:LINKED_MEMBERS]),
            oldest=min(surroundings.candidates[place].comment_id for place in nearest),
            apart=apart,
            thread=thread_reasons,
            bars=bars,
        )

    def _join_at(self, comment: Member, size: str, *, threaded: bool) -> float:
        """What is asked of such a comment: more of one that was told neither bug nor request."""
        return self._asked(self.thresholds.level, comment, size, threaded=threaded)

    def _bars(self, comment: Member, size: str, *, threaded: bool) -> dict[str, float]:
        """The same at every boldness."""
        return {
            boldness: self._asked(level, comment, size, threaded=threaded)
            for boldness, level in self.thresholds.levels.items()
        }

    def _asked(self, level: Level, comment: Member, size: str, *, threaded: bool) -> float:
        if threaded:
            return level.thread_aside if comment.aside else level.thread
        join_at = level.sorts.get(comment.sort, self.thresholds.join)[size]
        return max(join_at, level.aside) if comment.aside else join_at

    def _thread_score(self, signs: Floats) -> float:
        thread = self.thresholds.thread
        if thread is None or self._thread_weights is None:
            raise ValueError("There is no link of threads.")
        likelihood = 1 / (1 + np.exp(-signs @ self._thread_weights - thread.intercept))
        return round(float(likelihood), 4)

    def logit(self, surroundings: Surroundings, nearest: Sequence[int]) -> float:
        """The logit of ``score``."""
        return _logit(self.score(surroundings, nearest))

    def score(self, surroundings: Surroundings, nearest: Sequence[int]) -> float:
        """The likelihood that the comment says the same as the members at the places ``nearest``.

        The logistic function: signs that weigh up to the negative intercept give 0.5.
        """
        signs = surroundings.signs(nearest)
        likelihood = 1 / (1 + np.exp(-signs @ self._weights - self.thresholds.intercept))
        return round(float(likelihood), 4)


@dataclass(frozen=True, slots=True)
class Weighed:
    """How likely a comment says the same as a theme, and what was asked."""

    theme_id: str
    score: float
    join_at: float
    suggest_at: float


@dataclass(frozen=True, slots=True)
class _Link:
    theme_id: str
    score: float
    join_at: float
    suggest_at: float
    nearest: tuple[int, ...]
    oldest: int
    apart: tuple[str, ...]
    thread: tuple[str, ...]
    bars: Mapping[str, float]

    @property
    def margin(self) -> float:
        return round(self.score - self.join_at, 4)

    @property
    def verdict(self) -> Verdict:
        if self.score >= self.join_at:
            return Verdict.join
        if self.score >= self.suggest_at:
            return Verdict.suggest
        return Verdict.new


def _logit(score: float) -> float:
    bounded_score = min(max(score, LEAST_SCORE), 1 - LEAST_SCORE)
    return math.log(bounded_score / (1 - bounded_score))


def _of_one_template(comment: Member, closest: Member) -> tuple[str, ...]:
    """The words by which two texts cut from one template differ. Where nobody knows the sort of
    place, short questions that share their wording may well be one (``docs/decisions/0017``)."""
    if not comment.sort:
        return ()
    return template_apart(comment.text, closest.text) or ()


def _mean_different_things(surroundings: Surroundings, nearest: Sequence[int]) -> bool:
    """Whether kinds, exact names or a number keep the comment from joining by itself."""
    text, closest = surroundings.comment.text, surroundings.candidates[nearest[0]].text
    if surroundings.contradicts(nearest, surely=True) or conflict(text, closest):
        return True
    return overlap(text, closest) >= NUMBERS_DIFFER_OVERLAP and differ_in_numbers(text, closest)


def _evidence(surroundings: Surroundings, link: _Link) -> tuple[Nearest, ...]:
    """The nearest members with the words in common, for the theme that decided and no other."""
    text = surroundings.comment.text
    members = [(place, surroundings.candidates[place]) for place in link.nearest]
    return tuple(
        Nearest(
            comment_id=member.comment_id,
            theme_id=link.theme_id,
            cosine=round(float(surroundings.cosines[place]), 4),
            lexical=round(overlap(text, member.text), 4),
            words=shared_words(text[:LINK_CHARACTERS], member.text[:LINK_CHARACTERS]),
        )
        for place, member in members
    )
