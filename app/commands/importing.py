"""`relay import`: comments from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform

if TYPE_CHECKING:
    from app.intake.importing import Imported
    from app.running.runtime import Services

FAULTS_SHOWN = 20
Column = Annotated[
    str | None, typer.Option(help="Its column, if it has another name; nested as a.b in JSONL.")
]


def import_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV, TSV or JSONL, also with .gz.")
    ],
    source: Annotated[str, typer.Option(help="A generic source: name or id.")],
    product: OfProduct = None,
    text: Column = None,
    id_: Annotated[str | None, typer.Option("--id", help="Column of the comment's id.")] = None,
    author: Column = None,
    created_at: Column = None,
    edited_at: Column = None,
    thread: Column = None,
    thread_title: Column = None,
    url: Column = None,
    likes: Column = None,
    time_format: Annotated[
        str, typer.Option(help="How times are written, as strptime has it: %d/%m/%Y.")
    ] = "",
    markup: Annotated[
        str, typer.Option("--format", help="Markup of the texts: text, markdown or html.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Import comments; doing so twice changes nothing. Rows that cannot be used are named with
    their lines."""
    from app.intake.importing import import_file as take_in
    from app.intake.importing_comment import Reading

    named = {
        "text": text,
        "id": id_,
        "author": author,
        "created_at": created_at,
        "edited_at": edited_at,
        "thread": thread,
        "thread_title": thread_title,
        "url": url,
        "likes": likes,
    }
    reading = Reading(
        {name: column for name, column in named.items() if column}, time_format, markup
    )

    async def work(services: Services) -> Imported:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        async with services.database.session() as session:
            target = await finding.source(session, source, product)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
        )
        shown = output.console(stderr=True)
        with Progress(
            *columns, console=shown, transient=True, disable=not shown.is_terminal
        ) as bar:
            task = bar.add_task("Importing", total=file.stat().st_size)
            return await take_in(
                services.database,
                target,
                file,
                reading,
                progress=lambda position, so_far: bar.update(
                    task, completed=position, description=f"{so_far.rows:,} rows"
                ),
            )

    result = perform(work)
    if as_json:
        output.as_json(result)
    else:
        _report(result, file)
    if result.bad or not result.rows:
        raise typer.Exit(1)


def _report(result: Imported, file: Path) -> None:
    if not result.rows:
        output.complain(
            f"{file.name} holds no rows: it needs a header line or JSON objects, as UTF-8.",
            "no_rows",
        )
        return
    output.done(
        f"{result.stored:,} of {result.rows:,} rows of {file.name} are stored; {result.known:,} "
        "were known."
    )
    if result.bad:
        output.complain(f"{result.bad:,} rows cannot be used:", "bad_rows")
        for fault in result.faults[:FAULTS_SHOWN]:
            output.hint(f"  line {fault.line}: {fault.detail} ({fault.reason})")
        if result.bad > FAULTS_SHOWN:
            output.hint(
                f"  and {result.bad - FAULTS_SHOWN:,} more; --json lists the first hundred."
            )
    if result.stored:
        output.hint("The worker takes them up now: relay status")
