"""What a theme shows of itself: the title most of it stands behind, and quotes that differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.contract import Vectors
from classifiers.faces.titles import Candidate, candidates
from classifiers.texts.phrases import Background, content_words
from classifiers.texts.text import fingerprint, has_words

WORTH_WEIGHT, NEAR_WEIGHT, COVERED_WEIGHT = 0.55, 0.35, 0.4
"""How much counts that a title stands on its own, that its comment is near the centre, and that it
has the words of the others. Chosen by reading titles of our own groups of comments."""
COVERING_WORDS = 8
"""The words of most weight that a title could have."""
TITLE_COMMENTS = 60
QUOTE_COMMENTS = 30
"""Comments that are read for a title and for quotes, those nearest to the middle."""
THREAD_START_NEARER = 0.2
"""How much nearer a comment counts that opens its thread."""

RETITLE_MARGIN = 0.15
"""A title that people know gives way only to one that is better by this much ..."""
RETITLE_GROWTH = 3
"""... and only when the theme has grown by this factor since it was chosen, or when somebody gave a
topic or an issue that title."""

QUOTE_CHARACTERS = (30, 320)
"""Quotes shorter or longer than this are less readable."""
QUOTE_COPY_COSINE = 0.93
QUOTE_DIVERSITY = 0.5
"""How much it counts against a quote that it is like a chosen one."""


@dataclass(frozen=True, slots=True)
class PortraitComment:
    """One comment of a theme. ``vector`` is ``float32[dimensions]`` of unit length or None;
    ``voice`` names the person; ``thread_title`` is given for a comment that opens its thread;
    ``age`` in days before the theme's newest."""

    comment_id: int
    text: str
    vector: Vectors | None
    voice: str
    thread_title: str = ""
    likes: int = 0
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class ThemeTitle:
    """A title, the comment it is made of, and its score; ``given`` by whoever opened a topic or an
    issue."""

    title: str
    comment_id: int
    score: float
    given: bool = False


class Portrait:
    """The middle of a theme: one person counts once, however much they wrote.

    ``background`` knows how common words are in the product's other comments.
    """

    def __init__(
        self,
        comments: Sequence[PortraitComment],
        kind: str = "",
        background: Background | None = None,
    ) -> None:
        self.kind = kind
        self.comments = sorted(comments, key=lambda comment: comment.comment_id)
        self._nearness = _nearness(self.comments)
        self._weights = _weights(self.comments, background or Background())

    def title(self) -> ThemeTitle | None:
        """The best title its comments offer; None where none says anything. The same comments give
        the same title."""
        best: ThemeTitle | None = None
        for place in self._nearest(TITLE_COMMENTS):
            comment = self.comments[place]
            for candidate in candidates(comment.text, comment.thread_title, self.kind):
                score = self._score(candidate, self._nearness[place])
                if best is None or score > best.score:
                    best = ThemeTitle(candidate.title, comment.comment_id, score, candidate.given)
        return best

    def score(self, title: str, comment_id: int) -> float:
        """The score of a title that is in use, made of this comment."""
        offered, nearness = candidates(title, kind=self.kind), 0.0
        for comment, comment_nearness in zip(self.comments, self._nearness, strict=True):
            if comment.comment_id == comment_id:
                nearness = comment_nearness
                own = candidates(comment.text, comment.thread_title, self.kind)
                offered = [one for one in own if one.title == title] or offered
        if not offered:
            return 0.0
        return self._score(offered[0], nearness)

    def quotes(self, limit: int = 4) -> list[int]:
        """Comments that show best what is said: near the middle, readable, recent, liked, of one
        person each.

        Maximal marginal relevance: Carbonell and Goldstein, SIGIR 1998. What repeats a chosen one
        is left out.
        """
        chosen: list[int] = []
        remaining = self._nearest(QUOTE_COMMENTS)
        worth = {
            place: self._nearness[place] + _readable(self.comments[place]) for place in remaining
        }

        def relevance(place: int) -> tuple[float, int]:
            return worth[place] - QUOTE_DIVERSITY * self._likeness(place, chosen), -place

        while remaining and len(chosen) < limit:
            best = max(remaining, key=relevance)
            chosen.append(best)
            remaining = [place for place in remaining if not self._repeats(place, best)]
        return [self.comments[place].comment_id for place in chosen]

    def _nearest(self, limit: int) -> list[int]:
        """The places of the comments next to the middle, in their order."""

        def order(place: int) -> tuple[float, int]:
            nearer = THREAD_START_NEARER * bool(self.comments[place].thread_title)
            return -self._nearness[place] - nearer, place

        with_words = [
            place
            for place, comment in enumerate(self.comments)
            if has_words(comment.text + comment.thread_title)
        ]
        return sorted(sorted(with_words, key=order)[:limit])

    def _score(self, candidate: Candidate, nearness: float) -> float:
        score = WORTH_WEIGHT * candidate.worth + NEAR_WEIGHT * nearness
        return round(score + COVERED_WEIGHT * self._covered(candidate.title), 6)

    def _covered(self, title: str) -> float:
        """The weight of the words in a title, as a share of the weightiest eight: 0..1."""
        weightiest = sum(sorted(self._weights.values(), reverse=True)[:COVERING_WORDS])
        if not weightiest:
            return 0.0
        covered = sum(self._weights.get(word, 0.0) for word in set(content_words(title)))
        return min(1.0, covered / weightiest)

    def _likeness(self, place: int, chosen: Sequence[int]) -> float:
        """The cosine to the chosen comment that is most alike, 0 without any."""
        return max((self._cosine(place, one) for one in chosen), default=0.0)

    def _cosine(self, place: int, another: int) -> float:
        one, two = self.comments[place].vector, self.comments[another].vector
        if one is None or two is None:
            return 0.0
        return float(one @ two)

    def _repeats(self, place: int, chosen: int) -> bool:
        """Whether a comment says nothing new beside a chosen one: by the same person, or in nearly
        the same words."""
        one, two = self.comments[place], self.comments[chosen]
        return (
            one.voice == two.voice
            or fingerprint(one.text) == fingerprint(two.text)
            or self._cosine(place, chosen) >= QUOTE_COPY_COSINE
        )


def _nearness(comments: Sequence[PortraitComment]) -> list[float]:
    """The cosine of each comment to the mean of what each person says; 0.5 for all where there are
    no vectors."""
    by_voice: dict[str, list[Vectors]] = {}
    for comment in comments:
        if comment.vector is not None:
            by_voice.setdefault(comment.voice, []).append(comment.vector)
    if not by_voice:
        return [0.5] * len(comments)
    centre = np.mean([np.mean(vectors, axis=0) for vectors in by_voice.values()], axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-9)
    nearness = []
    for comment in comments:
        cosine = 0.0
        if comment.vector is not None:
            cosine = float(comment.vector @ centre)
        nearness.append(cosine)
    return nearness


def _weights(comments: Sequence[PortraitComment], background: Background) -> Mapping[str, float]:
    """How much each word stands for the theme: the share of its people who use it, more for a rare
    word."""
    by_voice: dict[str, set[str]] = {}
    for comment in comments:
        text = f"{comment.thread_title} {comment.text[:2000]}"
        by_voice.setdefault(comment.voice, set()).update(content_words(text))
    counts = Counter(word for voice_words in by_voice.values() for word in voice_words)
    voices = len(by_voice)
    least = 1
    if voices > 2:
        least = 2
    return {
        word: count / voices * background.rarity(word)
        for word, count in counts.items()
        if count >= least and not word.isdigit()
    }


def _readable(comment: PortraitComment) -> float:
    """-0.5..0.5: short enough to read, long enough to say something, in own words, liked, recent.

    ==============  ==============  ==========================================================
    length          -0.25 .. +0.2   +0.2 for 30 to 320 characters, -0.125 for 15 of them
    own words       -0.15 .. +0.15  0.15 times the worth of the best title that it makes
    likes           0 .. +0.15      0.05 times ln(1 + likes): +0.12 for ten
    age             -0.05 .. 0      -0.05 from 60 days on, half of it at 30
    ==============  ==============  ==========================================================
    """
    best_title = max((candidate.worth for candidate in candidates(comment.text)), default=-1.0)
    value = _readable_length(len(comment.text)) + 0.15 * best_title
    liked = 0.05 * min(math.log1p(max(comment.likes, 0)), 3.0)
    old = 0.05 * min(max(comment.age, 0.0) / 60.0, 1.0)
    return value + (liked - old)


def _readable_length(length: int) -> float:
    low, high = QUOTE_CHARACTERS
    if length < low:
        return -0.25 * min(1.0, (low - length) / low)
    if length > high:
        return -0.25 * min(1.0, (length - high) / 900)
    return 0.2
