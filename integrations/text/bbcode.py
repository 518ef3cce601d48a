"""Quotes of others in BBCode, as forums write them: ``[quote="ana"]Theirs[/quote] Mine``."""

from __future__ import annotations

import re

_QUOTE_TAG = re.compile(r"\[(/?)quote(?::\w{1,40})?(?:[= ][^\]\n]{0,300})?\]", re.IGNORECASE)


def without_quotes(source: str) -> str:
    """The text outside of quotes, which may nest; all of it where one is never closed.

    >>> without_quotes('[quote="ana"]Theirs[/quote] Mine')
    ' Mine'
    """
    if "[" not in source:
        return source
    pieces: list[str] = []
    depth = position = 0
    for tag in _QUOTE_TAG.finditer(source):
        if depth == 0:
            pieces.append(source[position : tag.start()])
        depth = max(0, depth - 1) if tag[1] else depth + 1
        position = tag.end()
    if depth > 0:
        return without_quote_tags(source)
    return "".join([*pieces, source[position:]])


def without_quote_tags(source: str) -> str:
    """The text with what is quoted, without the tags around it."""
    return _QUOTE_TAG.sub("", source)
