"""What commands print: tables for people, tab-separated lines in a pipe, JSON on request."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from app.commands.options import options

if TYPE_CHECKING:
    from rich.console import Console

    from integrations.tracker_contract import Finding

_NAMED_COMMAND = re.compile(
    r"(?<![\w./-])relay (?=(?:product|source|tracker|theme|ticket|status|doctor|replay|import|user"
    r"|token|migrate|train|model)\b)"
)
CUT_COLUMN_LEAST = 12
"""Characters that a column keeps which is cut short in a narrow terminal."""
STATE_COLOURS = {
    "ok": "green",
    "created": "green",
    "never": "yellow",
    "quiet": "yellow",
    "pending": "yellow",
    "creating": "yellow",
    "failing": "red",
    "blocked": "red",
    "gone": "red",
}


def console(*, stderr: bool = False) -> Console:
    """A console of the stream as it is now: colours in a terminal, none elsewhere."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A plain line, exactly as it is."""
    typer.echo(text)


def done(text: str) -> None:
    """A line that says what was done."""
    console().print(f"[green]✓[/] {_escaped(commands(text))}")


def hint(text: str) -> None:
    """What one may do next; on standard error, so that it never ends up in a pipe."""
    console(stderr=True).print(f"[dim]{_escaped(commands(text))}[/]")


def commands(text: str) -> str:
    """The text with ``--demo`` in the commands it names, where this call has it."""
    if not options.demo:
        return text
    return _NAMED_COMMAND.sub("relay --demo ", text)


def complain(detail: str, reason: str) -> None:
    """A refusal: one sentence and its reason, on standard error."""
    console(stderr=True).print(
        f"[bold red]✗[/] [red]{_escaped(commands(detail))}[/] [dim]({_escaped(reason)})[/]"
    )


def as_json(value: object) -> None:
    """``value`` as JSON; dataclasses become objects, times ISO 8601."""
    written = json.dumps(value, default=_plain, indent=2, ensure_ascii=False)
    typer.echo("".join(map(_escaped_in_json, written)))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "", cut: str = ""
) -> None:
    """A table in a terminal, else tab-separated lines under a line of headings.

    ``empty`` is the hint for no rows, ``cut`` the column that is cut short where the terminal is
    narrow.
    """
    shown = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(columns), *shown]:
            typer.echo("\t".join(" ".join(cell.split()) for cell in line))
    elif shown:
        _print_table(columns, shown, cut)
    if not shown and empty:
        hint(empty)


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], cut: str) -> None:
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    for column, width in zip(columns, widths, strict=True):
        if column == cut:
            room = console().width - sum(widths) + width - 3 * len(columns)
            drawn.add_column(
                column,
                overflow="ellipsis",
                no_wrap=True,
                max_width=max(CUT_COLUMN_LEAST, room),
            )
        else:
            drawn.add_column(column, overflow="fold", no_wrap=bool(cut))
    for row in rows:
        drawn.add_row(*(_coloured(cell) for cell in row))
    console().print(drawn)


def card(fields: Mapping[str, object]) -> None:
    """One thing with its fields, a line each."""
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        cell = _cell(value) or "-"
        console().print(f"[bold]{name.ljust(width)}[/]  {_coloured(cell)}")


def findings(lines: Sequence[Finding], json_output: bool) -> None:
    """The lines of a check with their remedies. Raises Exit, code 1, where something is wrong."""
    fine = all(line.ok for line in lines)
    if json_output:
        as_json({"ok": fine, "findings": [asdict(line) for line in lines]})
    else:
        for line in lines:
            _print_finding(line)
    if not fine:
        raise typer.Exit(1)


def _print_finding(line: Finding) -> None:
    mark = "[green]✓[/]" if line.ok else "[bold red]✗[/]"
    if line.to_do:
        mark = "[yellow]○[/]"
    console().print(f"{mark} [bold]{_escaped(line.subject)}[/]  {_escaped(line.detail)}")
    if line.remedy and (line.to_do or not line.ok):
        console().print(f"  [yellow]→ {_escaped(commands(line.remedy))}[/]")


def markdown(text: str) -> None:
    """A guide: rendered in a terminal, elsewhere without the marks of Markdown."""
    if not sys.stdout.isatty():
        typer.echo(_without_marks(text.strip()))
        return
    from rich.markdown import Markdown

    console().print(Markdown(text), soft_wrap=False)


def _without_marks(text: str) -> str:
    """Markdown as plain lines: no stars and no back quotes around words."""
    text = re.sub(r"`([^`]+)`", r"\1", text)
    return re.sub(r"(?<!\w)(\*\*|\*)(\S(?:.*?\S)?)\1(?!\w)", r"\2", text, flags=re.DOTALL)


def duration(seconds: float) -> str:
    """A length of time in its biggest unit: ``4 s``, ``12 min``, ``3 h``, ``9 d``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def ago(moment: datetime | None) -> str:
    """How long ago something was."""
    if moment is None:
        return "never"
    return f"{duration(max(0.0, (datetime.now(UTC) - moment).total_seconds()))} ago"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, dict):
        return ", ".join(f"{name}={item}" for name, item in value.items() if item not in ("", None))
    return "".join(map(_harmless, str(value)))


def printable(text: str) -> str:
    """Lines of which none moves the cursor of whoever looks."""
    return "".join(map(_harmless, text))


def _harmless(character: str) -> str:
    """What people wrote elsewhere must not move the cursor of whoever looks."""
    if character.isprintable() or character in "\n\t":
        return character
    return "\N{REPLACEMENT CHARACTER}"


def _coloured(cell: str) -> str:
    colour = STATE_COLOURS.get(cell)
    if colour is None:
        return _escaped(cell)
    return f"[{colour}]{cell}[/]"


def _escaped_in_json(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return json.dumps(character)[1:-1]


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape("".join(map(_harmless, text)))


def _plain(value: Any) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
