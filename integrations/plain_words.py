"""Plain text as chats and timelines show it: these very words, and nobody is mentioned."""

from __future__ import annotations

import re

from integrations.neutralize import BREAK, by_links, clean

_MENTION_SIGN = re.compile(r"[@#＠＃]")
_CHAT_SPECIAL = re.compile(r"[\\*_~`|<>\[\]]")
_CHAT_LINE_START = re.compile(r"^(?:[-+#:]|\d{1,9}(?=[.)]))", re.MULTILINE)


def chat_plain(text: str) -> str:
    """For chats with Markdown (Discord, Mattermost, Zulip, Reddit): marks are escaped, a zero-width
    space breaks mentions; addresses stay links.

    >>> chat_plain("*yes*, @ana: https://x.example/a_b").replace(BREAK, "|")
    '\\\\*yes\\\\*, @|ana: https://x.example/a_b'
    """
    parts = [part if is_link else _inert(part) for part, is_link in by_links(clean(text).strip())]
    return "".join(parts)


def _inert(text: str) -> str:
    text = _CHAT_LINE_START.sub(_escaped_start, _CHAT_SPECIAL.sub(r"\\\g<0>", text))
    return _MENTION_SIGN.sub(_broken, text)


def _escaped_start(match: re.Match[str]) -> str:
    return match[0] + BREAK if match[0][0].isdigit() else "\\" + match[0]


def mention_free(text: str) -> str:
    """For platforms that show text as it is: a zero-width space breaks mentions and tags; addresses
    stay links."""
    parts = by_links(clean(text).strip())
    return "".join(part if is_link else _MENTION_SIGN.sub(_broken, part) for part, is_link in parts)


def _broken(match: re.Match[str]) -> str:
    return match[0] + BREAK


def utf16_units(text: str) -> int:
    """The length of a text as JavaScript counts it, and most platforms with it."""
    return len(text.encode("utf-16-le")) // 2
