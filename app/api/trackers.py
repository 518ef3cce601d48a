"""Trackers: where tickets go."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.tracker import FindingOut, TrackerIn, TrackerOut, TrackerPatch, TrackerTypeOut
from app.setup import trackers
from app.setup.trackers import Tracker
from integrations import registry
from integrations.tracker_contract import Finding

router = APIRouter(route_class=LimitedRoute, tags=["trackers"])
TrackerId = Annotated[
    UUID, Path(description="The tracker's `id`.", examples=["c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001"])
]


@router.get(
    "/tracker-types",
    operation_id="list_tracker_types",
    summary="List kinds of tracker",
    responses=refusals(),
)
async def types(caller: Reader) -> list[TrackerTypeOut]:
    """Every kind of tracker, with the JSON Schemas of its settings and credentials."""
    return [
        TrackerTypeOut(
            name=tracker_type.name,
            title=tracker_type.title,
            settings=tracker_type.settings.model_json_schema(),
            credentials=tracker_type.credentials.model_json_schema(),
        )
        for tracker_type in registry.trackers().values()
    ]


@router.get(
    "/trackers",
    operation_id="list_trackers",
    summary="List trackers",
    response_model=list[TrackerOut],
    responses=refusals(),
)
async def list_all(
    caller: Reader,
    database: DatabaseOf,
    product_id: Annotated[UUID | None, Query(description="Only this product.")] = None,
) -> list[Tracker]:
    """Every tracker, by name, without credentials."""
    async with database.transaction() as connection:
        return await trackers.list_trackers(connection, product_id)


@router.post(
    "/trackers",
    operation_id="create_tracker",
    summary="Connect a tracker",
    status_code=201,
    response_model=TrackerOut,
    responses=refusals(
        "product_not_found",
        "name_taken",
        "name_length",
        "unknown_tracker",
        "settings_invalid",
        "kind_invalid",
        body=True,
    ),
)
async def create(caller: Admin, database: DatabaseOf, vault: VaultOf, body: TrackerIn) -> Tracker:
    """Connect a tracker; nothing is called yet: ask for a check. Credentials are stored
    encrypted."""
    async with database.transaction() as connection:
        return await trackers.create_tracker(
            connection,
            vault,
            body.product_id,
            body.type,
            body.name,
            body.settings,
            body.credentials,
            body.kinds,
        )


@router.get(
    "/trackers/{tracker_id}",
    operation_id="read_tracker",
    summary="Read a tracker",
    response_model=TrackerOut,
    responses=refusals("tracker_not_found"),
)
async def read(caller: Reader, database: DatabaseOf, tracker_id: TrackerId) -> Tracker:
    """A tracker without its credentials, and what is wrong with it, if anything."""
    async with database.transaction() as connection:
        return await trackers.get_tracker(connection, tracker_id)


@router.patch(
    "/trackers/{tracker_id}",
    operation_id="update_tracker",
    summary="Change a tracker",
    response_model=TrackerOut,
    responses=refusals(
        "tracker_not_found",
        "name_taken",
        "name_length",
        "settings_invalid",
        "kind_invalid",
        "status_invalid",
        "recurrence_invalid",
        body=True,
    ),
)
async def update(
    caller: Admin, database: DatabaseOf, vault: VaultOf, tracker_id: TrackerId, body: TrackerPatch
) -> Tracker:
    """Change the fields that are given; `settings` and `credentials` are replaced as a whole. A
    pause ends."""
    async with database.transaction() as connection:
        return await trackers.update_tracker(connection, vault, tracker_id, **body.model_dump())


@router.delete(
    "/trackers/{tracker_id}",
    operation_id="delete_tracker",
    summary="Forget a tracker",
    status_code=204,
    responses=refusals("tracker_not_found", "tracker_in_rules", writes=True),
)
async def delete(caller: Admin, database: DatabaseOf, tracker_id: TrackerId) -> None:
    """Forget a tracker and our ledger of its tickets; the tickets themselves stay as they are."""
    async with database.transaction() as connection:
        await trackers.delete_tracker(connection, tracker_id)


@router.post(
    "/trackers/{tracker_id}/check",
    operation_id="check_tracker",
    summary="Check a tracker",
    response_model=list[FindingOut],
    responses=refusals("tracker_not_found", "secret_unreadable", writes=True),
)
async def check(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, tracker_id: TrackerId
) -> list[Finding]:
    """Ask the tracker whether we may do what we need to do. Every finding that is not right has a
    remedy."""
    async with database.transaction() as connection:
        return await trackers.check_tracker(connection, vault, tracker_id, network=settings.network)
