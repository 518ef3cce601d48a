"""How a source does, and what puts it right: refusals, a test of the way in, reading again."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.delivery import (
    RefusedRequestsOut,
    ReplayOut,
    ReplayQuery,
    TestEventOut,
    TriedOut,
    TryIn,
)
from app.api.sources import SourceId
from app.intake import replay
from app.intake.trying import try_settings
from app.queries import refusals as refused_requests
from app.setup import sources, way_in
from app.setup.fields import checked_fields
from app.setup.platforms import platform

router = APIRouter(route_class=LimitedRoute, tags=["sources"])


@router.get(
    "/sources/{source_id}/refusals",
    operation_id="list_source_refusals",
    summary="List what a source refused",
    response_model=list[RefusedRequestsOut],
    responses=refusals("source_not_found"),
)
async def refused(
    caller: Reader, database: DatabaseOf, source_id: SourceId
) -> list[refused_requests.RefusedRequests]:
    """Requests to its address that were refused in the last 14 days, by reason and by where from,
    the latest first. Nothing of what they held is kept."""
    async with database.transaction() as connection:
        await sources.get_source(connection, source_id)
        return await refused_requests.list_refusals(connection, source_id)


@router.post(
    "/sources/{source_id}/test",
    operation_id="test_source",
    summary="Send a test event to a source",
    response_model=TestEventOut,
    responses=refusals(
        "source_not_found", "test_not_possible", "no_secret", "secret_unreadable", writes=True
    ),
)
async def test(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, source_id: SourceId
) -> way_in.TriedWayIn:
    """Send a signed request to its real address, as its platform would, and say what happened. It
    is marked as a test, and nothing of it counts."""
    return await way_in.send_test_event(
        database, vault, source_id, base_url=settings.base_url, network=settings.network
    )


@router.post(
    "/sources/{source_id}/try",
    operation_id="try_source_settings",
    summary="Try settings on a delivery",
    responses=refusals("source_not_found", "delivery_not_found", "settings_invalid", body=True),
)
async def try_on_delivery(
    caller: Admin, database: DatabaseOf, source_id: SourceId, body: TryIn
) -> TriedOut:
    """What these settings make of a delivery that was received. Nothing is saved or changed."""
    async with database.transaction() as connection:
        source = await sources.get_source(connection, source_id)
        settings = checked_fields(platform(source.platform).settings, body.settings, "settings")
        tried = await try_settings(connection, source_id, settings, body.delivery_id)
    comments = [
        {**asdict(comment), "author": comment.author.external_id if comment.author else ""}
        for comment in tried.comments
    ]
    return TriedOut.model_validate({**asdict(tried), "comments": comments})


@router.post(
    "/sources/{source_id}/replay",
    operation_id="replay_source",
    summary="Process deliveries of a source again",
    status_code=202,
    responses=refusals("source_not_found", writes=True),
)
async def replay_failed(
    caller: Admin,
    database: DatabaseOf,
    source_id: SourceId,
    choice: Annotated[ReplayQuery, Query()],
) -> ReplayOut:
    """Put deliveries of a source back into the queue: those that fit what is given, or all that
    failed or were unknown where nothing is."""
    async with database.transaction() as connection:
        await sources.get_source(connection, source_id)
    chosen = {name: value for name, value in choice.model_dump().items() if value}
    async with database.transaction() as connection:
        if chosen:
            count = await replay.replay_chosen(connection, source_id, **chosen)
            return ReplayOut(replayed=count)
        return ReplayOut(replayed=await replay.replay_failed(connection, source_id))
