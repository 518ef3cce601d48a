"""The words that carry a comment's matter, what two comments share of them, and the phrases a theme
is known by."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from classifiers.texts.stopwords import STOPWORDS
from classifiers.texts.text import LINK, clean, words

_BREAKS = re.compile(r"[.!?,;:()\[\]{}\"“”«»|/…。，、；：！？]+\s*|\n+|\s[-–—]\s")
_JOINTS = frozenset(
    {
        "to",
        "of",
        "in",
        "on",
        "for",
        "from",
        "with",
        "at",
        "by",
        "the",
        "after",
        "when",
        "not",
        "no",
        "without",
    }
)
_FILLERS = frozenset(
    [
        "like",
        "back",
        "says",
        "said",
        "say",
        "feels",
        "feel",
        "thing",
        "things",
        "number",
        "come",
        "comes",
        "looking",
        "showing",
        "showed",
    ]
)
_READ = 2_000
_SINGLE_SHARE = 0.5
_SINGLE_RARE = 0.4


def content_words(text: str) -> list[str]:
    """The words of a text that carry its matter, roughly stemmed so that *crashes* meets
    *crashed*."""
    return [
        stem(word)
        for word in words(text)
        if word not in STOPWORDS and len(word) > 1 and word != LINK
    ]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Cut the commonest English endings; not a stemmer, only enough for comparing two comments."""
    for ending in ("ings", "ing", "edly", "ied", "ies", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
            break
    return word[:-1] if len(word) > 3 and (word.endswith("e") or word[-1] == word[-2]) else word


def shared_words(one: str, other: str, most: int = 8) -> tuple[str, ...]:
    """Content words of ``one``, as written there, that ``other`` has too, in order of
    appearance."""
    known = set(content_words(other))
    found = dict.fromkeys(
        word
        for word in words(one)
        if word not in STOPWORDS and len(word) > 1 and stem(word) in known
    )
    return tuple(word for word in found if word != LINK)[:most]


@dataclass(slots=True)
class Background:
    """In how many of ``texts`` comments each word and phrase stands (stemmed), to tell what is
    rare."""

    texts: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Background:
        """Count the words and phrases of these comments."""
        made = cls()
        for text in texts:
            made.texts += 1
            made.counts.update(_phrases(text).keys())
        return made

    def without(self, texts: Iterable[str]) -> Background:
        """The same without these comments, which are among the counted ones."""
        less = Background.of(texts)
        return Background(self.texts - less.texts, self.counts - less.counts)

    def rarity(self, phrase: str) -> float:
        """0..1, smoothed inverse document frequency; 1 for what nobody says, and where nothing is
        known."""
        if not self.texts:
            return 1.0
        return math.log((self.texts + 2) / (self.counts[phrase] + 1)) / math.log(self.texts + 2)


def key_phrases(
    said: Sequence[tuple[str, str]], background: Background | None = None, most: int = 5
) -> list[str]:
    """Phrases of two or three words that several people use and the product's other comments seldom
    do.

    ``said`` holds (person, text). Single words only where three people, and half of them, use them
    and phrases are few.
    """
    known = background or Background()
    people: dict[str, dict[str, str]] = {}
    written: dict[str, Counter[str]] = {}
    for person, text in said:
        for phrase, surface in _phrases(text).items():
            people.setdefault(phrase, {})[person] = surface
            written.setdefault(phrase, Counter())[surface] += 1
    voices = len({person for person, _ in said})
    ranked = sorted(
        (phrase for phrase, those in people.items() if len(those) >= 2),
        key=lambda phrase: (-_telling(phrase, len(people[phrase]), known), phrase),
    )
    chosen: list[str] = []
    for several in (True, False):
        for phrase in ranked:
            if (" " in phrase) is not several or (
                not several and not _alone(phrase, len(people[phrase]), voices, known)
            ):
                continue
            fresh = set(phrase.split()) - _JOINTS
            if len(chosen) < most and not any(fresh & set(other.split()) for other in chosen):
                chosen.append(phrase)
    return [min(written[phrase], key=lambda one: (-written[phrase][one], one)) for phrase in chosen]


def _alone(word: str, people: int, voices: int, background: Background) -> bool:
    """Whether one word says enough: three people and half of the theme's use it, and few others."""
    return (
        people >= 3 and people >= _SINGLE_SHARE * voices and background.rarity(word) >= _SINGLE_RARE
    )


def _telling(phrase: str, people: int, background: Background) -> float:
    return people * background.rarity(phrase) ** 2 * (1 + 0.25 * phrase.count(" "))


def _phrases(text: str) -> dict[str, str]:
    """The words and phrases of a text: stemmed, with how they are written there."""
    found: dict[str, str] = {}
    for part in _BREAKS.split(clean(text)[:_READ]):
        run = words(part)
        carries = [_carries(word) for word in run]
        stems = [
            stem(word) if telling else word for word, telling in zip(run, carries, strict=True)
        ]
        for start, telling in enumerate(carries):
            if not telling:
                continue
            found.setdefault(stems[start], run[start])
            for length in (2, 3):
                end = start + length
                if end > len(run) or not carries[end - 1] or stems[start] == stems[end - 1]:
                    continue
                if length == 3 and not carries[start + 1] and run[start + 1] not in _JOINTS:
                    continue
                found.setdefault(" ".join(stems[start:end]), " ".join(run[start:end]))
    return found


def _carries(word: str) -> bool:
    return (
        word not in STOPWORDS
        and word not in _FILLERS
        and len(word) > 2
        and not word.isdigit()
        and word != LINK
    )
