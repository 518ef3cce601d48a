"""Titles made of what people wrote: one sentence, without greetings and noise, cut at a clause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from classifiers.faces.titles_cutting import (
    AUTHOR_TITLE_CHARACTERS,
    TITLE_CHARACTERS,
    cut,
    cut_at,
    is_turned,
    parts,
    without_parentheses,
)
from classifiers.faces.titles_noise import GENERIC_WORDS, SENTENCE_END, TEMPLATE_LINE
from classifiers.faces.titles_tidying import in_sentence_case, plain_words, tidy, unlinked
from classifiers.faces.titles_worth import (
    UNSPACED,
    names_matter,
    worth_of_cut,
    worth_of_sentence,
    worth_of_title,
    worth_of_words,
)
from classifiers.texts.personal import redact
from classifiers.texts.phrases import content_words
from classifiers.texts.text import MAX_READ_CHARACTERS, clean, has_words

TITLE_SENTENCES = 6
"""Sentences of a comment that are looked at."""
SENTENCE_CHARACTERS = 600
"""Characters looked at of one sentence."""
PART_WORTH = -0.05
"""What counts against a part of a sentence beside the whole."""
NAMING_TITLE_WORTH, TELLING_TITLE_EXTRA, AUTHOR_TITLE_WORTH = 0.6, 0.4, 0.25
"""What counts for a title that its author gave: where it names the matter, where it is worth at
least ``TELLING_TITLE_WORTH``, and where neither."""
TELLING_TITLE_WORTH = 0.75

_FENCED_CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1.*?$|\Z)", re.MULTILINE | re.DOTALL)
_QUOTATION = re.compile(
    r"^[ \t]{0,20}(?:>.*|.{0,200}\b(?:wrote|said|schrieb|escribió):[ \t]*)$", re.MULTILINE
)
_VERSION = re.compile(r"\b\d+(?:\.\d+)+\b")
_FRAME = re.compile(r"^\s*at\s+[\w$.<>/]{3,}(?:\(|:\d|\.\w+$)")
"""A line of a stack trace."""
_NAMELESS = {"bug": "A problem without words", "feature": "A request without words"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible title; ``worth`` (0..1.12, up to 0.6 more for one that its author gave) says how
    well it stands on its own."""

    title: str
    worth: float
    given: bool = False
    """Its author wrote it as a title, and it names the matter."""


def candidates(text: str, thread_title: str = "", kind: str = "") -> list[Candidate]:
    """The titles a comment offers, in its order: that of the thread it opens, then its first
    sentences.

    Nothing in them is markup, a link, a mention, an emoji or personal data that shows by its shape.
    What says nothing ("Help please!!", "Bug") is left out.
    """
    offered: list[Candidate | None] = []
    if thread_title.strip():
        offered.append(_author_title(redact(thread_title[:SENTENCE_CHARACTERS]), kind))
    for place, sentence in enumerate(_sentences(text)):
        offered.append(_candidate(sentence, place, kind))
        offered += [_candidate(part, place, kind, whole=False) for part in parts(sentence)]
    return [candidate for candidate in offered if candidate is not None]


def title_of(text: str, thread_title: str = "", kind: str = "") -> str:
    """The best title of one comment; where it offers none, its first words, and where it has none,
    its kind's name."""
    offered = candidates(text, thread_title, kind)
    if offered:
        return max(offered, key=lambda candidate: candidate.worth).title
    return _first_words([text, thread_title]) or _NAMELESS.get(kind, "Untitled")


def _first_words(texts: Iterable[str]) -> str:
    for text in texts:
        for sentence in _sentences(text):
            words = cut(tidy(sentence)[0] or plain_words(sentence))
            if has_words(words):
                return in_sentence_case(words)
    return ""


def _sentences(text: str) -> list[str]:
    """What people said in their own words; a text of nothing but code or quotes as it is."""
    text = text[:MAX_READ_CHARACTERS]
    own = clean(redact(unlinked(_QUOTATION.sub("\n", _FENCED_CODE.sub("\n", text)))))
    if not has_words(plain_words(own)):
        own = clean(redact(unlinked(text)))
    sentences = [
        part[:SENTENCE_CHARACTERS]
        for part in SENTENCE_END.split(own)
        if has_words(part) and not TEMPLATE_LINE.match(part.strip()) and not _FRAME.match(part)
    ]
    return sentences[:TITLE_SENTENCES]


def _author_title(written: str, kind: str) -> Candidate | None:
    """The title of a topic or an issue, as its author gave it."""
    candidate = _candidate(written, 0, kind, titled=True)
    if candidate is None:
        return None
    names_it = names_matter(candidate.title, candidate.worth, kind)
    extra = AUTHOR_TITLE_WORTH
    if names_it:
        extra = NAMING_TITLE_WORTH
    elif candidate.worth >= TELLING_TITLE_WORTH:
        extra = TELLING_TITLE_EXTRA
    return Candidate(candidate.title, round(candidate.worth + extra, 4), names_it)


def _candidate(
    sentence: str, place: int, kind: str, *, titled: bool = False, whole: bool = True
) -> Candidate | None:
    """The title that a sentence makes, unless it says nothing; ``place`` counts the sentences
    before it, ``whole``: it is no part of one, ``titled``: its author wrote it as a title."""
    limit = AUTHOR_TITLE_CHARACTERS if titled else TITLE_CHARACTERS
    matter, noisy = tidy(sentence)
    if len(matter) > limit:
        matter = without_parentheses(matter)
    telling = [
        word for word in content_words(matter) if word not in GENERIC_WORDS and not word.isdigit()
    ]
    if not any(len(word) > 2 or UNSPACED.search(word) for word in telling):
        return None
    count = len({*telling, *_VERSION.findall(matter)}) + len(UNSPACED.findall(matter)) // 3
    short, cut_place = cut_at(matter, limit)
    cut_off = matter[len(short) :]
    worth = worth_of_words(count) + worth_of_cut(cut_place, cut_off, turned=is_turned(cut_off))
    worth += worth_of_title(short, kind) + worth_of_sentence(
        sentence, kind, whole=whole and not titled
    )
    worth -= 0.04 * min(place, 4)
    if noisy and not titled:
        worth -= 0.4
    if not whole:
        worth += PART_WORTH
    return Candidate(in_sentence_case(short), round(max(0.01, worth), 4))
