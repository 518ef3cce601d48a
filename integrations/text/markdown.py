"""Markdown as plain text, in linear time. Quoted blocks are left out as in ``html``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from integrations.text.html import html_to_text
from integrations.text.plain import sanitize, tidy

_MOST_BRACKETS = 10_000  # markdown-it looks for the end of a link from every "[": quadratic
_BLANKS_AFTER_LINE_END = re.compile(r"\n[^\S\n]+")

_PARAGRAPH_ENDS = frozenset(
    {
        "heading_open",
        "heading_close",
        "table_open",
        "table_close",
        "bullet_list_close",
        "ordered_list_close",
    }
)


@cache
def _parser(links: bool) -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": True})
    return parser if links else parser.disable(["link", "image", "reference"])


def markdown_to_text(source: str) -> str:
    """CommonMark and tables: links as their label, images as alternative text, code kept.

    >>> markdown_to_text("It **crashes**, see [the guide](https://example.org)")
    'It crashes, see the guide'
    """
    source = sanitize(source)
    tokens = _parser(source.count("[") <= _MOST_BRACKETS).parse(source)
    return _tokens_text(tokens, keep_quotes=False) or _tokens_text(tokens, keep_quotes=True)


def _tokens_text(tokens: Sequence[Token], *, keep_quotes: bool) -> str:
    pieces: list[str] = []
    quote_depth = 0
    for token in tokens:
        if token.type == "blockquote_open":
            quote_depth += 1
        elif token.type == "blockquote_close":
            quote_depth -= 1
        if not quote_depth or keep_quotes:
            pieces.append(_block_text(token))
    return tidy("".join(pieces))


def _block_text(token: Token) -> str:
    match token.type:
        case "inline":
            words = "".join([_inline_text(child) for child in token.children or ()])
            return _BLANKS_AFTER_LINE_END.sub("\n", words)
        case "fence" | "code_block":
            return f"\n\n{token.content}\n\n"
        case "html_block":
            return f"\n\n{html_to_text(token.content)}\n\n"
        case "list_item_open":
            return f"\n{token.info}. " if token.info else "\n- "
        case "td_close" | "th_close":
            return " "
        case "tr_close":
            return "\n"
        case "paragraph_open" | "paragraph_close":
            nested = token.type == "paragraph_open" and token.level  # stands behind "- "
            return "" if token.hidden or nested else "\n\n"
    return "\n\n" if token.type in _PARAGRAPH_ENDS else ""


def _inline_text(token: Token) -> str:
    match token.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "html_inline":
            return "\n" if token.content[:3].lower() == "<br" else ""
        case "text" | "text_special" | "code_inline" | "image":
            return token.content
    return ""
