"""What a receiver says of its own ticket: in an answer, or in an event that it posts back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations import neutralize
from integrations.contract import Inbound, PayloadError
from integrations.tracker_contract import RemoteState, StatusCategory, TicketEvent, TicketRef
from integrations.trackers.webhook.settings import WebhookSettings

STATUS_EVENT = "ticket.status"
_WORDS_MOST_CHARACTERS = 200
_ADDRESS_MOST = 1_000
_UNTELLABLE = (StatusCategory.hidden, StatusCategory.untold)
_TELLABLE = {one.value: one for one in StatusCategory if one not in _UNTELLABLE}


def answered_ref(answer: Mapping[str, Any], otherwise: TicketRef) -> TicketRef:
    """Where the receiver has the ticket, as far as it says so. An address that is none of the web
    is left away."""
    ticket_id = _words(answer.get("id"))
    url = neutralize.link(str(answer.get("url") or "")[:_ADDRESS_MOST]) or otherwise.url
    if not ticket_id:
        return TicketRef(otherwise.id, otherwise.key, url)
    return TicketRef(ticket_id, _words(answer.get("key")) or ticket_id, url)


def answered_state(answer: Mapping[str, Any], ref: TicketRef) -> RemoteState:
    """What the ticket is now; ``untold`` where the receiver does not say what its status means."""
    category = _TELLABLE.get(str(answer.get("category") or ""), StatusCategory.untold)
    status = _words(answer.get("status"))
    if not status and category is not StatusCategory.untold:
        status = category.value
    living = answer.get("duplicate_of")
    url = neutralize.link(str(answer.get("url") or "")[:_ADDRESS_MOST]) or ref.url
    key = _words(answer.get("key")) or ref.key
    return RemoteState(
        TicketRef(ref.id, key, url),
        status,
        category,
        _words(answer.get("title")),
        resolution=_words(answer.get("resolution")),
        by=_words(answer.get("by")),
        duplicate_of=_living(living, ref) if isinstance(living, dict) else None,
    )


def parse_event(inbound: Inbound, settings: WebhookSettings) -> list[TicketEvent]:
    """The status that a receiver posts back; nothing for other events. Raises PayloadError
    ``wrong_shape``."""
    del settings
    payload = inbound.json()
    if payload.get("type") != STATUS_EVENT:
        return []
    data = payload.get("data")
    ticket_id = _words(data.get("id")) if isinstance(data, dict) else ""
    if not isinstance(data, dict) or not ticket_id:
        raise PayloadError(
            "wrong_shape", "A ticket.status event has data with the id of the ticket."
        )
    state = answered_state(data, TicketRef(ticket_id, ticket_id, ""))
    at = _moment(payload.get("timestamp")) or inbound.received_at
    return [TicketEvent(state, state.by or "somebody", at)]


def _living(living: Mapping[str, Any], ref: TicketRef) -> TicketRef | None:
    """The ticket that a duplicate stands for."""
    ticket_id = _words(living.get("id"))
    if not ticket_id or ticket_id == ref.id:
        return None
    return answered_ref(living, TicketRef(ticket_id, ticket_id, ""))


def _words(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return neutralize.one_line(str(value), _WORDS_MOST_CHARACTERS)


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
