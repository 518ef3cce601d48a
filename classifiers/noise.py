"""Comments that say nothing about the product, recognised without a model, each for a stated reason."""

# ruff: noqa: E501 - a pattern on one line is easier to read than one folded in the middle.
from __future__ import annotations

import re

from classifiers.text import LINK, has_words, words

_GREETING_WORDS = """
afternoon all am anybody anyone bye channel cheers community day evening everybody everyone folks forum friday friends
from gm gn good goodbye greetings group guys happy hello here hey hi hiya i i'm im is joined just meet monday morning
new nice night online people server team the there this to weekend welcome world yo you
"""
_GREETING = frozenset(_GREETING_WORDS.split())
_GREETS = re.compile(
    r"^\W*(?:hi|hello|hey|hiya|yo|gm|gn|good (?:morning|evening|afternoon|night|day)|greetings|welcome|bye)\b", re.I
)
_SPAM = re.compile(
    r"(?:earn|make|win)\s+(?:up to\s+)?[$€£]?\s?\d[\d,.]*\s?[$€£k]?\s*(?:(?:dollars?|usd|euros?)\s*)?(?:per|a|every|each|daily|from home)\s?"
    r"|work from home (?:and|to) earn|double your (?:money|bitcoin|crypto|investment)|guaranteed (?:profit|returns?|income)"
    r"|free (?:followers|likes|v-?bucks|robux|gift ?cards?|iphones?)|(?:buy|get) (?:cheap )?(?:followers|likes|backlinks|viagra|cialis)"
    r"|(?:contact|message|text|dm|reach) (?:me|him|her|us) (?:on|via|at|through) (?:whats ?app|telegram|signal)"
    r"|(?:use|with) my (?:promo|referral|invite) ?(?:code|link)|sign up (?:with|using) my (?:code|link)"
    r"|(?:recovered|recover) my (?:lost |stolen )?(?:crypto|bitcoin|funds|money)|forex (?:trading )?(?:signals?|expert|mentor)"
    r"|(?:check out|visit|subscribe to) my (?:new )?(?:channel|profile|page|website|youtube|onlyfans)|sub ?4 ?sub|follow for follow"
    r"|hot (?:singles|girls)|casino bonus|online casino",
    re.IGNORECASE,
)


def noise(text: str) -> str:
    """One snake_case reason why a cleaned text is noise, or an empty string.

    ``empty_text`` (nothing left), ``no_words`` (emoji or signs only), ``link_only``, ``greeting``, ``spam``.
    """
    if not text.strip():
        return "empty_text"
    if not has_words(text):
        return "no_words"
    head = text[:1_000]
    found = words(head)
    if found and all(word == LINK for word in found) and len(text) <= 1_000:
        return "link_only"
    if len(found) <= 8 and "?" not in head and _GREETS.match(head) and _GREETING.issuperset(found):
        return "greeting"
    return "spam" if _SPAM.search(head) else ""
