"""What speaks for and against a comment saying the same as a theme: what a trained link weighs.

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
from classifiers.grouping.distinct import TEXTS_REMEMBERED, names_parts
from classifiers.middle import Middle
from classifiers.texts.phrases import content_words
from classifiers.texts.text import words

_SIGN_NAMES = """
top link others words short size kind impersonal one_names both_name paragraphs
share crowd middle within
"""
SIGNS = tuple(_SIGN_NAMES.split())
"""What ``Surroundings.signs`` gives, in this order; its table says what each one is."""
LINK_CHARACTERS = 1_500
LINKED_MEMBERS = 3
"""The nearest members of a theme, which speak for it."""
OUTSIDE_MEMBERS = 8
LEAST_OUTSIDE_MEMBERS = 4
CROWD_MEMBERS = 3
NEIGHBOURHOOD_MEMBERS = 16
LONE_COSINE = 0.3
"""The cosine assumed of neighbours that a young product lacks."""
SHARE_WARMTH = 0.1
"""Of the share: a neighbour whose cosine is lower by this weighs a factor e less."""
_ME_OR_YOU = re.compile(
    r"\b(?:i|i'm|im|i've|me|my|mine|we|our|us|you|your|u|ur|please|pls|plz|anyone|anybody|thanks"
    r"|hi|hello)\b"
)

_EXCLUSIVE_KINDS = frozenset({Kind.bug, Kind.feature, Kind.praise})

Floats = NDArray[np.float64]


class Surroundings:
    """A comment among its candidates, of whatever themes."""

    def __init__(
        self,
        comment: Member,
        candidates: Sequence[Member],
        middles: Mapping[str, Middle] | None = None,
    ) -> None:
        """A theme that is not in ``middles`` is made of its members among the candidates."""
        self.comment = comment
        self.candidates = candidates
        self._middles = middles or {}
        self._vectors = np.stack([member.vector for member in candidates])
        self.cosines = self._vectors @ comment.vector
        self._falling = np.argsort(-self.cosines, kind="stable")
        self._weights = np.exp((self.cosines.astype(np.float64) - 1) / SHARE_WARMTH)
        missing = max(0, NEIGHBOURHOOD_MEMBERS - len(candidates))
        lone_weight = float(np.exp((LONE_COSINE - 1) / SHARE_WARMTH))
        self._total_weight = float(self._weights.sum()) + missing * lone_weight

    def nearest(self, places: Sequence[int]) -> list[int]:
        """``places`` of candidates, nearest first; the older comment wins a tie."""
        return sorted(
            places, key=lambda place: (-self.cosines[place], self.candidates[place].comment_id)
        )

    def rank(self, nearest: Sequence[int]) -> tuple[float, int]:
        """Orders themes, each by its nearest member: near ones first, then old ones."""
        return -float(self.cosines[nearest[0]]), self.candidates[nearest[0]].comment_id

    def contradicts(self, places: Sequence[int], *, surely: bool = False) -> bool:
        """Whether the comment's kind and that of most members at ``places`` exclude each other.

        ``surely``: as far as kinds are sure; a guess excludes nothing.
        """
        members = [self.candidates[place] for place in places]
        kinds = [member.kind for member in members if member.sure or not surely]
        if not kinds or (surely and not self.comment.sure):
            return False
        return contradict(self.comment.kind, max(Kind, key=kinds.count))

    def signs(self, places: Sequence[int]) -> Floats:
        """``float64[len(SIGNS)]`` of the theme whose members stand at ``places``, nearest first.

        The example: *The camera crashes* beside a theme of *camera crashes on my phone 2.3.1* (its
        cosine to the comment is 0.8) and *Crash of the camera* (0.6); near is one comment of
        another theme, *camera menu* (0.7). What a young product lacks counts with a cosine of 0.3.

        ===========  =====  ===============================================================
        top          0.8    cosine of the nearest member
        link         0.7    mean cosine of the three nearest: (0.8 + 0.6) / 2
        others       0.4    of the eight nearest of other themes, four at least:
                            (0.7 + 3 * 0.3) / 4
        words        1.0    share of words in common with the three nearest, at best
        short        1.386  logarithm of one more than the words of the shorter text: ln 4
        size         0.693  logarithm of the number of the nearest, three at most: ln 2
        kind         0.0    1 where the kinds exclude each other
        impersonal   0.0    1 where neither text speaks of me or you, as tasks do
        one_names    1.0    1 where one of the two names an exact part: *2.3.1*
        both_name    0.0    1 where both do
        paragraphs   0.0    1 where both have a title or paragraphs, perhaps of a template
        share        0.714  how much of what is near stands in the theme; a neighbour at
                            0.7 weighs exp((0.7 - 1) / 0.1), and 16 are expected
        crowd        0.529  mean cosine of the nearest member to the three nearest of other
                            themes: (0.988 + 2 * 0.3) / 3
        middle       0.7    mean cosine of the theme's latest comments to the comment
        within       0.96   their mean cosine to each other
        ===========  =====  ===============================================================
        """
        theme_places = set(places)
        linked = list(places[:LINKED_MEMBERS])
        outside = [int(place) for place in self._falling if place not in theme_places]
        outside_cosines = [float(self.cosines[place]) for place in outside[:OUTSIDE_MEMBERS]]
        outside_cosines += [LONE_COSINE] * (LEAST_OUTSIDE_MEMBERS - len(outside_cosines))
        crowd = np.sort(self._vectors[outside] @ self._vectors[places[0]])[-CROWD_MEMBERS:]
        crowd = np.append(crowd, [LONE_COSINE] * (CROWD_MEMBERS - len(crowd)))
        middle = self._middle(places)
        to_middle = within = float(middle.vector @ self.comment.vector)
        if middle.comments > 1:
            within = middle.within
        text, closest = self.comment.text, self.candidates[places[0]].text
        signs = {
            "top": self.cosines[places[0]],
            "link": self.cosines[linked].mean(),
            "others": np.mean(outside_cosines),
            "words": max(overlap(text, self.candidates[place].text) for place in linked),
            "short": np.log1p(min(length(text), length(closest))),
            "size": np.log(len(linked)),
            "kind": self.contradicts(places),
            "impersonal": impersonal(text) and impersonal(closest),
            "one_names": names_parts(text) != names_parts(closest),
            "both_name": names_parts(text) and names_parts(closest),
            "paragraphs": in_paragraphs(text) and in_paragraphs(closest),
            "share": self._weights[list(places)].sum() / self._total_weight,
            "crowd": crowd.mean(),
            "middle": to_middle,
            "within": within,
        }
        return np.array([signs[name] for name in SIGNS], np.float64)

    def _middle(self, places: Sequence[int]) -> Middle:
        theme_id = self.candidates[places[0]].theme_id
        return self._middles.get(theme_id) or Middle.of(
            [self.candidates[place].vector for place in places]
        )


def in_paragraphs(text: str) -> bool:
    """Whether a text has a title or paragraphs."""
    return "\n" in text


def contradict(one: Kind, other: Kind) -> bool:
    """Whether two kinds can hardly be one theme: a bug, a request and praise exclude each other;
    the rest fits any."""
    return one is not other and one in _EXCLUSIVE_KINDS and other in _EXCLUSIVE_KINDS


def overlap(one: str, other: str) -> float:
    """Dice's coefficient of the content words of two texts, 0..1; 0 where a text has none.

    *camera crashes* and *The camera crashed again, in a loop*: 2 * 2 / (2 + 3) = 0.8
    """
    one_words, other_words = _matter(one), _matter(other)
    if not one_words or not other_words:
        return 0.0
    return 2 * len(one_words & other_words) / (len(one_words) + len(other_words))


@lru_cache(maxsize=TEXTS_REMEMBERED)
def _matter(text: str) -> frozenset[str]:
    return frozenset(content_words(text[:LINK_CHARACTERS]))


@lru_cache(maxsize=TEXTS_REMEMBERED)
def length(text: str) -> int:
    """The words of a text, as far as grouping reads it."""
    return len(words(text[: LINK_CHARACTERS * 2]))


@lru_cache(maxsize=TEXTS_REMEMBERED)
def impersonal(text: str) -> bool:
    """Whether a text speaks neither of me nor of you, as tasks in a tracker do."""
    return _ME_OR_YOU.search(text[:LINK_CHARACTERS].casefold().replace("’", "'")) is None
