"""Answers on their way out: compressed where nothing can be learnt from it, kept by nobody."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from app.running.answer_headers import CompressedAnswers
from app.storage.db import Database
from app.web.masking import is_mask_of, masked
from tests.api.calling import bearer
from tests.scenes.forum import Forum
from tests.web.webbing import sign_in

TOKEN = re.compile(r'name="(?:csrf|form_token)" value="([^"]+)"')


def compressed(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("content-encoding") == "gzip")


async def test_pages_lists_and_files_are_compressed(
    client: httpx.AsyncClient, database: Database
) -> None:
    await sign_in(client, database)
    headers = await bearer(database)
    style = re.search(r'href="(/static/app\.[^"]+css)"', (await client.get("/")).text)
    assert style is not None
    for address in ("/", "/settings", style[1], "/api/openapi.json", "/api/v1/platforms"):
        answer = await client.get(address, headers=headers)
        assert compressed(answer), address
        assert "accept-encoding" in answer.headers["vary"].lower()
        plain = await client.get(address, headers={**headers, "accept-encoding": "identity"})
        assert not compressed(plain), address


async def test_what_another_site_asks_for_is_not_compressed(
    client: httpx.AsyncClient, database: Database
) -> None:
    await sign_in(client, database)
    for site, is_compressed in (
        ("cross-site", False),
        ("same-site", False),
        ("same-origin", True),
        ("none", True),
    ):
        answer = await client.get("/?q=guess", headers={"sec-fetch-site": site})
        assert compressed(answer) is is_compressed, site


async def test_answers_that_show_a_secret_are_neither_compressed_nor_kept(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    headers = await bearer(database)
    token = await client.post(
        "/api/v1/tokens", json={"name": "n", "scopes": ["read"]}, headers=headers
    )
    secret = await client.post(f"/api/v1/sources/{forum.source_id}/secrets", headers=headers)
    person = await sign_in(client, database)
    page = await person.send(f"/sources/{forum.source_id}/secret")
    for answer in (token, secret, page):
        assert answer.is_success, answer.text
        assert not compressed(answer)
        assert answer.headers["cache-control"] == "no-store"
    assert "whsec_" in page.text


async def test_no_answer_is_kept_but_that_of_files(
    client: httpx.AsyncClient, database: Database
) -> None:
    headers = await bearer(database)
    kept_by_nobody = ["/login", "/healthz", "/readyz", "/api/v1/products", "/api/v1/nothing", "/"]
    for address in kept_by_nobody:
        answer = await client.get(address, headers=headers)
        assert answer.headers["cache-control"] == "no-store", address
    assert (await client.get("/api/v1/products")).headers["cache-control"] == "no-store"
    signed_in = await sign_in(client, database)
    answer = await signed_in.send("/logout")
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
    assert "max-age" in (await client.get("/api/docs/start.js")).headers["cache-control"]


async def test_tokens_of_forms_look_different_each_time_and_work(
    client: httpx.AsyncClient, database: Database
) -> None:
    first, second = [TOKEN.findall((await client.get("/login")).text)[0] for _ in range(2)]
    assert first != second
    person = await sign_in(client, database)
    pages = [(await client.get("/settings")).text for _ in range(2)]
    tokens = [TOKEN.findall(page) for page in pages]
    assert not set(tokens[0]) & set(tokens[1])
    for token in (tokens[0][0], tokens[1][-1]):
        sent = await client.post("/logout", data={"csrf": token + "A"})
        assert sent.status_code == 403
    answer = await client.post("/logout", data={"csrf": tokens[0][0]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert person.csrf not in pages[0]


@pytest.mark.parametrize("mask", ["", "x", "\u00e9", "AAAA", "token"])
def test_only_a_mask_of_the_token_opens(mask: str) -> None:
    assert not is_mask_of(mask, "token")
    assert not is_mask_of(masked("another"), "token")
    assert is_mask_of(masked("token"), "token")


async def test_streams_of_events_pass_as_they_come() -> None:
    app = FastAPI()

    @app.get("/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(iter(["data: 1\n\n"] * 2_000), media_type="text/event-stream")

    transport = httpx.ASGITransport(app=CompressedAnswers(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        answer = await opened.get("/events")
    assert not compressed(answer)
    assert len(answer.text) == 2_000 * len("data: 1\n\n")
