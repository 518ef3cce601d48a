"""Which ticket stands for a theme: the page on which people choose one that is there already, and
the buttons of a ticket."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Conflict, Invalid, NotFound, RelayError
from app.queries.themes import read_theme
from app.setup.trackers import list_trackers
from app.tickets import lookalikes
from app.tickets.linking import place_of_ticket
from app.triage import linking
from app.web import guard, rendering
from app.web.guard import Act, Acting, Viewer
from app.web.masking import masked
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
TICKET_NAME_MOST_CHARACTERS = 500


@router.get("/themes/{theme_id}/ticket")
async def choose_ticket(
    request: Request, user: Viewer, theme_id: UUID, replaced: UUID | None = None
) -> Response:
    """Name the ticket that is to stand for the theme, in place of ``replaced`` where that is given;
    tickets with alike titles are proposed."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        theme = (await read_theme(connection, theme_id)).row
        trackers = [one for one in await list_trackers(connection, theme.product_id) if one.enabled]
    similar = await lookalikes.lookalikes(
        guard.database(request),
        guard.vault(request),
        theme_id,
        network=guard.settings(request).network,
    )
    of_theme = {ticket.id: ticket for ticket in theme.tickets}
    return await rendering.page(
        request,
        user,
        "link_ticket.html",
        frame=frame,
        theme=theme,
        trackers=trackers,
        similar=similar,
        replaced=of_theme.get(replaced) if replaced else None,
    )


@router.get("/themes/{theme_id}/lookalikes")
async def alike(request: Request, user: Viewer, theme_id: UUID) -> Response:
    """The part of a theme's page that says which ticket looks like it; empty where none does."""
    similar = await lookalikes.lookalikes(
        guard.database(request),
        guard.vault(request),
        theme_id,
        network=guard.settings(request).network,
    )
    return rendering.bare(
        request,
        "lookalikes.html",
        theme_id=theme_id,
        similar=similar,
        csrf=masked(user.csrf),
        link=rendering.Links(request),
    )


@router.post("/themes/{theme_id}/ticket")
async def link(act: Acting, theme_id: UUID) -> Response:
    """Let the named ticket stand for the theme, or for the ticket that it replaces."""
    replaced = act.text("replaced")
    try:
        linked = await _link(act, theme_id, replaced)
    except (Invalid, Conflict, NotFound) as error:
        page = f"/themes/{theme_id}/ticket" + (f"?replaced={replaced}" if replaced else "")
        return act.done(error.detail, to=page, tone="failed")
    sentence = "Linked. What people say goes into a comment of ours there."
    return act.done(sentence, *linked.activities, to=f"/themes/{theme_id}")


async def _link(act: Act, theme_id: UUID, replaced: str) -> linking.Linked:
    name = act.text("ticket", TICKET_NAME_MOST_CHARACTERS)
    tracker_id = _uuid(act.text("tracker")) if act.text("tracker") else None
    undo_seconds = guard.settings(act.request).undo_seconds
    if replaced:
        async with act.database.transaction() as connection:
            theme_id, tracker_id = await place_of_ticket(connection, _uuid(replaced))
    located = await lookalikes.locate_ticket(
        act.database,
        guard.vault(act.request),
        theme_id,
        name,
        tracker_id=tracker_id,
        network=guard.settings(act.request).network,
    )
    async with act.database.transaction() as connection:
        if replaced:
            return await linking.relink(
                connection, _uuid(replaced), located, actor=act.actor, undo_seconds=undo_seconds
            )
        return await linking.link(
            connection,
            theme_id,
            located,
            actor=act.actor,
            undo_seconds=undo_seconds,
            version=act.version,
        )


@router.post("/tickets/{ticket_id}/unlink")
async def unlink(act: Acting, ticket_id: UUID) -> Response:
    """Let go of a ticket."""
    try:
        async with act.database.transaction() as connection:
            activity = await linking.unlink(connection, ticket_id, actor=act.actor)
    except Conflict as error:
        return act.done(error.detail, tone="failed")
    return act.done("Unlinked. The ticket stays as it is there.", activity)


@router.post("/tickets/{ticket_id}/recreate")
async def recreate(act: Acting, ticket_id: UUID) -> Response:
    """Make a ticket anew."""
    undo_seconds = guard.settings(act.request).undo_seconds
    try:
        async with act.database.transaction() as connection:
            await linking.recreate(
                connection, ticket_id, actor=act.actor, undo_seconds=undo_seconds
            )
    except Conflict as error:
        return act.done(error.detail, tone="failed")
    return act.done("A new ticket is made.")


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise RelayError(
            "This form names nothing that is there. Load the page again.",
            reason="invalid_value",
            status=422,
        ) from None
