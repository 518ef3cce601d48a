"""Fields of new tickets, and the requests that would make them."""

from fastapi import APIRouter

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.routing import PreviewOut, TicketFieldOut
from app.api.themes import ThemeId
from app.api.trackers import TrackerId
from app.setup.ticket_fields import known_fields, read_fields
from app.tickets.previewing import Preview, preview_tickets
from integrations.ticket_fields import TicketField

router = APIRouter(route_class=LimitedRoute)


@router.get(
    "/trackers/{tracker_id}/fields",
    operation_id="list_ticket_fields",
    summary="List fields of new tickets",
    tags=["trackers"],
    response_model=list[TicketFieldOut],
    responses=refusals("tracker_not_found"),
)
async def fields(caller: Reader, database: DatabaseOf, tracker_id: TrackerId) -> list[TicketField]:
    """The fields that rules can fill in, as the tracker told of them last; required ones first."""
    async with database.transaction() as connection:
        return await known_fields(connection, tracker_id)


@router.post(
    "/trackers/{tracker_id}/fields",
    operation_id="read_ticket_fields",
    summary="Ask a tracker for its fields",
    tags=["trackers"],
    response_model=list[TicketFieldOut],
    responses=refusals("tracker_not_found", "tracker_refused", "secret_unreadable", writes=True),
)
async def read(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, tracker_id: TrackerId
) -> list[TicketField]:
    """Ask the tracker for the fields of new tickets, and keep them. Writes nothing there."""
    async with database.transaction() as connection:
        return await read_fields(connection, vault, tracker_id, network=settings.network)


@router.get(
    "/themes/{theme_id}/preview",
    operation_id="preview_tickets",
    summary="Preview a theme's tickets",
    tags=["themes"],
    response_model=list[PreviewOut],
    responses=refusals("theme_not_found", "secret_unreadable"),
)
async def preview(
    caller: Reader, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, theme_id: ThemeId
) -> list[Preview]:
    """The very requests that would make the theme's tickets now, one for each tracker that takes
    it, without what lets us in. Nothing is sent."""
    async with database.transaction() as connection:
        return await preview_tickets(
            connection, vault, theme_id, base_url=settings.base_url, network=settings.network
        )
