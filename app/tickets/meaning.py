"""What a status of a tracker means here: what people said about it, else what the tracker says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.models.states import TicketStatus
from app.setup.status_words import IGNORED_STATUS, STATUS_CHOICES, status_key
from integrations.ticket_status import RemoteState, StatusCategory

_CATEGORIES = {
    StatusCategory.open: TicketStatus.open,
    StatusCategory.in_progress: TicketStatus.in_progress,
    StatusCategory.done: TicketStatus.done,
    StatusCategory.declined: TicketStatus.declined,
    StatusCategory.duplicate: TicketStatus.duplicate,
}


def meaning(remote: RemoteState, status_map: Mapping[str, Any]) -> TicketStatus | None:
    """What the status means; None where it is to be ignored, or not told. A word about the
    resolution goes before one about the status, which says less."""
    for name in (remote.resolution, remote.status):
        chosen = status_map.get(status_key(name)) if name else None
        if chosen == IGNORED_STATUS:
            return None
        if chosen in STATUS_CHOICES:
            return TicketStatus(chosen)
    return _CATEGORIES.get(remote.category)
