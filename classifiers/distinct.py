"""Signs that two similar comments are about different things: other versions, codes or parts of the product named
first."""

from __future__ import annotations

import re
from functools import lru_cache

HEAD = 160
_NAMES = re.compile(
    r"(?:\bv(?:ersion)?\s?)?\b\d+(?:[.\-_]\w+)*(?:\.x)?\b"  # 3, 4.1.89.Final, 2.10.x
    r"|\b[A-Za-z]+[-_]?\d[\w.\-]*"  # branch-3.3, log4j2, CVE-2022-40149, Java11
    r"|\b[A-Za-z]+(?:[-_./#][A-Za-z]+)+\b"  # hadoop-yarn-project, dfs.client
    r"|\b[A-Za-z]+[a-z][A-Z]\w*\b"  # TestArnResource
)


def conflict(one: str, other: str) -> bool:
    """Whether the opening of each text names something exact (a version, code or module) that the other never mentions.

    *Upgrade to 3.4.0* and *upgrade to 3.4.1* share every other word. A name on one side alone is no conflict: the other
    person may just not have written it.
    """
    mine, theirs = _names(_head(one)), _names(_head(other))
    if not mine or not theirs:
        return False
    return bool(mine - _names(other[:1500])) and bool(theirs - _names(one[:1500]))


def names_parts(text: str) -> bool:
    """Whether a text opens with something exact: a version, code or module."""
    return bool(_names(_head(text)))


def _head(text: str) -> str:
    return text.split("\n", 1)[0][:HEAD]


@lru_cache(maxsize=8192)
def _names(text: str) -> frozenset[str]:
    return frozenset(name.casefold().removeprefix("version").lstrip("v ").rstrip(".-") for name in _NAMES.findall(text))
