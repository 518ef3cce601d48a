"""A mapping is edited and tried on what was received, before it is saved."""

from __future__ import annotations

import json

import httpx
import pytest

from app.storage.db import Database
from tests.scenes.reading import add_delivery, add_product, add_source, one
from tests.web.webbing import Person, sign_in

BODY: dict[str, object] = {
    "note": {"key": 7, "words": "The export <b>crashes</b>"},
    "who": {"mail": "ana@a.example"},
}


@pytest.fixture
async def person(client: httpx.AsyncClient, database: Database) -> Person:
    return await sign_in(client, database)


async def test_a_mapping_is_tried_and_then_saved(person: Person, database: Database) -> None:
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product, platform="json_webhook")
    page = f"/sources/{source}/try"
    assert "send one event first" in (await person.get(page)).text
    async with database.transaction() as connection:
        first = await add_delivery(connection, product, source, body=json.dumps(BODY).encode())
        await add_delivery(connection, product, source, body=b'{"other": 1}')
    shown = (await person.get(f"{page}?delivery={first}")).text
    assert "Nothing is read of it" in shown
    assert "&lt;b&gt;crashes" in shown
    mapping = {"set_id": "note.key", "set_text": "note.words", "set_author_id": "who.mail"}
    tried = (await person.send(page, delivery=str(first), **mapping)).text
    assert "1 comment<" in tried
    assert "ana@a.example" in tried
    assert 'value="note.words"' in tried
    async with database.transaction() as connection:
        row = await one(connection, "select settings from source where id = %s", source)
    assert row["settings"] == {}
    wrong = (await person.send(page, delivery=str(first), set_text="note.[")).text
    assert "is no JMESPath expression" in wrong
    unfit = (await person.send(page, delivery=str(first), set_text="join(note, note)")).text
    assert "does not fit this body" in unfit
    saved = await person.send(page, save="yes", **mapping)
    assert saved.status_code == 303
    async with database.transaction() as connection:
        row = await one(connection, "select settings from source where id = %s", source)
        counts = await one(connection, "select count(*) as n from comment")
    assert dict(row["settings"])["text"] == "note.words"  # type: ignore[call-overload]
    assert counts == {"n": 0}
