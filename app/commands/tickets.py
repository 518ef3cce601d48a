"""`relay ticket` and `relay replay`: what was pushed, and trying again what failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform, require_one_of

if TYPE_CHECKING:
    from app.queries.rows import TicketRow
    from app.running.runtime import Services

SAID_BY = "command line"

app = typer.Typer(no_args_is_help=True, help="Tickets: what was pushed to the trackers.")


@app.command("list")
def list_(
    product: OfProduct = None,
    state: Annotated[
        str | None, typer.Option(help="pending, creating, created, blocked, cancelled or gone.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(help="What it is there: open, in_progress, done, declined or duplicate."),
    ] = None,
    tracker: Annotated[str | None, typer.Option(help="Name or id.")] = None,
    drifting: Annotated[
        bool, typer.Option("--drifting", help="Only those that differ from their tracker.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest, at most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show tickets, newest first."""
    from app.models.states import TicketState, TicketStatus
    from app.queries.paging import Page, rows_of_pages
    from app.queries.tickets import list_tickets

    require_one_of(state, TicketState, "--state")
    require_one_of(status, TicketStatus, "--status")

    async def work(services: Services) -> list[TicketRow]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            tracker_id = None
            if tracker:
                tracker_id = (await finding.tracker(connection, tracker, product)).id

            async def read_page(cursor: str | None, rows: int) -> Page[TicketRow]:
                return await list_tickets(
                    connection,
                    product_id=product_id,
                    state=state,
                    status=status,
                    drifting=drifting,
                    tracker_id=tracker_id,
                    cursor=cursor,
                    limit=rows,
                )

            return [ticket async for ticket in rows_of_pages(read_page, limit)]

    tickets = perform(work)
    if as_json:
        output.as_json(tickets)
        return
    # The start of an id is enough for `retry`.
    id_characters = 8 if sys.stdout.isatty() else None
    output.table(
        ["state", "tracker", "status", "kind", "theme", "address or trouble", "id"],
        [
            (
                ticket.state,
                ticket.tracker_name,
                ticket.status,
                ticket.theme_kind,
                ticket.theme_title,
                _trouble(ticket) if ticket.reason else ticket.url,
                str(ticket.id)[:id_characters],
            )
            for ticket in tickets
        ],
        empty="No tickets.",
        cut="theme",
    )


@app.command()
def show(
    ticket: Annotated[
        str, typer.Argument(help="Its id or the start of it, or its key in the tracker.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show one ticket, and what became of it in its tracker."""
    from dataclasses import asdict

    from app.queries.tickets import read_ticket

    async def work(services: Services) -> TicketRow:
        async with services.database.transaction() as connection:
            return await read_ticket(connection, await finding.ticket(connection, ticket))

    row = perform(work)
    if as_json:
        output.as_json(row)
        return
    output.card(asdict(row))


@app.command()
def check(
    tracker: Annotated[str, typer.Argument(help="Name or id of the tracker.")],
    product: OfProduct = None,
) -> None:
    """Look at every ticket of a tracker there; `list --drifting` then shows what differs."""
    from app.tickets.drift import check_tickets

    async def work(services: Services) -> int:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
            return await check_tickets(connection, row.id)

    output.done(f"The worker looks at {perform(work):,} tickets: relay ticket list --drifting")


@app.command()
def repair(
    tracker: Annotated[str, typer.Argument(help="Name or id of the tracker.")],
    product: OfProduct = None,
) -> None:
    """Bring every ticket of a tracker up to date, also where somebody edited our block."""
    from app.tickets.drift import repair_tickets

    async def work(services: Services) -> int:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
            return await repair_tickets(connection, row.id)

    output.done(f"The worker brings {perform(work):,} tickets up to date.")


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
        async with services.database.transaction() as connection:
            number = await finding.ticket(connection, ticket)
        await retry_ticket(services.database, number)

    perform(work)
    output.done("The ticket is tried again now.")


@app.command()
def although(
    ticket: Annotated[
        str, typer.Argument(help="Its id or the start of it, or its key in the tracker.")
    ],
) -> None:
    """Push a ticket although more people can read its tracker than could read what is said."""
    from app.queries.tickets import read_ticket
    from app.triage.showing import show_although

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            number = await finding.ticket(connection, ticket)
            theme_id = (await read_ticket(connection, number)).theme_id
            await show_although(connection, theme_id, actor=SAID_BY)

    perform(work)
    output.done("The ticket is pushed now, with everything that is said in its theme.")


def replay(
    source: Annotated[str | None, typer.Option(help="Only of this source: name or id.")] = None,
    product: OfProduct = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Everything that failed or was unknown.")
    ] = False,
    delivery: Annotated[int | None, typer.Option(help="This one delivery.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Those of --source that ended so: failed, unknown ...")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Those of --source for this reason.")] = None,
    event: Annotated[str | None, typer.Option(help="Those of --source about this event.")] = None,
    text: Annotated[str | None, typer.Option(help="Those of --source that hold this text.")] = None,
) -> None:
    """Put stored deliveries back into the queue, after what made them fail was put right."""
    from app.errors import Invalid
    from app.intake.replay import replay_chosen, replay_delivery, replay_failed

    typed = {"stage": outcome, "reason": reason, "event": event, "text": text}
    chosen = {name: value for name, value in typed.items() if value}
    if [delivery is not None, failed, bool(chosen)].count(True) != 1 or (chosen and not source):
        raise Invalid(
            "Say what to replay: --failed, --delivery with a number, or --source with --outcome, "
            "--reason, --event or --text.",
            reason="replay_unclear",
        )

    async def work(services: Services) -> int:
        async with services.database.transaction() as connection:
            source_id = None
            if source:
                source_id = (await finding.source(connection, source, product)).id
        async with services.database.transaction() as connection:
            if delivery is not None:
                await replay_delivery(connection, delivery)
                return 1
            if chosen and source_id is not None:
                return await replay_chosen(connection, source_id, **chosen)
            return await replay_failed(connection, source_id)

    count = perform(work)
    output.done(f"{count:,} back in the queue; the worker takes them up.")
