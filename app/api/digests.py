"""Digests: a week or a day in five numbers and some lists."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.api.access import DatabaseOf, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import Word
from app.api.schemas.digests import DigestOut, digest_out
from app.api.themes import Zone
from app.digests.composing import scope_of
from app.digests.periods import read_period
from app.digests.reading import read_digest

router = APIRouter(route_class=LimitedRoute, tags=["digests"])
PeriodName = Annotated[
    Word,
    Path(description="A week like `2026-W49` or a day like `2026-12-01`.", examples=["2026-W49"]),
]


@router.get(
    "/digests/{period}",
    operation_id="read_digest",
    summary="Read the digest of a week or a day",
    response_model=DigestOut,
    responses=refusals("product_not_found", "period_invalid", "timezone_unknown"),
)
async def shown(
    caller: Reader,
    database: DatabaseOf,
    period: PeriodName,
    product_id: Annotated[UUID | None, Query(description="Only this product.")] = None,
    tz: Zone = "UTC",
) -> DigestOut:
    """The five numbers against the period before, what moved, and what waits now."""
    chosen = read_period(period, tz)
    async with database.transaction() as connection:
        scope = await scope_of(connection, product_id)
        return digest_out(await read_digest(connection, scope, chosen, datetime.now(UTC)))
