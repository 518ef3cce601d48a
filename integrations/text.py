"""What people wrote, as plain text: HTML, Markdown and Slack's mrkdwn converted in linear time.

Quoted blocks are left out, since a quote is somebody else's words, unless a comment consists of
nothing else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser, LexborNode

TEXT_LIMIT = 100_000
"""Characters kept of one comment."""

_HTML_LIMIT = 1_000_000
_MANY_BRACKETS = 10_000  # markdown-it looks for the end of a link from every "[": quadratic
_DEEP_HTML = 500  # lexbor walks its stack of open elements at every tag: quadratic

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,30})")
_MARKUP = re.compile(r"<[^<>]{0,2000}>")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINE_END = re.compile(r"[^\S\n]+\n")
_LINE_START = re.compile(r"\n[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")

_VOID_TAGS = "area base br col embed hr img input link meta source track wbr"
_DROPPED_TAGS = "head iframe noscript object script select style svg template textarea title"
_BLOCK_TAGS = (
    "address article aside blockquote body dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5"
    " h6 header hr li main nav ol p pre section summary table tr ul"
)
_VOID = frozenset(_VOID_TAGS.split())
_DROPPED = frozenset(_DROPPED_TAGS.split())
_BLOCK = frozenset(_BLOCK_TAGS.split())


def sanitize(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text without control characters, with U+FFFD for lone surrogates, ``\\n`` for line ends,
    cut at ``limit``."""
    text = text[: 2 * limit].replace("\r\n", "\n").replace("\r", "\n")
    return without_surrogates(_CONTROL.sub("", text))[:limit].strip()


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for every lone surrogate: JSON can hold them, UTF-8 and a database
    cannot."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def tidy(text: str) -> str:
    """The text without spaces at line ends and without more than one empty line in a row."""
    return _EMPTY_LINES.sub("\n\n", _LINE_END.sub("\n", text)).strip()


# --- HTML
# ------------------------------------------------------------------------------------------------------------


def html_to_text(source: str) -> str:
    """HTML as plain text: one line per block, links as their label, images as their alternative
    text, code kept."""
    source = sanitize(source, _HTML_LIMIT)
    if _is_deep(source):
        return tidy(html.unescape(_MARKUP.sub("\n", source)))
    body = LexborHTMLParser(source).body
    if body is None:
        return ""
    return _node_text(body, keep_quotes=False) or _node_text(body, keep_quotes=True)


def _is_deep(source: str) -> bool:
    opened: dict[str, int] = {}
    depth = 0
    for match in _TAG.finditer(source):
        name = match[2].lower()
        if name in _VOID:
            continue
        if not match[1]:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            if depth > _DEEP_HTML and name not in ("p", "li"):
                return True
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
    return False


def _is_quote(node: LexborNode) -> bool:
    classes = (node.attributes.get("class") or "").split() if node.tag == "aside" else ()
    return node.tag == "blockquote" or "quote" in classes or "onebox" in classes


def _node_text(root: LexborNode, *, keep_quotes: bool) -> str:
    out: list[str] = []
    preformatted = 0
    node: LexborNode | None = root
    while node is not None:
        child = None
        if node.is_text_node:
            text = node.text_content or ""
            out.append(text if preformatted else _flow(text, out))
        elif node.is_element_node:
            out.append(_opening(node))
            skipped = node.tag in _DROPPED or (not keep_quotes and _is_quote(node))
            child = None if skipped else node.first_child
            preformatted += child is not None and node.tag == "pre"
        if child is not None:
            node = child
            continue
        while node.next is None and node.mem_id != root.mem_id and node.parent is not None:
            node = node.parent
            out.append(_closing(node))
            preformatted -= node.tag == "pre"
        node = None if node.mem_id == root.mem_id else node.next
    return tidy("".join(out))


def _flow(text: str, out: Sequence[str]) -> str:
    """Text outside ``<pre>``: any run of blanks is one space, and none at the start of a line."""
    text = _BLANKS.sub(" ", text)
    return text.lstrip(" ") if out and out[-1][-1:] in ("\n", " ") else text


def _opening(node: LexborNode) -> str:
    match node.tag:
        case "br":
            return "\n"
        case "li":
            return "\n- "
        case "td" | "th":
            return " "
        case "img":
            return node.attributes.get("alt") or ""
        case "p" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            return "\n\n"
    return "\n" if node.tag in _BLOCK else ""


def _closing(node: LexborNode) -> str:
    return _opening(node) if node.tag in _BLOCK and node.tag != "li" else ""


# --- Markdown
# --------------------------------------------------------------------------------------------------------


@cache
def _markdown(links: bool) -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": True})
    return parser if links else parser.disable(["link", "image", "reference"])


def markdown_to_text(source: str) -> str:
    """Markdown (CommonMark, tables) as plain text: links as their label, images as alternative
    text, code kept."""
    source = sanitize(source)
    tokens = _markdown(source.count("[") <= _MANY_BRACKETS).parse(source)
    return _tokens_text(tokens, keep_quotes=False) or _tokens_text(tokens, keep_quotes=True)


def _tokens_text(tokens: Sequence[Token], *, keep_quotes: bool) -> str:
    out: list[str] = []
    quoted = 0
    for token in tokens:
        if token.type == "blockquote_open":
            quoted += 1
        elif token.type == "blockquote_close":
            quoted -= 1
        if not quoted or keep_quotes:
            out.append(_block_text(token))
    return tidy("".join(out))


def _block_text(token: Token) -> str:
    match token.type:
        case "inline":
            return _LINE_START.sub(
                "\n", "".join([_inline_text(child) for child in token.children or ()])
            )
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
            return (
                "" if token.hidden or (token.type == "paragraph_open" and token.level) else "\n\n"
            )
        case (
            "heading_open"
            | "heading_close"
            | "table_open"
            | "table_close"
            | "bullet_list_close"
            | "ordered_list_close"
        ):
            return "\n\n"
    return ""


def _inline_text(token: Token) -> str:
    match token.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "html_inline":
            return "\n" if token.content[:3].lower() == "<br" else ""
        case "text" | "text_special" | "code_inline" | "image":
            return token.content
    return ""


# --- Slack's mrkdwn
# --------------------------------------------------------------------------------------------------

_ANGLE = re.compile(r"<([^<>\n]{1,4000})>")
_CODE = re.compile(r"(```[^`]*```|`[^`\n]+`)")
_EMPHASIS = re.compile(r"(?<![\w*_~])([*_~])(?=\S)([^*_~\n]{1,4000})(?<=\S)\1(?![\w*_~])")


def mrkdwn_to_text(source: str) -> str:
    """Slack's mrkdwn as plain text: ``<@U1>`` becomes ``@U1``, ``<url|label>`` becomes
    ``label (url)``.

    Source: Slack, "Formatting message text".
    """
    source = sanitize(source)
    own = "\n".join(
        [line for line in _before_long_quote(source).split("\n") if not line.startswith("&gt;")]
    )
    text = _mrkdwn(own)
    return text or _mrkdwn(
        "\n".join([re.sub(r"^(&gt;)+ ?", "", line) for line in source.split("\n")])
    )


def _before_long_quote(source: str) -> str:
    """Everything before ``>>>`` at the start of a line, which quotes the rest of the message."""
    return ("\n" + source).partition("\n&gt;&gt;&gt;")[0][1:]


def _mrkdwn(source: str) -> str:
    parts = _CODE.split(source)
    for index, part in enumerate(parts):
        plain = part.strip("`") if index % 2 else _EMPHASIS.sub(r"\2", part)
        parts[index] = _ANGLE.sub(_reference, plain)
    text = "".join(parts)
    return tidy(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _reference(match: re.Match[str]) -> str:
    target, _, label = match[1].partition("|")
    if target[0] == "@":
        return "@" + (label.lstrip("@") or target[1:])
    if target[0] == "#":
        return "#" + (label or target[1:])
    if target[0] == "!":
        return label if label else "@" + target[1:].partition("^")[0]
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (address, address.partition("://")[2].rstrip("/")):
        return address
    return f"{label} ({address})"
