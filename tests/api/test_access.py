"""Every operation against every kind of token."""

import uuid
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from app.models.states import Role
from app.setup import accounts, login_sessions
from app.storage.db import Database
from tests.api.calling import V1, assert_problem, bearer, operations

RANK = ["read", "triage", "admin"]


async def test_every_operation_asks_for_a_token(app: FastAPI, client: httpx.AsyncClient) -> None:
    for operation in operations(app):
        response = await operation.call(client)
        assert_problem(response, 401, "token_missing")
        assert response.headers["www-authenticate"].startswith("Bearer")


async def test_every_operation_asks_for_its_scope_and_no_more(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    tokens = {scope: await bearer(database, scope) for scope in RANK}
    for operation in operations(app):
        for scope in RANK:
            response = await operation.call(client, tokens[scope])
            if RANK.index(scope) < RANK.index(operation.scope):
                body = assert_problem(response, 403, "scope_missing")
                assert operation.scope in body["detail"]
                assert "insufficient_scope" in response.headers["www-authenticate"]
            else:
                assert response.status_code in (200, 201, 202, 204, 404, 409, 422), (
                    operation.name,
                    response.text,
                )


async def test_reading_and_deciding_do_not_need_administrators(app: FastAPI) -> None:
    scopes = {operation.name: operation.scope for operation in operations(app)}
    admin = {name for name, scope in scopes.items() if scope == "admin"}
    assert admin == {
        "create_product",
        "update_product",
        "delete_product",
        "create_source",
        "update_source",
        "delete_source",
        "rotate_source_secret",
        "replay_source",
        "test_source",
        "try_source_settings",
        "update_source_polling",
        "set_source_credentials",
        "forget_source_credentials",
        "check_source",
        "poll_source",
        "fetch_source_history",
        "cancel_source_history",
        "replay_delivery",
        "create_tracker",
        "update_tracker",
        "delete_tracker",
        "check_tracker",
        "read_tracker_webhook",
        "register_tracker_webhook",
        "rotate_tracker_secret",
        "list_tokens",
        "create_token",
        "revoke_token",
        "list_users",
        "create_user",
        "set_user_password",
        "delete_user",
        "train_models",
        "roll_back_model",
        "promote_model",
        "export_person",
        "forget_person",
        "set_weights",
        "update_reply_rules",
        "set_reply_template",
        "set_reply_account",
        "delete_reply_account",
        "check_reply_account",
        "save_routing_rules",
        "read_ticket_fields",
        "list_digest_subscriptions",
        "subscribe_to_digests",
        "send_digest_now",
        "unsubscribe_from_digests",
    }
    writes = {o.name for o in operations(app) if o.method != "get"}
    trials = {"try_routing_rules"}  # posted for their length; they change nothing
    assert {name for name, scope in scopes.items() if scope == "read"} & writes == trials


async def test_other_credentials_are_refused(client: httpx.AsyncClient, database: Database) -> None:
    url = f"{V1}/products"
    good = (await bearer(database))["Authorization"]
    for value, reason in (
        ("Basic YWRhOmFkYQ==", "token_missing"),
        ("Bearer", "token_missing"),
        (good[7:], "token_missing"),
        ("Bearer relay_unknown", "token_invalid"),
        (good + "x", "token_invalid"),
        (good.lower(), "token_invalid"),
        ("Bearer \xff\xfe", "token_invalid"),
    ):
        response = await client.get(url, headers={b"Authorization": value.encode("latin-1")})
        assert_problem(response, 401, reason)
        assert good[7:] not in response.text
    assert (await client.get(url, headers={"Authorization": good})).status_code == 200


async def test_a_revoked_token_ends_at_once(client: httpx.AsyncClient, database: Database) -> None:
    headers = await bearer(database)
    tokens = (await client.get(f"{V1}/tokens", headers=headers)).json()
    assert tokens[0]["last_used_at"] is not None
    assert "token_hash" not in tokens[0]
    assert (
        await client.delete(f"{V1}/tokens/{tokens[0]['id']}", headers=headers)
    ).status_code == 204
    assert_problem(await client.get(f"{V1}/tokens", headers=headers), 401, "token_revoked")


async def test_a_dashboard_session_is_no_token(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as c:
        user = await accounts.create_user(
            c, "ada@example.org", "Ada", "a long passphrase", Role.admin
        )
        cookie, _ = await login_sessions.open_session(c, user.id, datetime.now(UTC), 1)
    for name in ("relay_session", "session"):
        client.cookies.set(name, cookie)
    assert_problem(await client.get(f"{V1}/products"), 401, "token_missing")


async def test_replays_are_for_administrators_as_in_the_dashboard(
    client: httpx.AsyncClient, database: Database
) -> None:
    decider = await bearer(database, "triage")
    for path in ("/deliveries/1/replay", f"/sources/{uuid.uuid4()}/replay"):
        refused = await client.post(f"/api/v1{path}", headers=decider)
        assert_problem(refused, 403, "scope_missing")
        allowed = await client.post(f"/api/v1{path}", headers=await bearer(database))
        assert allowed.status_code == 404
