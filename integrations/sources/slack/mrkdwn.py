"""Slack's mrkdwn as plain text. Source: Slack, "Formatting message text"."""

from __future__ import annotations

import re

from integrations.text.plain import sanitize, tidy

_ANGLE_BRACKETS = re.compile(r"<([^<>\n]{1,4000})>")
_CODE_SPAN = re.compile(r"(```[^`]*```|`[^`\n]+`)")
_STYLED = re.compile(r"(?<![\w*_~])([*_~])(?=\S)([^*_~\n]{1,4000})(?<=\S)\1(?![\w*_~])")
_QUOTE_MARKS = re.compile(r"^(&gt;)+ ?")


def mrkdwn_to_text(source: str) -> str:
    """A message's words; quoted lines are left out unless there is nothing else.

    >>> mrkdwn_to_text("*Hi* <@U1>, see <https://a.example|the page>")
    'Hi @U1, see the page (https://a.example)'
    """
    source = sanitize(source)
    lines = _before_long_quote(source).split("\n")
    own_words = _plain("\n".join([line for line in lines if not line.startswith("&gt;")]))
    if own_words:
        return own_words
    return _plain("\n".join([_QUOTE_MARKS.sub("", line) for line in source.split("\n")]))


def _before_long_quote(source: str) -> str:
    """Everything before ``>>>`` at the start of a line, which quotes the rest of the message."""
    return ("\n" + source).partition("\n&gt;&gt;&gt;")[0][1:]


def _plain(source: str) -> str:
    parts = _CODE_SPAN.split(source)  # every second part is code
    for index, part in enumerate(parts):
        words = part.strip("`") if index % 2 else _STYLED.sub(r"\2", part)
        parts[index] = _ANGLE_BRACKETS.sub(_reference, words)
    text = "".join(parts)
    return tidy(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _reference(match: re.Match[str]) -> str:
    """What is shown for a member, a channel, a group or a link."""
    target, _, label = match[1].partition("|")
    if target[0] == "@":
        return "@" + (label.lstrip("@") or target[1:])
    if target[0] == "#":
        return "#" + (label or target[1:])
    if target[0] == "!":
        return label or "@" + target[1:].partition("^")[0]
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (address, address.partition("://")[2].rstrip("/")):
        return address
    return f"{label} ({address})"
