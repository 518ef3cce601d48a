"""What surrounds the matter of a sentence, taken off: markup, greetings, versions, shouting."""

from __future__ import annotations

import re

from classifiers.faces.titles_cutting import ENDING_MARKS
from classifiers.faces.titles_noise import (
    TITLE_ACRONYMS,
    TITLE_CLOSING,
    TITLE_OPENING,
    TITLE_VERSION,
)
from classifiers.texts.personal import MENTION, PRIVACY_PLACEHOLDER
from classifiers.texts.text import has_words

LETTERS_SHARE = 0.8
"""Below this share of letters, digits and blanks a sentence is more marks than words."""
SHOUTED_WORDS = 3
SHOUTED_SHARE = 0.6
SHOUTED_LETTERS = 5
"""A word in capitals from this length on is shouted; a shorter one may be an abbreviation."""

_MARKUP_SIGNS = re.compile(
    r"^(?:[\s#>*•·\-–—|=~]|\+(?!\d))+|[`*~|]{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)"
)
_FORMATTING_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|center|code|del|details|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|ol|p"
    r"|pre|s|small|span|strong|sub|summary|sup|table|tbody|td|th|tr|tt|u|ul)(?:\s[^<>\n]{0,200})?/?>",
    re.IGNORECASE,
)
_SIGN = re.compile(r"(?<!\w)#|#(?![^\W\d_])|@")
"""Of a heading, a channel or an issue's number; within a name it stays: *FileUtil#delete*."""
_LABEL_IN_BRACKETS = re.compile(r"^\s*\[[^\]\n]{0,40}\]\s*:?")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\u200d\u20e3]+"
)
_LINK_OR_IMAGE = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\s]{0,2000}\)")
_ADDRESS_IN_TEXT = re.compile(
    r"(?:\b(?:see|at|here|on|via):?\s+)?(?:https?://|www\.)\S+", re.IGNORECASE
)


def unlinked(text: str) -> str:
    """Without addresses; done before cleaning, which would put the word *link* where people may
    have written it."""
    return _ADDRESS_IN_TEXT.sub(" ", _LINK_OR_IMAGE.sub(r"\1", text))


def plain_words(sentence: str) -> str:
    """Without markup, links, emoji, mentions and placeholders of personal data. Tags stay where
    they format nothing: somebody speaks of them."""
    words = _FORMATTING_TAG.sub("", unlinked(sentence))
    words = _EMOJI.sub(" ", _MARKUP_SIGNS.sub("", words))
    words = MENTION.sub(" ", PRIVACY_PLACEHOLDER.sub(" ", words))
    return " ".join(_SIGN.sub(" ", words).split())


def tidy(sentence: str) -> tuple[str, bool]:
    """The sentence without what surrounds its matter, and whether it is noisy: personal data or
    many marks stand in it.

    *[BUG] Hi team, I noticed that v2.1 loses the **ruler**, thanks!* -> *v2.1 loses the ruler*
    """
    words = plain_words(TITLE_VERSION.sub("", _LABEL_IN_BRACKETS.sub(" ", sentence)))
    letters = sum(character.isalnum() or character.isspace() for character in words)
    noisy = letters < LETTERS_SHARE * len(words) or bool(PRIVACY_PLACEHOLDER.search(sentence))
    words = TITLE_CLOSING.sub("", words.strip(ENDING_MARKS)).strip(ENDING_MARKS)
    while True:
        shorter = TITLE_OPENING.sub("", words).lstrip(ENDING_MARKS)
        if shorter == words or not has_words(shorter):
            return " ".join(words.split()), noisy
        words = shorter


def in_sentence_case(title: str) -> str:
    """Shouting becomes quiet, and the first letter large unless its word has its own spelling.

    =========================  =========================
    the ruler is gone          The ruler is gone
    iPad loses the ruler       iPad loses the ruler
    THE PDF IS ALWAYS EMPTY    The PDF is always empty
    it is BROKEN in the PDF    It is broken in the PDF
    =========================  =========================
    """
    words = title.split()
    if not words:
        return ""
    spelled = [word for word in words if len(word) > 1 and word.isalpha()]
    shouted = [word for word in spelled if word.isupper()]
    loud = len(shouted) >= SHOUTED_WORDS and len(shouted) > SHOUTED_SHARE * len(spelled)
    words = [_quiet(word, loud=loud) for word in words]
    initial, remainder = words[0][:1].upper(), words[0][1:]
    if remainder == remainder.lower() and len(initial) == 1:  # "ß" would become "SS"
        words[0] = initial + remainder
    return " ".join(words)


def _quiet(word: str, *, loud: bool) -> str:
    """The word in small letters, if it is shouted; ``loud``: all around it is."""
    bare = word.strip(ENDING_MARKS)
    if not bare.isupper() or len(bare) < 2 or bare in TITLE_ACRONYMS:
        return word
    if any(character.isdigit() for character in bare):
        return word
    if not any(character.isalpha() for character in bare):
        return word
    if loud or (bare.isalpha() and len(bare) >= SHOUTED_LETTERS):
        return word.lower()
    return word
