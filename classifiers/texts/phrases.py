"""The words that carry a comment's matter, what two comments share, and a theme's phrases."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from classifiers.texts.stopwords import STOPWORDS
from classifiers.texts.text import LINK_WORD, clean, words

_PHRASE_BREAKS = re.compile(r"[.!?,;:()\[\]{}\"“”«»|/…。，、；：！？]+\s*|\n+|\s[-–—]\s")
_JOINT_WORDS = "to of in on for from with at by the after when not no without"
_PHRASE_JOINTS = frozenset(_JOINT_WORDS.split())
"""Small words that a phrase may hold in its middle: *export to PDF*."""
_FILLER_WORDS = """
like back says said say feels feel thing things number come comes looking showing showed
"""
_PHRASE_FILLERS = frozenset(_FILLER_WORDS.split())
_PHRASE_CHARACTERS = 2_000
_ENDINGS = ("ings", "ing", "edly", "ied", "ies", "ed", "es", "s", "ly")
"""Tried in this order."""
_LONE_WORD_SHARE = 0.5
_LONE_WORD_RARITY = 0.4


def content_words(text: str) -> list[str]:
    """The words of a text that carry its matter, stemmed so that *crashes* meets *crashed*."""
    return [
        stem(word)
        for word in words(text)
        if word not in STOPWORDS and len(word) > 1 and word != LINK_WORD
    ]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Cut the commonest English endings; not a stemmer, only enough for comparing two comments.

    =========  ======  ===========================================
    crashes    crash   the first ending that leaves three letters
    replies    reply   -ies and -ied become -y
    saving     sav     as does *saves*: a last -e goes as well
    stopped    stop    of two equal letters at the end one goes
    class      clas    -ss is no plural, but two equal letters
    bed        bed     nothing would be left
    =========  ======  ===========================================
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            if ending in ("ied", "ies"):
                word += "y"
            break
    if len(word) > 3 and (word.endswith("e") or word[-1] == word[-2]):
        return word[:-1]
    return word


def shared_words(one: str, another: str, limit: int = 8) -> tuple[str, ...]:
    """Content words of ``one``, as written there, that ``another`` has too, in their order."""
    other_content = set(content_words(another))
    shared = dict.fromkeys(
        word
        for word in words(one)
        if word not in STOPWORDS and len(word) > 1 and stem(word) in other_content
    )
    return tuple(word for word in shared if word != LINK_WORD)[:limit]


@dataclass(slots=True)
class Background:
    """In how many of ``texts`` comments a (stemmed) word or phrase stands: tells what is rare."""

    texts: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Background:
        """Count the words and phrases of these comments."""
        background = cls()
        for text in texts:
            background.texts += 1
            background.counts.update(phrases_of(text).keys())
        return background

    def without(self, texts: Iterable[str]) -> Background:
        """The same without these comments, which are among the counted ones."""
        less = Background.of(texts)
        return Background(self.texts - less.texts, self.counts - less.counts)

    def rarity(self, phrase: str) -> float:
        """0..1, smoothed inverse document frequency; 1 for what nobody says."""
        if not self.texts:
            return 1.0
        return math.log((self.texts + 2) / (self.counts[phrase] + 1)) / math.log(self.texts + 2)


def key_phrases(
    person_texts: Sequence[tuple[str, str]],
    background: Background | None = None,
    limit: int = 5,
) -> list[str]:
    """Phrases of two or three words that several people use and other comments seldom do.

    ``person_texts`` holds (person, text). Single words only where three people, and half of them,
    use them and phrases are few. ``background``: the product's other comments.
    """
    background = background or Background()
    people: dict[str, dict[str, str]] = {}
    written: dict[str, Counter[str]] = {}
    for person, text in person_texts:
        for phrase, surface in phrases_of(text).items():
            people.setdefault(phrase, {})[person] = surface
            written.setdefault(phrase, Counter())[surface] += 1
    shared = [phrase for phrase, voices in people.items() if len(voices) >= 2]
    shared.sort(key=lambda phrase: (-_telling(phrase, len(people[phrase]), background), phrase))
    voices = len({person for person, _ in person_texts})
    single = [
        phrase
        for phrase in shared
        if " " not in phrase and _alone(phrase, len(people[phrase]), voices, background)
    ]
    chosen: list[str] = []
    for phrase in [*(phrase for phrase in shared if " " in phrase), *single]:
        fresh = set(phrase.split()) - _PHRASE_JOINTS
        if len(chosen) < limit and not any(fresh & set(other.split()) for other in chosen):
            chosen.append(phrase)
    return [
        min(written[phrase], key=lambda surface: (-written[phrase][surface], surface))
        for phrase in chosen
    ]


def _alone(word: str, people: int, voices: int, background: Background) -> bool:
    """Whether one word says enough: three people and half of the theme's use it, and few others."""
    if people < 3 or people < _LONE_WORD_SHARE * voices:
        return False
    return background.rarity(word) >= _LONE_WORD_RARITY


def _telling(phrase: str, people: int, background: Background) -> float:
    return people * background.rarity(phrase) ** 2 * (1 + 0.25 * phrase.count(" "))


def phrases_of(text: str) -> dict[str, str]:
    """The words and phrases of a text: stemmed, with how they are written there."""
    surfaces: dict[str, str] = {}
    for part in _PHRASE_BREAKS.split(clean(text)[:_PHRASE_CHARACTERS]):
        part_words = words(part)
        carries = [_carries(word) for word in part_words]
        stems = [
            stem(word) if carrying else word
            for word, carrying in zip(part_words, carries, strict=True)
        ]
        for start, carrying in enumerate(carries):
            if not carrying:
                continue
            surfaces.setdefault(stems[start], part_words[start])
            for length in (2, 3):
                end = start + length
                if end > len(part_words) or not carries[end - 1] or stems[start] == stems[end - 1]:
                    continue
                middle = start + 1
                if length == 3 and not (carries[middle] or part_words[middle] in _PHRASE_JOINTS):
                    continue
                surfaces.setdefault(" ".join(stems[start:end]), " ".join(part_words[start:end]))
    return surfaces


def _carries(word: str) -> bool:
    return (
        word not in STOPWORDS
        and word not in _PHRASE_FILLERS
        and len(word) > 2
        and not word.isdigit()
        and word != LINK_WORD
    )
