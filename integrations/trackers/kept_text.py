"""The text of one ticket as ``careful`` writes it, in trackers whose tickets are text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from integrations.tracker_contract import Draft
from integrations.trackers import careful, text_block
from integrations.trackers.careful import LostEdit, Version
from integrations.trackers.text_block import Markup

Read = Callable[[], Awaitable[str]]
Write = Callable[[str], Awaitable[None]]
History = Callable[[], Awaitable[Sequence[Version]]]


async def untold() -> Sequence[Version]:
    """The history of a tracker that tells none."""
    return ()


@dataclass(frozen=True, slots=True)
class KeptText:
    """``load`` reads the text, ``save`` replaces it, and ``history`` gives its versions, oldest
    first; without any, what a person wrote between our read and our write is not found."""

    markup: Markup
    draft: Draft
    load: Read
    save: Write
    history: History = untold

    async def read(self) -> str:
        """The text as it is now."""
        return (await self.load()).replace("\r\n", "\n")

    async def write(self, text: str) -> None:
        """Replace the text."""
        await self.save(text)

    def merged(self, text: str, draft: Draft) -> str:
        """The text with our block brought up to date."""
        return text_block.merge(self.markup, text, draft)

    def same(self, text: str, other: str) -> bool:
        """Whether two texts are the same."""
        return text == other

    def note(self, text: str, written: str) -> str:
        """Digests of what we read and of what we write."""
        around = careful.text_digest(*self._around(text))
        return careful.TextNote(around, careful.text_digest(written)).stored()

    async def lost(self, note: str) -> Sequence[LostEdit] | None:
        """What the history holds between what we read and what we wrote."""
        stored = careful.read_note(note)
        if stored is None:
            return None
        return careful.lost_among(await self.history(), stored, self._around)

    def given_back(self, text: str, edit: LostEdit) -> str:
        """The text with an edit carried over."""
        marker = self.draft.marker
        return text_block.given_back(self.markup, text, marker, edit.before, edit.after)

    async def is_current(self) -> bool:
        """Whether the block says what the draft says. Writes nothing."""
        text = await self.read()
        return text == self.merged(text, self.draft)

    def _around(self, text: str) -> tuple[str, str]:
        return text_block.around(self.markup, text, self.draft.marker)
