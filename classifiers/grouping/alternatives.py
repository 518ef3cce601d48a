"""Words of which a comment means one: two that name different ones do not say the same.

A likeness is topical: *export to CSV* and *import from CSV* have nearly everything in common. The
lists (``alternatives.json``) are short and hold what is seldom said in passing. Some opposites are
left out on purpose, because the same complaint is told from either end: open and close, add and
remove, show and hide, lock and unlock, sent and received, log in and log out, before and after,
online and offline, encrypt and decrypt, big and small. So are troubles, late and twice for one,
which are said in passing of each other.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from pathlib import Path

from classifiers.contract import Kind, Member
from classifiers.grouping.distinct import (
    MENTIONED_CHARACTERS,
    SUBJECT_CHARACTERS,
    TEXTS_REMEMBERED,
)
from classifiers.texts.phrases import stem
from classifiers.texts.text import words

_LISTS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

Choice = Mapping[str, str]
"""What can be meant, each with what it is called, up to three words. A word that leaves it open
stands with everything it may mean."""

PLACES: Mapping[str, Choice] = _LISTS["places"]
"""Where a bug was met, but what a request is for. English is left out: everybody has it."""

NAMES: Mapping[str, Choice] = _LISTS["names"]
"""What a comment is about, whatever its kind."""

OPPOSITES: Sequence[tuple[str, str]] = [(one, other) for one, other in _LISTS["opposites"]]
"""Directions; in any form of the word."""

_COMPARING = frozenset({"like", "than"})
"""After these a name is an example: *as a calendar, like Outlook has it*."""

Meanings = Mapping[str, Mapping[str, str]]
"""By the sort, what is meant and the words used for it: ``{"platform": {"iOS": "iphone"}}``."""


def differ(comment: Member, members: Sequence[Member]) -> tuple[str, str] | None:
    """The words, the comment's and the theme's, by which they mean different things; None where
    nothing says so.

    Both have to name something of one sort early on, and neither may name anything of the other's.
    ``members`` are the theme's nearest, taken together: a theme that speaks of Android and the web
    keeps neither out.
    """
    for sort, own_words in _meanings(comment.text[:SUBJECT_CHARACTERS]).items():
        if sort in PLACES and comment.kind is Kind.bug:
            continue
        theme_words: dict[str, str] = {}
        for member in members:
            theme_words |= _meanings(member.text[:SUBJECT_CHARACTERS]).get(sort, {})
        if not theme_words or theme_words.keys() & _mentioned(comment, sort):
            continue
        if not any(own_words.keys() & _mentioned(member, sort) for member in members):
            return next(iter(own_words.values())), next(iter(theme_words.values()))
    return None


def _mentioned(member: Member, sort: str) -> Set[str]:
    """What of this sort a comment has at least thought of."""
    return _meanings(member.text[:MENTIONED_CHARACTERS]).get(sort, {}).keys()


def _index() -> dict[str, list[tuple[str, str]]]:
    """Of each name what it stands for, as the sort and the one that is meant."""
    index: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for sort, choice in {**PLACES, **NAMES}.items():
        for meaning, names in choice.items():
            for name in names.split(", "):
                index[name].append((sort, meaning))
    for pair in OPPOSITES:
        for meaning in pair:
            for name in meaning.split(", "):
                index[_stemmed(name.split())].append((" or ".join(pair), meaning))
    return dict(index)


def _stemmed(run: Sequence[str]) -> str:
    """Marked, as a name in the lists is meant in no other form: a *window* is no Windows."""
    return "~" + " ".join(stem(word) for word in run)


_INDEX = _index()
_FIRST_WORDS = frozenset(name.split()[0] for name in _INDEX)


@lru_cache(maxsize=TEXTS_REMEMBERED)
def _meanings(text: str) -> Meanings:
    meanings: dict[str, dict[str, str]] = {}
    text_words = words(text)
    for start, word in enumerate(text_words):
        if word not in _FIRST_WORDS and _stemmed([word]) not in _FIRST_WORDS:
            continue
        if start and text_words[start - 1] in _COMPARING:
            continue
        for length in (1, 2, 3):
            run = text_words[start : start + length]
            for name in (" ".join(run), _stemmed(run)):
                for sort, meaning in _INDEX.get(name, ()):
                    meanings.setdefault(sort, {}).setdefault(meaning, " ".join(run))
    return meanings
