"""Pages over a real database: odd addresses, refusals, hostile words, files that browsers keep."""

from __future__ import annotations

import re

import httpx

from app.storage.db import Database
from tests.scenes.reading import (
    add_author,
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_tracker,
)
from tests.web.webbing import sign_in

ODD = ["%00", "%ff%fe", "'%22--", "a" * 200, "%F0%9F%99%82", "!%26|()%3A*", "%5C"]


async def test_empty_pages_say_what_comes_next(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    said = {
        "/": "Nobody has been heard yet",
        "/triage": "Nothing waits",
        "/comments": "Nobody has said anything yet",
        "/sources": "No source is connected",
        "/sources/new": "First name your product",
        "/trackers": "No tracker is connected",
        "/settings": "Name your product",
        "/triage?q=x": "Nothing matches",
        "/pairs": "Nothing waits",
        "/questions": "Nobody waits for an answer",
        "/promises": "No promise here",
        "/people": "Nobody spoke yet",
        "/spikes": "Nothing out of the usual",
    }
    for address, words in said.items():
        page = await person.get(address)
        assert page.status_code == 200, address
        assert words in page.text, address


async def test_odd_addresses_never_break_a_page(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        theme = await add_theme(connection, product)
    for odd in ODD:
        for address in (
            f"/triage?q={odd}&kind={odd}&platform={odd}&status={odd}&sort={odd}&open={odd}",
            f"/triage?view={odd}&same={odd}",
            f"/pairs?theme={odd}&sort={odd}&open={odd}",
            f"/comments?q={odd}&kind={odd}&platform={odd}&source={odd}&sort={odd}",
            f"/sources/{source}?stage={odd}&reason={odd}",
            f"/trackers?state={odd}&tracker={odd}",
            f"/questions?state={odd}&days={odd}&newcomers={odd}&assignee={odd}",
            f"/promises?state={odd}",
            f"/people?which={odd}&q={odd}&sort={odd}",
            f"/comments?language={odd}&sounds={odd}&author={odd}",
            f"/themes/{theme}/merge?q={odd}",
        ):
            assert (await person.get(address)).status_code == 200, address
        for listed in ("/triage", "/questions", "/promises", "/people"):
            assert (await person.get(f"{listed}?cursor={odd}")).status_code == 422
        assert (await person.get(f"/?product={odd}")).status_code == 404


async def test_every_refusal_comes_back_to_the_page(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        theme = await add_theme(connection, await add_product(connection))
    refused = {
        f"/themes/{theme}/ignore": {"reason": "  "},
        f"/themes/{theme}/kind": {"kind": "nonsense"},
        f"/themes/{theme}/title": {"title": "\0"},
        f"/themes/{theme}/reopen": {},
        f"/themes/{theme}/split": {"comment": "x"},
        f"/themes/{theme}/accept": {"version": "7"},
        "/triage/bulk": {"decision": "accept"},
        "/pairs": {"answer": "maybe"},
        "/undo": {"activity": "x"},
        "/settings/products": {"name": ""},
        "/settings/members": {"email": "nobody", "password": "a long password"},
    }
    for address, fields in refused.items():
        answer = await person.send(address, **fields)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/triage"), address
        shown = await person.get("/triage")
        assert 'role="alert"' in shown.text, address
        assert 'role="alert"' not in (await person.get("/triage")).text, "a message is shown once"
    missing = await person.send("/undo", activity="99999999999")
    assert missing.status_code == 404


async def test_quotes_are_marked_and_escaped(client: httpx.AsyncClient, database: Database) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product, name="<i>Forum</i>")
        theme = await add_theme(connection, product, title="</title><script>alert(1)</script>")
        author = await add_author(connection, product, '"><img src=x>', staff=True)
        links = (
            "https://forum.example.org/t/1",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "",
        )
        for link in links:
            await add_comment(
                connection,
                product,
                source,
                "<b>bold</b> & more",
                theme_id=theme,
                author_id=author,
                permalink=link,
            )
        await connection.execute("update comment set deleted_at = now() where permalink = ''")
    page = (await person.get(f"/themes/{theme}")).text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "<b>bold" not in page
    assert "<i>Forum" not in page
    # Once beside the quote, and once where its people are to be told.
    assert set(re.findall(r'class="permalink" href="([^"]*)"', page)) == {
        "https://forum.example.org/t/1"
    }
    assert "Deleted by its author" in page
    assert ">Staff<" in page


async def test_what_is_shown_once_can_be_reloaded(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        tracker = await add_tracker(connection, product)
    shown_once = {
        f"/sources/{source}/secret": f"/sources/{source}",
        f"/trackers/{tracker}/check": "/trackers",
        f"/trackers/{tracker}/settings": f"/trackers/{tracker}",
        "/settings/tokens": "/settings",
    }
    for address, page in shown_once.items():
        assert (await person.get(address)).headers["location"] == page
        assert (await person.get(page)).status_code == 200
    assert (await person.get("/sources/new?platform=nothing")).headers["location"] == "/sources/new"


async def test_files_are_kept_by_their_content(client: httpx.AsyncClient) -> None:
    page = (await client.get("/login")).text
    found = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))
    assert len(found) == 4
    for address in found:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    plain = await client.get("/static/app.css")
    assert plain.headers["cache-control"] == "no-cache"
    for wrong in (
        "/static/app.0123456789ab.css",
        "/static/../router.py",
        "/static/%2e%2e/router.py",
    ):
        assert (await client.get(wrong)).status_code == 404
