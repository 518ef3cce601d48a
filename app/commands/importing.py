"""`relay import`: comments from a file, looked through first, and taken back as a whole."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, importing_shown, output
from app.commands.options import AsJson, OfProduct, Yes, perform
from app.errors import Invalid

if TYPE_CHECKING:
    from app.intake.importing import Imported
    from app.intake.importing_comment import Reading
    from app.intake.importing_undo import ImportRow, ImportUndone
    from app.running.runtime import Services
    from app.setup.sources import Source

Column = Annotated[
    str | None, typer.Option(help="Its column, if it has another name; nested as a.b in JSON.")
]


def import_file(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="CSV, TSV or JSON, also in .gz or .zip."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="A generic source: name or id.")] = None,
    product: OfProduct = None,
    text: Column = None,
    title: Column = None,
    id_: Annotated[str | None, typer.Option("--id", help="Column of the comment's id.")] = None,
    author: Column = None,
    staff: Column = None,
    bot: Column = None,
    private: Column = None,
    created_at: Column = None,
    edited_at: Column = None,
    thread: Column = None,
    thread_title: Column = None,
    url: Column = None,
    likes: Column = None,
    time_format: Annotated[
        str, typer.Option(help="How times are written, as strptime has it: %d/%m/%Y.")
    ] = "",
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="How 03/04/2026 is meant."),
    ] = None,
    markup: Annotated[
        str, typer.Option("--format", help="Markup of the texts: text, markdown or html.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Of the file, where the guess is wrong: cp1252.")
    ] = "",
    include_private: Annotated[
        bool, typer.Option("--include-private", help="Take rows that are marked private, too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how the file is read; store nothing.")
    ] = False,
    undo: Annotated[str | None, typer.Option(help="Take the import with this id back.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show the newest imports.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Import comments; doing so twice changes nothing. Rows that cannot be used are named with
    their lines."""
    from app.intake.importing_comment import Reading

    if undo is not None:
        _undo(undo, yes=yes, as_json=as_json)
        return
    if list_:
        _list(source, product, as_json=as_json)
        return
    if file is None:
        raise typer.BadParameter("Name the file to import.", param_hint="FILE")
    named = {
        "text": text,
        "title": title,
        "id": id_,
        "author": author,
        "staff": staff,
        "bot": bot,
        "private": private,
        "created_at": created_at,
        "edited_at": edited_at,
        "thread": thread,
        "thread_title": thread_title,
        "url": url,
        "likes": likes,
    }
    reading = Reading(
        {name: column for name, column in named.items() if column},
        time_format,
        markup,
        day_first,
        encoding,
        include_private,
    )
    if dry_run:
        _look(file, reading, as_json=as_json)
        return
    if source is None:
        raise typer.BadParameter("Name the source to import into.", param_hint="--source")
    _take(file, reading, source, product, yes=yes, as_json=as_json)


def _look(file: Path, reading: Reading, *, as_json: bool) -> None:
    from app.intake.importing import survey_file

    survey = survey_file(file, reading)
    if as_json:
        output.as_json(survey)
    else:
        importing_shown.survey(survey, file)
        output.hint("Nothing was stored.")
    if survey.bad or not survey.rows:
        raise typer.Exit(1)


def _take(
    file: Path, reading: Reading, source: str, product: str | None, *, yes: bool, as_json: bool
) -> None:
    """Show and ask where a person sits before it, then store."""
    from app.intake.importing import require_generic, survey_file

    async def target_of(services: Services) -> Source:
        async with services.database.transaction() as connection:
            return await finding.source(connection, source, product)

    asks = not yes and sys.stdin.isatty()
    if asks:
        require_generic(perform(target_of))
        survey = survey_file(file, reading)
        importing_shown.survey(survey, file, stderr=True)
        if survey.usable:
            typer.confirm(f"Import {survey.usable:,} rows into {source}?", abort=True, err=True)

    size = file.stat().st_size

    async def work(services: Services) -> Imported:
        return await _store(services, await target_of(services), file, reading, size)

    result = perform(work)
    if as_json:
        output.as_json(result)
    else:
        importing_shown.report(result, file, surveyed=asks)
    if result.bad or not result.rows:
        raise typer.Exit(1)


async def _store(
    services: Services, target: Source, file: Path, reading: Reading, size: int
) -> Imported:
    """Store under a bar; ``size`` is the file's, in bytes."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from app.intake.importing import import_file as take_in

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    shown = output.console(stderr=True)
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("Reading", total=size)
        return await take_in(
            services.database,
            target,
            file,
            reading,
            progress=lambda position, so_far: bar.update(
                task,
                completed=position,
                description=f"{so_far.stored + so_far.known:,} of {so_far.usable:,} rows",
            ),
        )


def _undo(import_id: str, *, yes: bool, as_json: bool) -> None:
    from app.intake.importing_undo import undo_import

    if not yes:
        if not sys.stdin.isatty():
            raise Invalid(
                f"Taking {import_id} back deletes its comments; say --yes where nobody can be "
                "asked.",
                reason="not_confirmed",
            )
        typer.confirm(f"Delete every comment that {import_id} brought?", abort=True, err=True)

    async def work(services: Services) -> ImportUndone:
        return await undo_import(services.database, import_id)

    undone = perform(work)
    if as_json:
        output.as_json(undone)
        return
    output.done(
        f"Import {import_id} is taken back: {undone.deleted:,} comments are deleted, "
        f"{undone.restored:,} are as they were before it."
    )


def _list(source: str | None, product: str | None, *, as_json: bool) -> None:
    from app.intake.importing_undo import list_imports

    async def work(services: Services) -> list[ImportRow]:
        source_id = None
        if source:
            async with services.database.transaction() as connection:
                source_id = (await finding.source(connection, source, product)).id
        async with services.database.transaction() as connection:
            return await list_imports(connection, source_id)

    imports = perform(work)
    if as_json:
        output.as_json(imports)
        return
    output.table(
        ["import", "source", "file", "at", "taken back"],
        [(row.import_id, row.source, row.file, row.at, row.undone) for row in imports],
        empty="Nothing was imported yet: relay import FILE --source SOURCE",
    )
