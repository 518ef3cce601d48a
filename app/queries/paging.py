"""Lists in pages: a cursor names the last row seen, so that no row comes twice or is lost."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, LiteralString
from uuid import UUID

from psycopg import sql

from app.errors import Invalid
from app.queries.rows import Row, build
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value

PAGE_MAX_ROWS = 200
NO_MORE_COLUMNS = sql.SQL("")
BIGINT_MAX = 2**63 - 1

SELECT_PAGE = sql.SQL(
    "select {columns}, {cursor_keys} {tables} where {conditions} order by {order} limit {rows}"
)
COUNT_ROWS = sql.SQL("select count(*) {tables} where {conditions}")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order; ``next_cursor`` asks for those after them and is None at the end."""

    items: list[Row]
    next_cursor: str | None


class Filters:
    """Conditions of a query, joined with AND; values go to the server apart from the text."""

    def __init__(self) -> None:
        self._parts: list[sql.Composable] = []
        self.values: dict[str, Any] = {}

    def add(self, condition: LiteralString, **values: object) -> None:
        """One condition with its named values."""
        self._parts.append(sql.SQL(condition))
        self.values.update(values)

    def add_equal(self, column: LiteralString, value: object) -> None:
        """``column`` holds ``value``; no condition where that is None."""
        if value is not None:
            name = column.rpartition(".")[2]
            self.add_composed(sql.SQL("{} = {}").format(sql.SQL(column), sql.Placeholder(name)))
            self.values[name] = value

    def add_composed(self, condition: sql.Composable) -> None:
        """One condition made elsewhere."""
        self._parts.append(condition)

    @property
    def clause(self) -> sql.Composable:
        """``true`` where there is no condition."""
        return sql.SQL(" and ").join(self._parts or [sql.SQL("true")])


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > BIGINT_MAX:
        raise ValueError
    return value


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at


def _uuid(value: object) -> UUID:
    if not isinstance(value, str):
        raise ValueError
    return UUID(value)


_READERS: dict[type, Callable[[object], object]] = {
    int: _whole,
    float: _real,
    datetime: _instant,
    UUID: _uuid,
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: SQL expressions and their types, the last one unique. All go the same way.

    ``name`` is part of the cursor, so that a cursor of one order is refused by another.
    """

    name: str
    expressions: tuple[LiteralString, ...]
    types: tuple[type, ...]
    descending: bool = True

    @property
    def clause(self) -> sql.Composable:
        """The ORDER BY list."""
        way = " desc" if self.descending else " asc"
        return sql.SQL(", ").join(sql.SQL(expression + way) for expression in self.expressions)

    @property
    def keys(self) -> sql.Composable:
        """A column ``cursor_keys``: where a row stands in this order."""
        return sql.SQL("json_build_array({}) as cursor_keys").format(
            sql.SQL(", ").join(map(sql.SQL, self.expressions))
        )

    def after(self, cursor: str | None, filters: Filters) -> None:
        """Keep only the rows behind ``cursor``. Raises Invalid, reason ``cursor_invalid``."""
        if cursor is None:
            return
        values = self._read(cursor)
        names = [f"cursor_{index}" for index in range(len(values))]
        filters.values.update(zip(names, values, strict=True))
        filters.add_composed(
            sql.SQL("({}) {} ({})").format(
                sql.SQL(", ").join(map(sql.SQL, self.expressions)),
                sql.SQL("<" if self.descending else ">"),
                sql.SQL(", ").join(map(sql.Placeholder, names)),
            )
        )

    def cursor(self, keys: Sequence[object]) -> str:
        """The opaque text that stands for a row's ``cursor_keys``."""
        packed = json.dumps([self.name, *keys], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> list[object]:
        try:
            packed = base64.b64decode(
                cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True
            )
            name, *values = json.loads(packed)
            if name != self.name:
                raise ValueError
            return [_READERS[kind](value) for kind, value in zip(self.types, values, strict=True)]
        except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError):
            raise Invalid(
                "This cursor cannot be used here; start again without one, with the same filters "
                "and order.",
                reason="cursor_invalid",
            ) from None


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """What a list shows: the ``columns`` of its ``tables`` (a FROM clause) as rows of ``of``."""

    of: type[Row]
    columns: sql.Composable
    tables: sql.Composable

    def select(
        self, ending: LiteralString, more_columns: sql.Composable = NO_MORE_COLUMNS
    ) -> sql.Composed:
        """The query of rows outside of a page; ``ending`` follows the tables."""
        return sql.SQL("select {}{} {} {}").format(
            self.columns, more_columns, self.tables, sql.SQL(ending)
        )

    def read(self, row: Mapping[str, Any]) -> Row:
        """The row that these columns make."""
        return build(self.of, row)

    async def page(
        self,
        connection: Connection,
        order: Order,
        filters: Filters,
        cursor: str | None,
        limit: int,
    ) -> Page[Row]:
        """At most ``limit`` rows behind ``cursor``. Raises Invalid (``cursor_invalid``,
        ``limit_invalid``)."""
        rows_to_read = one_more_row(limit)
        order.after(cursor, filters)
        query = SELECT_PAGE.format(
            columns=self.columns,
            cursor_keys=order.keys,
            tables=self.tables,
            conditions=filters.clause,
            order=order.clause,
            rows=rows_to_read,
        )
        rows = await fetch_all(connection, query, filters.values)
        return first_page(rows, limit, order, self.read)

    async def count(self, connection: Connection, filters: Filters) -> int:
        """How many rows all pages have together."""
        query = COUNT_ROWS.format(tables=self.tables, conditions=filters.clause)
        return int(await fetch_value(connection, query, filters.values))


async def rows_of_pages(
    read_page: Callable[[str | None, int], Awaitable[Page[Row]]], rows_most: int
) -> AsyncIterator[Row]:
    """The first ``rows_most`` rows of a list, page by page; ``read_page`` takes a cursor and how
    many rows to read."""
    cursor: str | None = None
    missing = rows_most
    while missing > 0:
        page = await read_page(cursor, min(PAGE_MAX_ROWS, missing))
        for row in page.items:
            yield row
        missing -= len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def one_more_row(limit: int) -> int:
    """``limit`` plus the row that tells whether another page follows. Raises Invalid
    (``limit_invalid``)."""
    if not 1 <= limit <= PAGE_MAX_ROWS:
        raise Invalid(f"A page holds 1 to {PAGE_MAX_ROWS} rows.", reason="limit_invalid")
    return limit + 1


def first_page(
    rows: Sequence[dict[str, Any]], limit: int, order: Order, read: Callable[[dict[str, Any]], Row]
) -> Page[Row]:
    """The first ``limit`` of ``rows``, with a cursor where there is one more."""
    shown = rows[:limit]
    another_page = len(rows) > limit
    cursor = order.cursor(shown[-1]["cursor_keys"]) if another_page else None
    return Page([read(row) for row in shown], cursor)
