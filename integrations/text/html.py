"""HTML as plain text, in linear time.

Quoted blocks are left out, since a quote is somebody else's words, unless a comment consists of
nothing else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from integrations.text.plain import sanitize, tidy

_HTML_MAX_CHARACTERS = 1_000_000
_DEEPEST_ELEMENT = 500  # lexbor walks its stack of open elements at every tag: quadratic

_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,30})")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLANK_RUN = re.compile(r"[ \t\r\n\f]+")

_VOID_TAGS = "area base br col embed hr img input link meta source track wbr"
_DROPPED_TAGS = "head iframe noscript object script select style svg template textarea title"
_BLOCK_TAGS = """
    address article aside blockquote body dd details div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr ul
"""
_VOID = frozenset(_VOID_TAGS.split())
_DROPPED = frozenset(_DROPPED_TAGS.split())
_BLOCK_ELEMENTS = frozenset(_BLOCK_TAGS.split())


def html_to_text(source: str) -> str:
    """One line per block, links as their label, images as their alternative text, code kept.

    >>> html_to_text("<p>It <b>crashes</b></p><ul><li>twice</li></ul>")
    'It crashes\\n\\n- twice'
    """
    source = sanitize(source, _HTML_MAX_CHARACTERS)
    if _is_deep(source):
        return tidy(html.unescape(_TAG.sub("\n", source)))
    body = LexborHTMLParser(source).body
    if body is None:
        return ""
    return _node_text(body, keep_quotes=False) or _node_text(body, keep_quotes=True)


def _is_deep(source: str) -> bool:
    open_tags: dict[str, int] = {}
    depth = 0
    for match in _TAG_NAME.finditer(source):
        name = match[2].lower()
        if name in _VOID:
            continue
        if not match[1]:
            open_tags[name] = open_tags.get(name, 0) + 1
            depth += 1
            # The parser closes an open <p> or <li> by itself where the next one begins.
            if depth > _DEEPEST_ELEMENT and name not in ("p", "li"):
                return True
        elif open_tags.get(name):
            open_tags[name] -= 1
            depth -= 1
    return False


def _is_quote(node: LexborNode) -> bool:
    """A block quote; Discourse puts quotes and previews of links into an <aside>."""
    if node.tag != "aside":
        return node.tag == "blockquote"
    classes = (node.attributes.get("class") or "").split()
    return "quote" in classes or "onebox" in classes


def _node_text(root: LexborNode, *, keep_quotes: bool) -> str:
    """The text below a node: a walk without recursion, since a page may nest deeply."""
    pieces: list[str] = []
    preformatted = 0
    node: LexborNode | None = root
    while node is not None:
        child = None
        if node.is_text_node:
            text = node.text_content or ""
            pieces.append(text if preformatted else _flow(text, pieces))
        elif node.is_element_node:
            pieces.append(_opening(node))
            skipped = node.tag in _DROPPED or (not keep_quotes and _is_quote(node))
            child = None if skipped else node.first_child
            preformatted += child is not None and node.tag == "pre"
        if child is not None:
            node = child
            continue
        while node.next is None and node.mem_id != root.mem_id and node.parent is not None:
            node = node.parent
            pieces.append(_closing(node))
            preformatted -= node.tag == "pre"
        node = None if node.mem_id == root.mem_id else node.next
    return tidy("".join(pieces))


def _flow(text: str, pieces: Sequence[str]) -> str:
    """Text outside ``<pre>``: any run of blanks is one space, and none at the start of a line."""
    text = _BLANK_RUN.sub(" ", text)
    return text.lstrip(" ") if pieces and pieces[-1][-1:] in ("\n", " ") else text


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
    return "\n" if node.tag in _BLOCK_ELEMENTS else ""


def _closing(node: LexborNode) -> str:
    return _opening(node) if node.tag in _BLOCK_ELEMENTS and node.tag != "li" else ""
