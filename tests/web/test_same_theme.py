"""Two themes that may be the same: whoever merges them is asked which ticket lives on, and a theme
that nobody stands behind any more says so."""

from __future__ import annotations

import uuid

import httpx
import pytest

from app.models.states import TicketState
from app.storage.db import Database
from tests.scenes.reading import (
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
)
from tests.web.webbing import sign_in

PROPOSE = """
    insert into theme_suggestion (product_id, theme_id, other_id, score) values (%s, %s, %s, 0.7)
"""
EMPTIED = "Nobody stands behind this any more"


async def pair(database: Database, *ticketed: str) -> dict[str, uuid.UUID]:
    """Two themes with a proposal to merge them; those that are named have a ticket."""
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        tracker = await add_tracker(connection, product)
        themes = {}
        for name in ("one", "other"):
            theme = await add_theme(connection, product, status="accepted", title=f"The {name}")
            await add_comment(connection, product, source, theme_id=theme)
            if name in ticketed:
                await add_ticket(connection, product, theme, tracker, state=TicketState.created)
            themes[name] = theme
        await connection.execute(PROPOSE, [product, themes["one"], themes["other"]])
    return themes


async def test_it_is_asked_which_ticket_lives_on(
    client: httpx.AsyncClient, database: Database
) -> None:
    themes = await pair(database, "one", "other")
    person = await sign_in(client, database)
    for this, that in (("one", "other"), ("other", "one")):
        page = (await person.get(f"/themes/{themes[this]}")).text
        assert "/same" not in page
        question = f"/themes/{themes[this]}/merge?other={themes[that]}"
        assert question in page.replace("&amp;", "&")
        asked = (await person.get(question)).text
        assert "Which ticket lives on?" in asked
        assert asked.count(f'name="into" value="{themes[that]}"') == 1


@pytest.mark.parametrize("ticketed", [(), ("one",), ("other",)])
async def test_nothing_is_asked_where_there_is_no_choice(
    client: httpx.AsyncClient, database: Database, ticketed: tuple[str, ...]
) -> None:
    themes = await pair(database, *ticketed)
    person = await sign_in(client, database)
    assert "/same" in (await person.get(f"/themes/{themes['one']}")).text


async def test_another_theme_that_is_not_there_is_not_found(
    client: httpx.AsyncClient, database: Database
) -> None:
    themes = await pair(database)
    person = await sign_in(client, database)
    answer = await person.get(f"/themes/{themes['one']}/merge?other={uuid.uuid4()}")
    assert answer.status_code == 404


async def test_a_theme_that_nobody_stands_behind_says_so_without_numbers(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as connection:
        product = await add_product(connection)
        emptied = await add_theme(
            connection, product, status="ignored", status_reason="emptied", people=0, mentions=0
        )
    person = await sign_in(client, database)
    page = (await person.get(f"/themes/{emptied}")).text
    assert EMPTIED in page
    assert "0 people" not in page
