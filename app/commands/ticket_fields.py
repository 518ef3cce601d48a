"""`relay tracker fields` and `relay ticket preview`: what rules can fill in, and what would be
sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, ThemeNamed, perform

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.tickets.previewing import Preview
    from integrations.ticket_fields import TicketField


def fields(
    tracker: Annotated[str, typer.Argument(help="Name or id.")],
    product: OfProduct = None,
    read: Annotated[bool, typer.Option("--read", help="Ask the tracker for them again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the fields of new tickets that rules can fill in, as the tracker told of them last."""
    from app.setup.ticket_fields import known_fields, read_fields

    async def work(services: Services) -> list[TicketField]:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
            if not read:
                return await known_fields(connection, row.id)
            network = services.settings.network
            return await read_fields(connection, services.vault, row.id, network=network)

    rows = perform(work)
    if as_json:
        output.as_json(rows)
        return
    output.table(
        ["field", "name", "required for", "takes"],
        [
            (
                one.id,
                one.name,
                ", ".join(one.required_for),
                ", ".join(one.options.values()) or str(one.shape),
            )
            for one in rows
        ],
        empty="None are known: ask the tracker with --read.",
        cut="takes",
    )


def preview(theme: ThemeNamed, as_json: AsJson = False) -> None:
    """Show the very requests that would make a theme's tickets now; nothing is sent."""
    from app.tickets.previewing import preview_tickets

    async def work(services: Services) -> list[Preview]:
        async with services.database.transaction() as connection:
            return await preview_tickets(
                connection,
                services.vault,
                await finding.theme(connection, theme),
                base_url=services.settings.base_url,
                network=services.settings.network,
            )

    previews = perform(work)
    if as_json:
        output.as_json(previews)
        return
    for one in previews:
        rule = f"rule {one.rule_name}" if one.rule_name else "the product's own policy"
        output.say(f"{one.tracker_name} ({rule}: {one.why})")
        output.say(one.problem or f"{one.method} {one.address}")
        if one.body is not None:
            output.say(json.dumps(one.body, indent=2, ensure_ascii=False))
    if not previews:
        output.say("No tracker takes this theme.")
