"""Titles made of what people wrote: one sentence, without greetings and noise, cut at a clause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from classifiers.faces.titles_cutting import TITLE_CHARACTERS, CutAt, cut, cut_at
from classifiers.faces.titles_noise import ANAPHORA, GENERIC_WORDS, SENTENCE_END, TEMPLATE_LINE
from classifiers.faces.titles_tidying import in_sentence_case, plain_words, tidy, unlinked
from classifiers.texts.personal import redact
from classifiers.texts.phrases import content_words
from classifiers.texts.text import MAX_READ_CHARACTERS, clean, has_words

TITLE_SENTENCES = 6
"""Sentences of a comment that are looked at."""
SENTENCE_CHARACTERS = 600
"""Characters looked at of one sentence."""
SHORT_TITLE_CHARACTERS = 14

_FENCED_CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1.*?$|\Z)", re.MULTILINE | re.DOTALL)
_QUOTATION = re.compile(
    r"^[ \t]{0,20}(?:>.*|.{0,200}\b(?:wrote|said|schrieb|escribió):[ \t]*)$", re.MULTILINE
)
_TROUBLE = re.compile(
    r"\b(?:crash\w*|fail\w*|broken|break\w*|error\w*|freez\w*|hang\w*|lose\w*|lost|missing"
    r"|vanish\w*|disappear\w*|wrong"
    r"|stuck|slow\w*|blank|empty|unreadable|invisible|can(?:no|')?t|won'?t|doesn'?t|don'?t|isn'?t"
    r"|aren'?t|not|never|no longer|stop\w*|kill\w*|twice|duplicat\w*|forever|lag\w*|cut off|no)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^(?:add|allow|support|let|make|give|show|enable|provide|offer|bring|put|export|import|need"
    r"|set|save|mute|choose)\b|\b(?:support|option|setting|mode|button|should|need)\b",
    re.IGNORECASE,
)
_CASUAL = re.compile(
    r"\b(?:lol|lmao|ur|u|bc|szn|pls|plz|smh|tbh|jk|omg|wtf|ffs|cool cool|gonna|wanna|dude|bro"
    r"|guys|folks|like (?:an?|\d+))\b|\bw/|!!|\?\?|\w[👀😂🤣💀🙃😭]",
    re.IGNORECASE,
)
_STORY = re.compile(
    r"^(?:i|i'm|im|we|my|our|got|had|made|took|tried|opened|bought|paid|ran|lost|upgraded"
    r"|switched|went|spent|feels?|looks?|do not|don't|check|guess|imagine|why|who)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"^(?:why|how|what|who|where|when|is|are|does|do|did|anyone|any|has|can|could)\b.*\?",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NAMELESS = {"bug": "A problem without words", "feature": "A request without words"}

_WORTH_OF_CUT = {
    CutAt.nowhere: 0.0,
    CutAt.clause: -0.12,
    CutAt.joint: -0.15,
    CutAt.words: -0.3,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible title; ``worth`` (0..1, up to a quarter more for one written as a title) says how
    well it stands on its own."""

    title: str
    worth: float


def candidates(text: str, thread_title: str = "", kind: str = "") -> list[Candidate]:
    """The titles a comment offers, in its order: that of the thread it opens, then its first
    sentences.

    Nothing in them is markup, a link, a mention, an emoji or personal data that shows by its shape.
    What says nothing ("Help please!!", "Bug") is left out.
    """
    offered: list[Candidate | None] = []
    if thread_title.strip():
        offered.append(_candidate(redact(thread_title[:SENTENCE_CHARACTERS]), 0, kind, titled=True))
    for place, sentence in enumerate(_sentences(text)):
        offered.append(_candidate(sentence, place, kind))
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
        if has_words(part) and not TEMPLATE_LINE.match(part.strip())
    ]
    return sentences[:TITLE_SENTENCES]


def _candidate(sentence: str, place: int, kind: str, *, titled: bool = False) -> Candidate | None:
    """The title that a sentence makes, unless it says nothing; ``place`` counts the sentences
    before it."""
    matter, noisy = tidy(sentence)
    telling = [
        word for word in content_words(matter) if word not in GENERIC_WORDS and not word.isdigit()
    ]
    if not any(len(word) > 2 or _UNSPACED.search(word) for word in telling):
        return None
    count = len(set(telling)) + len(_UNSPACED.findall(matter)) // 3
    short, cut_place = cut_at(matter, TITLE_CHARACTERS)
    worth = _worth_of_words(count) + _WORTH_OF_CUT[cut_place] - 0.04 * min(place, 4)
    if noisy:
        worth -= 0.4
    if cut_place is CutAt.clause and matter[len(short) :].lstrip().startswith((":", "(")):
        worth -= 0.2
    worth += _worth_of_title(short, kind) + _worth_of_sentence(sentence, titled=titled)
    worth = max(0.01, min(1.0, worth))
    if titled:
        worth += 0.25
    return Candidate(in_sentence_case(short), round(worth, 4))


def _worth_of_words(count: int) -> float:
    """By the number of telling words: one says little, and more than ten are hard to read."""
    if count > 10:
        return 0.85
    return {1: 0.3, 2: 0.6, 3: 0.8}.get(count, 0.95)


def _worth_of_title(short: str, kind: str) -> float:
    """What counts for and against the words of a title.

    These weights and all others here were chosen by reading the titles of 151 groups of our own
    comments.

    =====  ===========================================  ======================================
    +0.17  names a trouble, or asks for something       *The ruler vanishes*, *Add a dark mode*
    -0.3   points to what was said before               *It looks odd as well*
    -0.2   is short                                     *Ruler gone*
    -0.12  tells a story                                *I opened the print preview*
    =====  ===========================================  ======================================
    """
    cue = _REQUEST if kind == "feature" else _TROUBLE
    worth = 0.0
    if cue.search(short):
        worth += 0.17
    if ANAPHORA.match(short):
        worth -= 0.3
    if len(short) < SHORT_TITLE_CHARACTERS and not _UNSPACED.search(short):
        worth -= 0.2
    if _STORY.match(short):
        worth -= 0.12
    return worth


def _worth_of_sentence(sentence: str, *, titled: bool) -> float:
    """What counts against the sentence that a title is made of.

    =====  ===========================  =============================
    -0.12  asks                         *Why does the ruler vanish?*
    -0.12  chats                        *The ruler vanished!! lol*
    -0.25  breaks off                   *The ruler vanishes...*
    -0.07  begins with a small letter   *the ruler vanishes*
    =====  ===========================  =============================
    """
    worth = 0.0
    if _ASKING.match(sentence.strip()):
        worth -= 0.12
    if _CASUAL.search(sentence):
        worth -= 0.12
    if sentence.rstrip().endswith(("..", "…")):
        worth -= 0.25
    if not titled and sentence.split()[0].islower():
        worth -= 0.07
    return worth
