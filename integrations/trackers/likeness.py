"""How alike two titles are, by the words that they share: for finding a ticket that people opened
before us."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.ticket_status import RemoteState

SEARCHED_WORDS_MOST = 6
"""GitHub's search takes five operators, and so six words."""
SIMILAR_MOST = 5
LIKE_FROM = 0.3
"""Titles that share fewer of their words are not shown."""
_STEM_CHARACTERS = 5
_SHORT_WORD_CHARACTERS = 3
_TITLE_WORD = re.compile(r"[^\W_]+")


def search_words(title: str) -> list[str]:
    """The words by which a tracker is searched, the longest first: letters and digits alone, so
    that none can be an operator of its search."""
    words = dict.fromkeys(word.lower() for word in _TITLE_WORD.findall(title))
    long_words = [word for word in words if len(word) >= _SHORT_WORD_CHARACTERS]
    return sorted(long_words, key=lambda word: (-len(word), word))[:SEARCHED_WORDS_MOST]


def likeness(title: str, other: str) -> float:
    """From 0 to 1: twice the shared words by all words (Dice's coefficient), where words that begin
    alike are the same.

    >>> likeness("Export to PDF crashes", "PDF export crashed")
    0.86
    """
    stems, other_stems = _stems(title), _stems(other)
    if not stems or not other_stems:
        return 0.0
    return round(2 * len(stems & other_stems) / (len(stems) + len(other_stems)), 2)


@dataclass(frozen=True, slots=True)
class _Likely:
    """A ticket with how alike its title is."""

    state: RemoteState
    likeness: float


def most_alike(title: str, states: Iterable[RemoteState]) -> list[RemoteState]:
    """Those whose titles are like this one, the most alike first."""
    likely = [_Likely(state, likeness(title, state.title)) for state in states]
    likely = [one for one in likely if one.likeness >= LIKE_FROM]
    return [one.state for one in sorted(likely, key=lambda one: -one.likeness)][:SIMILAR_MOST]


def _stems(title: str) -> set[str]:
    words = [word.lower() for word in _TITLE_WORD.findall(title)]
    return {word[:_STEM_CHARACTERS] for word in words if len(word) >= _SHORT_WORD_CHARACTERS}
