"""``/hooks/trackers/{tracker_id}``: verify, store, commit, then answer 202. What a delivery says is
read later, and is a hint even then."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime

from starlette.types import Receive, Scope, Send

from app.errors import RelayError
from app.intake.ingest import Refused, is_stored_header, problem_body, read_body
from app.metrics import TICKET_DELIVERIES
from app.setup.tracker_hooks import TRACKER_HOOKS_PATH
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.hook_store import HookedTracker, hooked_tracker, store_delivery
from integrations import registry
from integrations.contract import Inbound, SignatureRefused
from integrations.signatures import verify

TICKET_BODY_MAX_BYTES = 2 * 1024 * 1024
"""An issue of 65,536 characters, before and after a change, each of them escaped."""
KNOWN_SECONDS = 5.0
FRESH_SECONDS = 1.0
"""A flood of bad signatures must not become a flood of queries."""
KNOWN_MOST = 1_000
DELIVERY_ID_MOST_CHARACTERS = 200


class TicketHooks:
    """The ASGI app below ``/hooks/trackers/``. ``now`` gives UTC times, ``clock`` monotonic
    seconds."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._vault = vault
        self._now = now
        self._clock = clock
        self._known: dict[uuid.UUID, tuple[float, HookedTracker | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content_type, headers = b"application/json", []
        try:
            is_new = await self._take(scope, receive)
            outcome, status = ("accepted" if is_new else "known"), 202
            body = json.dumps({"status": outcome}).encode()
        except RelayError as error:
            # Every tracker sends again after a 503, if it does at all; not all know a 507.
            outcome, status = error.reason, 503 if error.status == 507 else error.status
            content_type, body = b"application/problem+json", problem_body(error, status)
            if status == 503:
                headers = [(b"retry-after", b"5")]
            elif status == 405:
                headers = [(b"allow", b"POST")]
        TICKET_DELIVERIES.labels(outcome).inc()
        headers += [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _take(self, scope: Scope, receive: Receive) -> bool:
        """Whether the delivery is new. Raises RelayError for one that is not stored."""
        if scope["method"] != "POST":
            raise Refused("Webhooks are sent with POST.", reason="method_not_allowed", status=405)
        tracker_id = _id_in(scope["path"])
        tracker = await self._tracker(tracker_id, KNOWN_SECONDS)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        body = await read_body(receive, headers.get("content-length"), TICKET_BODY_MAX_BYTES)
        inbound = Inbound(scope["method"], headers, body, {}, self._now())
        try:
            _verify(tracker, inbound)
        except SignatureRefused:
            # The secret may be younger than what we know.
            tracker = await self._tracker(tracker_id, FRESH_SECONDS)
            try:
                _verify(tracker, inbound)
            except SignatureRefused as refusal:
                raise Refused(refusal.detail, reason=refusal.reason, status=401) from None
        stored = {
            name: value.replace("\x00", "")
            for name, value in headers.items()
            if is_stored_header(name)
        }
        async with self._database.transaction() as connection:
            return await store_delivery(
                connection, tracker_id, _dedup_key(tracker, inbound), stored, body
            )

    async def _tracker(self, tracker_id: uuid.UUID, seconds: float) -> HookedTracker:
        """What is known of the tracker, not older than ``seconds``. Raises Refused (404)."""
        read_at, tracker = self._known.get(tracker_id, (-KNOWN_SECONDS, None))
        if self._clock() - read_at >= seconds:
            async with self._database.transaction() as connection:
                tracker = await hooked_tracker(connection, self._vault, tracker_id)
            if len(self._known) >= KNOWN_MOST:
                self._known.clear()
            self._known[tracker_id] = (self._clock(), tracker)
        if tracker is None:
            raise _unknown()
        return tracker


def _id_in(path: str) -> uuid.UUID:
    try:
        return uuid.UUID(path.removeprefix(TRACKER_HOOKS_PATH))
    except ValueError:
        raise _unknown() from None


def _unknown() -> Refused:
    return Refused(
        "No enabled tracker has this address; check the webhook's URL.",
        reason="tracker_not_found",
        status=404,
    )


def _verify(tracker: HookedTracker, inbound: Inbound) -> None:
    signature = registry.tracker(tracker.type).signature
    verify(signature, inbound, tracker.hook.secrets, inbound.received_at)


def _dedup_key(tracker: HookedTracker, inbound: Inbound) -> str:
    delivery_id = registry.tracker(tracker.type).delivery_id(inbound).replace("\x00", "")
    if delivery_id:
        return delivery_id[:DELIVERY_ID_MOST_CHARACTERS]
    return "sha256:" + hashlib.sha256(inbound.body).hexdigest()
