"""Whether a text holds a word or phrase as a person means it: whole words, whatever their case,
their accents' form and the spaces between them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Scripts that put no space between words (Thai, Lao, Burmese, Khmer, Chinese, Japanese): there a
# phrase stands anywhere.
_SCRIPTS_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
)
_UNSPACED_LETTER = re.compile(f"[{_SCRIPTS_WITHOUT_SPACES}]")


def plain(text: str) -> str:
    """A text as it is compared: one form of every letter, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def holds_phrase(plain_text: str, phrase: str) -> bool:
    """Whether ``plain_text``, as ``plain`` makes it, holds the phrase."""
    return _pattern(phrase).search(plain_text) is not None


@lru_cache(maxsize=1024)
def _pattern(phrase: str) -> re.Pattern[str]:
    compared = plain(phrase)
    before = "" if not compared or _UNSPACED_LETTER.match(compared[0]) else r"(?<!\w)"
    after = "" if not compared or _UNSPACED_LETTER.match(compared[-1]) else r"(?!\w)"
    return re.compile(before + re.escape(compared) + after)
