"""Nodes of Atlassian Document Format: built, measured, searched and compared.

Source: the published schema of ADF, version 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

Node = dict[str, Any]


def text(words: str, *marks: Node) -> Node:
    """A piece of text, which can only ever be text, in the style of its marks."""
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def link_mark(href: str) -> Node:
    """The mark that makes a text a link."""
    return {"type": "link", "attrs": {"href": href}}


def linked_text(words: str, url: str | None) -> Node:
    """A text that leads to an address, or a plain one where there is none."""
    return text(words, link_mark(url)) if url else text(words)


def paragraph(content: Sequence[Node]) -> Node:
    """A paragraph of texts."""
    return {"type": "paragraph", "content": list(content)}


def heading(words: str, level: int) -> Node:
    """A heading."""
    return {"type": "heading", "attrs": {"level": level}, "content": [text(words)]}


def document(content: Sequence[Node]) -> Node:
    """A whole document."""
    return {"type": "doc", "version": 1, "content": list(content)}


def size(node: Node) -> int:
    """The characters that a node takes of a description's limit."""
    return len(json.dumps(node, ensure_ascii=True)) + len(", ")


def links_to(node: Node, fragment: str) -> bool:
    """Whether a link in a node has this fragment."""
    return any(href.endswith("#" + fragment) for href in _hrefs(node))


def _hrefs(node: Node) -> Iterator[str]:
    for mark in node.get("marks") or []:
        if isinstance(mark, dict) and mark.get("type") == "link":
            yield str((mark.get("attrs") or {}).get("href", ""))
    for child in node.get("content") or []:
        if isinstance(child, dict):
            yield from _hrefs(child)


def same(left: Node | None, right: Node | None) -> bool:
    """Whether two documents say the same; Jira adds ``localId`` attributes to what it was sent."""
    return bool(_canonical(left) == _canonical(right))


def _canonical(value: Any) -> Any:
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if not isinstance(value, dict):
        return value
    canonical = {
        key: _canonical(item)
        for key, item in value.items()
        if key != "localId" and item is not None
    }
    return {
        key: item for key, item in canonical.items() if item not in ({}, []) or key == "content"
    }
