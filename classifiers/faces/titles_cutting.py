"""Cuts a sentence to a title: at the end of a clause, in whole words, its marks in pairs."""

from __future__ import annotations

import re
from enum import Enum

from classifiers.faces.titles_noise import DANGLING_WORDS, PARTICLE_WORDS

TITLE_CHARACTERS = 80
AUTHOR_TITLE_CHARACTERS = 120
"""What somebody wrote as a title may be longer than what is made of a sentence."""
CLAUSE_CHARACTERS = 24
"""A clause shorter than this says too little to stand alone."""

ENDING_MARKS = " \t\n.,;:!?-–—…/\\|·•。，、；：！？"
"""Marks and blanks that a title neither begins nor ends with."""
_CLAUSE_ENDS = re.compile(
    r"[,;:–—(…。，、；：！？]|\s-\s|\.{2,}|"
    r"\s(?=(?:because|but|although|though|which|whereas|so|and then|since|while|until|unless|even"
    r"|except|despite)\s)",
    re.IGNORECASE,
)
_WEAK_JOINTS = re.compile(
    r"\s(?=(?:and|or|when|whenever|after|before|once|where|who)\s)", re.IGNORECASE
)
_TURNING = re.compile(
    r"\b(?:but|except|unless|although|though|however|only|not(?! only| just)|never|no|without"
    r"|until|despite|yet|if)\b|n['’]t\b",
    re.IGNORECASE,
)
_PARENTHESIS = re.compile(r"\s*\([^()\n]*\)")
_PART_ENDS = re.compile(
    r"(?<=\w):\s+(?=\S)|[,;–—…]\s+|\s-{1,2}\s|\s(?=(?:and now|but|because|except|although)\s)",
    re.IGNORECASE,
)
TITLE_PARTS = 4
"""Parts of one sentence that are looked at beside the whole."""
_MARK_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("«", "»"), ('"', '"'), ("‘", "’"))
_APOSTROPHE = "’"
"""Closes a quotation and stands within words: alone it stays."""


class CutAt(Enum):
    """Where a sentence was cut to be a title, best first."""

    nowhere = "nowhere"
    clause = "clause"
    joint = "joint"
    """Before a word that joins two parts: *and*, *when*, *without*."""
    words = "words"


def cut(sentence: str, limit: int = TITLE_CHARACTERS) -> str:
    """At most ``limit`` characters: at the end of a clause where one ends late enough, else
    between two words, never after one that asks for another (*the*, *with*, *and*)."""
    return cut_at(sentence, limit)[0]


def cut_at(sentence: str, limit: int) -> tuple[str, CutAt]:
    """The same, and where it was cut.

    With a limit of 40:

    ==============================================  ===============================  =======
    The ruler is upside down.                       The ruler is upside down         nowhere
    The ruler is upside down, on every page of it   The ruler is upside down         clause
    The ruler turns upside down when I scroll it    The ruler turns upside down      joint
    Turning the ruler upside down in the preview    Turning the ruler upside down    words
    ==============================================  ===============================  =======
    """
    sentence = paired(sentence)
    if len(sentence) <= limit:
        return sentence, CutAt.nowhere
    least = min(CLAUSE_CHARACTERS, limit // 2)
    for pattern, place in ((_CLAUSE_ENDS, CutAt.clause), (_WEAK_JOINTS, CutAt.joint)):
        ends = [match.start() for match in pattern.finditer(sentence, 0, limit + 1)]
        for end in reversed(ends):
            if not least <= end <= limit:
                continue
            clause = _whole_words(sentence[:end], DANGLING_WORDS - PARTICLE_WORDS)
            if len(clause) >= least:
                return clause, place
    end = sentence.rfind(" ", 0, limit + 1)
    if end <= 0:
        end = limit
    return _whole_words(sentence[:end], DANGLING_WORDS) or paired(sentence[:limit]), CutAt.words


def parts(sentence: str) -> list[str]:
    """What follows each mark and each word that turns the sentence, where the sentence is too long
    for a title or something stands before a colon; the first TITLE_PARTS of them.

    *Heads up for all of you: the export crops* -> *the export crops*
    """
    too_long = len(sentence) > TITLE_CHARACTERS
    return [
        sentence[mark.end() :]
        for mark in _PART_ENDS.finditer(sentence)
        if too_long or ":" in mark.group()
    ][:TITLE_PARTS]


def without_parentheses(sentence: str) -> str:
    """The sentence without what stands in brackets; all of it where nothing else does."""
    return _PARENTHESIS.sub("", sentence).strip() or sentence


def is_turned(cut_off: str) -> bool:
    """Whether what a cut takes away may turn the meaning of what is left: *except*, *not*."""
    return bool(_TURNING.search(cut_off))


def paired(words: str) -> str:
    """The words without marks at their ends, and without a bracket or quotation mark that has lost
    its other one."""
    words = words.strip(ENDING_MARKS)
    for opening, closing in _MARK_PAIRS:
        if _is_wrapped(words, opening, closing):
            words = words[1:-1]
        if opening == closing:
            if words.count(opening) % 2:
                words = words.replace(opening, "")
        elif closing != _APOSTROPHE and words.count(opening) != words.count(closing):
            words = words.replace(opening, "").replace(closing, "")
    return words.strip(ENDING_MARKS)


def _is_wrapped(words: str, opening: str, closing: str) -> bool:
    """Whether all of it stands between the two marks, and they stand nowhere else."""
    if not (words.startswith(opening) and words.endswith(closing)):
        return False
    if opening == closing:
        return words.count(opening) <= 2
    return words.count(opening) <= 1


def _whole_words(text: str, dangling: frozenset[str]) -> str:
    words = paired(text).split()
    while len(words) > 1 and words[-1].strip(ENDING_MARKS).casefold() in dangling:
        words.pop()
    return paired(" ".join(words))
