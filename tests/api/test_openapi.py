"""The description: complete, valid, and read without anything from elsewhere."""

import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.reasons import API_REASONS
from tests.api.calling import operations
from tests.paths import ROOT

SERVICES = [
    *sorted((ROOT / "app" / "triage").glob("*.py")),
    *sorted((ROOT / "app" / "setup").glob("*.py")),
    ROOT / "app" / "themes" / "locks.py",
    ROOT / "app" / "intake" / "replay.py",
]


async def test_the_description_is_valid_and_public(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/openapi.json")
    assert response.status_code == 200
    description = response.json()
    OpenAPIV31SpecValidator(description).validate()
    assert description["info"]["license"]["identifier"] == "Apache-2.0"
    assert all(path.startswith("/api/v1/") for path in description["paths"])


async def test_every_operation_is_described(app: FastAPI) -> None:
    tags = {tag["name"] for tag in app.openapi()["tags"] if tag["description"]}
    names: set[str] = set()
    for operation in operations(app):
        details = operation.details
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation.name), operation.name
        assert operation.name not in names
        names.add(operation.name)
        assert details["summary"], operation.name
        assert details["description"].strip().endswith("."), operation.name
        assert len(details["tags"]) == 1
        assert set(details["tags"]) <= tags
        for status, answer in details["responses"].items():
            content = answer.get("content", {})
            if status == "204":
                assert not content
            elif int(status) < 300:
                assert content["application/json"]["example"] is not None, operation.name
            else:
                assert list(content) == ["application/problem+json"], (operation.name, status)
                assert content["application/problem+json"]["schema"] == {
                    "$ref": "#/components/schemas/Problem"
                }
                for reason in content["application/problem+json"]["examples"]:
                    assert API_REASONS[reason][0] == int(status)
        assert {"401", "403", "422", "500", "503"} <= set(details["responses"]), operation.name
        if "{" in operation.path:
            assert "404" in details["responses"], operation.name
        if "requestBody" in details:
            assert operation.body is not None, operation.name
            assert {"400", "413"} <= set(details["responses"]), operation.name


async def test_every_example_fits_its_schema(app: FastAPI) -> None:
    description = app.openapi()
    checked = 0

    def fits(content: dict[str, Any]) -> None:
        nonlocal checked
        schema = {**content["schema"], "components": description["components"]}
        jsonschema.Draft202012Validator(schema).validate(content["example"])
        checked += 1

    for operation in operations(app):
        for body in (
            operation.details.get("requestBody", {}),
            *operation.details["responses"].values(),
        ):
            for content in body.get("content", {}).values():
                if "example" in content:
                    fits(content)
    for problem in description["components"]["examples"].values():
        fits({"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem["value"]})
    assert checked > 100


async def test_the_reader_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/api/docs")
    assert page.status_code == 200
    assert "http" not in re.sub(r"<!doctype html>", "", page.text).replace("http-equiv", "")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    for name in re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text):
        asset = await client.get(f"/api/{name}")
        assert asset.status_code == 200, name
        assert len(asset.content) > 100, name
    assert (
        (await client.get("/api/docs/start.js"))
        .headers["content-type"]
        .startswith("text/javascript")
    )
    for missing in ("redoc.standalone.js", "..%2f__init__.py", "%2e%2e/core.py"):
        assert (await client.get(f"/api/docs/{missing}")).status_code == 404


def test_every_reason_is_in_the_documents() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for reason, (status, _) in API_REASONS.items():
        assert re.search(rf"^\| `{reason}` \| {status} \|", text, re.MULTILINE), reason
    listed = re.findall(r"^\| `([a-z_]+)` \| \d{3} \|", text, re.MULTILINE)
    assert sorted(listed) == sorted(API_REASONS)


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_reasons_that_services_refuse_with_are_known(service: Path) -> None:
    """Whatever a decision or a set-up service refuses with is a reason that the API documents."""
    source = service.read_text(encoding="utf-8")
    raised = set(re.findall(r'reason="([a-z_]+)"', source))
    assert raised - {"login_failed"} <= set(API_REASONS)
