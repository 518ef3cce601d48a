"""Labelled files for training and evaluation: JSON lines, gzipped or not, and CSV."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

Row = Mapping[str, Any]


class DataError(Exception):
    """A labelled file cannot be used. ``reason`` is one snake_case word, the message says what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_rows(path: Path, *needed: str) -> list[Row]:
    """All rows of a ``.jsonl``, ``.jsonl.gz`` or ``.csv`` (also gzipped) file; rows need the fields ``needed``.

    Raises:
        DataError: ``file_missing``, ``file_unreadable``, ``file_empty`` or ``field_missing``, with the line.
    """
    if not path.is_file():
        raise DataError("file_missing", f"There is no file {path}.")
    try:
        with _open(path) as file:
            rows = list(_csv(file) if ".csv" in path.suffixes else _jsonl(file, path))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError("file_unreadable", f"{path} cannot be read as text: {error}.") from error
    if not rows:
        raise DataError("file_empty", f"{path} holds no rows.")
    for number, row in enumerate(rows, 1):
        for field in needed:
            if row.get(field) in (None, ""):
                raise DataError("field_missing", f"Row {number} of {path} has no field {field!r}; every row needs it.")
    return rows


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open("r", encoding="utf-8-sig", newline="")


def _csv(file: IO[str]) -> Iterator[Row]:
    csv.field_size_limit(16_000_000)
    yield from csv.DictReader(file)


def _jsonl(file: IO[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError("file_unreadable", f"Line {number} of {path} is not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise DataError("file_unreadable", f"Line {number} of {path} is not a JSON object.")
        yield row
