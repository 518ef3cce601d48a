"""Labelled files for training and evaluation: JSON lines and CSV, gzipped or not."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

Row = Mapping[str, Any]
DELIMITERS = ",;\t|"
_SAMPLE = 64_000


class DataError(Exception):
    """A labelled file cannot be used. ``reason`` is one snake_case word, the message says what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_rows(path: Path, *needed: str, limit: int | None = None) -> list[Row]:
    """The rows of a ``.jsonl`` or ``.csv`` file (also ``.gz``), at most ``limit``; each needs the fields ``needed``.

    Raises:
        DataError: ``file_missing``, ``file_unreadable``, ``file_empty`` or ``field_missing``, with the line.
    """
    rows, left_out = labelled_rows(path, *needed, limit=limit)
    if left_out:
        field, number = next(iter(left_out.values()))
        raise DataError("field_missing", f"Row {number} of {path} has no field {field!r}; every row needs it.")
    return rows


def labelled_rows(path: Path, *needed: str, limit: int | None = None) -> tuple[list[Row], dict[int, tuple[str, int]]]:
    """The rows that have all fields ``needed``, and of the others, by place, the first such field and the row's number.

    Raises:
        DataError: ``file_missing``, ``file_unreadable``, ``file_empty``, or ``field_missing`` where no row has a field.
    """
    if not path.is_file():
        raise DataError("file_missing", f"There is no file {path}.")
    rows: list[Row] = []
    left_out: dict[int, tuple[str, int]] = {}
    fields: set[str] = set()
    try:
        with _open(path) as file:
            for number, row in enumerate(_csv(file) if _is_csv(path) else _jsonl(file, path), 1):
                fields.update(map(str, row))
                gap = next((field for field in needed if _blank(row.get(field))), None)
                if gap is None:
                    rows.append(row)
                else:
                    left_out[number] = gap, number
                if len(rows) == limit:
                    break
    except (OSError, EOFError, UnicodeError, csv.Error) as error:
        raise DataError("file_unreadable", f"{path} cannot be read as text: {error}.") from error
    if not rows and not left_out:
        raise DataError("file_empty", f"{path} holds no rows.")
    if not rows:
        field, number = next(iter(left_out.values()))
        seen = ", ".join(sorted(fields)[:12])
        raise DataError(
            "field_missing",
            f"Row {number} of {path} has no field {field!r}, nor has any other; there are: {seen}.",
        )
    return rows, left_out


@contextmanager
def _open(path: Path) -> Iterator[IO[str]]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as raw:
        buffered = io.BufferedReader(raw)
        mark = buffered.peek(2)[:2]
        encoding = "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        yield io.TextIOWrapper(buffered, encoding=encoding, newline="")


def _is_csv(path: Path) -> bool:
    return any(suffix.casefold() in (".csv", ".tsv") for suffix in path.suffixes)


def _csv(file: IO[str]) -> Iterator[Row]:
    """Columns by their names in lower case; the delimiter is the one that the line of names holds most of."""
    csv.field_size_limit(16_000_000)
    names = file.readline(_SAMPLE)
    delimiter = max(DELIMITERS, key=names.count)
    header = [name.strip().casefold() for name in next(csv.reader([names], delimiter=delimiter), [])]
    yield from csv.DictReader(file, header, delimiter=delimiter)


def _jsonl(file: IO[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            hint = "" if number > 1 else "; tables are files named .csv or .tsv, also with .gz"
            detail = f"Line {number} of {path} is not JSON ({_wrong(error)}){hint}."
            raise DataError("file_unreadable", detail) from error
        if not isinstance(row, dict):
            raise DataError("file_unreadable", f"Line {number} of {path} is not a JSON object.")
        yield row


def _wrong(error: ValueError) -> str:
    return f"{error.msg}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)


def _blank(value: object) -> bool:
    return value is None or not str(value).strip()
