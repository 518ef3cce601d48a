"""The page of a product's rules: try, save, move, remove."""

from __future__ import annotations

import re
import uuid

import httpx

from app.setup.routing_rules import Rule, list_rules
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.everything import add_everything
from tests.web.webbing import sign_in


async def test_rules_are_tried_and_saved_on_their_page(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    ids = (await add_everything(database, vault)).ids
    product = uuid.UUID(str(ids["product_id"]))
    person = await sign_in(client, database)
    address = f"/products/{product}/rules"
    settings = (await person.get("/settings")).text
    assert f'class="button" href="{address}"' in settings
    assert "/digests/subscriptions" in settings

    async def names() -> list[str]:
        async with database.transaction() as connection:
            rules: list[Rule] = await list_rules(connection, product)
        return [rule.name for rule in rules]

    fields = {
        "name": "Crashes & <b>",
        "kinds": ["bug"],
        "words": "crash\ndata loss",
        "languages": "de, en",
        "tracker": str(ids["tracker_id"]),
        "policy": "hold",
        "act": "try",
    }
    tried = await person.send(address, **fields)
    assert tried.status_code == 200
    assert "Nothing is saved yet" in tried.text
    assert "Crashes &amp; &lt;b&gt;" in tried.text
    assert "crash\ndata loss</textarea>" in tried.text, "the form keeps what was typed"
    assert await names() == []
    saved = await person.send(address, **{**fields, "act": "save"})
    assert (saved.status_code, saved.headers["location"]) == (303, address)
    assert await names() == ["Crashes & <b>"]
    refused = await person.send(address, **{**fields, "act": "save"})
    assert (refused.status_code, "has one named Crashes" in refused.text) == (422, True)
    await person.send(address, **{**fields, "name": "Rest", "words": "", "act": "save"})

    page = (await person.get(f"{address}?attempt=yes")).text
    assert "<strong>Review</strong>" in page
    assert '<span class="chip warn">Hold</span>' in page
    assert "No rule: the product's own policy" in page
    (up,) = re.findall(rf'action="({address}/[0-9a-f-]+/move)"', page)
    await person.send(up)
    assert await names() == ["Rest", "Crashes & <b>"]
    settled = re.findall(rf'href="({address}\?rule=[0-9a-f-]+)"', page)
    assert "Change <bdi>Crashes &amp; &lt;b&gt;</bdi>" in (await person.get(settled[0])).text
    for remove in re.findall(rf'action="({address}/[0-9a-f-]+/remove)"', page):
        await person.send(remove)
    assert await names() == []
    assert (await person.send(up)).status_code == 404
