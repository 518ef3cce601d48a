"""How chats take a message: the bodies of their incoming webhooks, within their limits.

Slack: "Block Kit" and "Formatting text"; Discord: "Webhooks", "Embed limits"; Teams: "Create
incoming webhooks" with an Adaptive Card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.digests.digest import Line, Section
from app.digests.message import Message, MessageFigure

SLACK_HEADER_CHARACTERS = 150
SLACK_SECTION_CHARACTERS = 3_000
SLACK_BLOCKS = 50
DISCORD_TITLE_CHARACTERS = 256
DISCORD_TEXT_CHARACTERS = 4_096
DISCORD_FIELD_CHARACTERS = 1_024
DISCORD_ALL_CHARACTERS = 6_000
DISCORD_FIELDS = 25
TEAMS_BYTES = 28_000
"""Of the whole body; the vendor says 28 KB."""
TEAMS_TEXT_CHARACTERS = 1_500
_MARKS = re.compile(r"([\\`*_~|>\[\]()#])")


def cut(text: str, most: int) -> str:
    """``text`` with at most ``most`` characters, by whole lines where there are several."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    if "\n" in head:
        head = head[: head.rindex("\n")]
    return head + "…"


def slack_body(message: Message, base_url: str) -> dict[str, Any]:
    """Blocks, and a text for notifications."""
    texts = [_slack_escaped(message.subtitle)]
    texts += [_slack_figure(figure, base_url) for figure in message.figures]
    texts += [_slack_section(section, base_url) for section in message.sections]
    texts.append(" ".join(map(_slack_escaped, message.notes)))
    texts.append(f"<{base_url}{message.path}|Read it on the page>")
    header = {"type": "plain_text", "text": cut(message.title, SLACK_HEADER_CHARACTERS)}
    blocks: list[dict[str, Any]] = [{"type": "header", "text": header}]
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SLACK_SECTION_CHARACTERS)}}
        for text in texts
        if text
    ]
    return {"text": _slack_escaped(message.title), "blocks": blocks[:SLACK_BLOCKS]}


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack_figure(figure: MessageFigure, base_url: str) -> str:
    heading = f"<{base_url}{figure.path}|{_slack_escaped(figure.title)}>"
    return (
        f"{heading}: *{figure.value}* ({_slack_escaped(figure.against)})\n"
        f"{_slack_escaped(figure.parts)}"
    )


def _slack_section(section: Section, base_url: str) -> str:
    def line_of(line: Line) -> str:
        # A bar would end the words of a link.
        words = _slack_escaped(line.text).replace("|", "¦")
        linked = f"<{base_url}{line.path}|{words}>" if line.path else words
        return f"• {linked}" + (f" ({_slack_escaped(line.note)})" if line.note else "")

    return "\n".join([f"*{section.title}*", *_listed(section, line_of)])


def discord_body(message: Message, base_url: str) -> dict[str, Any]:
    """One embed that mentions nobody."""
    described = "\n".join(
        [_marked(message.subtitle), *(_in_marks(figure, base_url) for figure in message.figures)]
    )
    fields: list[dict[str, str]] = []
    title = cut(message.title, DISCORD_TITLE_CHARACTERS)
    footer = cut(" ".join(message.notes), DISCORD_FIELD_CHARACTERS)
    described = cut(described, DISCORD_TEXT_CHARACTERS)
    left = DISCORD_ALL_CHARACTERS - len(title) - len(described) - len(footer)
    for section in message.sections[:DISCORD_FIELDS]:
        value = "\n".join(_listed(section, lambda line: _marked_line(line, base_url)))
        room = min(DISCORD_FIELD_CHARACTERS, left - len(section.title))
        if room < DISCORD_TITLE_CHARACTERS:
            break
        fields.append({"name": section.title, "value": cut(value, room)})
        left -= len(section.title) + len(fields[-1]["value"])
    embed = {
        "title": title,
        "url": base_url + message.path,
        "description": described,
        "fields": fields,
        "footer": {"text": footer},
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def teams_body(message: Message, base_url: str) -> dict[str, Any]:
    """An Adaptive Card."""
    blocks = [
        _teams_text(message.title, size="Large", weight="Bolder"),
        _teams_text(_marked(message.subtitle), isSubtle=True),
        *(_teams_text(_in_marks(figure, base_url)) for figure in message.figures),
    ]
    for section in message.sections:
        blocks.append(_teams_text(section.title, weight="Bolder"))
        value = "\n".join(_listed(section, lambda line: _marked_line(line, base_url), "- "))
        blocks.append(_teams_text(value))
    blocks.append(_teams_text(" ".join(map(_marked, message.notes)), isSubtle=True))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [],
        "actions": [
            {
                "type": "Action.OpenUrl",
                "title": "Read it on the page",
                "url": base_url + message.path,
            }
        ],
    }
    bytes_so_far = 0
    for block in blocks:
        # JSON writes a character as six bytes at most where it is not ASCII, and twice six beyond.
        bytes_so_far += 200 + sum(1 if mark.isascii() else 12 for mark in block["text"])
        if bytes_so_far > TEAMS_BYTES - 1_000:
            break
        card["body"].append(block)
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _teams_text(text: str, **fields: object) -> dict[str, Any]:
    return {"type": "TextBlock", "wrap": True, "text": cut(text, TEAMS_TEXT_CHARACTERS), **fields}


def _listed(section: Section, line_of: Any, bullet: str = "") -> Iterator[str]:
    if not section.lines:
        yield section.empty
    for line in section.lines:
        yield bullet + line_of(line)
    if section.more:
        yield f"and {section.more:,} more"


def _marked(text: str) -> str:
    """Text in which no mark of Markdown does anything, and nobody is called."""
    return _MARKS.sub(r"\\\1", text).replace("@", "@\N{ZERO WIDTH SPACE}")


def _marked_line(line: Line, base_url: str) -> str:
    words = f"[{_marked(line.text)}]({base_url}{line.path})" if line.path else _marked(line.text)
    return words + (f" ({_marked(line.note)})" if line.note else "")


def _in_marks(figure: MessageFigure, base_url: str) -> str:
    heading = f"[{_marked(figure.title)}]({base_url}{figure.path})"
    return f"{heading}: **{figure.value}** ({figure.against}), {_marked(figure.parts)}"
