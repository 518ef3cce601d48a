"""Discourse's Markdown as plain text."""

from __future__ import annotations

import re

from integrations.text.markdown import markdown_to_text

_QUOTE_TAG = re.compile(r"\[(/?)quote(?:=[^\]\n]{0,300})?\]", re.IGNORECASE)
_BBCODE_TAG = re.compile(
    r"\[/?(?:details|spoiler|poll|wrap|hide|grid)(?:=[^\]\n]{0,300}| [^\]\n]{0,300})?\]",
    re.IGNORECASE,
)
_IMAGE_SIZE = re.compile(r"(!\[[^\]\n|]{0,300})\|[^\]\n]{0,100}\]")


def raw_to_text(raw: str) -> str:
    """A post's words without BBCode marks and, unless there is nothing else, without quotes.

    >>> raw_to_text('[quote="ana, post:1"]Theirs[/quote] **Mine** ![shot|690x388](upload://x)')
    'Mine shot'
    """
    raw = _IMAGE_SIZE.sub(r"\1]", raw)
    own_words = markdown_to_text(_BBCODE_TAG.sub("", _without_quotes(raw)))
    return own_words or markdown_to_text(_BBCODE_TAG.sub("", _QUOTE_TAG.sub("", raw)))


def _without_quotes(raw: str) -> str:
    """The text outside of quotes, which may nest; all of it where one is never closed."""
    pieces: list[str] = []
    depth = position = 0
    for tag in _QUOTE_TAG.finditer(raw):
        if depth == 0:
            pieces.append(raw[position : tag.start()])
        depth = max(0, depth - 1) if tag[1] else depth + 1
        position = tag.end()
    if depth > 0:
        return _QUOTE_TAG.sub("", raw)
    return "".join([*pieces, raw[position:]])
