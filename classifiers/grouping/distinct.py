"""Signs that two similar comments are about different things: other versions, codes or parts."""

from __future__ import annotations

import re
from functools import lru_cache

TEXTS_REMEMBERED = 8192
"""Of as many texts it is remembered what was read in them, in seven memories: 18 MiB together for
texts of 260 characters, more for longer ones."""
SUBJECT_CHARACTERS = 160
"""A comment is about what the start of its first line names ..."""
MENTIONED_CHARACTERS = 1_500
"""... and has at least thought of what it names up to here."""
NAMED_CHARACTERS = 800
_EXACT_NAMES = re.compile(
    # 4.8, 4.1.89.Final, 2.10.x; "60 seconds" names no part
    r"(?:\bv(?:ersion)?\s?)?\b\d+\.\d+(?:[.\-_]\w+)*"
    # branch-3.3, CVE-2022-40149
    r"|\b[A-Za-z]{2,}[-_]\d[\w.\-]*"
    # dfs.client, src/main
    r"|\b[A-Za-z]+(?:[_./#][A-Za-z]+)+\b"
    # hadoop-yarn-project; "read-aloud" names no part
    r"|\b[A-Za-z]+(?:-[A-Za-z]+){2,}\b"
    # TestArnResource, JournalNode
    r"|\b(?!GitHub|YouTube|iPhone|iPad|macOS|iOS)[A-Za-z]+[a-z][A-Z][a-z]\w*\b"
    # HDFS, where another such name follows
    r"|\b[A-Z]{2,}[a-z]?[A-Z]*(?:-\w+)?\b(?=.*\b[A-Z]{2,})"
)
_NUMBERS = re.compile(r"\b\d+(?:\.\d+)*\b")


def conflict(one: str, other: str) -> bool:
    """Whether the opening of each text names something exact that the other never mentions: a
    version, code or module.

    *Upgrade to 3.4.0* and *upgrade to 3.4.1* share every other word. A name on one side alone is no
    conflict: the other person may just not have written it.
    """
    one_names, other_names = _exact_names(_subject(one)), _exact_names(_subject(other))
    if not one_names or not other_names:
        return False
    if one_names <= _exact_names(other[:MENTIONED_CHARACTERS]):
        return False
    return not other_names <= _exact_names(one[:MENTIONED_CHARACTERS])


def differ_in_numbers(one: str, other: str) -> bool:
    """Whether the opening of each text has a number that the other never mentions.

    *The year 2021* and *the year 2022* do, *in 2 of 3 cases* and *in 3 cases* do not.
    """
    return _has_own_number(one, other) and _has_own_number(other, one)


def names_parts(text: str) -> bool:
    """Whether a text names something exact early on: a version, code, class or module."""
    return bool(_exact_names(text[:NAMED_CHARACTERS]))


def _has_own_number(text: str, other: str) -> bool:
    numbers = set(_NUMBERS.findall(_subject(text)))
    return not numbers.issubset(_NUMBERS.findall(other[:MENTIONED_CHARACTERS]))


def _subject(text: str) -> str:
    return text.split("\n", 1)[0][:SUBJECT_CHARACTERS]


@lru_cache(maxsize=TEXTS_REMEMBERED)
def _exact_names(text: str) -> frozenset[str]:
    return frozenset(
        name.casefold().removeprefix("version").lstrip("v ").rstrip(".-")
        for name in _EXACT_NAMES.findall(text)
    )
