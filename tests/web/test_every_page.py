"""Every page and every form, asked for by strangers, by members, and by forms of somebody else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from app.storage.db import Database
from app.web.router import router
from tests.web.webbing import sign_in

BY_LINK = {("GET", "/digests/off/{token}"), ("POST", "/digests/off/{token}")}
"""What the link at the end of a mail leads to: the link itself is the permission."""
FOR_STRANGERS = {("GET", "/login"), ("POST", "/login")} | BY_LINK
RELOADED = {
    ("GET", "/settings/tokens"): "/settings",
    ("GET", "/sources/{source_id}/secret"): "/sources/{source_id}",
    ("GET", "/suggestions/{suggestion_id}/{answer}"): "/pairs",
    ("GET", "/triage/bulk"): "/triage",
    ("GET", "/people/weights"): "/people",
    ("GET", "/trackers/{tracker_id}/check"): "/trackers",
    ("GET", "/trackers/{tracker_id}/settings"): "/trackers/{tracker_id}",
}
"""The addresses of forms, asked for again by a reload, and the page that they lead to."""
FOR_ADMINISTRATORS = {
    ("GET", "/sources/new"),
    ("POST", "/sources/new"),
    ("POST", "/sources/{source_id}"),
    ("POST", "/sources/{source_id}/check"),
    ("POST", "/sources/{source_id}/credentials"),
    ("POST", "/sources/{source_id}/history"),
    ("POST", "/sources/{source_id}/poll"),
    ("POST", "/sources/{source_id}/credentials/end"),
    ("POST", "/sources/{source_id}/replay"),
    ("POST", "/sources/{source_id}/test"),
    ("GET", "/sources/{source_id}/try"),
    ("POST", "/sources/{source_id}/try"),
    ("POST", "/deliveries/{delivery_id}/replay"),
    ("POST", "/sources/{source_id}/secret"),
    ("POST", "/sources/{source_id}/secret/retire"),
    ("POST", "/sources/{source_id}/replies"),
    ("POST", "/sources/{source_id}/replies/check"),
    ("GET", "/products/{product_id}/answers"),
    ("POST", "/products/{product_id}/answers"),
    ("POST", "/products/{product_id}/answers/template"),
    ("GET", "/people/{person_id}/export"),
    ("GET", "/people/{person_id}/forget"),
    ("POST", "/people/{person_id}/forget"),
    ("GET", "/products/{product_id}/rules"),
    ("POST", "/products/{product_id}/rules"),
    ("POST", "/products/{product_id}/rules/{rule_id}/fields"),
    ("POST", "/products/{product_id}/rules/{rule_id}/move"),
    ("POST", "/products/{product_id}/rules/{rule_id}/remove"),
    ("POST", "/people/weights"),
    ("GET", "/trackers/new"),
    ("POST", "/trackers/new"),
    ("GET", "/trackers/{tracker_id}"),
    ("POST", "/trackers/{tracker_id}"),
    ("POST", "/trackers/{tracker_id}/check"),
    ("POST", "/trackers/{tracker_id}/settings"),
    ("POST", "/trackers/{tracker_id}/webhook"),
    ("POST", "/trackers/{tracker_id}/webhook/secret"),
    ("POST", "/trackers/{tracker_id}/statuses"),
    ("POST", "/trackers/{tracker_id}/tickets/check"),
    ("POST", "/trackers/{tracker_id}/tickets/repair"),
    ("POST", "/settings/products"),
    ("POST", "/settings/products/{product_id}"),
    ("POST", "/settings/members"),
    ("POST", "/settings/members/{user_id}/remove"),
    ("POST", "/settings/tokens"),
    ("POST", "/settings/tokens/{token_id}/revoke"),
    ("POST", "/settings/learning/{product_id}/train"),
    ("POST", "/settings/learning/{product_id}/rollback"),
    ("POST", "/settings/learning/{product_id}/promote"),
}


def pages(routes: Iterable[Any] = router.routes) -> Iterator[tuple[str, str]]:
    """Method and path of every page and form."""
    for route in routes:
        if hasattr(route, "methods"):
            yield from ((method, route.path) for method in sorted(route.methods))
        else:
            yield from pages(getattr(route, "original_router", route).routes)


def address(path: str) -> str:
    """The path with ids that nothing has."""
    counted = "comment|suggestion|delivery|promise|person|link|note|spike"
    numbers = re.sub(rf"\{{({counted})_id\}}", "99999999", path)
    return re.sub(r"\{\w+\}", str(uuid.UUID(int=7)), numbers.replace("{answer}", "yes"))


PAGES = sorted(pages())


def test_the_table_names_pages_that_there_are() -> None:
    assert len(PAGES) > 50
    assert set(PAGES) >= FOR_STRANGERS | FOR_ADMINISTRATORS | RELOADED.keys()


async def test_strangers_see_the_login_alone(client: httpx.AsyncClient) -> None:
    client.cookies.set("relay_session", "a cookie that nobody was given")
    for method, path in PAGES:
        answer = await client.request(method, address(path))
        if (method, path) in FOR_STRANGERS:
            assert answer.status_code in (200, 403, 404), path
        else:
            where = answer.headers.get("location", "").partition("?")[0]
            expected = address(RELOADED.get((method, path), "/login"))
            assert (answer.status_code, where) == (303, expected), (method, path)


async def test_no_form_passes_without_its_token(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    for method, path in PAGES:
        if method == "POST" and (method, path) not in BY_LINK:
            answer = await client.post(address(path), data={"csrf": "x" * len(person.csrf)})
            assert answer.status_code == 403, path
            assert "out of date or was sent by another site" in answer.text, path


async def test_members_are_refused_what_administrators_do(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "max@example.org")
    refused = set()
    for method, path in PAGES:
        if path in ("/logout", "/login"):
            continue
        asked = person.get(address(path)) if method == "GET" else person.send(address(path))
        answer = await asked
        if answer.status_code == 403:
            assert "Only an administrator" in answer.text, path
            refused.add((method, path))
        else:
            assert answer.status_code in (200, 303, 404, 422), (method, path, answer.text)
    assert refused == FOR_ADMINISTRATORS


async def test_a_token_that_is_a_file_is_none(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    files = {"csrf": ("csrf", person.csrf.encode())}
    answer = await client.post("/settings/products", files=files)
    assert answer.status_code == 403


async def test_a_file_where_words_belong_says_nothing(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    answer = await client.post(
        "/settings/products", data={"csrf": person.csrf}, files={"name": ("name", b"Atlas")}
    )
    assert answer.status_code == 422
    async with database.transaction() as connection:
        cursor = await connection.execute("select count(*) as n from product")
        assert await cursor.fetchone() == {"n": 0}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "http://testserver"},
        {"sec-fetch-site": "none"},
        {"origin": "http://testserver"},
    ],
)
async def test_forms_of_our_own_pages_pass(
    client: httpx.AsyncClient, database: Database, headers: dict[str, str]
) -> None:
    person = await sign_in(client, database)
    answer = await client.post(
        "/preferences", data={"csrf": person.csrf, "keys": "off"}, headers=headers
    )
    assert answer.status_code == 303
