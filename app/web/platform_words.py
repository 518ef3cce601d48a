"""What pages call a platform, and the icon that stands for it."""

from __future__ import annotations

import re

from integrations import registry

_PLATFORM_ICONS = {
    "discourse": "messages-square",
    "github": "git-branch",
    "slack": "hash",
    "discord": "hash",
    "mattermost": "hash",
    "zulip": "hash",
    "gitlab": "git-branch",
    "stackexchange": "circle-question-mark",
    "appstore": "package",
    "googleplay": "package",
    "steam": "package",
    **dict.fromkeys(("telegram", "youtube", "reddit", "mastodon"), "message-circle"),
    **dict.fromkeys(("bluesky", "lemmy", "hackernews"), "message-circle"),
    "mail": "mail",
    "feed": "rss",
    "generic": "webhook",
}
_NOT_PLAIN = re.compile(r" \(https?://[^)]*\)|[*`]")
_PLATFORM_TITLES = {"generic": "Webhook"}


def platform(name: str) -> str:
    """A platform's name for people: its own spelling."""
    declared = registry.sources().get(name)
    title = declared.title if declared else name.replace("_", " ").capitalize()
    return _PLATFORM_TITLES.get(name, title)


def account(named: str) -> str:
    """An account as people read it: ``github: kim`` is ``GitHub: kim``."""
    name, colon, handle = named.partition(": ")
    return f"{platform(name)}: {handle}" if colon else named


def offered() -> list[tuple[str, str, str]]:
    """(name, title, first sentence of its guide) of every platform, by title."""
    rows = [
        (name, source.title, _about(source.guide)) for name, source in registry.sources().items()
    ]
    return sorted(rows, key=lambda row: row[1].casefold())


def _about(guide: str) -> str:
    sentence, dot, _ = " ".join(guide.split("\n\n")[0].split()).partition(". ")
    return _NOT_PLAIN.sub("", sentence) + dot.rstrip()


def platform_icon(name: str) -> str:
    """The icon of a platform."""
    return _PLATFORM_ICONS.get(name, "webhook")
