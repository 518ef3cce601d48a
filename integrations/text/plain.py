"""Plain text that a database and a page can hold: cleaned, cut and tidied."""

from __future__ import annotations

import re

TEXT_MAX_CHARACTERS = 100_000
"""Characters kept of one comment."""

_CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS_BEFORE_LINE_END = re.compile(r"[^\S\n]+\n")
_EMPTY_LINES = re.compile(r"\n{3,}")


def sanitize(text: str, limit: int = TEXT_MAX_CHARACTERS) -> str:
    """The text without control characters and lone surrogates, cut at ``limit`` characters.

    >>> sanitize("a\\x00b\\r\\nc")
    'ab\\nc'
    """
    text = text[: 2 * limit]
    if text.isprintable():  # as nearly every name, id and line is: nothing to take out
        return text[:limit].strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return without_surrogates(_CONTROL_CHARACTER.sub("", text))[:limit].strip()


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for lone surrogates: JSON can hold them, UTF-8 and a database cannot."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def tidy(text: str) -> str:
    """The text without spaces at line ends and without more than one empty line in a row."""
    return _EMPTY_LINES.sub("\n\n", _BLANKS_BEFORE_LINE_END.sub("\n", text)).strip()
