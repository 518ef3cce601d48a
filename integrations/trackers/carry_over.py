"""Carries a person's edit over to a text that has changed meanwhile: a three-way merge of lines
that never refuses.

Where both changed the same place, both remain: losing somebody's words is worse than saying a thing
twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of the result: of ``now`` by its place there, or of the edit where ``is_new``."""

    place: int
    is_new: bool


def carry_over(base: Sequence[str], edited: Sequence[str], now: Sequence[str]) -> list[Piece]:
    """What ``now`` becomes when the edit from ``base`` to ``edited`` is made to it.

    >>> carry_over(["a", "b"], ["a", "x"], ["a", "b", "c"])
    [Piece(place=0, is_new=False), Piece(place=1, is_new=True), Piece(place=2, is_new=False)]
    """
    places = _places(base, now)
    removed: set[int] = set()
    inserted: dict[int, list[int]] = {}
    for tag, start, stop, edited_start, edited_stop in _changes(base, edited):
        if tag in ("replace", "delete"):
            removed |= {places[index] for index in range(start, stop) if index in places}
        after = next((places[index] for index in range(start - 1, -1, -1) if index in places), -1)
        inserted.setdefault(after, []).extend(range(edited_start, edited_stop))
    pieces = [Piece(place, True) for place in inserted.get(-1, ())]
    for place in range(len(now)):
        if place not in removed:
            pieces.append(Piece(place, False))
        pieces += [Piece(new, True) for new in inserted.get(place, ())]
    return pieces


def carried_text(base: str, edited: str, now: str) -> str:
    """``carry_over`` of the lines of three texts; exact where one of them did not change."""
    if now == base:
        return edited
    if edited in (base, now):
        return now
    edited_lines, now_lines = edited.split("\n"), now.split("\n")
    pieces = carry_over(base.split("\n"), edited_lines, now_lines)
    return "\n".join(
        edited_lines[piece.place] if piece.is_new else now_lines[piece.place] for piece in pieces
    )


def _places(base: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """Where each unchanged piece of ``base`` is in ``now``."""
    matcher = SequenceMatcher(None, base, now, autojunk=False)
    return {
        block.a + offset: block.b + offset
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }


def _changes(base: Sequence[str], edited: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    matcher = SequenceMatcher(None, base, edited, autojunk=False)
    return [change for change in matcher.get_opcodes() if change[0] != "equal"]
