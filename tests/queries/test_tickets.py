"""The list of tickets, and one of them."""

from datetime import timedelta

import pytest

from app.errors import NotFound
from app.queries.tickets import list_tickets, read_ticket
from app.storage.db import Database
from tests.scenes.reading import (
    NOW,
    add_product,
    add_theme,
    add_ticket,
    add_tracker,
)


async def test_tickets_are_found_by_state_tracker_and_theme(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        theme, other = await add_theme(c, product), await add_theme(c, product, "Dark mode")
        tracker, second = await add_tracker(c, product), await add_tracker(c, product, "Board")
        old = await add_ticket(c, product, theme, tracker, created_at=NOW - timedelta(days=1))
        new = await add_ticket(c, product, other, tracker, state="blocked", reason="field_required")
        third = await add_ticket(c, product, theme, second, created_at=NOW - timedelta(days=2))
        assert [row.id for row in (await list_tickets(c)).items] == [new, old, third]
        assert [
            row.id for row in (await list_tickets(c, state="blocked", product_id=product)).items
        ] == [new]
        assert [
            row.id for row in (await list_tickets(c, tracker_id=tracker, theme_id=theme)).items
        ] == [old]
        ticket = await read_ticket(c, new)
        assert (ticket.theme_title, ticket.tracker_name, ticket.reason) == (
            "Dark mode",
            "Repository",
            "field_required",
        )
        with pytest.raises(NotFound):
            await read_ticket(c, theme)
