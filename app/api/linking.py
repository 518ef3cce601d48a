"""Which ticket stands for a theme: one that people opened, none, or a new one."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter

from app.api.access import DatabaseOf, Decider, SettingsOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.linking import LinkIn, RelinkIn, SimilarTicketOut, TicketDecisionOut
from app.api.schemas.ticket import TicketOut
from app.api.themes import ThemeId
from app.api.tickets import TicketId
from app.queries.tickets import read_ticket
from app.storage.db import Connection
from app.tickets import lookalikes
from app.tickets.linking import place_of_ticket
from app.tickets.lookalikes import Lookalike
from app.triage import linking

router = APIRouter(route_class=LimitedRoute, tags=["tickets"])
LINK_REFUSALS = (
    "ticket_unnamed",
    "tracker_refused",
    "tracker_not_found",
    "ticket_of_another_theme",
    "ticket_in_doubt",
    "theme_merged",
)


@router.get(
    "/themes/{theme_id}/similar-tickets",
    operation_id="list_similar_tickets",
    summary="Look for tickets that are there already",
    response_model=list[SimilarTicketOut],
    responses=refusals("theme_not_found", "secret_unreadable"),
)
async def similar(
    caller: Decider, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, theme_id: ThemeId
) -> list[Lookalike]:
    """Tickets of the product's trackers whose titles are like the theme's, the most alike first.
    The trackers are asked now; one that does not answer within seconds has none."""
    return await lookalikes.lookalikes(database, vault, theme_id, network=settings.network)


@router.post(
    "/themes/{theme_id}/ticket",
    operation_id="link_ticket",
    summary="Link a ticket that is there already",
    responses=refusals(
        "theme_not_found",
        "version_conflict",
        "ticket_there",
        "secret_unreadable",
        *LINK_REFUSALS,
        body=True,
    ),
)
async def link(
    caller: Decider,
    database: DatabaseOf,
    vault: VaultOf,
    settings: SettingsOf,
    theme_id: ThemeId,
    body: LinkIn,
) -> TicketDecisionOut:
    """Let a ticket that people opened stand for the theme, which is accepted by that. We write one
    comment into it and keep that current; its own text is never touched."""
    located = await lookalikes.locate_ticket(
        database,
        vault,
        theme_id,
        body.ticket,
        tracker_id=body.tracker_id,
        network=settings.network,
    )
    async with database.transaction() as connection:
        linked = await linking.link(
            connection,
            theme_id,
            located,
            actor=caller.actor,
            undo_seconds=settings.undo_seconds,
            version=body.version,
        )
        return await _decided(connection, linked.activities, linked.ticket_id)


@router.post(
    "/tickets/{ticket_id}/relink",
    operation_id="relink_ticket",
    summary="Link another ticket in place of one",
    responses=refusals("ticket_not_found", "secret_unreadable", *LINK_REFUSALS, body=True),
)
async def relink(
    caller: Decider,
    database: DatabaseOf,
    vault: VaultOf,
    settings: SettingsOf,
    ticket_id: TicketId,
    body: RelinkIn,
) -> TicketDecisionOut:
    """Let another ticket of the same tracker stand for the theme. The former one stays as it is."""
    async with database.transaction() as connection:
        theme_id, tracker_id = await place_of_ticket(connection, ticket_id)
    located = await lookalikes.locate_ticket(
        database, vault, theme_id, body.ticket, tracker_id=tracker_id, network=settings.network
    )
    async with database.transaction() as connection:
        linked = await linking.relink(
            connection,
            ticket_id,
            located,
            actor=caller.actor,
            undo_seconds=settings.undo_seconds,
        )
        return await _decided(connection, linked.activities, linked.ticket_id)


@router.post(
    "/tickets/{ticket_id}/unlink",
    operation_id="unlink_ticket",
    summary="Let go of a ticket",
    responses=refusals(
        "ticket_not_found",
        "no_ticket_there",
        "ticket_in_doubt",
        "ticket_superseded",
        "theme_merged",
        writes=True,
    ),
)
async def unlink(caller: Decider, database: DatabaseOf, ticket_id: TicketId) -> TicketDecisionOut:
    """Write no more into the ticket, and follow it no more. It stays as it is in the tracker, and
    none is made in its place by itself."""
    async with database.transaction() as connection:
        activity = await linking.unlink(connection, ticket_id, actor=caller.actor)
        return await _decided(connection, [activity], ticket_id)


@router.post(
    "/tickets/{ticket_id}/recreate",
    operation_id="recreate_ticket",
    summary="Make a ticket anew",
    responses=refusals(
        "ticket_not_found",
        "ticket_there",
        "ticket_in_doubt",
        "ticket_superseded",
        "theme_merged",
        "theme_not_accepted",
        writes=True,
    ),
)
async def recreate(
    caller: Decider, database: DatabaseOf, settings: SettingsOf, ticket_id: TicketId
) -> TicketDecisionOut:
    """Make another ticket in place of one that is gone, hidden from us or was unlinked."""
    async with database.transaction() as connection:
        activity = await linking.recreate(
            connection, ticket_id, actor=caller.actor, undo_seconds=settings.undo_seconds
        )
        return await _decided(connection, [activity], ticket_id)


async def _decided(
    connection: Connection, activities: Sequence[int], ticket_id: UUID
) -> TicketDecisionOut:
    row = await read_ticket(connection, ticket_id)
    return TicketDecisionOut(action_ids=list(activities), ticket=TicketOut.model_validate(row))
