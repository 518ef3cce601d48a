"""Labelled files for training and evaluation: JSON lines and CSV, gzipped or not."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

Row = Mapping[str, Any]
DELIMITERS = ",;\t|"
ONE_A_LINE = "write one object per line, not an array over all of them"
_HEADER_CHARACTERS = 64_000


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a file has its fields, and which of its rows are meant.

    ``fields`` names what the file calls a field of ours, ``{"kind": "truth.kind"}`` one within an
    object; ``where`` keeps the rows that say one of these in any case,
    ``{"kind": {"bug", "feature"}, "truth.language": {"en"}}``.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Sequence[str], conditions: Sequence[str]) -> Reading:
        """From the options ``--field kind=truth.kind`` and ``--where truth.language=en``; what is
        asked of one field twice may be either.

        Raises:
            DataError: ``option_invalid``.
        """
        values: dict[str, frozenset[str]] = {}
        for name, value in _pairs(conditions, "--where language=en"):
            values[name] = values.get(name, frozenset()) | {value.casefold()}
        return cls(dict(_pairs(fields, "--field kind=label")), values)

    def keeps(self, row: Row) -> bool:
        """Whether this row is meant."""
        return all(
            str(_within(row, name)).casefold() in values for name, values in self.where.items()
        )

    def named(self, row: Row) -> Row:
        """The row with our names for its fields."""
        if not self.fields:
            return row
        return {**row, **{own_name: _within(row, name) for own_name, name in self.fields.items()}}


AS_NAMED = Reading()


class DataError(Exception):
    """A labelled file cannot be used: ``reason`` is one snake_case word, ``detail`` what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_rows(path: Path, *needed: str, limit: int | None = None) -> list[Row]:
    """The rows of a ``.jsonl`` or ``.csv`` file (also ``.gz``), at most ``limit``; each needs the
    fields ``needed``.

    Raises:
        DataError: ``file_missing``, ``file_unreadable``, ``file_empty`` or ``field_missing``, with
            the line.
    """
    rows, left_out = labelled_rows(path, *needed, limit=limit)
    if left_out:
        gap, number = next(iter(left_out.values()))
        raise DataError(
            "field_missing", f"Row {number} of {path} has no field {gap!r}; every row needs it."
        )
    return rows


def labelled_rows(
    path: Path, *needed: str, limit: int | None = None, reading: Reading = AS_NAMED
) -> tuple[list[Row], dict[int, tuple[str, int]]]:
    """The rows that have all fields ``needed``, and of the others, by place, the first such field
    and the row's number.

    Raises:
        DataError: ``file_missing``, ``file_unreadable``, ``file_empty``, or ``field_missing`` where
            no row has a field.
    """
    if not path.is_file():
        raise DataError("file_missing", f"There is no file {path}.")
    rows: list[Row] = []
    left_out: dict[int, tuple[str, int]] = {}
    fields: set[str] = set()
    with _readable(path):
        for number, row in enumerate(_rows(path), 1):
            fields.update(_names(row))
            if not reading.keeps(row):
                continue
            row = reading.named(row)
            missing = next((name for name in needed if _blank(row.get(name))), None)
            if missing is None:
                rows.append(row)
            else:
                left_out[number] = missing, number
            if len(rows) == limit:
                break
    if not rows:
        raise _no_rows(path, reading, left_out, sorted(fields)[:20])
    return rows, left_out


def _no_rows(
    path: Path, reading: Reading, left_out: Mapping[int, tuple[str, int]], fields: Sequence[str]
) -> DataError:
    """Why nothing could be read of a file whose first ``fields`` are these."""
    if left_out:
        gap, number = next(iter(left_out.values()))
        return DataError(
            "field_missing",
            f"Row {number} of {path} has no field {reading.fields.get(gap, gap)!r}, nor has any "
            f"other; there are: {', '.join(fields)}. Say which one it is: --field {gap}=NAME.",
        )
    if fields:
        conditions = " and ".join(
            f"{name}={'|'.join(sorted(values))}" for name, values in reading.where.items()
        )
        return DataError(
            "file_empty", f"No row of {path} has {conditions}; there are: {', '.join(fields)}."
        )
    return DataError("file_empty", f"{path} holds no rows.")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Says of whatever goes wrong while a file is read what to do about it."""
    try:
        yield
    except UnicodeError as error:
        raise DataError("file_unreadable", f"{_undecodable(path)}: save it as UTF-8.") from error
    except gzip.BadGzipFile as error:
        raise DataError(
            "file_unreadable",
            f"{path} ends in .gz and is not packed with gzip: pack it, or give it the name of what "
            "it is.",
        ) from error
    except (EOFError, zlib.error) as error:
        raise DataError(
            "file_unreadable", f"{path} is damaged or cut off: pack it with gzip again."
        ) from error
    except (OSError, csv.Error) as error:
        raise DataError("file_unreadable", f"{path} cannot be read as text: {error}.") from error


def _rows(path: Path) -> Iterator[Row]:
    with _open(path) as file:
        if _is_csv(path):
            yield from _csv(file)
        else:
            yield from _jsonl(file, path)


def _open_bytes(path: Path) -> gzip.GzipFile | io.BufferedReader:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


@contextmanager
def _open(path: Path) -> Iterator[IO[str]]:
    with _open_bytes(path) as raw:
        buffered = io.BufferedReader(raw)
        encoding = "utf-8-sig"
        if buffered.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            encoding = "utf-16"
        yield io.TextIOWrapper(buffered, encoding=encoding, newline="")


def _is_csv(path: Path) -> bool:
    return any(suffix.casefold() in (".csv", ".tsv") for suffix in path.suffixes)


def _csv(file: IO[str]) -> Iterator[Row]:
    """Columns by their names in lower case; the delimiter is the one that the line of names holds
    most of."""
    csv.field_size_limit(16_000_000)
    names = file.readline(_HEADER_CHARACTERS)
    delimiter = max(DELIMITERS, key=names.count)
    header = [
        name.strip().casefold() for name in next(csv.reader([names], delimiter=delimiter), [])
    ]
    yield from csv.DictReader(file, header, delimiter=delimiter)


def _jsonl(file: IO[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            detail = f"Line {number} of {path} is not JSON ({_wrong(error)}){_hint(number, line)}."
            raise DataError("file_unreadable", detail) from error
        if not isinstance(row, dict):
            raise DataError(
                "file_unreadable", f"Line {number} of {path} is not a JSON object; {ONE_A_LINE}."
            )
        yield row


def _hint(number: int, line: str) -> str:
    """What the file may be, if its first line is not JSON."""
    if number > 1:
        return ""
    if line.lstrip()[0] in "[{":
        return f"; {ONE_A_LINE}"
    return "; tables are files named .csv or .tsv, also with .gz"


def _pairs(options: Sequence[str], example: str) -> Iterator[tuple[str, str]]:
    for option in options:
        name, _, value = (part.strip() for part in option.partition("="))
        if not name or not value:
            raise DataError(
                "option_invalid", f"{example.split()[0]} {option}: write it as in {example}."
            )
        yield name, value


def _within(row: Row, name: str) -> Any:
    """The field of that name, in any case in a table, else one within an object: ``truth.kind``."""
    if name in row or name.casefold() in row:
        return row.get(name, row.get(name.casefold()))
    value: Any = row
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _names(row: Row) -> Iterator[str]:
    """The fields of a row, and those within its objects as ``--field`` names them."""
    for name, value in row.items():
        if isinstance(value, Mapping) and value:
            yield from (f"{name}.{part}" for part in value)
        else:
            yield str(name)


def _undecodable(path: Path) -> str:
    """Names the first line that is not UTF-8; a text cannot say where it ends."""
    with _open_bytes(path) as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                place = f"{error.reason}, byte {error.start + 1}"
                return f"Line {number} of {path} is not UTF-8 ({place})"
    return f"{path} is no text that can be read"


def _wrong(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    return str(error)


def _blank(value: object) -> bool:
    return value is None or not str(value).strip()
