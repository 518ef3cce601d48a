"""A theme's face without a language model: its title, its key phrases, and the words two comments share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from classifiers.stopwords import STOPWORDS
from classifiers.text import LINK, clean, has_words, words

TITLE_LENGTH = 90
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CLAUSE = re.compile(
    r"\s*(?:[,;:–—(]\s|\s-\s|\.{2,}\s)|\s(?:because|but|although|which|so that|and then|since)\s", re.IGNORECASE
)
_OPENING = re.compile(
    r"^(?:(?:hi|hello|hey|dear|thanks|thank you|please help|so|well|ok|okay|guys|all|everyone|team|there|btw|also"
    r"|anyone|\+?1(?= for)(?: for)?)\b[\s,.!:-]*)+",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^[\s#>*+•\-–—|]+|[`*_~]{1,3}|\[[^\]]{0,40}\]:?\s*")
_CALL = re.compile(r"[@#](?=\w)")


def content_words(text: str) -> list[str]:
    """The words of a text that carry its matter, roughly stemmed so that *crashes* meets *crashed*."""
    return [stem(word) for word in words(text) if word not in STOPWORDS and len(word) > 1 and word != LINK]


def stem(word: str) -> str:
    """Cut the commonest English endings; not a stemmer, only enough for comparing two comments."""
    for ending in ("ings", "ing", "edly", "ied", "ies", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
            break
    return word[:-1] if len(word) > 3 and (word.endswith("e") or word[-1] == word[-2]) else word


def shared_words(one: str, other: str, most: int = 8) -> tuple[str, ...]:
    """Content words of ``one``, as written there, that ``other`` has too, in order of appearance."""
    known = set(content_words(other))
    found = dict.fromkeys(
        word for word in words(one) if word not in STOPWORDS and len(word) > 1 and stem(word) in known
    )
    return tuple(word for word in found if word != LINK)[:most]


def key_phrases(texts: Sequence[str], most: int = 5) -> list[str]:
    """Words and pairs of words that several comments share, the most telling first; for one comment, its own."""
    spread: Counter[str] = Counter()
    for text in texts:
        spread.update(set(_phrases(clean(text))))
    needed = 2 if len(texts) > 1 else 1
    ranked = sorted(
        (phrase for phrase, count in spread.items() if count >= needed),
        key=lambda phrase: (-spread[phrase] * (1 + 0.8 * phrase.count(" ")), phrase),
    )
    chosen: list[str] = []
    for phrase in ranked:
        if not any(set(phrase.split()) & set(other.split()) for other in chosen):
            chosen.append(phrase)
        if len(chosen) == most:
            break
    return chosen


def title(texts: Sequence[str], length: int = TITLE_LENGTH) -> str:
    """A title from the first text that gives one (pass the most central comment first): its telling sentence, cut
    at a clause."""
    for text in texts:
        sentences = [tidy for part in _SENTENCE.split(clean(text)) if has_words(tidy := _tidy(part))]
        if sentences:
            return cut(max(sentences[:4], key=lambda sentence: _telling(sentence, sentences[0])), length)
    return ""


def cut(sentence: str, length: int) -> str:
    """At most ``length`` characters: at the end of a clause if one ends late enough, else between two words."""
    sentence = sentence.rstrip(" .,;:-–—")
    if len(sentence) > length:
        ends = [match.start() for match in _CLAUSE.finditer(sentence[:length]) if match.start() >= length // 3]
        place = ends[-1] if ends else sentence.rfind(" ", length // 3, length)
        sentence = sentence[:place].rstrip(" .,;:-–—") if ends else sentence[: place if place > 0 else length - 1] + "…"
    return sentence[:1].upper() + sentence[1:]


def _tidy(sentence: str) -> str:
    return _OPENING.sub("", _CALL.sub("", _MARKS.sub("", sentence)).strip()).strip()


def _telling(sentence: str, first: str) -> float:
    """More content words say more; the first sentence has the benefit of the doubt."""
    return min(len(set(content_words(sentence))), 8) + (2.5 if sentence is first else 0.0)


def _phrases(text: str) -> list[str]:
    found: list[str] = []
    previous = ""
    for word in words(text):
        telling = word not in STOPWORDS and len(word) > 2 and not word.isdigit() and word != LINK
        if telling:
            found.append(word)
            if previous and previous != word:
                found.append(f"{previous} {word}")
        previous = word if telling else ""
    return found
