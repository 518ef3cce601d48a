"""Discourse's Markdown as plain text."""

from __future__ import annotations

import re

from integrations.text.bbcode import without_quote_tags, without_quotes
from integrations.text.markdown import markdown_to_text

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
    own_words = markdown_to_text(_BBCODE_TAG.sub("", without_quotes(raw)))
    return own_words or markdown_to_text(_BBCODE_TAG.sub("", without_quote_tags(raw)))
