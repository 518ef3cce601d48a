"""Links between accounts: which of them are one human."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from app.api.access import DatabaseOf, Decider, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import BigId, Cursor, In, Limit, PageOut
from app.api.schemas.people import AccountLinkOut, LinkDecisionIn, LinkIn
from app.models.states import LinkState
from app.people.linking import decide_link, link_accounts
from app.queries.account_links import AccountLinkRow, list_links, read_link
from app.queries.paging import Page

router = APIRouter(route_class=LimitedRoute, prefix="/account-links", tags=["people"])
LinkId = Annotated[BigId, Path(description="The link's `id`.", examples=[5])]


class LinkQuery(In):
    """Which links to list."""

    product_id: UUID | None = None
    state: LinkState = Field(
        default=LinkState.proposed, description="`proposed` ones wait for a person's word."
    )
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_account_links",
    summary="List links between accounts",
    response_model=PageOut[AccountLinkOut],
    responses=refusals("cursor_invalid"),
)
async def listed(
    caller: Reader, database: DatabaseOf, query: Annotated[LinkQuery, Query()]
) -> Page[AccountLinkRow]:
    """Pairs of accounts that may be one human, with what speaks for it; or those decided."""
    async with database.transaction() as connection:
        return await list_links(connection, **query.model_dump())


@router.post(
    "",
    operation_id="link_accounts",
    summary="Link two accounts",
    status_code=201,
    response_model=AccountLinkOut,
    responses=refusals(
        "person_not_found",
        "already_linked",
        "same_account",
        "other_product",
        "never_linked",
        "why_missing",
        body=True,
    ),
)
async def link(caller: Decider, database: DatabaseOf, body: LinkIn) -> AccountLinkRow:
    """Say that two accounts are one human. Themes count their people anew at once."""
    async with database.transaction() as connection:
        link_id = await link_accounts(
            connection, body.one_id, body.other_id, why=body.why, actor=caller.actor
        )
        return await read_link(connection, link_id)


@router.post(
    "/{link_id}/decision",
    operation_id="decide_account_link",
    summary="Confirm, refuse or take back a link",
    response_model=AccountLinkOut,
    responses=refusals(
        "link_not_found",
        "already_linked",
        "already_refused",
        "link_undone",
        "never_linked",
        "link_not_made",
        "why_missing",
        body=True,
    ),
)
async def decide(
    caller: Decider, database: DatabaseOf, link_id: LinkId, body: LinkDecisionIn
) -> AccountLinkRow:
    """Say what is true of a link. It can be changed again at any time; nothing is lost."""
    async with database.transaction() as connection:
        await decide_link(connection, link_id, body.state, why=body.why, actor=caller.actor)
        return await read_link(connection, link_id)
