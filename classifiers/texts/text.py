"""What a model reads of a comment, and what makes two comments the same words.

Every function takes any string, in linear time.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_CLEAN_CHARACTERS = 6_000
"""Characters the models see; the encoder stops after 256 tokens, about a fifth of it."""
MAX_READ_CHARACTERS = 40_000
"""Characters cleaning looks at: more than nearly every comment has, enough to find 6,000 in."""
MAX_RAW_CHARACTERS = 200_000
"""Characters a fingerprint looks at: more than any platform lets a person write in one comment."""

LINK_WORD = "link"
_CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_MARKDOWN_IMAGE = re.compile(r"!\[([^\]\n]{0,200})\]\([^)\s]{0,2000}\)")
_MARKDOWN_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{0,2000}\)")
_WEB_ADDRESS = re.compile(r"(?:https?://|www\.)\S{1,2000}", re.IGNORECASE)
_CODE_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_STACK_FRAME = re.compile(
    r"^\s*(?:at\s+\S+\s*\(.*\)|at\s+[\w$.<>/:-]+:\d+.*|File \".*\", line \d+.*|\.\.\. \d+ more"
    r"|#\d+\s+0x[0-9a-f]+.*|goroutine \d+.*|\[<[0-9a-f]+>\].*)\s*$"
)
_MAIL_SIGNATURE = re.compile(
    r"^(?:-- ?|_{5,}|sent from my .{1,40}|get outlook for .{1,20})$", re.IGNORECASE
)
_REPEATED_CHARACTER = re.compile(r"(.)\1{3,}", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BLANKS = re.compile(r"[ \t\r\f\v]+")
_RUN_OF_EMPTY_LINES = re.compile(r"\n{3,}")
MAX_CODE_LINES = 2
MAX_STACK_FRAMES = 2


def plain(text: str) -> str:
    """The text without control characters and lone surrogates, composed (NFC) and capped."""
    return unicodedata.normalize("NFC", _CONTROL_CHARACTERS.sub(" ", text[:MAX_RAW_CHARACTERS]))


def clean(text: str) -> str:
    """What the models read: links as a word, code and traces shortened, no signatures."""
    text = _without_html_comments(plain(text[:MAX_READ_CHARACTERS]))
    text = _WEB_ADDRESS.sub(LINK_WORD, _MARKDOWN_LINK.sub(r"\1", _MARKDOWN_IMAGE.sub(r"\1", text)))
    text = _REPEATED_CHARACTER.sub(r"\1\1\1", _BLANKS.sub(" ", _shorten(text)))
    return _RUN_OF_EMPTY_LINES.sub("\n\n", text).strip()[:MAX_CLEAN_CHARACTERS].strip()


def words(text: str) -> list[str]:
    """Lower-cased words and numbers, in order."""
    return [word for word in _WORD.findall(text.casefold()) if len(word) <= 60]


def fingerprint(text: str) -> str:
    """The same 16 hex digits for the same words: case, accents, punctuation, spacing, links and
    repeats do not count.

    A text without any word keeps its own characters, so that two different rows of emoji stay
    different; an empty text gives the empty string.
    """
    bare = unicodedata.normalize("NFKD", _WEB_ADDRESS.sub(" ", plain(text)).casefold())
    bare = "".join(character for character in bare if not unicodedata.combining(character))
    wording = " ".join(_WORD.findall(_REPEATED_CHARACTER.sub(r"\1\1\1", bare)))
    wording = wording or "".join(bare.split())
    if not wording:
        return ""
    return hashlib.blake2b(wording.encode("utf-8", "replace"), digest_size=8).hexdigest()


def without_signature(text: str) -> str:
    """The text before the line that a mail program starts a signature with."""
    lines = plain(text).split("\n")
    ends = (
        place
        for place, line in enumerate(lines)
        if place and _MAIL_SIGNATURE.match(line.strip()[:60])
    )
    return "\n".join(lines[: next(ends, None)])


def has_words(text: str) -> bool:
    """Whether there is any letter or digit at all."""
    return _WORD.search(text) is not None


def _without_html_comments(text: str) -> str:
    """Issue templates hide instructions in them. Searched for: a pattern is quadratic here."""
    outside: list[str] = []
    place = 0
    while (opening := text.find("<!--", place)) >= 0 and (
        closing := text.find("-->", opening)
    ) >= 0:
        outside.append(text[place:opening])
        place = closing + 3
    return " ".join([*outside, text[place:]])


def _shorten(text: str) -> str:
    """Keep the first lines of each code block and stack trace, and stop at a signature."""
    kept_lines: list[str] = []
    fenced = False
    code = frames = 0
    for line in text.split("\n"):
        if _CODE_FENCE.match(line):
            fenced, code = not fenced, 0
            continue
        if fenced:
            code += 1
            if code > MAX_CODE_LINES:
                continue
            line = line[:200]
        elif kept_lines and _MAIL_SIGNATURE.match(line.strip()[:60]):
            break
        if _STACK_FRAME.match(line[:400]):
            frames += 1
        else:
            frames = 0
        if frames <= MAX_STACK_FRAMES:
            kept_lines.append(line)
    return "\n".join(kept_lines)
