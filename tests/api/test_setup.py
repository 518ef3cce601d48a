"""Products, sources, trackers, tokens and users over HTTP: what is stored, and that no secret comes
back."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.setup.sources import active_secrets
from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.reading import add_delivery


class Admin:
    """A caller who may set up."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        return await self.client.request(method, f"{V1}{path}", json=body, headers=self.headers)

    async def made(self, path: str, body: object) -> Any:
        response = await self.send("POST", path, body)
        assert response.status_code == 201, response.text
        return response.json()


@pytest.fixture
async def admin(client: httpx.AsyncClient, database: Database) -> Admin:
    return Admin(client, await bearer(database))


async def test_a_product_lives_and_goes(admin: Admin) -> None:
    made = await admin.made("/products", {"name": "Desktop app"})
    assert (made["slug"], made["policy"]) == ("desktop-app", "review")
    changed = await admin.send(
        "PATCH", f"/products/{made['id']}", {"policy": "auto", "auto_min_people": 3}
    )
    assert (
        changed.json()["policy"],
        changed.json()["auto_min_people"],
        changed.json()["name"],
    ) == (
        "auto",
        3,
        "Desktop app",
    )
    assert (await admin.send("GET", f"/products/{made['id']}")).json() == changed.json()
    assert_problem(
        await admin.send("POST", "/products", {"name": "Desktop app"}), 409, "name_taken"
    )
    assert_problem(
        await admin.send("POST", "/products", {"name": "x", "slug": "日本"}), 422, "name_invalid"
    )
    assert_problem(
        await admin.send("POST", "/products", {"name": "  ", "slug": "x"}), 422, "name_length"
    )
    assert (await admin.send("DELETE", f"/products/{made['id']}")).status_code == 204
    assert_problem(await admin.send("GET", f"/products/{made['id']}"), 404, "product_not_found")
    assert (await admin.send("GET", "/products")).json() == []


async def test_two_products_of_one_name_at_once(admin: Admin) -> None:
    answers = await asyncio.gather(
        *(admin.send("POST", "/products", {"name": "Same"}) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 409} <= {
        "name_taken",
        "conflict",
    }


async def test_a_source_shows_its_secret_once(
    admin: Admin, database: Database, vault: Vault
) -> None:
    product = (await admin.made("/products", {"name": "Desktop"}))["id"]
    made = await admin.made(
        "/sources", {"product_id": product, "platform": "discourse", "name": "Forum"}
    )
    source, secret = made["source"], made["secret"]
    assert source["webhook_url"] == f"http://testserver/hooks/{source['id']}"
    assert source["webhook_url"] in made["guide"]
    assert secret in made["guide"]
    path = f"/sources/{source['id']}"
    for other in (path, "/sources", f"{path}/guide", f"/sources?product_id={product}"):
        answer = await admin.send("GET", other)
        assert answer.status_code == 200
        assert secret not in answer.text
    assert source["webhook_url"] in (await admin.send("GET", f"{path}/guide")).json()["guide"]
    rotated = await admin.send("POST", f"{path}/secrets")
    assert rotated.status_code == 201
    assert rotated.json()["secret"] != secret
    mine = await admin.send("POST", f"{path}/secrets", {"secret": "one of the platform"})
    assert mine.json()["secret"] == "one of the platform"
    async with database.transaction() as connection:
        active = await active_secrets(connection, vault, UUID(source["id"]))
    assert active == ["one of the platform", rotated.json()["secret"]]
    off = await admin.send("PATCH", path, {"enabled": False, "name": "Old forum"})
    assert (off.json()["enabled"], off.json()["name"]) == (False, "Old forum")
    assert (await admin.send("DELETE", path)).status_code == 204
    assert_problem(await admin.send("GET", path), 404, "source_not_found")


async def test_a_source_that_cannot_be(admin: Admin) -> None:
    product = (await admin.made("/products", {"name": "Desktop"}))["id"]
    good = {"product_id": product, "platform": "generic", "name": "Feed"}
    await admin.made("/sources", good)
    nobody = "00000000-0000-0000-0000-000000000000"
    workspace = {"workspace_url": "https://acme.slack.com"}
    for change, status, reason in (
        ({}, 409, "name_taken"),
        ({"platform": "usenet"}, 422, "unknown_platform"),
        ({"name": " "}, 422, "name_length"),
        ({"product_id": nobody}, 404, "product_not_found"),
        ({"name": "B", "settings": {"default_format": "runes"}}, 422, "settings_invalid"),
        ({"name": "B", "secret": "        "}, 422, "secret_too_short"),
        ({"name": "B", "secret": "whsec_!!!!"}, 422, "secret_malformed"),
        ({"name": "B", "secret": "aaaaaaaaaaaaaaaa"}, 422, "secret_weak"),
        ({"name": "B", "platform": "slack", "settings": workspace}, 422, "secret_needed"),
        ({"name": "B", "secret": "short"}, 422, "invalid_value"),
        ({"name": "B", "secret": "with\x00nul characters"}, 422, "invalid_text"),
    ):
        body = assert_problem(
            await admin.send("POST", "/sources", {**good, **change}), status, reason
        )
        assert "with\x00nul" not in str(body)
        assert "short" not in str(body.get("errors"))


async def test_failed_deliveries_are_replayed(admin: Admin, database: Database) -> None:
    product = (await admin.made("/products", {"name": "Desktop"}))["id"]
    source = (
        await admin.made("/sources", {"product_id": product, "platform": "generic", "name": "Feed"})
    )["source"]
    async with database.transaction() as c:
        ids = [
            await add_delivery(c, product, source["id"], stage=stage, reason="wrong_shape")
            for stage in ("failed", "failed", "parsed")
        ]
    one = await admin.send("POST", f"/deliveries/{ids[0]}/replay")
    assert (one.status_code, one.json()) == (202, {"replayed": 1})
    assert (await admin.send("GET", f"/deliveries/{ids[0]}")).json()["delivery"][
        "stage"
    ] == "received"
    assert (await admin.send("POST", f"/sources/{source['id']}/replay")).json() == {"replayed": 1}
    counts = (await admin.send("GET", f"/deliveries/counts?source_id={source['id']}")).json()
    assert {(one["stage"], one["count"]) for one in counts} == {("received", 2), ("parsed", 1)}
    assert_problem(await admin.send("POST", "/deliveries/999999/replay"), 404, "delivery_not_found")


async def test_a_tracker_keeps_its_credentials_to_itself(admin: Admin) -> None:
    product = (await admin.made("/products", {"name": "Desktop"}))["id"]
    good = {
        "product_id": product,
        "type": "github",
        "name": "Repository",
        "settings": {"repository": "example/desktop", "base_url": "http://127.0.0.1:9"},
        "credentials": {"token": "ghp_very_secret"},
        "kinds": ["bug"],
    }
    made = await admin.made("/trackers", good)
    assert made["kinds"] == ["bug"]
    assert made["settings"]["repository"] == "example/desktop"
    path = f"/trackers/{made['id']}"
    changed = await admin.send(
        "PATCH", path, {"kinds": ["feature", "bug"], "credentials": {"token": "ghp_newer"}}
    )
    assert changed.json()["kinds"] == ["bug", "feature"]
    findings = await admin.send("POST", f"{path}/check")
    assert findings.status_code == 200
    assert not all(one["ok"] for one in findings.json())
    unreachable = await admin.send("POST", f"{path}/webhook")
    assert_problem(unreachable, 409, "hook_not_registered")
    for answer in (made, changed.text, findings.text, (await admin.send("GET", "/trackers")).text):
        assert "ghp_" not in str(answer)
        assert "gAAAA" not in str(answer)
    nothing: tuple[dict[str, Any], ...] = (
        {"type": "abacus"},
        {"settings": {"repository": "no slash"}},
        {"credentials": {}},
        {"name": "Repository"},
    )
    for change, reason in zip(
        nothing,
        ("unknown_tracker", "settings_invalid", "settings_invalid", "name_taken"),
        strict=True,
    ):
        status = 409 if reason == "name_taken" else 422
        refused = await admin.send("POST", "/trackers", {**good, **change})
        assert "ghp_" not in str(assert_problem(refused, status, reason))
    assert (await admin.send("DELETE", path)).status_code == 204
    assert_problem(await admin.send("POST", f"{path}/check"), 404, "tracker_not_found")


async def test_installed_platforms_and_trackers_show_their_settings(admin: Admin) -> None:
    platforms = {one["name"]: one for one in (await admin.send("GET", "/platforms")).json()}
    assert {"discourse", "generic", "github", "slack"} <= set(platforms)
    assert "workspace_url" in platforms["slack"]["settings"]["properties"]
    types = {one["name"]: one for one in (await admin.send("GET", "/tracker-types")).json()}
    assert "project" in types["jira"]["settings"]["properties"]
    assert types["github"]["credentials"]["required"]


async def test_users_and_tokens_are_kept_without_their_secrets(admin: Admin) -> None:
    ada = await admin.made(
        "/users", {"email": "Ada@example.org", "password": "a long passphrase", "role": "admin"}
    )
    assert ada["email"] == "ada@example.org"
    assert "password" not in str(ada)
    assert "argon2" not in str(ada)
    same = {"email": "ada@example.org", "password": "a long passphrase"}
    assert_problem(await admin.send("POST", "/users", same), 409, "email_taken")
    assert_problem(
        await admin.send("POST", "/users", {**same, "email": "ada at home"}), 422, "email_invalid"
    )
    refused = await admin.send("POST", "/users", {**same, "password": "sh0rt"})
    assert "sh0rt" not in str(assert_problem(refused, 422, "invalid_value"))
    assert (
        await admin.send("PUT", f"/users/{ada['id']}/password", {"password": "another one, long"})
    ).status_code == 204
    assert_problem(await admin.send("DELETE", f"/users/{ada['id']}"), 409, "last_admin")
    assert [one["email"] for one in (await admin.send("GET", "/users")).json()] == [
        "ada@example.org"
    ]
    token = await admin.made("/tokens", {"name": "report", "scopes": ["read"]})
    assert token["secret"].startswith(token["token"]["prefix"])
    assert token["secret"] not in (await admin.send("GET", "/tokens")).text
    assert_problem(
        await admin.send("POST", "/tokens", {"name": " ", "scopes": ["read"]}), 422, "name_missing"
    )


async def test_a_delivery_that_was_taken_back_is_not_replayed(
    admin: Admin, database: Database
) -> None:
    product = (await admin.send("POST", "/products", {"name": "Back"})).json()["id"]
    made = await admin.send(
        "POST", "/sources", {"product_id": product, "platform": "generic", "name": "forum"}
    )
    source = made.json()["source"]["id"]
    async with database.transaction() as c:
        delivery = await add_delivery(c, product, source, body=b"", reason="taken_back")
    answer = await admin.send("POST", f"/deliveries/{delivery}/replay")
    assert_problem(answer, 409, "delivery_taken_back")


async def test_a_delivery_whose_time_is_up_is_not_replayed(
    admin: Admin, database: Database
) -> None:
    product = (await admin.send("POST", "/products", {"name": "Back"})).json()["id"]
    made = await admin.send(
        "POST", "/sources", {"product_id": product, "platform": "generic", "name": "forum"}
    )
    source = made.json()["source"]["id"]
    async with database.transaction() as c:
        delivery = await add_delivery(c, product, source, body=b"", reason="expired")
    answer = await admin.send("POST", f"/deliveries/{delivery}/replay")
    assert_problem(answer, 409, "delivery_expired")
