"""What the description calls a number, a truth value or a moment is one, and every address says
which methods it knows."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.everything import add_everything

NOBODY = "00000000-0000-4000-8000-000000000000"
BY_ADDRESS = {
    "/products": "GET, POST",
    "/products/{product_id}": "DELETE, GET, PATCH",
    "/sources/{source_id}": "DELETE, GET, PATCH",
    "/tokens": "GET, POST",
    "/users": "GET, POST",
    "/themes/decisions": "POST",
    "/themes/merge": "POST",
    "/suggestions": "GET",
    "/suggestions/decisions": "POST",
}


async def test_allow_names_every_method_of_every_address(
    app: FastAPI, client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    headers = await bearer(database)
    ids = (await add_everything(database, vault)).ids
    for path, methods in app.openapi()["paths"].items():
        answer = await client.options(path.format_map(ids), headers=headers)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == ", ".join(sorted(map(str.upper, methods))), path


@pytest.mark.parametrize(("path", "allowed"), BY_ADDRESS.items())
async def test_a_method_that_no_route_of_an_address_knows(
    client: httpx.AsyncClient, database: Database, vault: Vault, path: str, allowed: str
) -> None:
    ids = (await add_everything(database, vault)).ids
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(allowed.split(", ")):
        answer = await client.request(
            method, V1 + path.format_map(ids), headers=await bearer(database)
        )
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/products/{product_id}", {"count_staff": 0}, "count_staff"),
        ("PATCH", "/products/{product_id}", {"count_staff": "yes"}, "count_staff"),
        ("PATCH", "/products/{product_id}", {"auto_min_people": "3"}, "auto_min_people"),
        ("PATCH", "/products/{product_id}", {"auto_min_people": True}, "auto_min_people"),
        ("PATCH", "/products/{product_id}", {"auto_min_confidence": "1"}, "auto_min_confidence"),
        ("PATCH", "/sources/{source_id}", {"enabled": 1}, "enabled"),
        ("PATCH", "/trackers/{tracker_id}", {"enabled": 1}, "enabled"),
        ("PATCH", "/sources/{source_id}/polling", {"enabled": 1}, "enabled"),
        ("PATCH", "/sources/{source_id}/polling", {"interval_seconds": "60"}, "interval_seconds"),
        ("PATCH", "/sources/{source_id}/polling", {"interval_seconds": True}, "interval_seconds"),
        ("POST", "/sources/{source_id}/history", {"since": 1790000000}, "since"),
        ("POST", "/themes/{theme_id}/accept", {"version": True}, "version"),
        ("POST", "/themes/{theme_id}/accept", {"version": "1"}, "version"),
        ("POST", "/themes/{theme_id}/split", {"comment_ids": ["1"]}, "comment_ids.0"),
        ("POST", "/themes/merge", {"theme_ids": [NOBODY], "although": 1}, "although"),
        (
            "POST",
            "/themes/merge",
            {"theme_ids": [NOBODY], "versions": {NOBODY: True}},
            f"versions.{NOBODY}",
        ),
        ("POST", "/suggestions/decisions", {"answer": "later", "ids": ["1"]}, "ids.0"),
        ("POST", "/suggestions/decisions", {"answer": "later", "ids": [2**53]}, "ids.0"),
        ("POST", "/themes/{theme_id}/split", {"comment_ids": [2**53]}, "comment_ids.0"),
    ],
)
async def test_numbers_and_truth_values_of_bodies(
    client: httpx.AsyncClient,
    database: Database,
    vault: Vault,
    method: str,
    path: str,
    body: dict[str, object],
    field: str,
) -> None:
    ids = (await add_everything(database, vault)).ids
    headers = await bearer(database)
    answer = await client.request(method, V1 + path.format_map(ids), json=body, headers=headers)
    problem = assert_problem(answer, 422, "invalid_value")
    assert [error["field"] for error in problem["errors"]] == [f"body.{field}"]


async def test_a_whole_number_may_have_a_point(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    ids = (await add_everything(database, vault)).ids
    answer = await client.patch(
        f"{V1}/products/{ids['product_id']}",
        content=b'{"auto_min_people": 4.0}',
        headers=await bearer(database) | {"content-type": "application/json"},
    )
    assert answer.json()["auto_min_people"] == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("until", "0.5"),
        ("until", "1790000000"),
        ("since", "-1"),
        ("also", "1"),
        ("deleted", "on"),
        ("unsure", "yes"),
    ],
)
async def test_moments_and_truth_values_of_queries(
    client: httpx.AsyncClient, database: Database, name: str, value: str
) -> None:
    headers = await bearer(database)
    answer = await client.get(f"{V1}/comments", params={name: value}, headers=headers)
    problem = assert_problem(answer, 422, "invalid_value")
    assert [error["field"] for error in problem["errors"]] == [f"query.{name}"]


@pytest.mark.parametrize(("name", "value"), [("until", "2026-11-20T12:00:00Z"), ("also", "true")])
async def test_what_a_query_says_plainly_is_taken(
    client: httpx.AsyncClient, database: Database, name: str, value: str
) -> None:
    headers = await bearer(database)
    answer = await client.get(f"{V1}/comments", params={name: value}, headers=headers)
    assert answer.status_code == 200
