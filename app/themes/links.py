"""Whether two themes say the same by now, judged as a comment and a theme are: by the same
grouper."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from app.themes.evidence import Evidence, evidence_of, nearest_evidence
from classifiers.contract import Decision, Grouper, Member, Verdict
from classifiers.grouping.link import contradict
from classifiers.middle import Middle

SPEAKERS_PER_THEME = 3
"""Comments that speak for a theme: the one in the middle and the latest ones."""
WITHDRAWAL_SLACK = 0.05
"""How far below the threshold an open proposal may fall before it is withdrawn, so that none comes
and goes."""
EVIDENCE_PAIRS = 3
"""Pairs of comments that a proposal shows, the nearest ones."""


Pair = frozenset[uuid.UUID]
"""Two themes, in no order."""


@dataclass(frozen=True, slots=True)
class Link:
    """What the comments that speak for one theme say of another, ``other_id``.

    ``score`` and both thresholds are means over these comments; ``joining`` is the share of them
    that would join the other theme today.
    """

    other_id: str
    score: float
    join_at: float
    suggest_at: float
    joining: float
    crosses: bool
    decisions: Sequence[tuple[Member, Decision]]

    @property
    def strength(self) -> tuple[bool, float, float]:
        """What orders two links of the same themes, seen from either side."""
        return self.holds(), self.joining, self.score

    def holds(self, slack: float = 0.0) -> bool:
        """Whether it is worth a person's look: half of the comments would join or, where both are
        of one kind, all together come near enough."""
        near_enough = self.score >= self.suggest_at - slack and not self.crosses
        return self.joining >= 0.5 or near_enough

    def evidence(self) -> Evidence:
        """As stored and shown: each of ``nearest`` names the comment that spoke (``of``) and the
        one it is near to."""
        near_pairs = [
            (speaker, neighbour)
            for speaker, decision in self.decisions
            for neighbour in decision.nearest
        ]
        near_pairs.sort(key=lambda pair: (-pair[1].cosine, pair[0].comment_id, pair[1].comment_id))
        kept_apart = [decision.apart for _, decision in self.decisions if decision.apart]
        return evidence_of(
            "merge",
            score=self.score,
            join_at=round(self.join_at, 4),
            suggest_at=round(self.suggest_at, 4),
            apart=kept_apart[0] if kept_apart else (),
            nearest=[
                {"of": speaker.comment_id, **nearest_evidence(neighbour)}
                for speaker, neighbour in near_pairs[:EVIDENCE_PAIRS]
            ],
        )


def speakers(members: Sequence[Member]) -> list[Member]:
    """The comments that speak for a theme; ``members`` latest first."""
    vectors = np.stack([member.vector for member in members])
    central = members[int(np.argmax(vectors @ vectors.mean(axis=0)))]
    latest = [member for member in members if member.comment_id != central.comment_id]
    return [central, *latest[: SPEAKERS_PER_THEME - 1]]


def links(
    grouper: Grouper,
    speaking: Sequence[Member],
    partners: Sequence[Member],
    surrounding: Sequence[Member] = (),
    middles: Mapping[str, Middle] | None = None,
) -> Iterator[Link]:
    """How a theme, for which ``speaking`` speak, is linked with each theme of its ``partners``.

    What is ``surrounding`` them tells how much a likeness means there; ``middles`` are those of
    whole themes.
    """
    own_theme = speaking[0].theme_id if speaking else ""
    strangers = {
        member.comment_id: member
        for member in (*surrounding, *partners)
        if member.theme_id != own_theme
    }
    candidates = list(strangers.values())
    candidate_themes = {member.theme_id for member in candidates}
    partner_themes: Mapping[str, list[Member]] = defaultdict(list)
    for member in partners:
        partner_themes[member.theme_id].append(member)
    for other_id, members in partner_themes.items():
        blocked = frozenset(candidate_themes - {other_id})
        decisions = [
            (speaker, grouper.decide(speaker, candidates, blocked, middles)) for speaker in speaking
        ]
        yield Link(
            other_id,
            fmean(decision.score for _, decision in decisions),
            fmean(decision.join_at for _, decision in decisions),
            fmean(decision.suggest_at for _, decision in decisions),
            sum(decision.verdict is Verdict.join for _, decision in decisions) / len(decisions),
            contradict(speaking[0].kind, members[0].kind),
            decisions,
        )
