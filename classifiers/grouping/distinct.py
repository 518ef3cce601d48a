"""Signs that two similar comments are about different things: other versions, codes or parts of the
product named first."""

from __future__ import annotations

import re
from functools import lru_cache

HEAD = 160
READ = 800
_NAMES = re.compile(
    r"(?:\bv(?:ersion)?\s?)?\b\d+\.\d+(?:[.\-_]\w+)*"  # 4.8, 4.1.89.Final, 2.10.x; "60 seconds" names no part
    r"|\b[A-Za-z]{2,}[-_]\d[\w.\-]*"  # branch-3.3, CVE-2022-40149
    r"|\b[A-Za-z]+(?:[_./#][A-Za-z]+)+\b"  # dfs.client, src/main
    r"|\b[A-Za-z]+(?:-[A-Za-z]+){2,}\b"  # hadoop-yarn-project; "read-aloud" names no part
    r"|\b(?!GitHub|YouTube|iPhone|iPad|macOS|iOS)[A-Za-z]+[a-z][A-Z][a-z]\w*\b"  # TestArnResource, JournalNode
    r"|\b[A-Z]{2,}[a-z]?[A-Z]*(?:-\w+)?\b(?=.*\b[A-Z]{2,})"  # HDFS, where another such name follows
)

_NUMBERS = re.compile(r"\b\d+(?:\.\d+)*\b")


def conflict(one: str, other: str) -> bool:
    """Whether the opening of each text names something exact (a version, code or module) that the
    other never mentions.

    *Upgrade to 3.4.0* and *upgrade to 3.4.1* share every other word. A name on one side alone is no
    conflict: the other person may just not have written it.
    """
    mine, theirs = _names(_head(one)), _names(_head(other))
    if not mine or not theirs:
        return False
    return bool(mine - _names(other[:1500])) and bool(theirs - _names(one[:1500]))


def differ_in_numbers(one: str, other: str) -> bool:
    """Whether the opening of each text has a number that the other never mentions: *the year 2021*,
    *the year 2022*."""
    mine, theirs = (frozenset(_NUMBERS.findall(_head(text))) for text in (one, other))
    return bool(mine - set(_NUMBERS.findall(other[:1500]))) and bool(
        theirs - set(_NUMBERS.findall(one[:1500]))
    )


def names_parts(text: str) -> bool:
    """Whether a text names something exact early on: a version, code, class or module."""
    return bool(_names(text[:READ]))


def _head(text: str) -> str:
    return text.split("\n", 1)[0][:HEAD]


@lru_cache(maxsize=16384)
def _names(text: str) -> frozenset[str]:
    return frozenset(
        name.casefold().removeprefix("version").lstrip("v ").rstrip(".-")
        for name in _NAMES.findall(text)
    )
