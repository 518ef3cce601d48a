"""Which language a comment is in, and whether that is sure enough to act on it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from classifiers.text import plain, words

_CODES = "ar cs da de el en es fi fr he hi hu id it ja ko nl no pl pt ro ru sv th tr uk vi zh"
LANGUAGES = tuple(_CODES.split())
UNKNOWN = "und"
SURE = 0.7
SHORT_WORDS = 6
SHORT_SURE = 0.97
"""Below six words the detector guesses from too little; only near certainty counts against English then."""
READ = 1_000
_NOT_PROSE = re.compile(r"`[^`\n]*`|(?:https?://|www\.)\S+|[@#/]\S+|\S*[\d_\\/]\S*")


def detect(text: str) -> tuple[str, float]:
    """ISO 639-1 code and confidence (0..1); ``und`` where there is nothing to tell it from or the doubt is too large.

    Restricted to the languages above, with normalised probabilities (py3langid). A short or uncertain text in plain
    Latin letters counts as English: that is what "lol", "+1" and "app crash" are in the channels we read.
    """
    prose = _NOT_PROSE.sub(" ", plain(text[: READ * 4]))[:READ].strip()
    letters = [character for character in prose if character.isalpha()]
    if not letters:
        return UNKNOWN, 0.0
    language, confidence = _identifier().classify(prose)
    ascii_share = sum(character.isascii() for character in letters) / len(letters)
    needed = SHORT_SURE if len(words(prose)) < SHORT_WORDS and ascii_share > 0.99 else SURE
    if language == "en" or confidence >= needed:
        return str(language), round(float(confidence), 4)
    return ("en", 0.5) if ascii_share > 0.95 else (UNKNOWN, round(float(confidence), 4))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier
