"""What is sent: a digest or an alert in one shape, which mails and chats write in their own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.digests.digest import Change, Digest, Line, Section
from app.digests.wording import NOTHING_HAPPENED, against, days, shown, title


@dataclass(frozen=True, slots=True)
class MessageFigure:
    """A number in words, and how it went."""

    title: str
    value: str
    change: Change
    against: str
    parts: str
    path: str


@dataclass(frozen=True, slots=True)
class Message:
    """``sort`` is ``digest`` or ``alert``; ``data`` is what programs get. Paths are pages of this
    site."""

    sort: str
    title: str
    subtitle: str
    figures: Sequence[MessageFigure]
    sections: Sequence[Section]
    notes: Sequence[str]
    path: str
    data: dict[str, Any]


def digest_message(digest: Digest, data: dict[str, Any]) -> Message:
    """A digest as it is sent; ``data`` is the same for programs."""
    return Message(
        sort="digest",
        title=title(digest),
        subtitle=days(digest),
        figures=[
            MessageFigure(
                title=figure.title,
                value=shown(figure.value, figure.unit),
                change=figure.change,
                against=against(figure, digest),
                parts=joined(figure.parts),
                path=figure.path,
            )
            for figure in digest.figures
        ],
        sections=digest.sections,
        notes=digest.notes if digest.eventful else (NOTHING_HAPPENED, *digest.notes),
        path=digest.path,
        data=data,
    )


def joined(parts: Sequence[Line]) -> str:
    """Counts in a row: ``28 of 40 questions, half within 2 h``."""
    text = ""
    for part in parts:
        text += part.text + (" " if part.text.endswith(" of") else ", ")
    return text.rstrip(", ")


def noted(line: Line) -> str:
    """A line with what is said beside it."""
    return f"{line.text} ({line.note})" if line.note else line.text
