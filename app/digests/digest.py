"""What a digest says, before anybody decides how it looks: pages, mails and chats show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from app.digests.periods import DigestPeriod


class Unit(StrEnum):
    """What the value of a figure counts."""

    people = "people"
    share = "share"
    """0 to 1."""
    net = "net"
    """-1 to 1, shown per 100."""


class Change(StrEnum):
    """How a figure compares with the period before, as one would have it."""

    better = "better"
    worse = "worse"
    same = "same"
    unknown = "unknown"
    """There was nothing to count, then or now."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in words. ``path`` is the page of it, on this site, blank where there is none;
    ``note`` are a few more words, which ``note_path`` is the list of."""

    text: str
    path: str = ""
    note: str = ""
    note_path: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the five numbers; more of each is better. ``path`` lists what it counts, and ``parts``
    are the counts that it is made of."""

    name: str
    title: str
    unit: Unit
    value: float | None
    before: float | None
    path: str
    parts: Sequence[Line]

    @property
    def change(self) -> Change:
        """Which way it went."""
        if self.value is None or self.before is None:
            return Change.unknown
        # As people read it: what rounds to the same number has not changed.
        step = 1 if self.unit is Unit.people else 100
        difference = round(self.value * step) - round(self.before * step)
        if not difference:
            return Change.same
        return Change.better if difference > 0 else Change.worse


@dataclass(frozen=True, slots=True)
class Section:
    """A list of a digest: its first lines, and how many there are in all on the page ``path``.
    ``empty`` is said where there is none."""

    name: str
    title: str
    lines: Sequence[Line]
    total: int
    path: str
    empty: str

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, self.total - len(self.lines))


@dataclass(frozen=True, slots=True)
class Digest:
    """A period of one product, or of all that somebody may see (``product`` is then blank).

    ``path`` is its page; ``notes`` say what counts and what does not. ``ended``: the period is
    over; ``eventful``: something happened in it.
    """

    period: DigestPeriod
    product: str
    path: str
    figures: Sequence[Figure]
    sections: Sequence[Section]
    notes: Sequence[str]
    ended: bool
    eventful: bool
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Paths:
    """Addresses of pages that keep a product, and the days of a period."""

    product_slug: str
    period: DigestPeriod

    def to(self, path: str, **values: object) -> str:
        """``path`` with the given query."""
        named = {"product": self.product_slug, **values}
        query = urlencode({name: str(value) for name, value in named.items() if value != ""})
        return f"{path}?{query}" if query else path

    def days(self, path: str, **values: object) -> str:
        """``path`` with the given query and the days of the period."""
        span = self.period.span
        return self.to(
            path,
            **values,
            **{"from": span.first.isoformat(), "to": span.last.isoformat(), "tz": span.tz},
        )
