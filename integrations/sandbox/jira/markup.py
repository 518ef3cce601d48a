"""An ADF document as the wiki markup that Jira's changelog holds of it."""

from __future__ import annotations

from typing import Any


def markup(value: Any) -> str:
    """A document, or a text as it is."""
    if not isinstance(value, dict):
        return str(value or "")
    return "\n\n".join(_block(node) for node in value.get("content") or [])


def _block(node: dict[str, Any]) -> str:
    content = node.get("content") or []
    match node.get("type"):
        case "heading":
            level = (node.get("attrs") or {}).get("level", 1)
            return f"h{level}. {_inline(content)}"
        case "panel":
            inner = "\n\n".join(_block(child) for child in content)
            return "{panel:bgColor=#deebff}\n" + inner + "\n{panel}"
        case "blockquote":
            return "{quote}" + "\n\n".join(_block(child) for child in content) + "{quote}"
        case "bulletList":
            return "\n".join(
                "* " + "\n".join(_block(part) for part in item.get("content") or [])
                for item in content
            )
        case "codeBlock":
            return "{code}\n" + _inline(content) + "\n{code}"
        case _:
            return _inline(content)


def _inline(content: list[dict[str, Any]]) -> str:
    return "".join(_text(node) for node in content)


def _text(node: dict[str, Any]) -> str:
    if node.get("type") == "hardBreak":
        return "\n"
    words = str(node.get("text", ""))
    for mark in node.get("marks") or []:
        if mark.get("type") == "link":
            words = f"[{words}|{(mark.get('attrs') or {}).get('href', '')}]"
        elif mark.get("type") == "strong":
            words = f"*{words}*"
        elif mark.get("type") == "em":
            words = f"_{words}_"
    return words
