"""Rows of a CSV, TSV or JSON file, packed or not, each with its line and how far we are."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from app.errors import Invalid
from app.intake.importing_json import document_rows, is_event
from app.intake.importing_parts import TABLE_KINDS, FileFacts, Part, encoding_of, parts_of
from app.intake.importing_slack import SlackExport, slack_export

CELL_MAX_CHARACTERS = 4 * 1024 * 1024
"""A longer CSV cell means that a quotation mark is missing somewhere."""
DOCUMENT_MAX_CHARACTERS = 64 * 1024 * 1024
"""A JSON document is read whole; JSON lines have no limit."""
QUOTED = re.compile(r'"[^"]*"')
EXCEL_SEPARATOR = re.compile(r"sep=(.)\r?\n?$", re.IGNORECASE)


class BadRow(Exception):
    """A row that cannot be used. ``reason`` is one snake_case word, ``detail`` a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``line`` is the first of its lines, ``position`` the bytes of the file read;
    ``fault`` spoils it. ``part`` is its file in a zip."""

    line: int
    position: int
    values: Mapping[str, Any]
    fault: BadRow | None = None
    part: str = ""


def read_rows(path: Path, encoding: str = "", facts: FileFacts | None = None) -> Iterator[Row]:
    """The rows of ``path``, by its name: .csv, .tsv, .json, .jsonl or .ndjson, each also with .gz,
    or a .zip of such.

    A row that is spoilt comes with its fault. Raises Invalid (``file_type_unknown``,
    ``file_unreadable``, ``file_too_large``, ``archive_unsafe``, ``json_unclear``,
    ``encoding_unknown``).
    """
    facts = FileFacts() if facts is None else facts
    try:
        with parts_of(path, facts) as parts:
            slack = slack_export(parts)
            for part in parts:
                if slack is None or slack.holds_messages(part.name):
                    yield from _rows_of(part, path, encoding, facts, slack)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        system_message = getattr(error, "strerror", None) or str(error)
        raise Invalid(
            f"{path.name} cannot be read to its end: {system_message}.", reason="file_unreadable"
        ) from None


def _rows_of(
    part: Part, path: Path, encoding: str, facts: FileFacts, slack: SlackExport | None
) -> Iterator[Row]:
    codec = encoding_of(part, encoding)
    if codec not in facts.encodings:
        facts.encodings.append(codec)
    stream, raw = part.open()
    # Bytes that are not UTF-8 spoil their own row only: they come as lone surrogates and are
    # refused there.
    errors = "replace" if codec.startswith("utf-16") else "surrogateescape"
    text = io.TextIOWrapper(stream, encoding=codec, errors=errors, newline="")
    try:
        if part.kind in TABLE_KINDS:
            rows = _csv_rows(text, raw, part)
        elif part.kind == ".json":
            rows = _document_or_lines(text, raw, part, path)
        else:
            rows = _json_rows(text, raw, part)
        yield from slack.comments(part.name, rows) if slack else rows
    finally:
        if stream is raw:
            text.detach()
        else:
            text.close()


def _document_or_lines(text: IO[str], raw: IO[bytes], part: Part, path: Path) -> Iterator[Row]:
    """JSON lines where the first line is an object and more follow, else one document."""
    first = text.readline(DOCUMENT_MAX_CHARACTERS + 1)
    second = text.readline(DOCUMENT_MAX_CHARACTERS + 1)
    if second.strip() and first.lstrip().startswith("{"):
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            pass
        else:
            yield from _json_rows(chain([first, second], text), raw, part)
            return
    content = first + second + text.read(DOCUMENT_MAX_CHARACTERS + 1)
    if len(content) > DOCUMENT_MAX_CHARACTERS:
        raise Invalid(
            f"{part.name or path.name} is one JSON document of more than "
            f"{DOCUMENT_MAX_CHARACTERS // 1024**2} MB; make JSON lines of it: jq -c '.[]'.",
            reason="file_too_large",
        )
    line = 1
    try:
        for line, value in document_rows(content, part.name or path.name):
            yield from _objects(line, raw.tell(), value, part)
    except RecursionError:
        fault = BadRow("invalid_json", "It is JSON that is nested too deeply to be read.")
        yield Row(line, raw.tell(), {}, fault, part.name)
    except json.JSONDecodeError as error:
        fault = BadRow("invalid_json", f"The JSON ends or breaks here: {error.msg}.")
        yield Row(error.lineno, raw.tell(), {}, fault, part.name)


def _objects(line: int, position: int, value: Any, part: Part) -> Iterator[Row]:
    """The row that ``value`` is, or the comments of a body as the generic source takes it."""
    if isinstance(value, dict) and is_event(value):
        inner = value["data"]
        for comment in inner if isinstance(inner, list) else [inner]:
            marks = {"deleted": True} if value["type"] == "comment.deleted" else {}
            row = {**comment, **marks} if isinstance(comment, dict) else comment
            yield from _objects(line, position, row, part)
    elif isinstance(value, dict):
        yield Row(line, position, value, None, part.name)
    else:
        fault = BadRow("wrong_shape", "It is JSON, but not an object.")
        yield Row(line, position, {}, fault, part.name)


def _json_rows(lines: Iterator[str] | IO[str], raw: IO[bytes], part: Part) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            fault = BadRow("invalid_json", "The line is not JSON.")
            yield Row(number, raw.tell(), {}, fault, part.name)
            continue
        except RecursionError:
            fault = BadRow("invalid_json", "The line is JSON that is nested too deeply to be read.")
            yield Row(number, raw.tell(), {}, fault, part.name)
            continue
        yield from _objects(number, raw.tell(), value, part)


def _csv_rows(text: IO[str], raw: IO[bytes], part: Part) -> Iterator[Row]:
    """The separator is whichever of the usual ones stands most often in the first line."""
    csv.field_size_limit(CELL_MAX_CHARACTERS)
    first, skipped = text.readline(), 0
    if match := EXCEL_SEPARATOR.match(first):
        separator = match[1]
        first, skipped = text.readline(), 1
    elif part.kind == ".tsv" and "\t" in first:
        separator = "\t"
    else:
        separator = max(",;\t|", key=QUOTED.sub("", first).count)
    reader = csv.reader(chain([first], text), delimiter=separator)
    names = next(reader, None)
    if not names:
        return
    names = [name.strip() for name in names]
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = BadRow("invalid_csv", f"It is not CSV: {error}.")
            yield Row(line, raw.tell(), {}, fault, part.name)
            continue
        if not cells:
            continue
        if len(cells) > len(names):
            fault = BadRow(
                "too_many_columns",
                f"It has {len(cells)} columns, the first line names {len(names)}.",
            )
            yield Row(line, raw.tell(), {}, fault, part.name)
            continue
        yield Row(line, raw.tell(), dict(zip(names, cells, strict=False)), None, part.name)
