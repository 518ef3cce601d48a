"""Promises: what the team said that it would do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from app.api.access import DatabaseOf, Decider, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import BigId, Cursor, In, Limit, PageOut
from app.api.schemas.community import PromiseIn, PromiseOut, PromiseSettleIn
from app.api.themes import Zone
from app.queries.paging import Page
from app.queries.promises import PromiseList, PromiseRow, list_promises, read_promise
from app.replies.promises import NewPromise, make_promise, settle_promise

router = APIRouter(route_class=LimitedRoute, prefix="/promises", tags=["promises"])
PromiseId = Annotated[BigId, Path(description="The promise's `id`.", examples=[12])]


class PromiseQuery(In):
    """Which promises to list."""

    product_id: UUID | None = None
    state: PromiseList = Field(
        default=PromiseList.open, description="`overdue` ones are open as well."
    )
    theme_id: UUID | None = None
    tz: Zone = "UTC"
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_promises",
    summary="List promises",
    response_model=PageOut[PromiseOut],
    responses=refusals("cursor_invalid", "timezone_unknown"),
)
async def listed(
    caller: Reader, database: DatabaseOf, query: Annotated[PromiseQuery, Query()]
) -> Page[PromiseRow]:
    """What stands by its last day, the earliest first; what is settled, the latest first."""
    async with database.transaction() as connection:
        return await list_promises(connection, **query.model_dump())


@router.post(
    "",
    operation_id="make_promise",
    summary="Write a promise down",
    status_code=201,
    response_model=PromiseOut,
    responses=refusals(
        "comment_not_found",
        "reply_not_found",
        "product_not_found",
        "promise_empty",
        "promise_to_nobody",
        "text_too_long",
        body=True,
    ),
)
async def make(caller: Decider, database: DatabaseOf, body: PromiseIn) -> PromiseRow:
    """Write down who promised what to whom, and until when."""
    new = NewPromise(promised_by=caller.actor, **body.model_dump())
    async with database.transaction() as connection:
        return await read_promise(connection, await make_promise(connection, new))


@router.get(
    "/{promise_id}",
    operation_id="read_promise",
    summary="Read a promise",
    response_model=PromiseOut,
    responses=refusals("promise_not_found"),
)
async def shown(caller: Reader, database: DatabaseOf, promise_id: PromiseId) -> PromiseRow:
    """One promise, with whom it was made to."""
    async with database.transaction() as connection:
        return await read_promise(connection, promise_id)


@router.post(
    "/{promise_id}/settle",
    operation_id="settle_promise",
    summary="Say what became of a promise",
    response_model=PromiseOut,
    responses=refusals("promise_not_found", "promise_settled", "evidence_invalid", body=True),
)
async def settle(
    caller: Decider, database: DatabaseOf, promise_id: PromiseId, body: PromiseSettleIn
) -> PromiseRow:
    """Say that it was kept or is withdrawn; or that it stands after all."""
    async with database.transaction() as connection:
        await settle_promise(
            connection, promise_id, body.state, actor=caller.actor, evidence=body.evidence
        )
        return await read_promise(connection, promise_id)
