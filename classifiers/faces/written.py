"""Whether a title or a summary that a language model wrote may be shown. Comments can hold
instructions to the model, so nothing is believed that stands in one comment alone."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from classifiers.faces.titles_noise import GENERIC, SENTENCE
from classifiers.texts.language import UNKNOWN, detect
from classifiers.texts.personal import MENTION, redact
from classifiers.texts.phrases import content_words

TITLE_MOST, SUMMARY_MOST, SENTENCES_MOST = 90, 450, 3
_MARKUP = re.compile(r"[<>`*|{}\[\]\\~^]|(?<!\w)[_#]|[_#](?!\w)|&\w+;|!\(|^\s*[-+=>]")
_LINK = re.compile(
    r"\w+:(?://|\w+@)|\bwww\.|\b[\w-]+\.(?:com|net|org|io|ru|info|biz|xyz|co|me|ly|gg|link|site"
    r"|online|top|shop)\b",
    re.IGNORECASE,
)
_REFUSED = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp", "So"})


def check_title(title: object, said: Sequence[str]) -> str:
    """Why a title is refused, in one snake_case word; empty for a good one. ``said`` holds a text
    for each person."""
    if not isinstance(title, str):
        return "not_text"
    if reason := _form(title, TITLE_MOST):
        return reason
    telling = set(content_words(title)) - GENERIC
    if len(telling) < 2:
        return "says_nothing"
    return _grounded(telling, said, any_share=0.5, several_share=0.34)


def check_summary(summary: object, said: Sequence[str]) -> str:
    """The same for a summary: one to three sentences in the language of the comments."""
    if not isinstance(summary, str):
        return "not_text"
    if reason := _form(summary, SUMMARY_MOST):
        return reason
    if len([part for part in SENTENCE.split(summary) if part.strip()]) > SENTENCES_MOST:
        return "too_long"
    language = detect(summary)[0]
    spoken = Counter(detect(text)[0] for text in said)
    if language != UNKNOWN and spoken and language not in spoken:
        return "other_language"
    return _grounded(set(content_words(summary)), said, any_share=0.4, several_share=0.2)


def _form(text: str, most: int) -> str:
    if not text.strip():
        return "empty"
    if len(text) > most:
        return "too_long"
    if "\n" in text or any(unicodedata.category(character) in _REFUSED for character in text):
        return "not_one_line"
    if _LINK.search(text):
        return "link"
    if "@" in text or MENTION.search(text):
        return "mention"
    if _MARKUP.search(text):
        return "markup"
    if redact(text) != text:
        return "personal_data"
    letters = [character for character in text if character.isalpha()]
    loud = sum(character.isupper() for character in letters)
    return "shouting" if len(letters) >= 12 and loud > 0.6 * len(letters) else ""


def _grounded(
    telling: set[str], said: Sequence[str], *, any_share: float, several_share: float
) -> str:
    """Its words must be the people's, and part of them those of several people: one stranger cannot
    dictate it."""
    spread = Counter(word for text in said for word in set(content_words(text)))
    known = sum(spread[word] >= 1 for word in telling)
    shared = sum(spread[word] >= 2 for word in telling)
    if known < any_share * len(telling):
        return "not_said"
    return "" if shared >= max(1, several_share * len(telling)) else "said_by_one"
