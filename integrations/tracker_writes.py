"""What goes through a tracker beside a draft: where a merged theme's matter is followed, what was
done to a duplicate, and what a write of ours overwrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attempt:
    """A create call whose outcome is not known: when it went out (an aware time in UTC), and what
    ``Tracker.note`` said right before it."""

    began_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """Where the matter of a superseded ticket is followed, ``since`` an aware time in UTC.

    ``title`` and ``url`` are those of the other ticket, blank while there is none to be seen;
    ``key`` is what people call it in the same tracker, blank where it is in another one;
    ``theme_url`` is the page of the theme that both are about now, or blank.
    """

    since: datetime
    title: str
    url: str
    key: str
    theme_url: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """The ticket that was done, ``until`` people spoke of its matter again and a new one was made.
    ``key`` is what people call it, ``url`` where it is."""

    key: str
    url: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DuplicateMark:
    """What is to be done, and what was, to mark a ticket as the duplicate of another.

    - ``of``: the other ticket's id; blank where it is in another tracker and cannot be linked.
    - ``was_linked``: a person had linked the two before. ``link``: the id of the link we made.
    - ``was``: the status from which it is to be closed, in the tracker's words; blank where it is
      not to be closed. ``closed``: what tells the closing that we did from any other one; blank as
      long as we did not.
    - ``note``: a sentence about what the tracker did not let us do.
    """

    of: str
    was_linked: bool = False
    link: str = ""
    was: str = ""
    closed: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A person's edit that an update of ours overwrote, found in the tracker's history: who made
    it, and a sentence about what became of it."""

    editor: str
    sentence: str


class WriteJournal(Protocol):
    """Remembers what a write began from, so that a person's edit which it overwrote is found also
    where we die right after it."""

    @property
    def note(self) -> str:
        """What an earlier write began from that nobody looked at afterwards; blank where there is
        none."""

    async def begin(self, note: str) -> None:
        """Keep what the next write begins from; returns once that cannot be lost any more."""

    async def tell(self, edit: Overwritten) -> None:
        """Tell people of an edit that was overwritten and is about to be given back, once."""


class NoJournal:
    """Remembers nothing."""

    @property
    def note(self) -> str:
        """Blank."""
        return ""

    async def begin(self, note: str) -> None:
        """Nothing."""

    async def tell(self, edit: Overwritten) -> None:
        """Nobody."""


NO_JOURNAL = NoJournal()
