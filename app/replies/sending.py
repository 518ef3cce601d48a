"""Posts an answer once, whatever is cut off on the way.

The ledger says ``sending`` before the platform is called, so a worker may die at any moment:

| the worker dies                 | ledger says | the next run                                  |
|---------------------------------|-------------|-----------------------------------------------|
| before it claims the answer     | approved    | posts it                                      |
| between the claim and the call  | sending     | does not find it in the thread, and posts it  |
| between the call and its record | sending     | finds it in the thread, and records where     |
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import structlog
from structlog.contextvars import bound_contextvars

from app.models.states import ReplyState
from app.replies.deciding import preview
from app.replies.due import (
    next_reply,
    open_account,
    postpone_reply,
    quiet_until,
    sources_to_answer,
    spend_answer,
)
from app.replies.ledger import Reply
from app.replies.outcomes import (
    claim_reply,
    clear_account,
    pause_account,
    record_posted,
    release_reply,
    return_to_draft,
)
from app.replies.stops import note_stops
from app.setup.platforms import platform
from app.setup.reply_accounts import secret_values
from app.setup.reply_policies import reply_rules
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Connection, Database
from app.storage.vault import SecretUnreadable, Vault
from integrations.http import client
from integrations.network import Network
from integrations.reply_contract import AnsweredComment, ReplyError, Replying
from integrations.scrubbing import Scrubber

log = structlog.get_logger(__name__)

REPLIES_PER_RUN = 30
LOOK_AFTER_SECONDS: Sequence[float] = (30.0, 180.0)
"""How long after a call that was cut off the thread is looked at; only the last empty look lets the
answer be sent again."""
TRIES_MOST = 6
TRY_AGAIN_SECONDS = 60.0
PAUSE_MOST_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class OpenedReplies:
    """A source ready to be answered."""

    source_id: uuid.UUID
    replying: Replying[Any]
    settings: Any
    credentials: Mapping[str, Any]
    per_hour: int
    troubled: bool
    http: httpx.AsyncClient
    scrubber: Scrubber


@dataclass(frozen=True, slots=True)
class SendReplies:
    """Sends what was approved. ``look_after_seconds`` and ``transport`` are parameters, so that
    tests need neither waiting nor a network."""

    database: Database
    vault: Vault
    network: Network
    look_after_seconds: Sequence[float] = LOOK_AFTER_SECONDS
    transport: httpx.AsyncBaseTransport | None = field(default=None, compare=False)

    async def run_all(self) -> int:
        """Send what is due everywhere; returns how many answers were posted."""
        async with self.database.transaction() as connection:
            sources = await sources_to_answer(connection)
        return sum([await self.run(source_id) for source_id in sources])

    async def run(self, source_id: uuid.UUID) -> int:
        """Send what is due in one source; returns how many answers were posted. One process at a
        time does; a second one returns 0 at once."""
        async with held_alone(self.database, AdvisoryLock.reply, source_id) as lock_held:
            if not lock_held:
                return 0
            with bound_contextvars(source=str(source_id)):
                return await self._send_all(source_id)

    async def _send_all(self, source_id: uuid.UUID) -> int:
        async with self.database.transaction() as connection:
            await note_stops(connection)
            account = await open_account(connection, source_id)
        if account is None:
            return 0
        definition = platform(account.platform)
        if definition.replying is None:
            return 0
        try:
            credentials = self.vault.decrypt_fields(bytes(account.credentials))
        except SecretUnreadable as error:
            await self._pause(source_id, error.reason, error.detail, PAUSE_MOST_SECONDS)
            return 0
        async with client(self.network, transport=self.transport) as http:
            opened = OpenedReplies(
                source_id=source_id,
                replying=definition.replying,
                settings=definition.settings.model_validate(dict(account.settings)),
                credentials=credentials,
                per_hour=account.per_hour or definition.replying.per_hour,
                troubled=account.troubled,
                http=http,
                scrubber=Scrubber(secret_values(definition.replying, credentials)),
            )
            posted = 0
            for _ in range(REPLIES_PER_RUN):
                async with self.database.transaction() as connection:
                    reply = await next_reply(connection, source_id)
                if reply is None:
                    break
                with bound_contextvars(reply=str(reply.id)):
                    step = await self._step(opened, reply)
                if step is None:
                    break
                posted += step
            return posted

    async def _step(self, opened: OpenedReplies, reply: Reply) -> int | None:
        """Deal with one answer: how many were posted, None where the run ends."""
        act = self._recover if reply.state is ReplyState.sending else self._post
        try:
            return await act(opened, reply)
        except ReplyError as error:
            return await self._failed(opened, reply, error)

    async def _post(self, opened: OpenedReplies, reply: Reply) -> int:
        async with self.database.transaction() as connection:
            shown = await preview(connection, reply)
            if not shown.able.ok or shown.target is None or shown.worded is None:
                await return_to_draft(connection, reply.id, shown.able.reason, shown.able.detail)
                return 0
            if await self._held_back(connection, opened, reply):
                return 0
            if not await claim_reply(connection, reply.id):
                return 0  # taken back since it was read
        placed = await opened.replying.reply(
            opened.settings,
            opened.credentials,
            shown.target.comment,
            shown.worded.outgoing,
            reply.id,
            opened.http,
        )
        await self._record(opened, reply, placed.external_id, placed.permalink)
        return 1

    async def _held_back(self, connection: Connection, opened: OpenedReplies, reply: Reply) -> bool:
        """Whether nothing is sent now, because of quiet hours or of the hour's budget."""
        rules = await reply_rules(connection, reply.product_id)
        end = quiet_until(datetime.now(UTC), rules.zone, rules.quiet_from, rules.quiet_until)
        if end is not None:
            detail = f"It goes out after the quiet hours, at {end:%H:%M} ({rules.time_zone})."
            await postpone_reply(connection, reply.id, end, "quiet_hours", detail)
            return True
        again_at = await spend_answer(connection, opened.source_id, opened.per_hour)
        if again_at is not None:
            detail = f"{opened.per_hour} answers an hour go out here: this one waits its turn."
            await postpone_reply(connection, reply.id, again_at, "reply_budget", detail)
            return True
        return False

    async def _recover(self, opened: OpenedReplies, reply: Reply) -> int:
        """The call was cut off: look for its answer before anything is sent again."""
        assert reply.called_at is not None  # written with the claim
        seconds = (datetime.now(UTC) - reply.called_at).total_seconds()
        first, last = self.look_after_seconds[0], self.look_after_seconds[-1]
        if seconds < first:
            async with self.database.transaction() as connection:
                at = reply.called_at + timedelta(seconds=first)
                await postpone_reply(connection, reply.id, at, reply.reason, reply.detail)
            return 0
        comment = await self._comment_of(reply)
        if comment is None:
            raise ReplyError(
                "comment_gone",
                "The comment is not there any more, and it is not known whether the answer was "
                "posted.",
                permanent=True,
            )
        placed = await opened.replying.find(
            opened.settings, opened.credentials, comment, reply.id, reply.called_at, opened.http
        )
        if placed is not None:
            await self._record(opened, reply, placed.external_id, placed.permalink)
            return 1
        async with self.database.transaction() as connection:
            if seconds < last:
                at = reply.called_at + timedelta(seconds=last)
                await postpone_reply(connection, reply.id, at, reply.reason, reply.detail)
            else:
                await release_reply(connection, reply.id)
        return 0

    async def _comment_of(self, reply: Reply) -> AnsweredComment | None:
        async with self.database.transaction() as connection:
            target = (await preview(connection, reply)).target
        return target.comment if target is not None else None

    async def _record(
        self, opened: OpenedReplies, reply: Reply, external_id: str, permalink: str
    ) -> None:
        async with self.database.transaction() as connection:
            await record_posted(connection, reply, external_id, permalink)
            if opened.troubled:
                await clear_account(connection, opened.source_id)

    async def _failed(self, opened: OpenedReplies, reply: Reply, error: ReplyError) -> int | None:
        """Write down why it failed; the draft stays, and nothing is sent twice."""
        detail = opened.scrubber.clean(error.detail)
        log.warning("reply_failed", reason=error.reason)
        backoff = min(TRY_AGAIN_SECONDS * 2**reply.attempts, PAUSE_MOST_SECONDS)
        seconds = error.retry_after or (PAUSE_MOST_SECONDS if error.permanent else backoff)
        was_in_doubt = reply.state is ReplyState.sending
        in_doubt = error.ambiguous or was_in_doubt
        gives_up = error.permanent or reply.attempts + 1 >= TRIES_MOST
        async with self.database.transaction() as connection:
            if gives_up and not error.whole_source and not error.ambiguous:
                if was_in_doubt:
                    detail += " It may have been posted: look at the thread before you approve it."
                await return_to_draft(connection, reply.id, error.reason, detail)
            elif in_doubt:
                at = datetime.now(UTC) + timedelta(
                    seconds=seconds if error.whole_source else self.look_after_seconds[0]
                )
                await postpone_reply(connection, reply.id, at, error.reason, detail)
            else:
                await release_reply(connection, reply.id, error.reason, detail, seconds)
        if error.whole_source:
            await self._pause(opened.source_id, error.reason, detail, seconds)
            return None
        return 0

    async def _pause(self, source_id: uuid.UUID, reason: str, detail: str, seconds: float) -> None:
        async with self.database.transaction() as connection:
            await pause_account(connection, source_id, reason, detail, seconds)
