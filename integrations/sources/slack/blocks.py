"""Slack's Block Kit as plain text, for messages whose text is blank."""

from __future__ import annotations

from integrations.text import TEXT_LIMIT, mrkdwn_to_text, sanitize, tidy

_MAX_NODES = 5_000
_LINES = (
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
    out: list[str] = []
    waiting = list(reversed(blocks)) if isinstance(blocks, list) else []
    for _ in range(_MAX_NODES):
        if not waiting:
            break
        node = waiting.pop()
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, dict) and (quotes or node.get("type") != "rich_text_quote"):
            out.append(_words(node))
            waiting.extend(reversed(_inside(node)))
    return tidy(sanitize("".join(out), TEXT_LIMIT))


def _inside(node: dict[str, object]) -> list[object]:
    """What to read next within a node, in order; text objects and rich text nest."""
    kind = node.get("type")
    fields, elements = node.get("fields"), node.get("elements")
    inside: list[object] = []
    if kind in ("section", "header"):
        inside += [node.get("text"), *(fields if isinstance(fields, list) else [])]
    if isinstance(elements, list) and kind != "actions":
        inside += elements
    return [*inside, "\n"] if kind in _LINES else inside


def _words(node: dict[str, object]) -> str:
    text = node.get("text")
    own = text if isinstance(text, str) else ""
    match node.get("type"):
        case "mrkdwn":
            return mrkdwn_to_text(own)
        case "plain_text" | "text":
            return own
        case "link":
            return own or _string(node, "url")
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
