"""Whether a title or a summary that a language model wrote may be shown.

Comments can hold instructions to the model: nothing is believed that stands in one alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from classifiers.faces.titles_noise import GENERIC_WORDS, SENTENCE_END
from classifiers.texts.language import UNKNOWN, detect
from classifiers.texts.personal import MENTION, redact
from classifiers.texts.phrases import content_words

WRITTEN_TITLE_CHARACTERS = 90
WRITTEN_SUMMARY_CHARACTERS = 450
WRITTEN_SUMMARY_SENTENCES = 3
SHOUTING_LETTERS = 12
SHOUTING_SHARE = 0.6
TITLE_SHARES = (0.5, 0.34)
"""Shares of the words that people said, and that several people said, of a title ..."""
SUMMARY_SHARES = (0.4, 0.2)
"""... and of a summary."""
_WRITTEN_MARKUP = re.compile(r"[<>`*|{}\[\]\\~^]|(?<!\w)[_#]|[_#](?!\w)|&\w+;|!\(|^\s*[-+=>]")
_WRITTEN_LINK = re.compile(
    r"\w+:(?://|\w+@)|\bwww\.|\b[\w-]+\.(?:com|net|org|io|ru|info|biz|xyz|co|me|ly|gg|link|site"
    r"|online|top|shop)\b",
    re.IGNORECASE,
)
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp", "So"})


def check_title(title: object, voice_texts: Sequence[str]) -> str:
    """Why a title is refused, in one snake_case word; empty for a good one. ``voice_texts`` holds
    a text for each person."""
    if not isinstance(title, str):
        return "not_text"
    if reason := _form(title, WRITTEN_TITLE_CHARACTERS):
        return reason
    telling = set(content_words(title)) - GENERIC_WORDS
    if len(telling) < 2:
        return "says_nothing"
    return _grounded(telling, voice_texts, *TITLE_SHARES)


def check_summary(summary: object, voice_texts: Sequence[str]) -> str:
    """The same for a summary: one to three sentences in the language of the comments."""
    if not isinstance(summary, str):
        return "not_text"
    if reason := _form(summary, WRITTEN_SUMMARY_CHARACTERS):
        return reason
    sentences = [part for part in SENTENCE_END.split(summary) if part.strip()]
    if len(sentences) > WRITTEN_SUMMARY_SENTENCES:
        return "too_long"
    language = detect(summary)[0]
    languages = {detect(text)[0] for text in voice_texts}
    if language != UNKNOWN and languages and language not in languages:
        return "other_language"
    return _grounded(set(content_words(summary)), voice_texts, *SUMMARY_SHARES)


def _form(text: str, limit: int) -> str:
    if not text.strip():
        return "empty"
    if len(text) > limit:
        return "too_long"
    if "\n" in text or any(
        unicodedata.category(character) in _REFUSED_CATEGORIES for character in text
    ):
        return "not_one_line"
    if _WRITTEN_LINK.search(text):
        return "link"
    if "@" in text or MENTION.search(text):
        return "mention"
    if _WRITTEN_MARKUP.search(text):
        return "markup"
    if redact(text) != text:
        return "personal_data"
    letters = [character for character in text if character.isalpha()]
    capitals = sum(character.isupper() for character in letters)
    if len(letters) >= SHOUTING_LETTERS and capitals > SHOUTING_SHARE * len(letters):
        return "shouting"
    return ""


def _grounded(
    telling: set[str], voice_texts: Sequence[str], said_share: float, several_share: float
) -> str:
    """Its words must be the people's, and part of them those of several people: one stranger cannot
    dictate it."""
    voices = Counter(word for text in voice_texts for word in set(content_words(text)))
    said_by_any = sum(voices[word] >= 1 for word in telling)
    shared = sum(voices[word] >= 2 for word in telling)
    if said_by_any < said_share * len(telling):
        return "not_said"
    if shared < max(1, several_share * len(telling)):
        return "said_by_one"
    return ""
