"""What people decide about polling a source: its credentials, how often, and its history."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.errors import Conflict, Invalid
from app.models.states import HistoryState
from app.setup.credentials_end import near_end
from app.setup.fields import checked_fields
from app.setup.platforms import platform
from app.setup.rechecks import resume_rechecks
from app.setup.sources import Source, get_source
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.storage.vault import Vault
from integrations.contract import Finding
from integrations.network import Network
from integrations.poll_contract import POLL_PAGE_MAX_BYTES, PollError, Polling

POLL_INTERVAL_LEAST_SECONDS = 30
POLL_INTERVAL_MOST_SECONDS = 7 * 24 * 3600

SELECT_POLL_STATE = """
    select p.source_id, p.credentials is not null as has_credentials, p.enabled,
           p.interval_seconds, p.due_at, p.paused_until, p.reason, p.detail, p.polled_at,
           p.comments, p.missed, p.missed_at, p.credentials_end_at
    from source_poll p where p.source_id = %s
"""
SELECT_POLL_CREDENTIALS = "select credentials from source_poll where source_id = %s"
# What was wrong may be right now: it is tried at once, and whoever polls by what was entered before
# stores no more.
UPSERT_POLL = """
    insert into source_poll as p (source_id, credentials)
    values (%(source)s, %(credentials)s)
    on conflict (source_id) do update
    set credentials = coalesce(excluded.credentials, p.credentials), enabled = true,
        credentials_end_at = null,
        due_at = now(), paused_until = null, reason = '', detail = '', failures = 0,
        lease_id = null, lease_until = null
"""
UPDATE_POLL = """
    update source_poll
    set enabled = coalesce(%(enabled)s, enabled),
        interval_seconds = coalesce(%(interval)s, interval_seconds),
        due_at = case when %(soon)s then now() else due_at end,
        paused_until = case when %(soon)s then null else paused_until end
    where source_id = %(source)s
"""
DELETE_POLL = "delete from source_poll where source_id = %s"
SELECT_HISTORY = """
    select id, source_id, since, state, reached_at, pages, comments, repeated, started_at,
           finished_at
    from source_history where source_id = %s order by id desc limit 1
"""
INSERT_HISTORY = """
    insert into source_history (source_id, since, cursor) values (%s, %s, %s)
    on conflict (source_id) where state = 'running' do nothing
    returning id, source_id, since, state, reached_at, pages, comments, repeated, started_at,
              finished_at
"""
CANCEL_HISTORY = """
    update source_history set state = 'cancelled', finished_at = now()
    where source_id = %s and state = 'running' returning id
"""


@dataclass(frozen=True, slots=True)
class PollState:
    """How polling a source does, without what lets it in."""

    source_id: uuid.UUID
    has_credentials: bool
    enabled: bool
    interval_seconds: int
    due_at: datetime
    paused_until: datetime | None
    reason: str
    detail: str
    polled_at: datetime | None
    comments: int
    missed: int
    missed_at: datetime | None
    credentials_end_at: datetime | None


@dataclass(frozen=True, slots=True)
class History:
    """The fetching of what was written since ``since``, None for all there is."""

    id: int
    source_id: uuid.UUID
    since: datetime | None
    state: HistoryState
    reached_at: datetime | None
    pages: int
    comments: int
    repeated: int
    started_at: datetime
    finished_at: datetime | None

    def percent(self, *, newest_first: bool) -> int | None:
        """How much of the time is walked, in whole percent; None where that cannot be told."""
        if self.state is HistoryState.done:
            return 100
        if self.since is None or self.reached_at is None or self.started_at <= self.since:
            return None
        walked = self.started_at - self.reached_at if newest_first else self.reached_at - self.since
        share = walked / (self.started_at - self.since)
        return round(100 * min(max(share, 0.0), 0.99))


def polling_of(source: Source) -> Polling[Any]:
    """How the source's platform is polled. Raises Invalid (``not_polled``)."""
    definition = platform(source.platform)
    if definition.polling is None:
        raise Invalid(f"{definition.title} cannot be asked: it only sends.", reason="not_polled")
    return definition.polling


async def poll_state(connection: Connection, source_id: uuid.UUID) -> PollState | None:
    """How polling the source does; None where it is not polled."""
    return await fetch_one(connection, SELECT_POLL_STATE, [source_id], of=PollState)


async def read_polling(connection: Connection, source_id: uuid.UUID) -> PollState:
    """How polling the source does. Raises NotFound, Invalid (``not_polled``), Conflict
    (``not_polled_yet``)."""
    polling_of(await get_source(connection, source_id))
    state = await poll_state(connection, source_id)
    if state is None:
        raise Conflict(
            "This source is not polled yet: enter the credentials that let us read it.",
            reason="not_polled_yet",
        )
    return state


async def latest_history(connection: Connection, source_id: uuid.UUID) -> History | None:
    """The newest fetching of the source's history; None where there was none."""
    return await fetch_one(connection, SELECT_HISTORY, [source_id], of=History)


async def set_poll_credentials(
    connection: Connection, vault: Vault, source_id: uuid.UUID, credentials: Mapping[str, Any]
) -> PollState:
    """Store what lets us in, encrypted, and poll at once. Raises Invalid, NotFound."""
    source = await get_source(connection, source_id)
    polling = polling_of(source)
    entered: dict[str, Any] = {}
    if polling.credentials is not None:
        entered = checked_fields(polling.credentials, credentials, "credentials")
    elif credentials:
        raise Invalid(
            "This platform is polled without credentials: leave them out.",
            reason="settings_invalid",
        )
    sealed = vault.encrypt_fields(entered) if entered else None
    await connection.execute(UPSERT_POLL, {"source": source_id, "credentials": sealed})
    await resume_rechecks(connection, source_id)
    return await read_polling(connection, source_id)


async def forget_poll_credentials(connection: Connection, source_id: uuid.UUID) -> None:
    """Poll the source no longer, and forget what let us in. What was fetched stays. Raises
    NotFound."""
    await get_source(connection, source_id)
    # In the order in which a worker locks them that stores a page.
    await connection.execute(DELETE_POLL, [source_id])
    await connection.execute(CANCEL_HISTORY, [source_id])


async def update_polling(
    connection: Connection,
    source_id: uuid.UUID,
    *,
    enabled: bool | None = None,
    interval_seconds: int | None = None,
    soon: bool = False,
) -> PollState:
    """Switch polling on or off, change how often (0 for the platform's pace), or poll ``soon``."""
    if interval_seconds and not (
        POLL_INTERVAL_LEAST_SECONDS <= interval_seconds <= POLL_INTERVAL_MOST_SECONDS
    ):
        raise Invalid(
            f"Poll every {POLL_INTERVAL_LEAST_SECONDS} s to {POLL_INTERVAL_MOST_SECONDS:,} s, or "
            "0 for the platform's own pace.",
            reason="interval_invalid",
        )
    await read_polling(connection, source_id)
    values = {
        "source": source_id,
        "enabled": enabled,
        "interval": interval_seconds,
        "soon": soon or enabled is True,
    }
    await connection.execute(UPDATE_POLL, values)
    return await read_polling(connection, source_id)


async def start_history(
    connection: Connection, source_id: uuid.UUID, since: datetime | None
) -> History:
    """Fetch what was written since a moment, None for all there is; workers do it.

    Raises Invalid (``since_in_future``, ``not_polled``), Conflict (``history_running``,
    ``not_polled_yet``).
    """
    if since is not None and since > datetime.now(UTC):
        raise Invalid("The date lies ahead: history is in the past.", reason="since_in_future")
    source = await get_source(connection, source_id)
    polling = polling_of(source)
    await read_polling(connection, source_id)
    history = await fetch_one(
        connection, INSERT_HISTORY, [source_id, since, polling.begin(since)], of=History
    )
    if history is None:
        raise Conflict(
            f"The history of {source.name} is being fetched already: cancel that first.",
            reason="history_running",
        )
    values = {"source": source_id, "enabled": True, "interval": None, "soon": True}
    await connection.execute(UPDATE_POLL, values)
    return history


async def cancel_history(connection: Connection, source_id: uuid.UUID) -> History:
    """Stop fetching; what came stays. Raises Conflict (``history_not_running``), NotFound."""
    await get_source(connection, source_id)
    if await fetch_value(connection, CANCEL_HISTORY, [source_id]) is None:
        raise Conflict("No history is being fetched.", reason="history_not_running")
    (history,) = await fetch_all(connection, SELECT_HISTORY, [source_id], of=History)
    return history


async def check_polling(
    connection: Connection, vault: Vault, source_id: uuid.UUID, *, network: Network
) -> list[Finding]:
    """Ask the platform whether the credentials suffice; each finding that is not right has a
    remedy. Empty where the platform cannot be polled."""
    import httpx  # here: most who read how a source is polled call nothing

    from integrations.http import client

    source = await get_source(connection, source_id)
    definition = platform(source.platform)
    if definition.polling is None:
        return []
    state = await poll_state(connection, source_id)
    ending = near_end(state.credentials_end_at) if state else None
    if state is None:
        remedy = f"Run `relay source credentials {source.name!r}`, or enter them on its page."
        detail = "Without credentials its history, and what the webhook misses, cannot be fetched."
        return [Finding("Polling", True, detail, remedy, to_do=True)]
    credentials = await poll_credentials(connection, vault, source_id)
    settings = definition.settings.model_validate(source.settings)
    async with client(network, max_response_bytes=POLL_PAGE_MAX_BYTES) as http:
        try:
            findings = await definition.polling.check(settings, credentials, http)
        except (PollError, httpx.HTTPError) as error:
            detail = error.detail if isinstance(error, PollError) else "It could not be reached."
            findings = [Finding("Polling", False, detail, "Correct its settings or credentials.")]
    if ending is not None:
        remedy = f"Run `relay source credentials {source.name!r}`, or enter them on its page."
        is_ok = not ending.is_pressing
        findings.append(Finding("Credentials", is_ok, ending.detail, remedy, to_do=is_ok))
    return findings


async def poll_credentials(
    connection: Connection, vault: Vault, source_id: uuid.UUID
) -> dict[str, object]:
    """What lets us in, in clear; never log or show it. Raises SecretUnreadable."""
    stored = await fetch_value(connection, SELECT_POLL_CREDENTIALS, [source_id])
    return vault.decrypt_fields(bytes(stored)) if stored is not None else {}
