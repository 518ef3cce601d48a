"""The words of trackers for statuses, as people give them a meaning and as they are stored."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import Invalid
from app.models.states import Recurrence, TicketStatus

IGNORED_STATUS = "ignore"
"""A status that changes nothing here."""
STATUS_CHOICES = (
    TicketStatus.open,
    TicketStatus.in_progress,
    TicketStatus.done,
    TicketStatus.declined,
    TicketStatus.duplicate,
    IGNORED_STATUS,
)
STATUSES_MAPPED_MOST = 100
STATUS_NAME_MOST_CHARACTERS = 200


def checked_status_map(entered: Mapping[str, str]) -> dict[str, str]:
    """Statuses as the tracker calls them and what they mean, as they are stored. Raises Invalid."""
    stored: dict[str, str] = {}
    for name, chosen in entered.items():
        key = status_key(name)
        if not key:
            continue
        if chosen not in STATUS_CHOICES:
            raise Invalid(
                f"A status means one of: {', '.join(STATUS_CHOICES)}.", reason="status_invalid"
            )
        stored[key] = str(chosen)
    if len(stored) > STATUSES_MAPPED_MOST:
        raise Invalid(
            f"At most {STATUSES_MAPPED_MOST} statuses can be given a meaning.",
            reason="status_invalid",
        )
    return stored


def checked_recurrence(rule: str) -> str:
    """What is done when people speak again of what was shipped, as it is stored. Raises
    Invalid."""
    if rule not in set(Recurrence):
        raise Invalid(f"The rule is one of: {', '.join(Recurrence)}.", reason="recurrence_invalid")
    return rule


def status_key(name: str) -> str:
    """The name of a status without what people do not see of it: case and spaces around."""
    return one_line(name, STATUS_NAME_MOST_CHARACTERS).casefold()


def one_line(text: str, most_characters: int) -> str:
    """A tracker's words as they can be stored and shown in a line: no control character, no half of
    a surrogate pair, not longer than that."""
    sound = text.encode("utf-8", "replace").decode()
    visible = "".join(one if one.isprintable() else " " for one in sound)
    return " ".join(visible.split())[:most_characters]
