"""How an imported file is shown: as it would be read, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.commands import output

if TYPE_CHECKING:
    from app.intake.importing import Imported
    from app.intake.importing_survey import Survey

FAULTS_SHOWN = 20
ENTRIES_SHOWN = 5
SAMPLE_WIDTH = 100
ENCODING_TITLES = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}


def survey(seen: Survey, file: Path, *, stderr: bool = False) -> None:
    """The file as it is read: columns, times, people, what is left out, three rows."""
    if not seen.rows:
        _no_rows(file)
        return
    columns = ", ".join(f"{name} <- {' / '.join(read)}" for name, read in seen.columns.items())
    writers = f"{seen.people:,} people, {seen.staff:,} of the staff, {seen.bots:,} bots"
    if seen.anonymous:
        writers += f"; {seen.anonymous:,} rows say no author, each counts as another person"
    fields: dict[str, object] = {
        "rows": f"{seen.rows:,}, of which {seen.usable:,} would be stored",
        "encoding": _encodings(seen),
        "columns": columns,
        "not read": ", ".join(seen.columns_unread),
        "times": _times(seen),
        "writers": writers,
        "left out": f"{seen.private:,} private, {seen.deleted:,} deleted, {seen.bad:,} unusable",
    }
    for sample in seen.samples:
        mark = " (bot)" if sample["is_bot"] else " (staff)" if sample["is_staff"] else ""
        text = " ".join(sample["text"].split())[:SAMPLE_WIDTH]
        label = f"row {len(fields) - 6}"
        fields[label] = f"{sample['created_at']}  {sample['author']}{mark}: {text}"
    if stderr:
        for name, value in fields.items():
            output.hint(f"{name}: {value or '-'}")
    else:
        output.card(fields)
    _warnings(seen)
    _faults(seen)


def report(result: Imported, file: Path, *, surveyed: bool) -> None:
    """What became of the file; what the survey showed before is not said again."""
    if not result.rows:
        _no_rows(file)
        return
    output.done(
        f"{result.stored:,} of {result.rows:,} rows of {file.name} are stored; {result.known:,} "
        "were known."
    )
    if not surveyed:
        if set(result.encodings) - {"utf-8-sig"}:
            output.hint(f"Read as {_encodings(result)}.")
        _warnings(result)
        _faults(result)
    if result.stored:
        output.hint(
            f"This is import {result.import_id}; relay import --undo {result.import_id} takes it "
            "back."
        )
        output.hint("The worker takes them up now: relay status")


def _times(seen: Survey) -> str:
    if seen.first_at is None or seen.last_at is None:
        return "none"
    return f"{seen.first_at.isoformat()} to {seen.last_at.isoformat()}"


def _encodings(seen: Survey) -> str:
    return ", ".join(ENCODING_TITLES.get(codec, codec) for codec in seen.encodings)


def _warnings(seen: Survey) -> None:
    """What a person should know of the rows that are used, and of those that are left out."""
    if seen.untimed and seen.file_time:
        output.hint(
            f"{seen.untimed:,} rows say no time: that of the file stands for it, "
            f"{seen.file_time.isoformat()}. Is there a column for --created-at?"
        )
    if seen.future:
        output.hint(f"{seen.future:,} rows say a time that is still to come.")
    if seen.private:
        output.hint(
            f"{seen.private:,} rows are marked private and left out; --include-private takes them."
        )
    if seen.deleted:
        output.hint(f"{seen.deleted:,} rows are marked as deleted and left out.")
    if seen.entries_ignored:
        listed = ", ".join(seen.entries_ignored[:ENTRIES_SHOWN])
        output.hint(f"{len(seen.entries_ignored):,} files in it are no tables: {listed}")


def _faults(seen: Survey) -> None:
    if not seen.bad:
        return
    output.complain(f"{seen.bad:,} rows cannot be used:", "bad_rows")
    for fault in seen.faults[:FAULTS_SHOWN]:
        place = f"{fault.part} line {fault.line}" if fault.part else f"line {fault.line}"
        output.hint(f"  {place}: {fault.detail} ({fault.reason})")
    if seen.bad > FAULTS_SHOWN:
        output.hint(f"  and {seen.bad - FAULTS_SHOWN:,} more; --json lists the first hundred.")


def _no_rows(file: Path) -> None:
    output.complain(
        f"{file.name} holds no rows: it needs a header line or JSON objects.", "no_rows"
    )
