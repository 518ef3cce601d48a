"""Fields that a tracker has for its tickets beside title, text and labels, and what is put into
them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FieldShape(StrEnum):
    """How a tracker wants a value."""

    text = "text"
    number = "number"
    day = "day"
    """``2026-11-20``."""
    choice = "choice"
    """One of the options."""
    choices = "choices"
    """Some of the options, separated by commas."""
    words = "words"
    """Texts of one's own, separated by commas."""
    other = "other"
    """Something that only a person at the tracker, or a fixed value in JSON, can fill in."""


@dataclass(frozen=True, slots=True)
class TicketField:
    """One field. ``kinds``: the kinds of theme whose tickets have it; ``required_for``: those that
    cannot be made without it. ``options`` are names by id, where a tracker offers any."""

    id: str
    name: str
    shape: FieldShape
    kinds: tuple[str, ...] = ("bug", "feature")
    required_for: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What is put into a field of a new ticket, as plain text."""

    field: TicketField
    text: str

    @property
    def parts(self) -> list[str]:
        """The values of a list."""
        return [part.strip() for part in self.text.split(",") if part.strip()]

    def option_id(self, name: str) -> str | None:
        """The id of the option that people call so, whatever its case; None where there is none."""
        option_called = name.strip().casefold()
        for option, option_name in self.field.options.items():
            if option_called in (option_name.casefold(), option.casefold()):
                return option
        return None


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """The request that would make a ticket, without what lets us in."""

    method: str
    address: str
    body: Mapping[str, Any]
