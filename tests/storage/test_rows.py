"""Rows of a query become the dataclass that says what they hold, or the error says what is
wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.models.states import Policy, TicketState
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_one, fetch_value


@dataclass(frozen=True, slots=True)
class PlainRow:
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class PolicyRow:
    number: int
    policy: Policy


@dataclass(frozen=True, slots=True)
class PerhapsRow:
    state: TicketState | None
    detail: str = "none given"


@dataclass(frozen=True, slots=True)
class PoliciesRow:
    policies: list[Policy]


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.transaction() as opened:
        yield opened


async def test_rows_are_dictionaries_unless_told_otherwise(connection: Connection) -> None:
    rows = await fetch_all(connection, "select n as number from generate_series(1, 2) n")
    assert rows == [{"number": 1}, {"number": 2}]


async def test_rows_become_the_dataclass(connection: Connection) -> None:
    query = "select n as number, 'n' || n as name from generate_series(1, %s) n"
    rows = await fetch_all(connection, query, [2], of=PlainRow)
    assert rows == [PlainRow(1, "n1"), PlainRow(2, "n2")]


async def test_columns_may_stand_in_any_order(connection: Connection) -> None:
    query = "select 'ada' as name, 7 as number"
    assert await fetch_one(connection, query, of=PlainRow) == PlainRow(7, "ada")


async def test_binary_rows_are_the_same(connection: Connection) -> None:
    query = "select 7 as number, 'ada' as name"
    assert await fetch_all(connection, query, of=PlainRow, binary=True) == [PlainRow(7, "ada")]


async def test_a_state_becomes_its_enum(connection: Connection) -> None:
    row = await fetch_one(connection, "select 1 as number, 'hold' as policy", of=PolicyRow)
    assert row is not None
    assert row.policy is Policy.hold


async def test_a_word_outside_of_the_enum_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="'whatever' is not a valid Policy"):
        await fetch_one(connection, "select 1 as number, 'whatever' as policy", of=PolicyRow)


@pytest.mark.parametrize(("literal", "state"), [("'gone'", TicketState.gone), ("null", None)])
async def test_a_state_may_be_missing(
    connection: Connection, literal: str, state: TicketState | None
) -> None:
    query = f"select {literal} as state, 'x' as detail"
    row = await fetch_one(connection, query, of=PerhapsRow)
    assert row is not None
    assert row.state is state


async def test_a_list_of_states_is_left_alone(connection: Connection) -> None:
    row = await fetch_one(connection, "select array['auto', 'hold'] as policies", of=PoliciesRow)
    assert row == PoliciesRow(["auto", "hold"])  # type: ignore[list-item]


async def test_a_field_with_a_default_needs_no_column(connection: Connection) -> None:
    row = await fetch_one(connection, "select 'gone' as state", of=PerhapsRow)
    assert row == PerhapsRow(TicketState.gone, "none given")


async def test_a_missing_column_is_named(connection: Connection) -> None:
    with pytest.raises(TypeError, match="query for PlainRow has no column name"):
        await fetch_all(connection, "select 1 as number", of=PlainRow)


async def test_a_missing_column_of_a_state_is_named(connection: Connection) -> None:
    with pytest.raises(TypeError, match="query for PolicyRow has no column policy"):
        await fetch_one(connection, "select 1 as number", of=PolicyRow)


async def test_a_column_without_a_field_is_named(connection: Connection) -> None:
    with pytest.raises(TypeError, match="PlainRow has no field for the column age"):
        await fetch_one(connection, "select 1 as number, 'n' as name, 3 as age", of=PlainRow)


async def test_a_wrong_class_is_noticed_without_any_row(connection: Connection) -> None:
    with pytest.raises(TypeError, match="no column name"):
        await fetch_all(connection, "select 1 as number where false", of=PlainRow)


async def test_one_is_the_first_row(connection: Connection) -> None:
    query = "select n as number, 'x' as name from generate_series(3, 5) n order by n"
    assert await fetch_one(connection, query, of=PlainRow) == PlainRow(3, "x")


async def test_one_is_none_without_rows(connection: Connection) -> None:
    query = "select 1 as number, 'x' as name where false"
    assert await fetch_one(connection, query) is None
    assert await fetch_one(connection, query, of=PlainRow) is None


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("select 4 as first, 5 as second", 4),
        ("select n from generate_series(8, 9) n order by n", 8),
        ("select 1 where false", None),
        ("select null as nothing", None),
        ("select false as answer", False),
    ],
)
async def test_a_value_is_the_first_column_of_the_first_row(
    connection: Connection, query: str, value: object
) -> None:
    found = await fetch_value(connection, query)
    assert found == value
    assert type(found) is type(value)


async def test_rows_that_are_written_come_back_typed(connection: Connection) -> None:
    query = "insert into product (id, slug, name) values (gen_random_uuid(), 'p', 'P') {}"
    written = query.format("returning 1 as number, policy")
    row = await fetch_one(connection, written, of=PolicyRow)
    assert row == PolicyRow(1, Policy.review)
