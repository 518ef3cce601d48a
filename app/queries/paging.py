"""Pages and filters that every list shares: a cursor names the last row seen, so that no row comes
twice or is lost."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

from psycopg import sql

from app.errors import Invalid

T = TypeVar("T")
MAX_LIMIT = 200
BIGINT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order; ``next_cursor`` asks for those after them and is None at the end."""

    items: list[T]
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

    def add_composed(self, condition: sql.Composable) -> None:
        """One condition made elsewhere."""
        self._parts.append(condition)

    @property
    def clause(self) -> sql.Composable:
        """``true`` where there is no condition."""
        return sql.SQL(" and ").join(self._parts) if self._parts else sql.SQL("true")


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > BIGINT:
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


def page(
    rows: Sequence[dict[str, Any]], limit: int, order: Order, read: Callable[[dict[str, Any]], T]
) -> Page[T]:
    """The first ``limit`` of ``rows`` (the query asks for one more, to know whether anything
    follows)."""
    kept = rows[:limit]
    cursor = order.cursor(kept[-1]["cursor_keys"]) if len(rows) > limit and kept else None
    return Page([read(row) for row in kept], cursor)


def check_limit(limit: int) -> int:
    """``limit`` plus one row. Raises Invalid, reason ``limit_invalid``."""
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(f"A page holds 1 to {MAX_LIMIT} rows.", reason="limit_invalid")
    return limit + 1
