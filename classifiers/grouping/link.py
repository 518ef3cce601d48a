"""What speaks for and against a comment saying the same as a theme: the signs that a trained link
weighs.

A likeness means little by itself. In a narrow trade everything resembles everything, so a theme is
measured against what else is near the comment: the members of other themes among the candidates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind, Member
from classifiers.grouping.distinct import names_parts
from classifiers.middle import Middle
from classifiers.texts.phrases import content_words
from classifiers.texts.text import words

SIGNS = (
    "top", "link", "others", "words", "short", "size", "kind", "impersonal", "one_names", "both_name", "paragraphs",
    "share", "crowd", "middle", "within",
)  # fmt: skip
"""``top`` and ``link``: cosine of the nearest member, and the mean of the three nearest.
``others``: the mean cosine of the eight nearest members of other themes. ``words``: the share of
words in common with the nearest three at best. ``short``: logarithm of the words of the shorter
text. ``size``: logarithm of the number of those three. ``kind``: the kinds exclude each other.
``impersonal``: neither text speaks of me or you, as tasks in a tracker do. ``one_names``,
``both_name``: one of the two names an exact part, or both do. ``paragraphs``: both have a title or
paragraphs, and with them perhaps the wording of a template. ``share``: how much of what is near
stands in the theme. ``crowd``: how near other themes are to the nearest member. ``middle``: the
mean cosine of the theme's latest comments, near or not, to the comment; ``within``: to each
other."""
READ = 1_500
LINKED = 3
AROUND = 8
LEAST_AROUND = 4
CROWD = 3
NEAR = 16
WARMTH = 0.1
"""Of the share: a neighbour whose cosine is lower by this weighs a factor e less."""
QUIET = 0.3
"""The cosine assumed of neighbours that a young product lacks."""
_PERSONAL = re.compile(
    r"\b(?:i|i'm|im|i've|me|my|mine|we|our|us|you|your|u|ur|please|pls|plz|anyone|anybody|thanks|hi|hello)\b"
)

Floats = NDArray[np.float64]


class Surroundings:
    """A comment among its candidates, of whatever themes."""

    def __init__(
        self,
        comment: Member,
        candidates: Sequence[Member],
        middles: Mapping[str, Middle] | None = None,
    ) -> None:
        """A theme that is not in ``middles`` is taken to be made of its members among the
        candidates."""
        self.comment = comment
        self.candidates = candidates
        self._middles = middles or {}
        self._vectors = np.stack([member.vector for member in candidates])
        self.cosines = self._vectors @ comment.vector
        self._falling = np.argsort(-self.cosines, kind="stable")
        self._weights = np.exp((self.cosines.astype(np.float64) - 1) / WARMTH)
        missing = max(0, NEAR - len(candidates))
        self._weight = float(self._weights.sum()) + missing * float(np.exp((QUIET - 1) / WARMTH))

    def nearest(self, places: Sequence[int]) -> list[int]:
        """``places`` of candidates, nearest first; the older comment wins a tie."""
        return sorted(
            places, key=lambda place: (-self.cosines[place], self.candidates[place].comment_id)
        )

    def rank(self, nearest: Sequence[int]) -> tuple[float, int]:
        """Orders themes, each by its nearest member: near ones first, then old ones."""
        return -float(self.cosines[nearest[0]]), self.candidates[nearest[0]].comment_id

    def contradicts(self, places: Sequence[int], *, surely: bool = False) -> bool:
        """Whether the kind of most members at ``places`` and that of the comment exclude each
        other.

        ``surely``: as far as kinds are sure; a guess excludes nothing.
        """
        members = [self.candidates[place] for place in places]
        kinds = [member.kind for member in members if member.sure or not surely]
        if not kinds or (surely and not self.comment.sure):
            return False
        return contradict(self.comment.kind, max(Kind, key=kinds.count))

    def signs(self, places: Sequence[int]) -> Floats:
        """``float64[len(SIGNS)]`` of the theme whose members stand at ``places``, nearest first."""
        mine = set(places)
        linked = list(places[:LINKED])
        outside = [int(place) for place in self._falling if place not in mine]
        others = [float(self.cosines[place]) for place in outside[:AROUND]]
        others += [QUIET] * (LEAST_AROUND - len(others))
        crowd = np.sort(self._vectors[outside] @ self._vectors[places[0]])[-CROWD:]
        middle = self._middle(places)
        near = float(middle.vector @ self.comment.vector)
        text, closest = self.comment.text, self.candidates[places[0]].text
        return np.array(
            [
                self.cosines[places[0]],
                self.cosines[linked].mean(),
                np.mean(others),
                max(overlap(text, self.candidates[place].text) for place in linked),
                np.log1p(min(length(text), length(closest))),
                np.log(len(linked)),
                self.contradicts(places),
                impersonal(text) and impersonal(closest),
                names_parts(text) != names_parts(closest),
                names_parts(text) and names_parts(closest),
                in_paragraphs(text) and in_paragraphs(closest),
                self._weights[list(places)].sum() / self._weight,
                np.append(crowd, [QUIET] * (CROWD - len(crowd))).mean(),
                near,
                middle.within if middle.comments > 1 else near,
            ],
            np.float64,
        )

    def _middle(self, places: Sequence[int]) -> Middle:
        found = self._middles.get(self.candidates[places[0]].theme_id)
        return found or Middle.of([self.candidates[place].vector for place in places])


def in_paragraphs(text: str) -> bool:
    """Whether a text has a title or paragraphs."""
    return "\n" in text


def contradict(one: Kind, other: Kind) -> bool:
    """Whether two kinds can hardly be one theme: a bug, a request and praise exclude each other;
    the rest fits any."""
    clear = {Kind.bug, Kind.feature, Kind.praise}
    return one is not other and one in clear and other in clear


def overlap(one: str, other: str) -> float:
    """Dice's coefficient of the content words of two texts, 0..1; 0 where a text has none."""
    mine, theirs = _matter(one), _matter(other)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs)) if mine and theirs else 0.0


@lru_cache(maxsize=16384)
def _matter(text: str) -> frozenset[str]:
    return frozenset(content_words(text[:READ]))


@lru_cache(maxsize=16384)
def length(text: str) -> int:
    """The words of a text, as far as grouping reads it."""
    return len(words(text[: READ * 2]))


@lru_cache(maxsize=16384)
def impersonal(text: str) -> bool:
    """Whether a text speaks neither of me nor of you, as tasks in a tracker do."""
    return _PERSONAL.search(text[:READ].casefold().replace("’", "'")) is None
