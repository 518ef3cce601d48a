"""Rows of a query in one call, as dictionaries or as the dataclass that says what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from dataclasses import fields as dataclass_fields
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, LiteralString, TypeVar, get_args, get_type_hints, overload

import psycopg
from psycopg import sql
from psycopg.rows import AsyncRowFactory, DictRow

from app.storage.db import Connection

Query = LiteralString | bytes | sql.SQL | sql.Composed
Row = TypeVar("Row")
Parameters = Sequence[Any] | Mapping[str, Any] | None


@overload
async def fetch_all(
    connection: Connection, query: Query, parameters: Parameters = None, *, binary: bool = False
) -> list[DictRow]: ...
@overload
async def fetch_all(
    connection: Connection,
    query: Query,
    parameters: Parameters = None,
    *,
    of: type[Row],
    binary: bool = False,
) -> list[Row]: ...
async def fetch_all(
    connection: Connection,
    query: Query,
    parameters: Parameters = None,
    *,
    of: type[Any] | None = None,
    binary: bool = False,
) -> list[Any]:
    """Every row, as ``of`` (a dataclass with a field for each column) or as a dictionary."""
    cursor = await _run(connection, query, parameters, of, binary)
    return await cursor.fetchall()


@overload
async def fetch_one(
    connection: Connection, query: Query, parameters: Parameters = None
) -> DictRow | None: ...
@overload
async def fetch_one(
    connection: Connection, query: Query, parameters: Parameters = None, *, of: type[Row]
) -> Row | None: ...
async def fetch_one(
    connection: Connection,
    query: Query,
    parameters: Parameters = None,
    *,
    of: type[Any] | None = None,
) -> Any:
    """The first row, as ``of`` or as a dictionary; None where there is none."""
    cursor = await _run(connection, query, parameters, of, False)
    return await cursor.fetchone()


async def fetch_value(connection: Connection, query: Query, parameters: Parameters = None) -> Any:
    """The first column of the first row; None where there is no row, and where it is null."""
    row = await fetch_one(connection, query, parameters)
    return next(iter(row.values())) if row else None


async def _run(
    connection: Connection,
    query: Query,
    parameters: Parameters,
    of: type[Any] | None,
    binary: bool,
) -> psycopg.AsyncCursor[Any]:
    if of is None:
        return await connection.execute(query, parameters, binary=binary)
    cursor = connection.cursor(row_factory=typed_row(of))
    return await cursor.execute(query, parameters, binary=binary)


def typed_row(of: type[Any]) -> AsyncRowFactory[Any]:
    """A row factory that makes ``of``, a dataclass, with a StrEnum where a field is one.

    psycopg's ``class_row`` would leave plain text there, and says little where the columns of the
    query are not the fields of the class: that is a TypeError here which names them.
    """
    states = states_of(of)  # type: ignore[arg-type]  # a class is hashable (mypy 11470)

    def factory(cursor: psycopg.AsyncCursor[Any]) -> Callable[[Sequence[Any]], Any]:
        columns = [column.name for column in cursor.description or ()]
        if cursor.description is not None:
            _require_fields(of, columns)

        def make(values: Sequence[Any]) -> Any:
            fields = dict(zip(columns, values, strict=True))
            for name, state in states.items():
                if fields.get(name) is not None:
                    fields[name] = state(fields[name])
            return of(**fields)

        return make

    return factory


def _require_fields(of: type[Any], columns: Sequence[str]) -> None:
    """Raises TypeError where a query has not the columns that ``of`` has fields for."""
    declared = {
        field.name: field.default is MISSING and field.default_factory is MISSING
        for field in dataclass_fields(of)
    }
    missing = [name for name, required in declared.items() if required and name not in columns]
    unexpected = [name for name in columns if name not in declared]
    if missing:
        raise TypeError(f"The query for {of.__name__} has no column {', '.join(missing)}.")
    if unexpected:
        raise TypeError(f"{of.__name__} has no field for the column {', '.join(unexpected)}.")


@cache
def states_of(of: type[Any]) -> Mapping[str, type[StrEnum]]:
    """The fields of ``of`` that are a StrEnum, or one that may be missing."""
    states: dict[str, type[StrEnum]] = {}
    for name, hint in get_type_hints(of).items():
        parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        for part in parts:
            if isinstance(part, type) and issubclass(part, StrEnum):
                states[name] = part
    return states
