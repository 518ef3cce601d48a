"""Answers on the pages: the queue, who was told, and a person's own words."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.answering import Answering, open_answering
from tests.web.webbing import sign_in


@pytest.fixture
async def scene(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Answering]:
    with SandboxServer() as sandbox:
        yield await open_answering(database, settings, vault, sandbox)


async def test_a_draft_is_changed_and_sent_from_the_queue(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    await scene.status("done")
    first = (await scene.drafts())[0]
    page = await person.get("/replies")
    assert page.text.count("What the thread reads") == 2
    await person.send(f"/replies/{first.id}", act="save", text="We did it: {title}")
    assert "We did it: “Export to pdf crashes”" in (await person.get("/replies")).text
    await person.send(f"/replies/{first.id}", act="approve", text="We did it: {title}")
    assert await scene.send() == 1
    sent = await person.get("/replies?state=posted")
    assert scene.posts[0].raw.startswith("We did it")
    assert f"/forum/t/-/{scene.posts[0].topic_id}/" in sent.text


async def test_all_drafts_of_a_theme_are_sent_at_once(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    await scene.status("done")
    await scene.drafts()
    theme_id = await scene.theme_id()
    await person.send(f"/themes/{theme_id}/replies")
    assert await scene.send() == 2
    page = await person.get(f"/themes/{theme_id}")
    assert len(re.findall(r">Told<", page.text)) == 2
    assert (await person.get("/shipped")).text.count("Nobody waits for news") == 1


async def test_who_was_not_told_stands_on_the_list_and_why(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    await scene.status("done")
    await scene.forum.change("update author set no_replies_at = now() where handle = 'cid'")
    page = await person.get("/shipped")
    assert "not told yet" in page.text
    assert "wants no answers" in page.text
    assert "opted_out" in page.text


async def test_a_person_asks_back_and_the_answer_is_shown(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    theme_id = await scene.theme_id()
    page = await person.get(f"/themes/{theme_id}")
    keys = re.findall(r'name="key" value="([^"]+)"', page.text)
    (row,) = await scene.forum.rows("select id from comment order by id limit 1")
    for _ in range(2):
        await person.send(
            f"/comments/{row['id']}/reply", text="Which version?", meaning="free", key=keys[0]
        )
    assert await scene.send() == 1
    await scene.say("Version 5", "ann", 7, created_at="2031-01-01T00:00:00Z")
    page = await person.get(f"/themes/{theme_id}")
    assert "What they said to our answers" in page.text
    assert "Version 5" in page.text


async def test_an_account_is_entered_checked_and_forgotten(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    address = f"/sources/{scene.forum.source_id}"
    await scene.forum.change("delete from source_replies")
    fields = {"reply_api_key": "a-new-key", "reply_api_username": "tide-team"}
    await person.send(f"{address}/replies", **fields, per_hour="5", automatic="on")
    page = await person.get(address)
    assert "a-new-key" not in page.text
    assert 'value="5"' in page.text
    answer = await person.send(f"{address}/replies/check", next=address)
    assert answer.status_code == 303, answer.text
    toast = re.search(r"data-says>([^<]*)<", (await person.get(address)).text)
    assert toast is not None
    assert toast[1] == "Answers are written by tide-team."
    await person.send(f"{address}/replies", act="forget")
    assert "Nobody is answered here yet" in (await person.get(address)).text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "‮evil", "{ticket}" * 500])
async def test_hostile_words_are_only_shown(
    scene: Answering, client: httpx.AsyncClient, database: Database, text: str
) -> None:
    person = await sign_in(client, database)
    await scene.status("done")
    first = (await scene.drafts())[0]
    await scene.forum.change("update theme set title = %s", text)
    await scene.forum.change("update reply set text = %s", text + " {title}")
    for address in ("/replies", "/shipped", f"/themes/{first.theme_id}"):
        page = await person.get(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.text


async def test_an_administrator_says_how_we_answer(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    address = f"/products/{scene.forum.product_id}/answers"
    fields = {"wait_minutes": "5", "quiet_from": "22", "quiet_until": "7", "time_zone": "UTC"}
    await person.send(address, **fields, drafted="shipped", automatic="shipped", disclosure="Hi.")
    await person.send(f"{address}/template", meaning="shipped", platform="", text="Our words")
    page = await person.get(address)
    assert 'value="22"' in page.text
    assert "Our words" in page.text
    await person.send(f"{address}/template", meaning="shipped", platform="", text="{secret}")
    assert "is no placeholder" in (await person.get(address)).text
