"""Sends digests and alerts, each once, whatever is cut off on the way.

The ledger says ``sending`` before anybody is called, so a worker may die at any moment:

| the worker dies                 | ledger says | the next run                       |
|---------------------------------|-------------|------------------------------------|
| before it claims the row        | pending     | sends it                           |
| between the claim and its record| sending     | tells it as unknown, sends nothing |
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import structlog

from app.config import MailServer
from app.digests.composing import Composer
from app.digests.failures import SendFailed
from app.digests.ledger import (
    DueDispatch,
    claim,
    due_dispatches,
    give_up_lost,
    settle_dispatch,
    write_due_digests,
)
from app.digests.mail import Envelope, build_mail, send_mail
from app.digests.message import Message
from app.digests.posting import Posting, post
from app.digests.subscriptions import off_token
from app.models.states import DispatchChannel, DispatchState
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Database
from app.storage.vault import SecretUnreadable, Vault
from integrations.http import client
from integrations.network import Network

log = structlog.get_logger(__name__)

SENDINGS_PER_RUN = 500
SENDING_TRIES_MOST = 10
SEND_AGAIN_SECONDS = 60.0
SEND_AGAIN_MOST_SECONDS = 3_600.0


def present() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SendDigests:
    """Sends what is due. ``transport`` and ``now`` are parameters, so that tests need neither a
    network nor a clock."""

    database: Database
    vault: Vault
    network: Network
    base_url: str
    mail: MailServer | None
    transport: httpx.AsyncBaseTransport | None = field(default=None, compare=False)

    async def run(self, now: datetime | None = None, only: uuid.UUID | None = None) -> int:
        """Send what is due, or ``only`` one row; returns how many arrived. One process at a time
        does; a second one returns 0 at once."""
        at = now or present()
        async with held_alone(self.database, AdvisoryLock.dispatch, "") as lock_held:
            if not lock_held:
                return 0
            async with self.database.transaction() as connection:
                await give_up_lost(connection)
                if only is None:
                    await write_due_digests(connection, at)
                due = await due_dispatches(connection, at, SENDINGS_PER_RUN, only)
            composer = Composer(self.database, at)
            async with client(self.network, transport=self.transport) as http:
                return sum([await self._step(http, composer, one, at) for one in due])

    async def _step(
        self, http: httpx.AsyncClient, composer: Composer, due: DueDispatch, at: datetime
    ) -> bool:
        """Deal with one row; True where it arrived."""
        message = await composer.message(due) if due.enabled else None
        if message is None:
            async with self.database.transaction() as connection:
                await settle_dispatch(connection, due.id, DispatchState.skipped)
            return False
        async with self.database.transaction() as connection:
            if not await claim(connection, due.id, at):
                return False
        try:
            await self.deliver(http, due, message, at)
        except SendFailed as failure:
            await self._failed(due, failure, at)
            return False
        async with self.database.transaction() as connection:
            await settle_dispatch(connection, due.id, DispatchState.sent, sent_at=at)
        return True

    async def deliver(
        self, http: httpx.AsyncClient, due: DueDispatch, message: Message, at: datetime
    ) -> None:
        """Hand the message over. Raises SendFailed."""
        try:
            address = self.vault.decrypt(bytes(due.address))
            secret = self.vault.decrypt(bytes(due.signing_secret)) if due.signing_secret else ""
        except SecretUnreadable as error:
            raise SendFailed(error.reason, error.detail, permanent=True) from None
        if due.channel is DispatchChannel.email:
            token = off_token(self.vault, due.subscription_id)
            off_url = f"{self.base_url}/digests/off/{token}"
            await self.send_by_mail(message, Envelope(address, due.id, off_url))
        else:
            await post(
                http, Posting(due.channel, address, due.id, secret), message, self.base_url, at
            )

    async def send_by_mail(self, message: Message, envelope: Envelope) -> None:
        """Send one mail. Raises SendFailed."""
        if self.mail is None:
            raise SendFailed(
                "mail_not_configured",
                "No mail server is named: set RELAY_SMTP_HOST, and what else it wants.",
            )
        await send_mail(self.mail, build_mail(message, envelope, self.mail, self.base_url))

    async def _failed(self, due: DueDispatch, failure: SendFailed, at: datetime) -> None:
        """Write down why, and when it is tried again, if it may be."""
        log.warning("dispatch_failed", reason=failure.reason, channel=due.channel.value)
        state, due_at = DispatchState.failed, None
        if failure.ambiguous:
            state = DispatchState.unknown
        elif not failure.permanent and due.attempts + 1 < SENDING_TRIES_MOST:
            backoff = min(SEND_AGAIN_SECONDS * 2**due.attempts, SEND_AGAIN_MOST_SECONDS)
            state, due_at = (
                DispatchState.pending,
                at + timedelta(seconds=max(backoff, failure.retry_after)),
            )
        detail = failure.detail
        if state is DispatchState.unknown:
            detail += " It may have arrived, and is not sent again by itself."
        async with self.database.transaction() as connection:
            await settle_dispatch(
                connection, due.id, state, reason=failure.reason, detail=detail, due_at=due_at
            )
