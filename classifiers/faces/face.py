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

WORTH, NEAR, COVERED = 0.55, 0.35, 0.4
"""How much counts that a title stands on its own, that its comment is near the centre, and that it
has the words of the others. Chosen by reading titles of our own groups of comments."""

BETTER = 0.15
"""A title that people know gives way only to one that is better by this much."""

GROWN = 3
"""... and only when the theme has grown by this factor since it was chosen."""

QUOTE_LENGTH = (30, 320)
COPY = 0.93
_DIVERSE = 0.5
_TELLING = 8
_READ_FOR_TITLES, _READ_FOR_QUOTES = 60, 30


@dataclass(frozen=True, slots=True)
class Spoken:
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
class Titled:
    """A title, the comment it is made of, and its score."""

    title: str
    comment_id: int
    score: float


class Portrait:
    """The middle of a theme: one person counts once, however much they wrote.

    ``background`` knows how common words are in the product's other comments.
    """

    def __init__(
        self, spoken: Sequence[Spoken], kind: str = "", background: Background | None = None
    ) -> None:
        self.kind = kind
        self.spoken = sorted(spoken, key=lambda each: each.comment_id)
        self._near = _nearness(self.spoken)
        self._weights = _weights(self.spoken, background or Background())

    def title(self) -> Titled | None:
        """The best title its comments offer; None where none says anything. The same comments give
        the same title."""
        best: Titled | None = None
        for number in self._nearest(_READ_FOR_TITLES):
            each = self.spoken[number]
            for candidate in candidates(each.text, each.thread_title, self.kind):
                score = self._score(candidate, self._near[number])
                if best is None or score > best.score:
                    best = Titled(candidate.title, each.comment_id, score)
        return best

    def score(self, title: str, comment_id: int) -> float:
        """The score of a title that is in use, made of this comment."""
        near = next(
            (self._near[n] for n, each in enumerate(self.spoken) if each.comment_id == comment_id),
            0.0,
        )
        offered = candidates(title, kind=self.kind)
        return self._score(offered[0], near) if offered else 0.0

    def quotes(self, most: int = 4) -> list[int]:
        """Comments that show best what is said: near the middle, readable, recent, liked, of one
        person each.

        Maximal marginal relevance: Carbonell and Goldstein, SIGIR 1998. What repeats a chosen one
        is left out.
        """
        left = self._nearest(_READ_FOR_QUOTES)
        worth = {number: self._near[number] + _readable(self.spoken[number]) for number in left}
        chosen: list[int] = []
        while left and len(chosen) < most:
            best = max(
                left,
                key=lambda number: (
                    worth[number] - _DIVERSE * self._alike(number, chosen),
                    -number,
                ),
            )
            chosen.append(best)
            left = [number for number in left if not self._repeats(number, best)]
        return [self.spoken[number].comment_id for number in chosen]

    def _nearest(self, most: int) -> list[int]:
        """The comments next to the middle, in their order; those that open a thread come first."""
        spoken = [
            number
            for number, each in enumerate(self.spoken)
            if has_words(each.text + each.thread_title)
        ]
        first = sorted(
            spoken, key=lambda n: (-self._near[n] - 0.2 * bool(self.spoken[n].thread_title), n)
        )
        return sorted(first[:most])

    def _score(self, candidate: Candidate, near: float) -> float:
        return round(
            WORTH * candidate.worth + NEAR * near + COVERED * self._covered(candidate.title), 6
        )

    def _covered(self, title: str) -> float:
        full = sum(sorted(self._weights.values(), reverse=True)[:_TELLING])
        found = sum(self._weights.get(word, 0.0) for word in set(content_words(title)))
        return min(1.0, found / full) if full else 0.0

    def _alike(self, number: int, chosen: Sequence[int]) -> float:
        return max((self._cosine(number, other) for other in chosen), default=0.0)

    def _cosine(self, one: int, other: int) -> float:
        a, b = self.spoken[one].vector, self.spoken[other].vector
        return float(a @ b) if a is not None and b is not None else 0.0

    def _repeats(self, number: int, chosen: int) -> bool:
        """Whether a comment says nothing new beside a chosen one: by the same person, or in nearly
        the same words."""
        one, other = self.spoken[number], self.spoken[chosen]
        return (
            one.voice == other.voice
            or fingerprint(one.text) == fingerprint(other.text)
            or self._cosine(number, chosen) >= COPY
        )


def _nearness(spoken: Sequence[Spoken]) -> list[float]:
    """The cosine of each comment to the mean of what each person says; 0.5 for all where there are
    no vectors."""
    heard: dict[str, list[Vectors]] = {}
    for each in spoken:
        if each.vector is not None:
            heard.setdefault(each.voice, []).append(each.vector)
    if not heard:
        return [0.5] * len(spoken)
    centre = np.mean([np.mean(vectors, axis=0) for vectors in heard.values()], axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-9)
    return [float(each.vector @ centre) if each.vector is not None else 0.0 for each in spoken]


def _weights(spoken: Sequence[Spoken], background: Background) -> Mapping[str, float]:
    """How much each word stands for the theme: the share of its people who use it, more for a rare
    word."""
    said: dict[str, set[str]] = {}
    for each in spoken:
        said.setdefault(each.voice, set()).update(
            content_words(f"{each.thread_title} {each.text[:2000]}")
        )
    counts = Counter(word for found in said.values() for word in found)
    least = 2 if len(said) > 2 else 1
    return {
        word: count / len(said) * background.rarity(word)
        for word, count in counts.items()
        if count >= least and not word.isdigit()
    }


def _readable(each: Spoken) -> float:
    """-0.5..0.5: short enough to read, long enough to say something, in own words, liked,
    recent."""
    length = len(each.text)
    low, high = QUOTE_LENGTH
    value = (
        0.2
        if low <= length <= high
        else -0.25 * min(1.0, max(low - length, 0) / low + max(length - high, 0) / 900)
    )
    value += 0.15 * max((one.worth for one in candidates(each.text)), default=-1.0)
    value += 0.05 * min(math.log1p(max(each.likes, 0)), 3.0) - 0.05 * min(
        max(each.age, 0.0) / 60.0, 1.0
    )
    return value
