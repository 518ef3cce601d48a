"""The page of a digest."""

from __future__ import annotations

import httpx

from app.storage.db import Database
from tests.scenes.conversations import add_conversations
from tests.web.webbing import sign_in


async def test_the_page_of_a_week_and_of_a_day(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    empty = (await person.get("/digests/2026-W46")).text
    assert "Nothing happened" in empty
    async with database.transaction() as c:
        await add_conversations(c, 4)
        await add_conversations(c, 5, 60, slug="other")
    week = (await person.get("/digests/2026-W46?product=atlas&tz=Europe/Berlin")).text
    assert "Atlas: week 46 of 2026" in week
    assert "9 Nov 2026 to 15 Nov 2026, in Europe/Berlin" in week
    assert "in the week before" in week
    assert "Nothing happened" not in week
    assert "/insights/people?product=atlas&amp;which=heard&amp;from=2026-11-09" in week
    assert 'href="/digests/2026-W45?product=atlas' in week
    day = (await person.get("/digests/2026-11-12")).text
    assert "All products: Thursday, 12 Nov 2026" in day
    newest = await person.get("/digests?product=atlas")
    assert newest.status_code == 303
    assert newest.headers["location"].startswith("/digests/20")
    for odd in ("2026-W60", "%00", "soon"):
        refused = await person.get(f"/digests/{odd}")
        assert refused.status_code == 422, odd
    assert (await person.get("/digests/2026-W46?tz=Mars")).status_code == 422
