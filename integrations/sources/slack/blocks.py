"""Slack's Block Kit as plain text, for messages whose text is blank."""

from __future__ import annotations

from integrations.sources.slack.mrkdwn import mrkdwn_to_text
from integrations.text.plain import sanitize, tidy

_MOST_NODES = 5_000
_BLOCKS_ON_A_LINE = (
    "section",
    "header",
    "context",
    "rich_text_section",
    "rich_text_preformatted",
    "rich_text_quote",
)


def blocks_to_text(blocks: object) -> str:
    """The words of sections, headers, contexts and rich text, one line each; quotes only where
    there is nothing else.

    Buttons and menus are left out; anything that is not Block Kit reads as nothing. Source: Slack,
    "Block Kit".
    """
    return _read(blocks, quotes=False) or _read(blocks, quotes=True)


def _read(blocks: object, *, quotes: bool) -> str:
    pieces: list[str] = []
    stack = list(reversed(blocks)) if isinstance(blocks, list) else []
    for _ in range(_MOST_NODES):
        if not stack:
            break
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, dict) and (quotes or node.get("type") != "rich_text_quote"):
            pieces.append(_words(node))
            stack.extend(reversed(_children(node)))
    return tidy(sanitize("".join(pieces)))


def _children(node: dict[str, object]) -> list[object]:
    """What to read next within a node, in order; text objects and rich text nest."""
    kind = node.get("type")
    fields, elements = node.get("fields"), node.get("elements")
    children: list[object] = []
    if kind in ("section", "header"):
        children.append(node.get("text"))
        children += fields if isinstance(fields, list) else []
    if isinstance(elements, list) and kind != "actions":
        children += elements
    return [*children, "\n"] if kind in _BLOCKS_ON_A_LINE else children


def _words(node: dict[str, object]) -> str:
    """What a node says by itself, apart from the nodes in it."""
    text = _string(node, "text")
    match node.get("type"):
        case "mrkdwn":
            return mrkdwn_to_text(text)
        case "plain_text" | "text":
            return text
        case "link":
            return text or _string(node, "url")
        case "user":
            return f"@{_string(node, 'user_id')}"
        case "channel":
            return f"#{_string(node, 'channel_id')}"
        case "broadcast":
            return f"@{_string(node, 'range')}"
        case "emoji":
            return f":{_string(node, 'name')}:"
    return ""


def _string(node: dict[str, object], key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""
