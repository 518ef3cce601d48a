"""How people name an issue of Linear."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from integrations.tracker_contract import TrackerError
from integrations.trackers.naming import require_host, unnamed

LINEAR_PAGES_HOST = "linear.app"
_LINEAR_EXAMPLES = "ENG-17 or the issue's address"
_IDENTIFIER_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9]{0,6}-\d{1,9}")


def identifier(name: str) -> str:
    """``ENG-17`` of what names an issue. Raises TrackerError ``ticket_unnamed``."""
    words = name.strip()
    if "://" in words:
        require_host(words, LINEAR_PAGES_HOST)
        _, _, rest = urlsplit(words).path.partition("/issue/")
        words = rest.partition("/")[0]
    if not _IDENTIFIER_NAMED.fullmatch(words):
        raise _none()
    return words.upper()


def _none() -> TrackerError:
    return unnamed(_LINEAR_EXAMPLES)
