"""`relay theme accept`, `ignore` and `merge`: decisions, as the queue and the API take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, ThemeNamed, perform

if TYPE_CHECKING:
    import uuid

    from app.queries.rows import ThemeRow
    from app.running.runtime import Services

THEME_DECIDED_BY = "command line"


def accept(theme: ThemeNamed, as_json: AsJson = False) -> None:
    """Approve a theme: it gets a ticket in every tracker that takes its kind."""
    from app.queries.themes import theme_rows
    from app.triage import decisions

    async def work(services: Services) -> tuple[int, ThemeRow]:
        async with services.database.transaction() as connection:
            theme_id = await finding.theme(connection, theme)
            action = await decisions.accept(
                connection,
                theme_id,
                actor=THEME_DECIDED_BY,
                undo_seconds=services.settings.undo_seconds,
            )
            return action, (await theme_rows(connection, [theme_id]))[theme_id]

    action, row = perform(work)
    waiting = sum(ticket.state == "pending" for ticket in row.tickets)
    tickets = {0: "no ticket waits to be made", 1: "the worker makes its ticket"}.get(
        waiting, f"the worker makes its {waiting} tickets"
    )
    _tell(action, row, f"Accepted “{row.title}”; {tickets}.", as_json)


def ignore(
    theme: ThemeNamed,
    reason: Annotated[
        str, typer.Option(help="Why; the people who asked may be told.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Decline a theme, and say why. Whatever is said later still counts towards it."""
    from app.queries.themes import theme_rows
    from app.triage import decisions

    async def work(services: Services) -> tuple[int, ThemeRow]:
        async with services.database.transaction() as connection:
            theme_id = await finding.theme(connection, theme)
            action = await decisions.ignore(
                connection, theme_id, actor=THEME_DECIDED_BY, reason=reason
            )
            return action, (await theme_rows(connection, [theme_id]))[theme_id]

    action, row = perform(work)
    _tell(action, row, f"Ignored “{row.title}”: {row.status_reason}", as_json)


def merge(
    themes: Annotated[
        list[str], typer.Argument(metavar="THEME...", help="Their ids, or the start of each.")
    ],
    into: Annotated[
        str | None,
        typer.Option(
            help="The theme that lives on, one of them or another; by default the one with the "
            "oldest ticket, else with most people."
        ),
    ] = None,
    tickets_of: Annotated[
        str | None, typer.Option(help="The theme whose tickets live on, where several have some.")
    ] = None,
    although: Annotated[
        bool,
        typer.Option(
            "--although", help="Also where its ticket then shows words that fewer people can read."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make one theme of several, in one decision; it can be undone as a whole."""
    from app.queries.themes import theme_rows
    from app.triage.bulk_merge import MergedThemes, merge_many

    async def work(services: Services) -> tuple[MergedThemes, ThemeRow]:
        async with services.database.transaction() as connection:

            async def named(name: str | None) -> uuid.UUID | None:
                return None if name is None else await finding.theme(connection, name)

            merged = await merge_many(
                connection,
                [await finding.theme(connection, theme) for theme in themes],
                actor=THEME_DECIDED_BY,
                into=await named(into),
                tickets_of=await named(tickets_of),
                although=although,
                undo_seconds=services.settings.undo_seconds,
            )
            return merged, (await theme_rows(connection, [merged.into]))[merged.into]

    merged, row = perform(work)
    sentence = f"One theme now: “{row.title}”, {row.people:,} people."
    if merged.already:
        sentence = f"They were one already: “{row.title}”, {row.people:,} people."
    _tell(merged.activity_id, row, sentence, as_json)


def _tell(action: int, row: ThemeRow, sentence: str, as_json: bool) -> None:
    if as_json:
        output.as_json({"action_id": action, "theme": row})
    else:
        output.done(sentence)
