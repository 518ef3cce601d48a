"""Titles made of what people wrote: one sentence, without greetings and noise, cut at a clause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from classifiers.faces.titles_noise import (
    ACRONYMS,
    ANAPHORA,
    CLOSING,
    DANGLING,
    GENERIC,
    OPENING,
    PARTICLES,
    SENTENCE,
    TEMPLATE,
    VERSION,
)
from classifiers.texts.personal import MENTION, PRIVACY_PLACEHOLDER, redact
from classifiers.texts.phrases import content_words
from classifiers.texts.text import MAX_READ_CHARACTERS, clean, has_words

LENGTH = 80
SENTENCES = 6
READ = 600
"""Characters looked at of one sentence."""
CUT_FROM = 24
"""A clause shorter than this says too little to stand alone."""

_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1.*?$|\Z)", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(
    r"^[ \t]{0,20}(?:>.*|.{0,200}\b(?:wrote|said|schrieb|escribió):[ \t]*)$", re.MULTILINE
)
_MARKUP = re.compile(
    r"^(?:[\s#>*•·\-–—|=~]|\+(?!\d))+|[`*~|]{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|<[^<>\n]{1,200}>"
)
_BRACKETED = re.compile(r"^\s*\[[^\]\n]{0,40}\]\s*:?|\((?=[^()\n]*\d)[^()\n]{0,60}\)")
_SYMBOLS = re.compile(
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\u200d\u20e3]+"
)
_MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\s]{0,2000}\)")
_URL = re.compile(r"(?:\b(?:see|at|here|on|via):?\s+)?(?:https?://|www\.)\S+", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[,;:–—(…。，、；：！？]|\s-\s|\.{2,}|"
    r"\s(?=(?:because|but|although|though|which|whereas|so|and then|since|while|until|unless|even"
    r"|except|despite)\s)",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\s(?=(?:and|or|when|whenever|if|after|before|once|where|who|without)\s)", re.IGNORECASE
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
_ENDS = " \t\n.,;:!?-–—…/\\|·•。，、；：！？"
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("«", "»"), ('"', '"'), ("‘", "’"))
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


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
    found = [_candidate(thread_title, 0, kind, titled=True)] if thread_title.strip() else []
    found += [
        _candidate(sentence, number, kind) for number, sentence in enumerate(_sentences(text))
    ]
    return [each for each in found if each is not None]


def title_of(text: str, thread_title: str = "", kind: str = "") -> str:
    """The best title of one comment; where it offers none, its first words, and where it has none,
    its kind's name."""
    offered = candidates(text, thread_title, kind)
    if offered:
        return max(offered, key=lambda each: each.worth).title
    return _any_words([text, thread_title]) or _NAMELESS.get(kind, "Untitled")


_NAMELESS = {"bug": "A problem without words", "feature": "A request without words"}


def _any_words(texts: Iterable[str]) -> str:
    for text in texts:
        for sentence in _sentences(text):
            if has_words(said := cut(_tidy(sentence)[0] or _plain(sentence))):
                return _case(said)
    return ""


def _sentences(text: str) -> list[str]:
    """What people said in their own words; a text of nothing but code or quotes is read as it
    is."""
    own = _QUOTED.sub("\n", _FENCED.sub("\n", text[:MAX_READ_CHARACTERS]))
    read = clean(redact(_unlinked(own)))
    if not has_words(_plain(read)):
        read = clean(redact(_unlinked(text[:MAX_READ_CHARACTERS])))
    kept = [
        part[:READ]
        for part in SENTENCE.split(read)
        if has_words(part) and not TEMPLATE.match(part.strip())
    ]
    return kept[:SENTENCES]


def _unlinked(text: str) -> str:
    """Without addresses; done before cleaning, which would put the word *link* where people may
    have written it."""
    return _URL.sub(" ", _MARKDOWN_LINK.sub(r"\1", text))


def _candidate(sentence: str, place: int, kind: str, *, titled: bool = False) -> Candidate | None:
    if titled:
        sentence = redact(sentence[:READ])
    tidy, noisy = _tidy(sentence)
    telling = [word for word in content_words(tidy) if word not in GENERIC and not word.isdigit()]
    count = len(set(telling)) + len(_UNSPACED.findall(tidy)) // 3
    if not count or not any(len(word) > 2 or _UNSPACED.search(word) for word in telling):
        return None
    short, how = _cut(tidy, LENGTH)
    rest = tidy[len(short) :].lstrip() if how == "clause" else ""
    cue = _REQUEST if kind == "feature" else _TROUBLE
    worth = {1: 0.3, 2: 0.6, 3: 0.8}.get(count, 0.95 if count <= 10 else 0.85)
    worth -= {"whole": 0.0, "clause": 0.12, "weak": 0.15, "words": 0.3}[how]
    worth += (
        0.17 * bool(cue.search(short)) - 0.2 * rest.startswith((":", "(")) - 0.04 * min(place, 4)
    )
    worth -= (
        0.3 * bool(ANAPHORA.match(short))
        + 0.2 * (len(short) < 14 and not _UNSPACED.search(short))
        + 0.4 * noisy
    )
    worth -= _idle(sentence, short, titled)
    return Candidate(_case(short), round(max(0.01, min(1.0, worth)) + 0.25 * titled, 4))


def _idle(sentence: str, short: str, titled: bool) -> float:
    """What counts against a sentence that tells a story, asks, chats or breaks off.

    These weights and the ones above were chosen by reading the titles of 151 groups of our own
    comments.
    """
    value = 0.12 * bool(_STORY.match(short)) + 0.12 * bool(_ASKING.match(sentence.strip()))
    value += 0.12 * bool(_CASUAL.search(sentence)) + 0.25 * sentence.rstrip().endswith(("..", "…"))
    return value + 0.07 * (sentence.split()[0].islower() and not titled)


def _plain(sentence: str) -> str:
    said = _SYMBOLS.sub(" ", _MARKUP.sub("", _URL.sub(" ", _MARKDOWN_LINK.sub(r"\1", sentence))))
    said = MENTION.sub(" ", PRIVACY_PLACEHOLDER.sub(" ", said)).replace("#", " ").replace("@", " ")
    return " ".join(said.split())


def _tidy(sentence: str) -> tuple[str, bool]:
    """The sentence without what surrounds its matter, and whether personal data or many marks stood
    in it."""
    noisy = bool(PRIVACY_PLACEHOLDER.search(sentence))
    said = _plain(VERSION.sub("", _BRACKETED.sub(" ", sentence)))
    letters = sum(character.isalnum() or character.isspace() for character in said)
    noisy = noisy or letters < 0.8 * len(said)
    said = CLOSING.sub("", said.strip(_ENDS)).strip(_ENDS)
    while (shorter := OPENING.sub("", said).lstrip(_ENDS)) != said and has_words(shorter):
        said = shorter
    return " ".join(said.split()), noisy


def cut(sentence: str, length: int = LENGTH) -> str:
    """At most ``length`` characters: at the end of a clause where one ends late enough, else
    between two words, never after one that asks for another (*the*, *with*, *and*)."""
    return _cut(sentence, length)[0]


def _cut(sentence: str, length: int) -> tuple[str, str]:
    sentence = _paired(sentence)
    if len(sentence) <= length:
        return sentence, "whole"
    for pattern, how in ((_CLAUSE, "clause"), (_WEAK, "weak")):
        ends = [place.start() for place in pattern.finditer(sentence, 0, length + 1)]
        for end in reversed([end for end in ends if min(CUT_FROM, length // 2) <= end <= length]):
            said = _whole_words(sentence[:end], DANGLING - PARTICLES)
            if len(said) >= min(CUT_FROM, length // 2):
                return said, how
    space = sentence.rfind(" ", 0, length + 1)
    return _whole_words(sentence[: space if space > 0 else length]) or _paired(
        sentence[:length]
    ), "words"


def _whole_words(said: str, dangling: frozenset[str] = DANGLING) -> str:
    words = _paired(said).split()
    while len(words) > 1 and words[-1].strip(_ENDS).casefold() in dangling:
        words.pop()
    return _paired(" ".join(words))


def _paired(said: str) -> str:
    """The words without marks at their ends and without a bracket or quotation mark that has lost
    its other one."""
    said = said.strip(_ENDS)
    for opening, closing in _PAIRS:
        if (
            said.startswith(opening)
            and said.endswith(closing)
            and said.count(opening) <= 2 - (opening != closing)
        ):
            said = said[1:-1]
        if opening == closing:
            said = said.replace(opening, "") if said.count(opening) % 2 else said
        elif said.count(opening) != said.count(closing):
            said = said.replace(opening, "") if closing != "’" else said
            said = said.replace(closing, "") if closing != "’" else said
    return said.strip(_ENDS)


def _case(said: str) -> str:
    """Sentence case: shouting becomes quiet, and the first letter large unless its word has its own
    spelling."""
    words = said.split()
    shouted = [word for word in words if len(word) > 1 and word.isupper() and word.isalpha()]
    spoken = [word for word in words if len(word) > 1 and word.isalpha()]
    loud = len(shouted) >= 3 and len(shouted) > 0.6 * len(spoken)
    words = [_quiet(word, loud) for word in words]
    first = words[0] if words else ""
    if first[1:] == first[1:].lower() and len(upper := first[:1].upper()) == 1:
        words[0] = upper + first[1:]
    return " ".join(words)


def _quiet(word: str, loud: bool) -> str:
    bare = word.strip(_ENDS)
    if not bare.isupper() or len(bare) < 2 or not any(character.isalpha() for character in bare):
        return word
    if bare in ACRONYMS or any(character.isdigit() for character in bare):
        return word
    return word.lower() if loud or (len(bare) >= 5 and bare.isalpha()) else word
