"""People, their links and their digests over HTTP: what is refused, and why."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from app.digests.subscriptions import SUBSCRIPTIONS_MOST
from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.everything import ADD_ACCOUNT_LINK, ADD_SUBSCRIPTION, add_everything
from tests.scenes.reading import add_author, one

NOBODY = 9_999_999


async def test_what_is_said_of_people_in_vain(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    ids = (await add_everything(database, vault)).ids
    headers = await bearer(database)

    async def refused(method: str, path: str, body: Any, status: int, reason: str) -> None:
        answer = await client.request(method, f"{V1}{path}", json=body, headers=headers)
        assert_problem(answer, status, reason)

    person = ids["person_id"]
    await refused("GET", f"/people/{NOBODY}", None, 404, "person_not_found")
    await refused("POST", f"/people/{person}/notes", {"text": "  "}, 422, "note_empty")
    await refused("DELETE", f"/people/notes/{NOBODY}", None, 404, "note_not_found")
    same = {"one_id": person, "other_id": person, "why": "Kim said so."}
    await refused("POST", "/account-links", same, 422, "same_account")
    unfounded = {"one_id": person, "other_id": ids["lone_id"], "why": " "}
    await refused("POST", "/account-links", unfounded, 422, "why_missing")
    decision = f"/account-links/{ids['link_id']}/decision"
    linked = {"state": "linked", "why": ""}
    await refused("POST", f"/account-links/{NOBODY}/decision", linked, 404, "link_not_found")
    undone = {"state": "undone", "why": "Two people."}
    await refused("POST", decision, undone, 422, "link_not_made")


async def test_links_that_were_decided_already(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    ids = (await add_everything(database, vault)).ids
    headers = await bearer(database)

    async def decided(link: object, state: str) -> httpx.Response:
        address = f"{V1}/account-links/{link}/decision"
        body = {"state": state, "why": "They said so."}
        return await client.post(address, json=body, headers=headers)

    assert (await decided(ids["link_id"], "linked")).status_code == 200
    assert_problem(await decided(ids["link_id"], "linked"), 409, "already_linked")
    assert (await decided(ids["link_id"], "undone")).status_code == 200
    assert_problem(await decided(ids["link_id"], "undone"), 409, "link_undone")
    async with database.transaction() as c:
        values = (ids["product_id"], ids["person_id"], ids["lone_id"])
        second = (await one(c, ADD_ACCOUNT_LINK, *values))["id"]
        product = uuid.UUID(str(ids["product_id"]))
        redditor = await add_author(c, product, "redditor")
        await c.execute("update author set realm = 'reddit' where id = %s", [redditor])
    assert (await decided(second, "refused")).status_code == 200
    assert_problem(await decided(second, "refused"), 409, "already_refused")
    body = {"one_id": redditor, "other_id": ids["lone_id"], "why": "The same words."}
    answer = await client.post(f"{V1}/account-links", json=body, headers=headers)
    assert_problem(answer, 422, "never_linked")


async def test_subscriptions_that_would_send_nothing(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    ids = (await add_everything(database, vault)).ids
    headers = await bearer(database)
    address = f"{V1}/digest-subscriptions"

    async def refused(reason: str, **fields: Any) -> None:
        body = {"channel": "email", "address": "kim@example.org", **fields}
        assert_problem(await client.post(address, json=body, headers=headers), 422, reason)

    await refused("digest_nothing_chosen", digests=False)
    await refused("digest_secret_invalid", channel="webhook", address="https://hook.example/x")
    nowhere = f"{address}/{uuid.uuid4()}"
    assert_problem(await client.delete(nowhere, headers=headers), 404, "subscription_not_found")
    assert (await client.delete(f"{address}/{ids['subscription_id']}", headers=headers)).is_success
    async with database.transaction() as c:
        for _ in range(SUBSCRIPTIONS_MOST):
            await c.execute(ADD_SUBSCRIPTION, [vault.encrypt("kim@example.org")])
    await refused("too_many_subscriptions")
