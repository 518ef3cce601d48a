"""One turn of a source that is polled: what it is, what lets us in, and how its pages are had."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from app.intake.poll_budget import Budget
from app.intake.poll_leases import ClaimedPoll, Lease
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.http import RoutedTransport
from integrations.network import Network
from integrations.poll_contract import CursorExpired, Poll, PollError, Polling
from integrations.retries import full_jitter
from integrations.source_contract import Source

POLL_RETRY_BASE_SECONDS = 30.0
POLL_RETRY_CAP_SECONDS = 900.0
NEEDS_PERSON_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class PollTools:
    """What polling works with: ``rng`` spreads repetitions, ``budget`` says what an account may
    call. One transport serves all sources."""

    database: Database
    vault: Vault
    network: Network
    rng: random.Random = field(default_factory=random.Random)
    clock: Callable[[], float] = time.monotonic
    budget: Callable[[Database, str, Polling[Any]], Budget] = Budget.of

    def transport(self) -> httpx.AsyncBaseTransport:
        """A transport for as long as the caller wants; it is the caller's to close."""
        return RoutedTransport(self.network)


@dataclass(slots=True)
class SeenEnd:
    """When the credentials end, as the platform's answers tell."""

    moment: datetime | None = None

    def watch(self, http: httpx.AsyncClient, polling: Polling[Any]) -> None:
        """Look at every answer."""
        told_by = polling.credentials_end
        if told_by is None:
            return

        async def look(response: httpx.Response) -> None:
            self.moment = told_by(response.headers) or self.moment

        hooks = http.event_hooks
        http.event_hooks = {**hooks, "response": [*hooks["response"], look]}


@dataclass(frozen=True, slots=True)
class Visit:
    """One turn of a source: what it is, what lets us in, and the right to poll it."""

    tools: PollTools
    claimed: ClaimedPoll
    lease: Lease
    source: Source[BaseModel]
    settings: BaseModel
    credentials: dict[str, Any]
    http: httpx.AsyncClient
    ends_at: float
    seen_end: SeenEnd

    @property
    def polling(self) -> Polling[Any]:
        assert self.source.polling is not None
        return self.source.polling

    @property
    def is_over(self) -> bool:
        return self.tools.clock() > self.ends_at

    async def page(self, cursor: str) -> Poll:
        """The next page of a walk. Raises PollError where it leads nowhere."""
        try:
            poll = await self.polling.poll(self.settings, self.credentials, cursor, self.http)
        except ValidationError:  # a cursor that another version of the program wrote
            raise CursorExpired(self.source.title) from None
        if poll.cursor == cursor and not poll.done:
            raise PollError(
                "page_repeated",
                f"{self.source.title} answers with the same page again; it is asked again later.",
            )
        return poll


def pause_after(error: PollError, failures: int, rng: random.Random) -> float:
    """For how many seconds a platform is left alone after so many failures in a row."""
    if error.retry_after is not None:
        return error.retry_after
    if error.needs_person:
        return NEEDS_PERSON_SECONDS
    base, cap = POLL_RETRY_BASE_SECONDS, POLL_RETRY_CAP_SECONDS
    return base / 2 + full_jitter(failures, base=base, cap=cap, rng=rng)
