"""Numbers: how much is said, what waits, and whether every source still speaks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.access import DatabaseOf, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.stats import (
    KindCountOut,
    OverviewOut,
    SourceHealthOut,
    StageWaitOut,
    TopThemeOut,
    VolumeOut,
)
from app.api.themes import Days, Zone
from app.queries import health, insights, totals

router = APIRouter(route_class=LimitedRoute, prefix="/stats", tags=["stats"])
Product = Annotated[UUID | None, Query(description="Only this product.")]


@router.get(
    "/overview",
    operation_id="read_overview",
    summary="Read the totals",
    response_model=OverviewOut,
    responses=refusals("timezone_unknown"),
)
async def overview(
    caller: Reader,
    database: DatabaseOf,
    product_id: Product = None,
    days: Days = 30,
    tz: Zone = "UTC",
) -> totals.Overview:
    """Totals of the last days beside those of as many days before, and what stands open now."""
    async with database.transaction() as connection:
        return await totals.overview(connection, product_id, days, tz)


@router.get(
    "/volume",
    operation_id="read_volume",
    summary="Read comments per day and source",
    response_model=list[VolumeOut],
    responses=refusals("timezone_unknown"),
)
async def volume(
    caller: Reader,
    database: DatabaseOf,
    product_id: Product = None,
    days: Days = 30,
    tz: Zone = "UTC",
) -> list[insights.VolumePoint]:
    """Comments and people of every source on every day."""
    async with database.transaction() as connection:
        return await insights.volume(connection, product_id, days, tz)


@router.get(
    "/kinds",
    operation_id="read_kinds",
    summary="Read comments per kind",
    response_model=list[KindCountOut],
    responses=refusals("timezone_unknown"),
)
async def kinds(
    caller: Reader,
    database: DatabaseOf,
    product_id: Product = None,
    days: Days = 30,
    tz: Zone = "UTC",
) -> list[insights.KindCount]:
    """Comments and people of every kind, most first."""
    async with database.transaction() as connection:
        return await insights.kinds(connection, product_id, days, tz)


@router.get(
    "/top-themes",
    operation_id="read_top_themes",
    summary="Read the themes that most people speak of",
    response_model=list[TopThemeOut],
    responses=refusals("timezone_unknown"),
)
async def top_themes(
    caller: Reader,
    database: DatabaseOf,
    product_id: Product = None,
    days: Days = 30,
    tz: Zone = "UTC",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[insights.TopTheme]:
    """Open and accepted themes by the people who spoke of them in the period."""
    async with database.transaction() as connection:
        return await insights.top_themes(connection, product_id, days, tz, limit=limit)


@router.get(
    "/stages",
    operation_id="list_stages",
    summary="List what waits in each stage",
    response_model=list[StageWaitOut],
    responses=refusals(),
)
async def stages(
    caller: Reader, database: DatabaseOf, product_id: Product = None
) -> list[health.StageWait]:
    """What waits in parse, enrich, group and push, for how long, and what failed."""
    async with database.transaction() as connection:
        return await health.stages(connection, product_id)


@router.get(
    "/sources",
    operation_id="list_source_health",
    summary="List the health of sources",
    response_model=list[SourceHealthOut],
    responses=refusals(),
)
async def source_health(
    caller: Reader, database: DatabaseOf, product_id: Product = None
) -> list[health.SourceHealth]:
    """Every source, when it last spoke, and whether its deliveries could be used."""
    async with database.transaction() as connection:
        return await health.sources(connection, product_id)
