"""What a model reads of a comment, and what makes two comments the same words. Every function takes
any string, in linear time."""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_CLEAN = 6_000
"""Characters the models see; the encoder stops after 256 tokens, about a fifth of it."""
MAX_READ = 40_000
"""Characters cleaning looks at: longer than nearly every comment, and enough to find the 6,000
in."""
MAX_RAW = 200_000
"""Characters a fingerprint looks at: more than any platform lets a person write in one comment."""

LINK = "link"
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_IMAGE = re.compile(r"!\[([^\]\n]{0,200})\]\([^)\s]{0,2000}\)")
_MARKDOWN_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{0,2000}\)")
_URL = re.compile(r"(?:https?://|www\.)\S{1,2000}", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_FRAME = re.compile(
    r"^\s*(?:at\s+\S+\s*\(.*\)|at\s+[\w$.<>/:-]+:\d+.*|File \".*\", line \d+.*|\.\.\. \d+ more|#\d+\s+0x[0-9a-f]+.*"
    r"|goroutine \d+.*|\[<[0-9a-f]+>\].*)\s*$"
)
_SIGNATURE = re.compile(
    r"^(?:-- ?|_{5,}|sent from my .{1,40}|get outlook for .{1,20})$", re.IGNORECASE
)
_REPEATED = re.compile(r"(.)\1{3,}", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BLANK = re.compile(r"[ \t\r\f\v]+")
_LINES = re.compile(r"\n{3,}")
CODE_LINES = 2
FRAMES = 2


def plain(text: str) -> str:
    """The text without control characters, direction marks and lone surrogates, composed (NFC) and
    capped."""
    return unicodedata.normalize("NFC", _CONTROL.sub(" ", text[:MAX_RAW]))


def clean(text: str) -> str:
    """What the models read: prose, with links as a word, code and stack traces shortened,
    signatures dropped."""
    text = _without_html_comments(plain(text[:MAX_READ]))
    text = _URL.sub(LINK, _MARKDOWN_LINK.sub(r"\1", _IMAGE.sub(r"\1", text)))
    text = _REPEATED.sub(r"\1\1\1", _BLANK.sub(" ", _shorten(text)))
    return _LINES.sub("\n\n", text).strip()[:MAX_CLEAN].strip()


def words(text: str) -> list[str]:
    """Lower-cased words and numbers, in order."""
    return [word for word in _WORD.findall(text.casefold()) if len(word) <= 60]


def fingerprint(text: str) -> str:
    """The same 16 hex digits for the same words: case, accents, punctuation, spacing, links and
    repeats do not count.

    A text without any word keeps its own characters, so that two different rows of emoji stay
    different; an empty text gives the empty string.
    """
    bare = unicodedata.normalize("NFKD", _URL.sub(" ", plain(text)).casefold())
    bare = "".join(character for character in bare if not unicodedata.combining(character))
    found = " ".join(_WORD.findall(_REPEATED.sub(r"\1\1\1", bare))) or "".join(bare.split())
    return (
        hashlib.blake2b(found.encode("utf-8", "replace"), digest_size=8).hexdigest()
        if found
        else ""
    )


def without_signature(text: str) -> str:
    """The text before the line that a mail program starts a signature with."""
    lines = plain(text).split("\n")
    ends = (
        place for place, line in enumerate(lines) if place and _SIGNATURE.match(line.strip()[:60])
    )
    return "\n".join(lines[: next(ends, None)])


def has_words(text: str) -> bool:
    """Whether there is any letter or digit at all."""
    return _WORD.search(text) is not None


def _without_html_comments(text: str) -> str:
    """Issue templates hide their instructions in them. By searching, not by pattern: a pattern is
    quadratic here."""
    kept: list[str] = []
    place = 0
    while (opening := text.find("<!--", place)) >= 0 and (
        closing := text.find("-->", opening)
    ) >= 0:
        kept.append(text[place:opening])
        place = closing + 3
    return " ".join([*kept, text[place:]])


def _shorten(text: str) -> str:
    """Keep the first lines of each code block and stack trace, and stop at a signature."""
    kept: list[str] = []
    fenced = False
    code = frames = 0
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced, code = not fenced, 0
            continue
        if fenced:
            code += 1
            if code > CODE_LINES:
                continue
            line = line[:200]
        elif kept and _SIGNATURE.match(line.strip()[:60]):
            break
        frames = frames + 1 if _FRAME.match(line[:400]) else 0
        if frames <= FRAMES:
            kept.append(line)
    return "\n".join(kept)
