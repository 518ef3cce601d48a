"""Whether two comments were copied from one another: the same wording, long enough that two people
hardly share it."""

# ruff: noqa: E501 - a pattern on one line is easier to read than one folded in the middle.
from __future__ import annotations

import re

from classifiers.texts.phrases import content_words
from classifiers.texts.text import MAX_RAW, fingerprint, without_signature

LEAST_CONTENT_WORDS = 8
"""Distinct content words from which the same wording is no coincidence; "dark mode please" said
twice is two voices."""
CLOSING = 160
"""Characters at the end among which thanks and a name are looked for."""
_URL = re.compile(r"(?:https?://)?(?:www\.)?([^\s?#<>]{3,2000})(?:[?#]\S{0,2000})?", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|www\.)\S{1,2000}", re.IGNORECASE)
_QUOTED = re.compile(
    r"^[ \t]{0,3}(?:>.*|(?:on|am|le|el|il) .{1,100} (?:wrote|schrieb|écrit|escribió|ha scritto)\s?:)[ \t]*$",
    re.I | re.M,
)
_GREETED = re.compile(
    r"\A\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^,.!\n]{0,30}[,.!\n]", re.I
)
_CLOSED = re.compile(
    r"\n\s*(?:(?:many |kind |best |warm )?(?:thanks?|thank you|thx|cheers|regards|greetings|wishes|best|sincerely|yours)"
    r"(?: (?:a lot|so much|in advance|again|truly|sincerely))?\W{0,3}(?:[^\W\d]{1,20}[ .]?){0,3}|[-–—~]{1,2}\s?[^\W\d]{1,20}(?: [^\W\d]{1,20})?)"
    r"(?:\n\s*(?:[^\W\d]{1,20}[ .]?){1,3})?\s*\Z",
    re.I,
)


def wording(text: str) -> str:
    """16 hex digits that copies of a text share, or an empty string for a text too short to be
    called copied.

    Case, punctuation, spacing, emoji, accents, quoted lines, a greeting at the start, a signature
    at the end and what follows ``?`` in a link do not count.
    """
    own = without_signature(_QUOTED.sub("", text[:MAX_RAW])).strip()
    own = _GREETED.sub("", own, count=1)
    own = own[:-CLOSING] + _CLOSED.sub("", own[-CLOSING:])
    own = _LINK.sub(lambda link: _place(link.group()), own)
    return fingerprint(own) if len(set(content_words(own))) >= LEAST_CONTENT_WORDS else ""


def _place(link: str) -> str:
    """A link without scheme and query: the same page however the link to it was decorated."""
    found = _URL.match(link)
    return re.sub(r"\W+", " ", found.group(1)) if found else ""
