"""Deliveries: what arrived, what became of it, and another try."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict

from app.api.access import Admin, DatabaseOf, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import BigId, Cursor, In, Limit, PageOut, Word
from app.api.schemas.delivery import (
    DeliveryDetailOut,
    DeliveryOut,
    DeliveryStage,
    ReplayOut,
    StageCountOut,
)
from app.intake import replay
from app.queries import deliveries
from app.queries.paging import Page

router = APIRouter(route_class=LimitedRoute, prefix="/deliveries", tags=["deliveries"])
DeliveryId = Annotated[BigId, Path(description="The delivery's `id`.", examples=[1042])]


class DeliveryQuery(In):
    """Which deliveries to list."""

    product_id: UUID | None = None
    source_id: UUID | None = None
    stage: DeliveryStage | None = None
    reason: Word | None = None
    event: Word | None = None
    text: Word | None = None
    """Stands in the body; looked for in the newest 10,000."""
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_deliveries",
    summary="List deliveries",
    response_model=PageOut[DeliveryOut],
    responses=refusals("cursor_invalid"),
)
async def list_all(
    caller: Reader, database: DatabaseOf, query: Annotated[DeliveryQuery, Query()]
) -> Page[deliveries.DeliveryRow]:
    """Deliveries, newest first."""
    async with database.transaction() as connection:
        return await deliveries.list_deliveries(connection, **query.model_dump())


@router.get(
    "/counts",
    operation_id="count_deliveries",
    summary="Count deliveries by stage and reason",
    response_model=list[StageCountOut],
    responses=refusals(),
)
async def count(
    caller: Reader,
    database: DatabaseOf,
    product_id: UUID | None = None,
    source_id: UUID | None = None,
) -> list[deliveries.StageCount]:
    """How many deliveries ended in which stage for which reason, most first."""
    async with database.transaction() as connection:
        return await deliveries.count_deliveries(
            connection, product_id=product_id, source_id=source_id
        )


@router.get(
    "/{delivery_id}",
    operation_id="read_delivery",
    summary="Read a delivery",
    response_model=DeliveryDetailOut,
    responses=refusals("delivery_not_found"),
)
async def read(
    caller: Reader, database: DatabaseOf, delivery_id: DeliveryId
) -> deliveries.DeliveryDetail:
    """A delivery with its request; headers and parameters that may hold a secret are hidden."""
    async with database.transaction() as connection:
        return await deliveries.read_delivery(connection, delivery_id)


@router.post(
    "/{delivery_id}/replay",
    operation_id="replay_delivery",
    summary="Process a delivery again",
    status_code=202,
    responses=refusals(
        "delivery_not_found", "delivery_taken_back", "delivery_expired", writes=True
    ),
)
async def replay_one(caller: Admin, database: DatabaseOf, delivery_id: DeliveryId) -> ReplayOut:
    """Put a delivery back into the queue. Versions of comments that are known already change
    nothing."""
    async with database.transaction() as connection:
        await replay.replay_delivery(connection, delivery_id)
    return ReplayOut(replayed=1)
