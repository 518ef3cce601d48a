"""Tickets: the ledger of what was pushed, and another try."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from app.api.access import DatabaseOf, Decider, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import Cursor, In, Limit, PageOut
from app.api.schemas.ticket import TicketOut, TicketState, TicketStatus
from app.queries import tickets
from app.queries.paging import Page
from app.queries.rows import TicketRow
from app.tickets.retrying import retry_ticket

router = APIRouter(route_class=LimitedRoute, prefix="/tickets", tags=["tickets"])
TicketId = Annotated[
    UUID, Path(description="The ticket's `id`.", examples=["4b8e3a52-9a57-4c3e-9d43-0c3d6b5fd001"])
]


class TicketQuery(In):
    """Which tickets to list."""

    product_id: UUID | None = None
    tracker_id: UUID | None = None
    theme_id: UUID | None = None
    state: TicketState | None = None
    status: TicketStatus | None = None
    drifting: Annotated[bool, Field(description="Only those that differ from their tracker.")] = (
        False
    )
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_tickets",
    summary="List tickets",
    response_model=PageOut[TicketOut],
    responses=refusals("cursor_invalid"),
)
async def list_all(
    caller: Reader, database: DatabaseOf, query: Annotated[TicketQuery, Query()]
) -> Page[TicketRow]:
    """Tickets, newest first."""
    async with database.transaction() as connection:
        return await tickets.list_tickets(connection, **query.model_dump())


@router.get(
    "/{ticket_id}",
    operation_id="read_ticket",
    summary="Read a ticket",
    response_model=TicketOut,
    responses=refusals("ticket_not_found"),
)
async def read(caller: Reader, database: DatabaseOf, ticket_id: TicketId) -> TicketRow:
    """A ticket as the ledger has it."""
    async with database.transaction() as connection:
        return await tickets.read_ticket(connection, ticket_id)


@router.post(
    "/{ticket_id}/retry",
    operation_id="retry_ticket",
    summary="Push a ticket again now",
    status_code=202,
    response_model=TicketOut,
    responses=refusals("ticket_not_found", "ticket_not_retryable", writes=True),
)
async def retry(caller: Decider, database: DatabaseOf, ticket_id: TicketId) -> TicketRow:
    """Try a blocked ticket again, after what was wrong has been put right. Nothing is created
    twice."""
    await retry_ticket(database, ticket_id)
    async with database.transaction() as connection:
        return await tickets.read_ticket(connection, ticket_id)
