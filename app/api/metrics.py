"""The numbers of a span of days, and what they mean."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.access import DatabaseOf, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import Word
from app.api.schemas.metrics import DefinitionOut, MetricsOut
from app.api.themes import Zone
from app.queries.metric_definitions import METRIC_DEFINITIONS
from app.queries.metrics import Metrics, read_metrics
from app.queries.spans import Comparison, span_of

router = APIRouter(route_class=LimitedRoute, prefix="/metrics", tags=["stats"])


@router.get(
    "",
    operation_id="read_metrics",
    summary="Read the numbers of a span of days",
    response_model=MetricsOut,
    responses=refusals("period_invalid", "timezone_unknown"),
)
async def metrics(
    caller: Reader,
    database: DatabaseOf,
    product_id: Annotated[UUID | None, Query(description="Only this product.")] = None,
    first: Annotated[
        Word, Query(alias="from", description="The first day, such as 2026-11-01.")
    ] = "",
    last: Annotated[Word, Query(alias="to", description="The last day; today where blank.")] = "",
    compare: Annotated[
        Comparison,
        Query(description="With as many days before, the same days a `year` before, or `none`."),
    ] = Comparison.previous,
    tz: Zone = "UTC",
) -> Metrics:
    """What was said, by whom and how it sounded, and what became of it; seven days until today
    unless the days are named."""
    span = span_of(first, last, tz, datetime.now(UTC))
    async with database.transaction() as connection:
        return await read_metrics(connection, product_id, span, span.compared(compare))


@router.get(
    "/definitions",
    operation_id="list_metric_definitions",
    summary="List what the numbers mean",
    responses=refusals(),
)
async def definitions(caller: Reader) -> list[DefinitionOut]:
    """Each number of the metrics in a sentence."""
    return [DefinitionOut(name=name, text=text) for name, text in METRIC_DEFINITIONS.items()]
