"""Where grouping loses a comment that says what an earlier one said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from enum import StrEnum

from classifiers.contract import Member
from classifiers.grouping.grouper import Weighed
from classifiers.grouping.thresholds import NEVER_JOINS


class Loss(StrEnum):
    """What became of a comment that had an earlier mate."""

    right = "joined the right theme"
    told = "told neither bug nor request"
    mates = "its mates were told neither"
    suggested = "right theme on top, below its join threshold, suggested"
    unsuggested = "right theme on top, below what is suggested"
    another = "another theme scores higher"
    unjudged = "right theme found, not weighed"
    unfound = "right theme not found by the search"
    apart = "kept apart by a veto"


Losses = Mapping[str, Mapping[str, int]]
"""By sort of place (``""`` where it is not known) how many comments met which loss."""


def loss_of(
    placed: str, home: Set[str], weighed: Sequence[Weighed], candidates: Sequence[Member]
) -> Loss:
    """The loss of a comment that was ``placed`` in a theme (blank: in none), whose mates are in the
    themes of ``home``. ``weighed`` has the deciding theme first."""
    if placed in home:
        return Loss.right
    if not home:
        return Loss.mates
    own = [one for one in weighed if one.theme_id in home]
    if not own:
        near = any(member.theme_id in home for member in candidates)
        return Loss.unjudged if near else Loss.unfound
    if own[0].join_at >= NEVER_JOINS:
        return Loss.apart
    if weighed[0].theme_id not in home:
        return Loss.another
    if not placed:
        return Loss.told
    return Loss.suggested if own[0].score >= own[0].suggest_at else Loss.unsuggested


def count_losses(losses: Sequence[tuple[str, Loss]]) -> Losses:
    """How many by sort of place and loss, in the order of ``Loss``."""
    counts: dict[str, Counter[Loss]] = {}
    for sort, loss in losses:
        counts.setdefault(sort, Counter())[loss] += 1
    return {
        sort: {str(loss): counts[sort][loss] for loss in Loss if counts[sort][loss]}
        for sort in sorted(counts)
    }
