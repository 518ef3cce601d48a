"""`relay ticket link` and what else says which ticket stands for a theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, ThemeNamed, perform, settings

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.tickets.lookalikes import Lookalike
    from app.triage.linking import Linked

LINKED_BY = "command line"
TicketNamed = Annotated[
    str, typer.Argument(help="Its id or the start of it, or its key in the tracker.")
]
TicketThere = Annotated[
    str, typer.Argument(help="The ticket that is there: its address, or its key in the tracker.")
]


def similar(theme: ThemeNamed, as_json: AsJson = False) -> None:
    """Show tickets of the trackers whose titles are like a theme's."""
    from app.tickets.lookalikes import lookalikes

    network = settings().network

    async def work(services: Services) -> list[Lookalike]:
        async with services.database.transaction() as connection:
            theme_id = await finding.theme(connection, theme)
        return await lookalikes(services.database, services.vault, theme_id, network=network)

    alike = perform(work)
    if as_json:
        output.as_json(alike)
        return
    output.table(
        ["tracker", "ticket", "status", "title", "address"],
        [(one.tracker_name, one.key, one.status, one.title, one.url) for one in alike],
        empty="No ticket has a title like it.",
        cut="title",
    )


def link(
    theme: ThemeNamed,
    ticket: TicketThere,
    tracker: Annotated[
        str | None, typer.Option(help="Name or id; by default the first that knows the ticket.")
    ] = None,
    product: OfProduct = None,
) -> None:
    """Let a ticket that is there already stand for a theme, which is accepted by that."""
    from app.tickets.lookalikes import locate_ticket
    from app.triage.linking import link as link_theme

    network = settings().network

    async def work(services: Services) -> Linked:
        tracker_id = None
        async with services.database.transaction() as connection:
            theme_id = await finding.theme(connection, theme)
            if tracker:
                tracker_id = (await finding.tracker(connection, tracker, product)).id
        located = await locate_ticket(
            services.database,
            services.vault,
            theme_id,
            ticket,
            tracker_id=tracker_id,
            network=network,
        )
        async with services.database.transaction() as connection:
            return await link_theme(connection, theme_id, located, actor=LINKED_BY, undo_seconds=0)

    perform(work)
    output.done("Linked. What people say goes into a comment of ours there.")


def relink(ticket: TicketNamed, other: TicketThere) -> None:
    """Let another ticket of the same tracker stand for the theme of this one."""
    from app.tickets.linking import place_of_ticket
    from app.tickets.lookalikes import locate_ticket
    from app.triage.linking import relink as relink_ticket

    network = settings().network

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            ticket_id = await finding.ticket(connection, ticket)
            theme_id, tracker_id = await place_of_ticket(connection, ticket_id)
        located = await locate_ticket(
            services.database,
            services.vault,
            theme_id,
            other,
            tracker_id=tracker_id,
            network=network,
        )
        async with services.database.transaction() as connection:
            await relink_ticket(connection, ticket_id, located, actor=LINKED_BY, undo_seconds=0)

    perform(work)
    output.done("Linked. The former ticket stays as it is there.")


def unlink(ticket: TicketNamed) -> None:
    """Write no more into a ticket, and follow it no more; none is made in its place."""
    from app.triage.linking import unlink as unlink_ticket

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            ticket_id = await finding.ticket(connection, ticket)
            await unlink_ticket(connection, ticket_id, actor=LINKED_BY)

    perform(work)
    output.done("Unlinked. The ticket stays as it is there.")


def recreate(ticket: TicketNamed) -> None:
    """Make a new ticket in place of one that is gone, hidden from us or was unlinked."""
    from app.triage.linking import recreate as recreate_ticket

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            ticket_id = await finding.ticket(connection, ticket)
            await recreate_ticket(connection, ticket_id, actor=LINKED_BY, undo_seconds=0)

    perform(work)
    output.done("The worker makes a new ticket.")
