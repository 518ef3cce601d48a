"""Who gets in, what a form must carry, and what pages forbid the browser."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from app.config import Settings
from app.main import create_app
from app.storage.db import Database
from app.storage.vault import Vault
from app.web.guard import local_path
from tests.scenes.reading import add_product, add_theme
from tests.web.webbing import PASSWORD, log_in, sign_in, visit

ELSEWHERE = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
)


async def test_strangers_are_sent_to_the_login_and_back(
    client: httpx.AsyncClient, database: Database
) -> None:
    for address in ("/triage?q=a%26b", "/settings", "/sources/new", "/themes/nothing"):
        answer = await client.get(address)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
    assert (await client.get("/triage?q=a%26b")).headers[
        "location"
    ] == "/login?next=/triage%3Fq%3Da%2526b"
    fragment = await client.get("/triage", headers={"hx-request": "true"})
    assert fragment.headers["hx-redirect"] == "/login?next=/triage"
    assert (await client.post("/undo", data={"activity": "1"})).headers["location"] == "/login"
    await sign_in(client, database)
    await client.post("/logout", data={"csrf": "wrong"})
    assert (await client.get("/triage")).status_code == 200, "a logout needs its token as well"


async def test_login_keeps_the_cookie_from_scripts_and_other_sites(
    client: httpx.AsyncClient, database: Database
) -> None:
    await sign_in(client, database)
    answer = await log_in(client, "ada@example.org", next="/comments?kind=bug")
    assert answer.headers["location"] == "/comments?kind=bug"
    cookie = next(
        line for line in answer.headers.get_list("set-cookie") if line.startswith("relay_session=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    out = await (await visit(client)).send("/logout")
    assert out.headers["location"] == "/login"
    assert (await client.get("/")).status_code == 303


async def test_cookies_are_secure_behind_tls(
    database: Database, vault: Vault, settings: Settings
) -> None:
    behind = settings.model_copy(update={"public_url": "https://relay.example.org"})
    app = create_app(behind, database, vault)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://inside:8400") as client:
        answer = await client.get("/login")
        assert all("Secure" in line for line in answer.headers.get_list("set-cookie"))
        refused = await client.post(
            "/login", data={}, headers={"origin": "https://relay.example.org.evil.example"}
        )
        assert refused.status_code == 403


async def test_wrong_passwords_lock_the_account(
    client: httpx.AsyncClient, database: Database
) -> None:
    await sign_in(client, database)
    client.cookies.clear()
    for _ in range(5):
        answer = await log_in(client, "ada@example.org", "a wrong password")
        assert answer.status_code == 401
        assert "The e-mail address or the password is wrong." in answer.text
        assert 'value="ada@example.org"' in answer.text
        assert "a wrong password" not in answer.text
    locked = await log_in(client, "ada@example.org", PASSWORD)
    token = re.compile(r'name="form_token" value="[^"]+"')
    assert locked.status_code == 401
    assert token.sub("", locked.text) == token.sub("", answer.text)


async def test_a_stranger_locks_nobody_out_of_a_browser_that_is_known(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    await person.send("/logout")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as stranger:
        for _ in range(6):
            await log_in(stranger, "ada@example.org", "a guess")
        assert (await log_in(stranger, "ada@example.org", PASSWORD)).status_code == 401
    signed_in = await log_in(client, "ada@example.org")
    assert signed_in.status_code == 303
    (cookie,) = (
        line
        for line in signed_in.headers.get_list("set-cookie")
        if line.startswith("relay_browser=")
    )
    for part in ("HttpOnly", "Path=/login", "SameSite=strict", "Max-Age="):
        assert part in cookie


async def test_forms_without_their_token_are_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        theme = await add_theme(connection, await add_product(connection))
    for forged in ("", "not the token", "ü", person.csrf + "x"):
        answer = await person.send(f"/themes/{theme}/accept", csrf=forged)
        assert answer.status_code == 403
        assert "forged_request" in answer.text
    without = await client.post(
        "/login", data={"email": "ada@example.org", "password": PASSWORD, "form_token": ""}
    )
    assert without.status_code == 403


async def test_forms_of_other_sites_are_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    for headers in ELSEWHERE:
        answer = await client.post(
            "/preferences", data={"csrf": person.csrf, "keys": "off"}, headers=headers
        )
        assert answer.status_code == 403
        assert (await log_in(client, "ada@example.org", **headers)).status_code == 403


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "/\t/evil.example",
        "x",
    ],
)
def test_redirects_stay_here(target: str) -> None:
    assert local_path(target) == "/"
    assert local_path("/themes/1?a=b#c") == "/themes/1?a=b#c"


async def test_members_do_not_administer(client: httpx.AsyncClient, database: Database) -> None:
    person = await sign_in(client, database, "max@example.org")
    assert (await person.get("/sources/new")).status_code == 403
    for address in (
        "/sources/new",
        "/trackers/new",
        "/settings/products",
        "/settings/members",
        "/settings/tokens",
    ):
        answer = await person.send(address, name="x", platform="generic", type="github")
        assert answer.status_code == 403
        assert "Only an administrator" in answer.text
    assert "API tokens" not in (await person.get("/settings")).text


async def test_pages_forbid_what_they_do_not_need(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    for address in ("/", "/login", "/nothing/here"):
        page = await person.get(address)
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"
        assert "<style" not in page.text
        assert 'style="' not in page.text
        assert "onclick" not in page.text


async def test_people_get_pages_and_machines_get_documents(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    page = await person.get("/nothing/here")
    assert page.status_code == 404
    assert "<h1>Nothing here</h1>" in page.text
    for address in (
        "/themes/nothing",
        "/themes/5f0c8b1e-0000-4000-8000-000000000000",
        "/?product=none",
        "/?days=31",
    ):
        found = await person.get(address)
        assert found.status_code == 404
        assert "<h1>Nothing here</h1>" in found.text
    machine = await client.get("/api/v1/nothing", headers={"accept": "application/json"})
    assert machine.status_code == 404
    assert machine.headers["content-type"].startswith("application/problem+json")
    plain = await client.get("/nothing/here", headers={"accept": "*/*"})
    assert plain.status_code == 404
    assert "html" not in plain.headers["content-type"]


async def test_what_breaks_is_a_page_for_people_and_short_for_machines(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    async def breaks() -> None:
        raise ValueError("a secret detail")

    app.add_api_route("/breaks", breaks)
    page = await client.get("/breaks", headers={"accept": "text/html"})
    assert page.status_code == 500
    assert "<h1>That went wrong</h1>" in page.text
    assert "internal_error" in page.text
    machine = await client.get("/breaks", headers={"accept": "application/json"})
    assert machine.status_code == 500
    assert "<h1>" not in machine.text
    assert "a secret detail" not in page.text + machine.text


async def test_a_database_that_is_away_is_said_so(settings: Settings, vault: Vault) -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none", timeout=0.2)
    app = create_app(settings, away, vault)
    await away.open()
    try:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            client.cookies.set("relay_session", "anything")
            answer = await client.get("/triage", headers={"accept": "text/html"})
    finally:
        await away.close()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "<h1>Back in a moment</h1>" in answer.text
    assert "database_unavailable" in answer.text
