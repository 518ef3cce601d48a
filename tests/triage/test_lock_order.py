"""The lock of the grouping comes before the rows it protects: whoever holds it is never kept
waiting by somebody who waits for it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import pytest

from app.storage.db import Connection, Database
from app.storage.rows import fetch_value
from app.themes.activity import record
from app.themes.locks import lock_grouping
from app.triage.before import SuggestionBefore
from app.triage.suggestions import decide_suggestion
from app.triage.undo import undo
from tests.scenes.reading import add_product, add_theme

ME = "user:ann@example.com"
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
TOUCH_SUGGESTION = "update theme_suggestion set score = 0.5 where id = %s"
TOUCH_LINE = "update activity set actor = actor where id = %s"

Act = Callable[[Connection, int], Awaitable[int]]


async def suggested(connection: Connection) -> tuple[uuid.UUID, int, int]:
    """A product with a suggestion, and the line of one that was rejected."""
    product = await add_product(connection)
    themes = [await add_theme(connection, product, title) for title in ("One", "Other")]
    suggestion = await fetch_value(
        connection,
        "insert into theme_suggestion (product_id, theme_id, other_id, score)"
        " values (%s, %s, %s, 0.5) returning id",
        [product, *themes],
    )
    before = SuggestionBefore(suggestion=suggestion, theme=themes[0], other=themes[1]).stored()
    line = await record(
        connection, product, themes[0], "suggestion_rejected", actor=ME, before=before
    )
    return product, suggestion, line


async def reject(connection: Connection, suggestion: int) -> int:
    return await decide_suggestion(connection, suggestion, False, actor=ME)


async def take_back(connection: Connection, line: int) -> int:
    return await undo(connection, line, actor=ME)


@pytest.mark.parametrize(("act", "touch"), [(reject, TOUCH_SUGGESTION), (take_back, TOUCH_LINE)])
async def test_who_waits_for_the_grouping_holds_no_row(
    database: Database, act: Act, touch: str
) -> None:
    async with database.transaction() as connection:
        product, suggestion, line = await suggested(connection)
    number = suggestion if act is reject else line

    async def decide() -> int:
        async with database.transaction() as connection:
            return await act(connection, number)

    async with database.transaction() as holder:
        await lock_grouping(holder, product)
        decision = asyncio.create_task(decide())
        while not await fetch_value(holder, WAITING):
            await asyncio.sleep(0.01)
        await holder.execute("set local lock_timeout = '2s'")
        await holder.execute(touch, [number])
    assert await decision > 0
