"""Spikes: far more people than usual, or a source that fell silent."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from app.api.access import DatabaseOf, Decider, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import BigId, Cursor, In, Limit, PageOut
from app.api.schemas.spikes import SpikeOut
from app.insights.spikes import acknowledge_spike
from app.models.states import SpikeState
from app.queries.paging import Page
from app.queries.spikes import SpikeRow, list_spikes, read_spike

router = APIRouter(route_class=LimitedRoute, prefix="/spikes", tags=["stats"])
SpikeId = Annotated[BigId, Path(description="The spike's `id`.", examples=[12])]


class SpikeQuery(In):
    """Which spikes to list."""

    product_id: UUID | None = None
    theme_id: UUID | None = None
    state: SpikeState | None = Field(default=None, description="All where left out.")
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_spikes",
    summary="List spikes",
    response_model=PageOut[SpikeOut],
    responses=refusals("cursor_invalid"),
)
async def listed(
    caller: Reader, database: DatabaseOf, query: Annotated[SpikeQuery, Query()]
) -> Page[SpikeRow]:
    """Days on which far more people than usual spoke of a theme or used a phrase, and sources that
    fell silent, the newest first."""
    async with database.transaction() as connection:
        return await list_spikes(connection, **query.model_dump())


@router.post(
    "/{spike_id}/ack",
    operation_id="acknowledge_spike",
    summary="Say that somebody looked at a spike",
    response_model=SpikeOut,
    responses=refusals("spike_not_found", writes=True),
)
async def acknowledge(caller: Decider, database: DatabaseOf, spike_id: SpikeId) -> SpikeRow:
    """It leaves the overview; said twice it is the same."""
    async with database.transaction() as connection:
        await acknowledge_spike(connection, spike_id, actor=caller.actor)
        return await read_spike(connection, spike_id)
