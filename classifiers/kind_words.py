"""The kinds of a comment, by name: for whoever needs the words and no arithmetic."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    bug = "bug"
    feature = "feature"
    question = "question"
    praise = "praise"
    other = "other"


THEME_KINDS = frozenset({Kind.bug, Kind.feature})
"""The kinds that become themes, and so tickets."""
