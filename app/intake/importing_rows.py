"""Rows of a CSV, TSV or JSONL file, gzipped or not, each with its line and how far we are."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

from app.errors import Invalid

CELL_MAX_CHARACTERS = 4 * 1024 * 1024
"""A longer CSV cell means that a quotation mark is missing somewhere."""


class BadRow(Exception):
    """A row that cannot be used. ``reason`` is one snake_case word, ``detail`` a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``line`` is the first of its lines, ``position`` the bytes of the file read;
    ``fault`` spoils it."""

    line: int
    position: int
    values: Mapping[str, Any]
    fault: BadRow | None = None


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of ``path``, by its name: .csv, .tsv, .jsonl or .ndjson, each also with .gz.

    A row that is spoilt comes with its fault. Raises Invalid (``file_type_unknown``,
    ``file_unreadable``).
    """
    kind = Path(path.name.removesuffix(".gz")).suffix.lower()
    if kind not in (".csv", ".tsv", ".jsonl", ".ndjson"):
        raise Invalid(
            f"{path.name} is not named .csv, .tsv, .jsonl or .ndjson (or any of them with .gz).",
            reason="file_type_unknown",
        )
    try:
        with path.open("rb") as raw:
            unpacked = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            # Bytes that are not UTF-8 spoil their own row only: they come as lone surrogates and
            # are refused there.
            text = io.TextIOWrapper(
                cast(IO[bytes], unpacked),
                encoding="utf-8-sig",
                errors="surrogateescape",
                newline="",
            )
            if kind in (".jsonl", ".ndjson"):
                yield from _json_rows(text, raw)
            else:
                yield from _csv_rows(text, raw, "\t" if kind == ".tsv" else None)
    except (OSError, EOFError) as error:
        system_message = getattr(error, "strerror", None) or str(error)
        raise Invalid(
            f"{path.name} cannot be read to its end: {system_message}.", reason="file_unreadable"
        ) from None


def resolve(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; ``user.name`` looks into nested objects where no column has that
    name."""
    if column in row:
        return row[column]
    value: Any = row
    for part in column.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _json_rows(text: IO[str], raw: IO[bytes]) -> Iterator[Row]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            yield Row(number, raw.tell(), {}, BadRow("invalid_json", "The line is not JSON."))
            continue
        except RecursionError:
            fault = BadRow("invalid_json", "The line is JSON that is nested too deeply to be read.")
            yield Row(number, raw.tell(), {}, fault)
            continue
        if isinstance(value, dict):
            yield Row(number, raw.tell(), value)
        else:
            fault = BadRow("wrong_shape", "The line is JSON, but not an object.")
            yield Row(number, raw.tell(), {}, fault)


def _csv_rows(text: IO[str], raw: IO[bytes], delimiter: str | None) -> Iterator[Row]:
    """``delimiter`` None: whichever of the usual ones stands most often in the first line."""
    csv.field_size_limit(CELL_MAX_CHARACTERS)
    first = text.readline()
    reader = csv.reader(chain([first], text), delimiter=delimiter or max(",;\t|", key=first.count))
    names = next(reader, None)
    if not names:
        return
    names = [name.strip() for name in names]
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, raw.tell(), {}, BadRow("invalid_csv", f"It is not CSV: {error}."))
            continue
        if not cells:
            continue
        if len(cells) > len(names):
            fault = BadRow(
                "too_many_columns",
                f"It has {len(cells)} columns, the first line names {len(names)}.",
            )
            yield Row(line, raw.tell(), {}, fault)
            continue
        yield Row(line, raw.tell(), dict(zip(names, cells, strict=False)))
