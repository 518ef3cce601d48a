"""Matters: themes, of which several that may be the same count as one."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from app.api.access import DatabaseOf, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import Cursor, Limit, PageOut
from app.api.schemas.theme import MatterOut
from app.api.themes import FilterQuery
from app.queries.matters import Matter, list_matters
from app.queries.paging import Page

router = APIRouter(route_class=LimitedRoute, prefix="/matters", tags=["themes"])


class MatterQuery(FilterQuery):
    """Which matters to list: those of which a theme passes the filter."""

    sort: Literal["people", "rising", "recent", "new", "confidence"] = "people"
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_matters",
    summary="List matters",
    response_model=PageOut[MatterOut],
    responses=refusals("cursor_invalid"),
)
async def list_all(
    caller: Reader, database: DatabaseOf, query: Annotated[MatterQuery, Query()]
) -> Page[Matter]:
    """Matters, those of most people first. Themes that hang together by open suggestions are one
    matter of up to so many people; `sort=rising` begins with those of which more people spoke in
    the last seven days than in the seven before."""
    async with database.transaction() as connection:
        return await list_matters(
            connection, query.chosen(), sort=query.sort, cursor=query.cursor, limit=query.limit
        )
