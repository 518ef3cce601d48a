"""Every operation on objects that exist: each does its work."""

from __future__ import annotations

import httpx
from fastapi import FastAPI

from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import bearer, operations
from tests.scenes.everything import add_everything

ASKS_THE_TRACKER = {
    "register_tracker_webhook": (409, "hook_not_registered"),
    "read_ticket_fields": (409, "tracker_refused"),
    "link_ticket": (404, "tracker_not_found"),
    "relink_ticket": (409, "tracker_refused"),
    "unlink_ticket": (409, "no_ticket_there"),
    "recreate_ticket": (409, "ticket_there"),
}
"""What cannot be done at a tracker that does not answer, and to a ticket that was never made."""


async def test_every_operation_succeeds_on_what_exists(
    app: FastAPI, client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    headers = await bearer(database)
    refused = {}
    for operation in operations(app):
        everything = await add_everything(database, vault)
        path = operation.path.format_map(everything.for_path(operation.name))
        body = everything.in_body(operation.name, operation.body)
        answer = await client.request(operation.method, path, json=body, headers=headers)
        if not answer.is_success:
            refused[operation.name] = (answer.status_code, answer.json()["reason"])
    assert refused == ASKS_THE_TRACKER
