"""What answers are refused for, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, bearer
from tests.scenes.everything import add_everything

REFUSED = [
    ("PATCH", "/replies/{nobody}", {"text": "Done."}, 404, "reply_not_found"),
    ("PATCH", "/replies/{reply_id}", {"text": " "}, 422, "reply_empty"),
    ("POST", "/comments/{comment_id}/reply", {"text": "Done."}, 409, "no_thread"),
    ("PATCH", "/products/{product_id}/reply-rules", {"quiet_from": 24}, 422, "quiet_hours_invalid"),
    ("PATCH", "/products/{product_id}/reply-rules", {"drafted": "loud"}, 422, "meaning_invalid"),
    (
        "PUT",
        "/products/{product_id}/reply-templates",
        {"meaning": "shipped", "text": "{nobody}"},
        422,
        "placeholder_unknown",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "reason"), REFUSED)
async def test_what_answers_are_refused_for(
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
    named = path.format_map({**everything.ids, "nobody": str(uuid.uuid4())})
    headers = await bearer(database)
    answer = await client.request(method, V1 + named, json=body, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
