"""Calls of the REST API in tests: tokens, and every operation of its description."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from app.setup import api_tokens
from app.storage.db import Database

V1 = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")


async def bearer(database: Database, scope: str = "admin") -> dict[str, str]:
    """The header of a fresh token with this scope."""
    async with database.transaction() as c:
        _, clear = await api_tokens.create_token(c, f"test {scope}", [scope])
    return {"Authorization": f"Bearer {clear}"}


@dataclass(frozen=True)
class Operation:
    """One operation of the description, with its example request."""

    name: str
    method: str
    path: str
    scope: str
    details: dict[str, Any]

    @property
    def url(self) -> str:
        """The path with ids that nothing has."""
        url = self.path
        for parameter in self.details.get("parameters", []):
            if parameter["in"] == "path":
                whole = parameter["schema"]["type"] == "integer"
                url = url.replace(
                    "{" + parameter["name"] + "}", "9999999" if whole else str(uuid.uuid4())
                )
        return url

    @property
    def body(self) -> Any:
        """The example body, None where the operation takes none."""
        return (
            self.details.get("requestBody", {})
            .get("content", {})
            .get("application/json", {})
            .get("example")
        )

    async def call(
        self, client: httpx.AsyncClient, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send the example request."""
        return await client.request(self.method, self.url, json=self.body, headers=headers)


def operations(app: FastAPI) -> Iterator[Operation]:
    """Every operation of the description."""
    for path, methods in app.openapi()["paths"].items():
        for method, details in methods.items():
            assert method in METHODS
            ((_, scopes),) = details["security"][0].items()
            assert len(scopes) == 1
            yield Operation(details["operationId"], method, path, scopes[0], details)


def assert_problem(response: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    """The one shape of errors; returns the body."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["status"], body["reason"]) == (status, status, reason), body
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"].endswith((".", ")"))
    assert set(body) <= {"type", "title", "status", "detail", "reason", "instance", "errors"}
    return body
