"""What labels say of a ticket, in trackers that know open and closed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.tracker_contract import StatusCategory

_STATUS_SCOPES = ("workflow::", "status::", "workflow/", "status/")
DUPLICATE_LABEL = "duplicate"


@dataclass(frozen=True, slots=True)
class LabelledStatus:
    """A status in the tracker's words with the label that says more of it, which may be blank."""

    status: str
    category: StatusCategory
    label: str


@dataclass(frozen=True, slots=True)
class StatusLabels:
    """The labels, in lower case, that say that somebody is at an open ticket, and that a closed
    one will not be done."""

    started: frozenset[str]
    declined: frozenset[str]

    @classmethod
    def entered(cls, started: str, declined: str) -> StatusLabels:
        """As people entered them, separated by commas."""
        return cls(_names(started), _names(declined))

    def status(self, labels: Sequence[str], *, is_closed: bool) -> LabelledStatus:
        """What an open or a closed ticket with these labels is."""
        deciding = self.declined if is_closed else self.started
        telling = [label for label in labels if label.lower() in deciding]
        telling += [label for label in labels if label.lower() == DUPLICATE_LABEL and is_closed]
        telling += [label for label in labels if label.lower().startswith(_STATUS_SCOPES)]
        label = telling[0] if telling else ""
        category = StatusCategory.done if is_closed else StatusCategory.open
        if label.lower() in deciding:
            category = StatusCategory.declined if is_closed else StatusCategory.in_progress
        elif is_closed and label.lower() == DUPLICATE_LABEL:
            category = StatusCategory.duplicate
        status = "closed" if is_closed else "open"
        return LabelledStatus(f"{status} ({label})" if label else status, category, label)


def _names(entered: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in entered.split(",") if name.strip())
