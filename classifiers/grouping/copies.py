"""Whether two comments were copied from one another: the same words, and enough of them."""

from __future__ import annotations

import re

from classifiers.texts.phrases import content_words
from classifiers.texts.text import MAX_RAW_CHARACTERS, fingerprint, without_signature

COPY_CONTENT_WORDS = 8
"""Distinct content words from which the same wording is no coincidence; "dark mode please" said
twice is two voices."""
CLOSING_CHARACTERS = 160
"""Characters at the end among which thanks and a name are looked for."""
_ADDRESS_PARTS = re.compile(
    r"(?:https?://)?(?:www\.)?([^\s?#<>]{3,2000})(?:[?#]\S{0,2000})?", re.IGNORECASE
)
_WEB_LINK = re.compile(r"(?:https?://|www\.)\S{1,2000}", re.IGNORECASE)
_QUOTED_LINES = re.compile(
    r"^[ \t]{0,3}(?:>.*|(?:on|am|le|el|il) .{1,100} "
    r"(?:wrote|schrieb|écrit|escribió|ha scritto)\s?:)[ \t]*$",
    re.I | re.M,
)
_GREETING_AT_START = re.compile(
    r"\A\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^,.!\n]{0,30}[,.!\n]", re.I
)
_THANKS_AT_END = re.compile(
    r"\n\s*(?:(?:many |kind |best |warm )?(?:thanks?|thank you|thx|cheers|regards|greetings"
    r"|wishes|best|sincerely|yours)"
    r"(?: (?:a lot|so much|in advance|again|truly|sincerely))?\W{0,3}(?:[^\W\d]{1,20}[ .]?){0,3}"
    r"|[-–—~]{1,2}\s?[^\W\d]{1,20}(?: [^\W\d]{1,20})?)(?:\n\s*(?:[^\W\d]{1,20}[ .]?){1,3})?\s*\Z",
    re.I,
)


def wording(text: str) -> str:
    """16 hex digits that copies of a text share; empty for a text too short to be called copied.

    Case, punctuation, spacing, emoji, accents, quoted lines, a greeting at the start, a signature
    at the end and what follows ``?`` in a link do not count.
    """
    own = without_signature(_QUOTED_LINES.sub("", text[:MAX_RAW_CHARACTERS])).strip()
    own = _GREETING_AT_START.sub("", own, count=1)
    own = own[:-CLOSING_CHARACTERS] + _THANKS_AT_END.sub("", own[-CLOSING_CHARACTERS:])
    own = _WEB_LINK.sub(lambda link: _page(link.group()), own)
    if len(set(content_words(own))) < COPY_CONTENT_WORDS:
        return ""
    return fingerprint(own)


def _page(link: str) -> str:
    """A link without scheme and query: the same page however the link to it was decorated.

    *https://www.example.org/a?utm=x#y* becomes *example org a*.
    """
    address = _ADDRESS_PARTS.match(link)
    if address is None:
        return ""
    return re.sub(r"\W+", " ", address.group(1))
