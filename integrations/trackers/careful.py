"""Writes a ticket's text so that no person's edit is lost between our read and our write.

No tracker of ours can be told "write only if nobody wrote since" (GitHub refuses ``If-Match`` with
a PATCH, Jira has nothing of the kind). So we read right before we write, and look afterwards at
what stood there when our write arrived: where that is not what we had read, a person was faster
than we, and what that person changed is carried over into another write. Each of these is looked
at in the same way, until one overwrote nothing.

What a write began from is kept in a journal before it goes out. Where we die after it, the next
update looks at that first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from integrations.tracker_contract import Draft, TrackerError
from integrations.tracker_writes import Overwritten, WriteJournal

Text = TypeVar("Text")
WRITES_MOST = 6
"""Writes of one update, at most; what the last of them overwrote is given back by the next one."""
BUSY = (
    "People write into this ticket at every moment, so it is brought up to date a little later. "
    "What they wrote is kept."
)


@dataclass(frozen=True, slots=True)
class LostEdit:
    """A person's edit that a write of ours overwrote: the text before and after it, as the
    tracker's history tells them."""

    editor: str
    at: str
    before: str
    after: str

    @property
    def overwritten(self) -> Overwritten:
        """As it is told to people."""
        when = f" at {self.at}" if self.at else ""
        return Overwritten(
            self.editor,
            f"What {self.editor} wrote into the ticket{when} came between our read and our write "
            "and was overwritten. It was put back.",
        )


class TicketText(Protocol[Text]):
    """The text of one ticket in its tracker. Every method raises TrackerError and nothing else."""

    async def read(self) -> Text:
        """The text as it is now."""

    async def write(self, text: Text) -> None:
        """Replace the text; with it goes whatever else is to be changed."""

    def merged(self, text: Text, draft: Draft) -> Text:
        """The text with our block brought up to date."""

    def same(self, text: Text, other: Text) -> bool:
        """Whether two texts say the same."""

    def note(self, text: Text, written: Text) -> str:
        """What tells later what a write of ours began from, and which one it was."""

    async def lost(self, note: str) -> Sequence[LostEdit] | None:
        """The edits that the write of a note overwrote, oldest first; None where the tracker's
        history does not hold that write: it never arrived, or there is no history."""

    def given_back(self, text: Text, edit: LostEdit) -> Text:
        """The text with an edit carried over into it."""


async def write_carefully(ticket: TicketText[Text], draft: Draft, journal: WriteJournal) -> None:
    """Bring our block up to date, and give back what a write overwrote; writes nothing where
    nothing differs. Raises TrackerError ``ticket_busy``."""
    notes = journal.note.split("\n") if journal.note else []
    lost = await _lost_before(ticket, notes)
    for _ in range(WRITES_MOST):
        text = await ticket.read()
        wanted_text = text
        for edit in lost:
            await journal.tell(edit.overwritten)
            wanted_text = ticket.given_back(wanted_text, edit)
        wanted_text = ticket.merged(wanted_text, draft)
        if ticket.same(wanted_text, text):
            return
        note = ticket.note(text, wanted_text)
        # A write that gives back may never arrive: then what the one before it overwrote is still
        # to be found.
        notes = [*notes[-1:], note] if lost else [note]
        await journal.begin("\n".join(notes))
        await ticket.write(wanted_text)
        lost = await ticket.lost(note) or []
    raise TrackerError("ticket_busy", BUSY)


async def _lost_before(ticket: TicketText[Text], notes: Sequence[str]) -> Sequence[LostEdit]:
    """What the last write that arrived overwrote, of those that an earlier update began."""
    for note in reversed(notes):
        lost = await ticket.lost(note)
        if lost is not None:
            return lost
    return []


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a text: what it said, and who wrote it when."""

    text: str
    editor: str
    at: str


@dataclass(frozen=True, slots=True)
class TextNote:
    """Digests of what people had written around our block when we read it, and of what we
    wrote."""

    around: str
    wrote: str

    def stored(self) -> str:
        """As a journal keeps it."""
        return json.dumps({"around": self.around, "wrote": self.wrote})


def read_note(note: str) -> TextNote | None:
    """A note as it was stored; None where it is none."""
    try:
        values = json.loads(note)
        return TextNote(str(values["around"]), str(values["wrote"]))
    except (ValueError, TypeError, KeyError):
        return None


def text_digest(*texts: str) -> str:
    """A short name of texts."""
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]


def lost_among(
    versions: Sequence[Version], note: TextNote, around: Around
) -> list[LostEdit] | None:
    """The edits that a write overwrote, from all versions of a text, oldest first; None where it
    is none of them."""
    written = [place for place, one in enumerate(versions) if text_digest(one.text) == note.wrote]
    if not written:
        return None
    end = written[-1]
    begin = end - 1
    while begin >= 0 and text_digest(*around(versions[begin].text)) != note.around:
        begin -= 1
    if begin < 0 or begin == end - 1:
        return []
    last = versions[end - 1]
    editors = dict.fromkeys(one.editor for one in versions[begin + 1 : end])
    return [LostEdit(" and ".join(editors), last.at, versions[begin].text, last.text)]


class Around(Protocol):
    """Gives the text above and below our block."""

    def __call__(self, text: str) -> tuple[str, str]:
        """The two of a whole text."""
