"""`relay ticket` and `relay replay`: what was pushed, and trying again what failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform

if TYPE_CHECKING:
    from app.queries.rows import TicketRow
    from app.running.runtime import Services

app = typer.Typer(no_args_is_help=True, help="Tickets: what was pushed to the trackers.")


@app.command("list")
def list_(
    product: OfProduct = None,
    state: Annotated[
        str | None, typer.Option(help="pending, creating, created, blocked, cancelled or gone.")
    ] = None,
    tracker: Annotated[str | None, typer.Option(help="Name or id.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest, at most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show tickets, newest first."""
    from app.queries.paging import MAX_LIMIT
    from app.queries.tickets import list_tickets

    async def work(services: Services) -> list[TicketRow]:
        async with services.database.session() as session:
            of = await finding.product_id(session, product)
            at = (await finding.tracker(session, tracker, product)).id if tracker else None
        found: list[TicketRow] = []
        cursor: str | None = None
        async with services.database.transaction() as c:
            while len(found) < limit:
                size = min(MAX_LIMIT, limit - len(found))
                page = await list_tickets(
                    c, product_id=of, state=state, tracker_id=at, cursor=cursor, limit=size
                )
                found += page.items
                cursor = page.next_cursor
                if cursor is None:
                    break
        return found

    tickets = perform(work)
    if as_json:
        output.as_json(tickets)
        return
    shown = 8 if sys.stdout.isatty() else None  # the start of an id is enough for `retry`
    output.table(
        ["state", "tracker", "kind", "theme", "address or trouble", "id"],
        [
            (
                t.state,
                t.tracker_name,
                t.theme_kind,
                t.theme_title,
                _trouble(t) if t.reason else t.url,
                str(t.id)[:shown],
            )
            for t in tickets
        ],
        empty="No tickets.",
        cut="theme",
    )


def _trouble(ticket: TicketRow) -> str:
    return f"{ticket.detail or ticket.reason.replace('_', ' ').capitalize()} ({ticket.reason})"


@app.command()
def retry(
    ticket: Annotated[
        str, typer.Argument(help="Its id or the start of it, or its key in the tracker.")
    ],
) -> None:
    """Try a blocked ticket again, after what was wrong was put right."""
    from app.tickets.retrying import retry_ticket

    async def work(services: Services) -> None:
        async with services.database.transaction() as c:
            number = await finding.ticket(c, ticket)
        await retry_ticket(services.database, number)

    perform(work)
    output.done("The ticket is tried again now.")


def replay(
    source: Annotated[str | None, typer.Option(help="Only of this source: name or id.")] = None,
    product: OfProduct = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Everything that failed or was unknown.")
    ] = False,
    delivery: Annotated[int | None, typer.Option(help="This one delivery.")] = None,
) -> None:
    """Put stored deliveries back into the queue, after what made them fail was put right."""
    from app.errors import Invalid
    from app.intake.replay import replay_delivery, replay_failed

    if (delivery is None) == (not failed):
        raise Invalid(
            "Say what to replay: --failed, or --delivery with a number.", reason="replay_unclear"
        )

    async def work(services: Services) -> int:
        async with services.database.session() as session:
            of = (await finding.source(session, source, product)).id if source else None
        async with services.database.transaction() as c:
            if delivery is not None:
                await replay_delivery(c, delivery)
                return 1
            return await replay_failed(c, of)

    count = perform(work)
    output.done(f"{count:,} back in the queue; the worker takes them up.")
