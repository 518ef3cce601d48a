"""Tickets in a program of your own, which hears of them by signed events.

It cannot be searched. So an event that may have arrived is sent again with the id that it had, and
the receiver passes over what it knows: that is its half of "created once".
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from integrations.contract import Visibility
from integrations.failures import NETWORK_REMEDIES
from integrations.ticket_fields import TicketField, TicketRequest
from integrations.ticket_status import ChangedTickets, RegisteredHook
from integrations.tracker_contract import (
    Account,
    Attempt,
    Draft,
    Finding,
    RemoteState,
    TicketRef,
    TrackerError,
)
from integrations.tracker_writes import NO_JOURNAL, DuplicateMark, WriteJournal
from integrations.trackers.webhook.answers import answered_ref, answered_state
from integrations.trackers.webhook.events import ref_data, ticket_data
from integrations.trackers.webhook.sending import WebhookSender
from integrations.trackers.webhook.settings import WebhookSettings

CREATED, UPDATED, COMMENTED = "ticket.created", "ticket.updated", "ticket.comment"
STATUS_WANTED, STATUS_ASKED, PINGED = "ticket.status_wanted", "ticket.status_asked", "ping"
_RECEIVER_REMEDIES = {
    **NETWORK_REMEDIES,
    "unauthorized": "Enter the same secret on both sides.",
    "gone": "The receiver wants no more events (410): switch this tracker off, or the receiver on.",
}


class WebhookTracker:
    """Tickets of one receiver."""

    def __init__(self, settings: WebhookSettings, sender: WebhookSender) -> None:
        self._settings = settings
        self._sender = sender

    async def create(self, draft: Draft) -> TicketRef:
        """One event, whose id is the theme's: however often it is sent, it makes one ticket."""
        message_id = f"msg_{draft.marker}_created"
        answer = await self._sender.send(message_id, CREATED, ticket_data(draft))
        return answered_ref(answer, TicketRef(draft.marker, draft.marker, draft.theme_url))

    def preview(self, draft: Draft) -> TicketRequest:
        """The data of the event; it is sent to the address of the settings."""
        return TicketRequest("POST", CREATED, ticket_data(draft))

    async def fields(self) -> Sequence[TicketField]:
        """None: the receiver makes of the event what it likes."""
        return []

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        """One event with everything that the ticket says now. Where an earlier one of the same
        words was cut off, this one has its id."""
        data = ticket_data(draft, ref)
        digest = hashlib.sha256(json.dumps(data).encode()).hexdigest()
        message_id = _begun(journal.note, digest) or f"msg_{uuid.uuid4().hex}"
        await journal.begin(json.dumps({"id": message_id, "says": digest}))
        return answered_ref(await self._sender.send(message_id, UPDATED, data), ref)

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        """Yes: what the receiver made of our words is its own."""
        del ref, draft
        return True

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        """Nothing: the event that tells where the matter is followed says it."""
        del ref
        return DuplicateMark(of=of.id if of else "")

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        """Nothing."""
        del ref
        return mark

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        """Nothing: the next event has no ``followed`` any more."""
        del ref, mark
        return ""

    async def note(self) -> str:
        """Nothing helps a look-up."""
        return ""

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        """None: the event is sent again, and the receiver knows its id."""
        del marker, attempt
        return None

    async def whoami(self) -> Account:
        """Nobody in particular."""
        return Account("", urlsplit(self._settings.base_url).hostname or "", is_machine=True)

    async def probe(self) -> None:
        """A ``ping`` arrives."""
        await self._sender.send(f"msg_{uuid.uuid4().hex}", PINGED, {})

    async def renamed(self) -> Mapping[str, str]:
        """Nothing hints at it."""
        return {}

    async def get(self, ref: TicketRef) -> RemoteState:
        """What the receiver answers to ``ticket.status_asked``; ``untold`` where it says
        nothing."""
        message_id = f"msg_{uuid.uuid4().hex}"
        data = {"ticket": ref_data(ref)}
        return answered_state(await self._sender.send(message_id, STATUS_ASKED, data), ref)

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        """Nothing: the receiver posts its changes."""
        del since
        return ChangedTickets((), bookmark, is_last=True)

    async def comment(self, ref: TicketRef, text: str) -> None:
        """One event, by whose words its id is known again."""
        digest = hashlib.sha256(f"{ref.id}\n{text}".encode()).hexdigest()[:32]
        data = {"ticket": ref_data(ref), "text": text}
        await self._sender.send(f"msg_{digest}", COMMENTED, data)

    async def reopen(self, ref: TicketRef) -> RemoteState:
        """An event that asks for it. Raises ``no_such_transition`` where the receiver says that it
        is closed all the same."""
        data = {"ticket": ref_data(ref), "category": "open"}
        answer = await self._sender.send(f"msg_{uuid.uuid4().hex}", STATUS_WANTED, data)
        return answered_state({"category": "open", **answer}, ref)

    async def locate(self, name: str) -> RemoteState:
        """Always raises: there is nothing to ask for tickets of other people."""
        del name
        raise TrackerError(
            "ticket_unnamed",
            "The tickets of this receiver cannot be looked up, so none that is there already can "
            "be linked. Let a new one be made.",
            permanent=True,
        )

    async def similar(self, title: str) -> Sequence[RemoteState]:
        """None."""
        del title
        return ()

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        """Never called: nothing can be linked here."""
        await self.update(ref, draft)
        return comment_id or draft.marker

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        """Always raises: it is the receiver's program that posts there."""
        del address
        self._sender.scrubber.add(secret)
        raise TrackerError(
            "hook_not_allowed",
            "The receiver has to be told by hand: let it post ticket.status events to the address, "
            "signed with the secret, that stand here.",
            permanent=True,
        )

    async def audience(self) -> Visibility:
        """Nobody says, unless a person did in the settings."""
        return Visibility.unknown

    async def check(self) -> list[Finding]:
        """Whether a ``ping`` is taken."""
        try:
            await self.probe()
        except TrackerError as error:
            remedy = _RECEIVER_REMEDIES.get(
                error.reason, "Let the receiver answer every signed event with 2xx, a ping as well."
            )
            return self._sender.scrubber.cleaned([Finding("Receiver", False, error.detail, remedy)])
        return [Finding("Receiver", True, "The receiver took a signed ping.")]

    async def close(self) -> None:
        """Release connections."""
        await self._sender.close()


def _begun(note: str, digest: str) -> str:
    """The id of an event with these words whose answer was lost; blank where there is none."""
    try:
        begun: dict[str, Any] = json.loads(note) if note else {}
    except ValueError:
        return ""
    return str(begun.get("id") or "") if begun.get("says") == digest else ""
