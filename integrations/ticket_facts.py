"""What a ticket tells developers beside quotes: where people say that something happens, and how
often they said it lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """``values``: what people named, such as ``Windows 11``, with how many people did, the most
    named first. ``first``: which one was named first, or blank. Raw words of users."""

    label: str
    values: Sequence[tuple[str, int]]
    first: str = ""


@dataclass(frozen=True, slots=True)
class Often:
    """Comments of the seven days that ended at ``until`` (the last comment, an aware time in UTC),
    and of the seven days before."""

    until: datetime
    week: int
    before: int
