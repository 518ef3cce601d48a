"""How sources are asked for what their platforms do not send."""

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.polling import (
    HistoryIn,
    HistoryOut,
    PollCredentialsIn,
    PollingOut,
    PollingPatch,
)
from app.api.schemas.tracker import FindingOut
from app.api.sources import SourceId
from app.setup import polling, sources
from app.setup.credentials_end import set_credentials_end
from app.setup.rechecks import read_rechecks
from app.storage.db import Connection
from integrations.contract import Finding

router = APIRouter(route_class=LimitedRoute, tags=["sources"])
NOT_POLLED = ("source_not_found", "not_polled", "not_polled_yet")


async def _shown(connection: Connection, source_id: UUID) -> PollingOut:
    state = await polling.read_polling(connection, source_id)
    history = await polling.latest_history(connection, source_id)
    rechecks = await read_rechecks(connection, source_id)
    return PollingOut.model_validate(
        {
            **asdict(state),
            "history": await _history(connection, source_id, history),
            "rechecks": None if rechecks is None else asdict(rechecks),
        }
    )


async def _history(
    connection: Connection, source_id: UUID, history: polling.History | None
) -> HistoryOut | None:
    if history is None:
        return None
    source = await sources.get_source(connection, source_id)
    newest_first = polling.polling_of(source).newest_first
    return HistoryOut.model_validate(
        {**asdict(history), "percent": history.percent(newest_first=newest_first)}
    )


@router.get(
    "/sources/{source_id}/polling",
    operation_id="read_source_polling",
    summary="Read how a source is polled",
    responses=refusals(*NOT_POLLED),
)
async def read(caller: Reader, database: DatabaseOf, source_id: SourceId) -> PollingOut:
    """When it is polled, what polls brought, why it waits, and how far its history is."""
    async with database.transaction() as connection:
        return await _shown(connection, source_id)


@router.patch(
    "/sources/{source_id}/polling",
    operation_id="update_source_polling",
    summary="Change how a source is polled",
    responses=refusals(*NOT_POLLED, "interval_invalid", body=True),
)
async def update(
    caller: Admin, database: DatabaseOf, source_id: SourceId, body: PollingPatch
) -> PollingOut:
    """Switch it on or off, change its pace, or say when its credentials end."""
    async with database.transaction() as connection:
        await polling.update_polling(
            connection,
            source_id,
            enabled=body.enabled,
            interval_seconds=body.interval_seconds,
        )
        if body.credentials_end_at is not None:
            await set_credentials_end(connection, source_id, body.credentials_end_at)
        return await _shown(connection, source_id)


@router.put(
    "/sources/{source_id}/credentials",
    operation_id="set_source_credentials",
    summary="Let us read a source's platform",
    responses=refusals("source_not_found", "not_polled", "settings_invalid", body=True),
)
async def set_credentials(
    caller: Admin,
    database: DatabaseOf,
    vault: VaultOf,
    source_id: SourceId,
    body: PollCredentialsIn,
) -> PollingOut:
    """Store the credentials, encrypted, in place of those before; the source is polled at once."""
    async with database.transaction() as connection:
        await polling.set_poll_credentials(connection, vault, source_id, body.credentials)
        return await _shown(connection, source_id)


@router.delete(
    "/sources/{source_id}/credentials",
    operation_id="forget_source_credentials",
    summary="Poll a source no longer",
    status_code=204,
    responses=refusals("source_not_found", writes=True),
)
async def forget_credentials(caller: Admin, database: DatabaseOf, source_id: SourceId) -> None:
    """Forget what lets us in; its webhook goes on, and what was fetched stays."""
    async with database.transaction() as connection:
        await polling.forget_poll_credentials(connection, source_id)


@router.post(
    "/sources/{source_id}/check",
    operation_id="check_source",
    summary="Check whether a source can be polled",
    response_model=list[FindingOut],
    responses=refusals("source_not_found", "secret_unreadable", writes=True),
)
async def check(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, source_id: SourceId
) -> list[Finding]:
    """Ask the platform whether the credentials suffice. Every finding that is not right has a
    remedy."""
    async with database.transaction() as connection:
        return await polling.check_polling(connection, vault, source_id, network=settings.network)


@router.post(
    "/sources/{source_id}/poll",
    operation_id="poll_source",
    summary="Poll a source now",
    status_code=202,
    responses=refusals(*NOT_POLLED, writes=True),
)
async def poll(caller: Admin, database: DatabaseOf, source_id: SourceId) -> PollingOut:
    """A worker polls it as soon as it can, whatever pause it is in."""
    async with database.transaction() as connection:
        await polling.update_polling(connection, source_id, soon=True)
        return await _shown(connection, source_id)


@router.post(
    "/sources/{source_id}/history",
    operation_id="fetch_source_history",
    summary="Fetch a source's history",
    status_code=202,
    responses=refusals(*NOT_POLLED, "history_running", "since_in_future", body=True),
)
async def fetch_history(
    caller: Admin, database: DatabaseOf, source_id: SourceId, body: HistoryIn
) -> PollingOut:
    """Workers fetch what was written since a moment; `history` of the answer says how far it
    is."""
    async with database.transaction() as connection:
        await polling.start_history(connection, source_id, body.since)
        return await _shown(connection, source_id)


@router.delete(
    "/sources/{source_id}/history",
    operation_id="cancel_source_history",
    summary="Stop fetching a source's history",
    responses=refusals(*NOT_POLLED, "history_not_running", writes=True),
)
async def cancel_history(caller: Admin, database: DatabaseOf, source_id: SourceId) -> PollingOut:
    """What was fetched stays."""
    async with database.transaction() as connection:
        await polling.cancel_history(connection, source_id)
        return await _shown(connection, source_id)
