"""`relay retention`: what is kept for how long, and letting go of it now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import output
from app.commands.options import AsJson, perform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.jobs.retention import DueSort
    from app.running.runtime import Services

app = typer.Typer(no_args_is_help=True, help="Retention: what is kept for how long.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Count what would go, and change nothing.")]


@app.callback()
def group() -> None:
    """Retention: what is kept for how long."""


@app.command()
def run(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Let go of what is not to be kept any longer, as the worker does every night."""
    from app.jobs.retention import count_due, let_go, terms_of

    async def look(services: Services) -> list[DueSort]:
        return await count_due(services.database, terms_of(services.settings))

    async def work(services: Services) -> Mapping[str, int] | None:
        return await let_go(services.database, terms_of(services.settings))

    if dry_run:
        _show(perform(look), as_json)
        return
    gone = perform(work)
    if as_json:
        output.as_json({"gone": gone, "running_elsewhere": gone is None})
    elif gone is None:
        output.hint("Another process lets go of it right now; nothing was done here.")
    else:
        for sort, rows in gone.items():
            output.done(f"{sort.capitalize()}: {rows:,} let go.")


def _show(due_sorts: list[DueSort], as_json: bool) -> None:
    if as_json:
        output.as_json(due_sorts)
        return
    output.table(
        ["what", "kept for", "would go", "oldest"],
        [
            (
                due.sort,
                "ever" if due.days is None else f"{due.days} days",
                due.rows,
                due.oldest,
            )
            for due in due_sorts
        ],
    )
