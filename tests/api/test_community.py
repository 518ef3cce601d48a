"""What questions, promises and periods are refused for, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, bearer
from tests.scenes.everything import add_everything

REFUSED = [
    ("POST", "/comments/{comment_id}/assign", {"user_id": None}, 409, "not_a_question"),
    (
        "POST",
        "/comments/{question_id}/answer-link",
        {"question_id": 999_999},
        404,
        "comment_not_found",
    ),
    ("DELETE", "/comments/{comment_id}/answer-link", None, 409, "not_a_question"),
    ("POST", "/promises", {"words": " ", "comment_id": 1}, 422, "promise_empty"),
    ("POST", "/promises", {"words": "A guide"}, 422, "promise_to_nobody"),
    ("POST", "/promises", {"words": "x", "comment_id": 999_999}, 404, "comment_not_found"),
    ("POST", "/promises/{promise_id}/settle", {"state": "open"}, 409, "promise_settled"),
    (
        "POST",
        "/promises/{promise_id}/settle",
        {"state": "kept", "evidence": "file:///etc"},
        422,
        "evidence_invalid",
    ),
    ("GET", "/promises/999999", None, 404, "promise_not_found"),
    ("GET", "/metrics?from=2026-11-20&to=2026-11-01", None, 422, "period_invalid"),
    ("GET", "/metrics?tz=Mars", None, 422, "timezone_unknown"),
    ("GET", "/metrics?compare=loud", None, 422, "invalid_value"),
    ("POST", "/spikes/999999/ack", None, 404, "spike_not_found"),
    ("GET", "/spikes?state=loud", None, 422, "invalid_value"),
    (
        "POST",
        "/digest-subscriptions",
        {"channel": "email", "address": "kim at home"},
        422,
        "digest_address_invalid",
    ),
    ("GET", "/digests/2026-W60", None, 422, "period_invalid"),
    ("GET", "/digests/2026-W46?tz=Mars", None, 422, "timezone_unknown"),
    ("GET", "/questions?state=lost", None, 422, "invalid_value"),
    ("GET", "/questions?unknown=1", None, 422, "invalid_value"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "reason"), REFUSED)
async def test_what_is_refused(
    client: httpx.AsyncClient,
    database: Database,
    vault: Vault,
    method: str,
    path: str,
    body: Any,
    status: int,
    reason: str,
) -> None:
    everything = await add_everything(database, vault)
    headers = await bearer(database)
    address = V1 + path.format_map(everything.ids)
    answer = await client.request(method, address, json=body, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


async def test_a_question_is_not_linked_to_itself_or_to_what_is_private(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    everything = await add_everything(database, vault)
    headers = await bearer(database)
    number, like = everything.ids["question_id"], everything.ids["like_id"]
    address = f"{V1}/comments/{number}/answer-link"
    own = await client.post(address, json={"question_id": number}, headers=headers)
    assert own.json()["reason"] == "same_question"
    async with database.transaction() as connection:
        await connection.execute(
            "update comment set visibility = 'private', source_id = %s where id = %s",
            [everything.fetching, like],
        )
    private = await client.post(address, json={"question_id": like}, headers=headers)
    assert private.json()["reason"] == "answer_private"
