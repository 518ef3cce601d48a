"""What is sent, checked against the vendors' own published descriptions of their APIs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft4Validator
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from integrations.tracker_contract import Attempt, Draft
from tests.paths import SHARED

Drafts = Callable[..., Draft]
FOLDER = SHARED / "contracts"
DESCRIPTIONS = {
    "github": "github-rest.trimmed.prism.json",
    "jira-cloud": "jira-cloud-v3.trimmed.prism.json",
}
NOT_DESCRIBED = {
    "/rest/api/3/mypermissions",
    "/rest/api/3/issue/bulkfetch",
    "/rest/api/3/issueLinkType",
    "/graphql",
}  # left out of the trimmed description, or another API
PARTS_NOT_DESCRIBED = ("/changelog", "/issueLink/")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the vendors' API descriptions are not kept in this repository: no ../shared/contracts",
)


@cache
def description(name: str) -> OpenAPI:
    value = json.loads((FOLDER / DESCRIPTIONS[name]).read_text())
    value["servers"] = [{"url": "http://tracker.example"}]
    return OpenAPI.from_dict(value)


@cache
def adf() -> Draft4Validator:
    return Draft4Validator(json.loads((FOLDER / "adf-v1-full.schema.json").read_text()))


class Sent:
    """A request that the sandbox wrote down, as openapi-core wants to see it."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.host_url = "http://tracker.example"
        self.path = request["path"]
        self.path_pattern = None
        self.method = request["method"].lower()
        self.content_type = (
            request["headers"].get("content-type", "application/json").partition(";")[0]
        )
        self.body = request["body"].encode() or None
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(request["query"])),
            header=Headers(request["headers"]),
            cookie={},
        )


def described(bench: Any) -> Iterator[dict[str, Any]]:
    for request in bench.state.requests:
        path = request["path"]
        if path not in NOT_DESCRIBED and not any(part in path for part in PARTS_NOT_DESCRIBED):
            yield request


async def everything(bench: Any, draft: Drafts) -> None:
    tracker = bench.tracker
    ref = await tracker.create(draft(quotes=[*draft().quotes, *draft(title="x").quotes] * 10))
    await tracker.update(ref, draft(people=99, labels=("kind:bug", "platform:github")))
    await tracker.find(draft().marker)
    attempt = Attempt(datetime.now(UTC), await tracker.note())
    await tracker.find("relay-of-nobody", attempt)
    await tracker.whoami()
    await tracker.probe()
    await tracker.get(ref)
    await tracker.check()
    other = await tracker.create(draft(marker="relay-of-another", title="Another"))
    planned = await tracker.plan_duplicate(ref, other)
    marked = await tracker.mark_duplicate(ref, planned)
    await tracker.unmark_duplicate(ref, marked)


@pytest.mark.parametrize("bench", sorted(DESCRIPTIONS), indirect=True)
async def test_every_request_is_one_the_vendor_describes(bench: Any, draft: Drafts) -> None:
    await everything(bench, draft)
    requests = list(described(bench))
    assert {"POST", "GET"} < {request["method"] for request in requests}
    for request in requests:
        description(bench.name).validate_request(Sent(request))
        scheme = "Bearer" if bench.type.name == "github" else "Basic"
        assert request["headers"]["authorization"] == f"{scheme} ***"


@pytest.mark.parametrize("bench", ["github"], indirect=True)
@pytest.mark.parametrize("change", [{"title": None}, {"labels": "bug"}, {"body": 5}])
async def test_the_description_would_catch_a_wrong_request(
    bench: Any, draft: Drafts, change: dict[str, Any]
) -> None:
    await bench.tracker.create(draft())
    request = dict(bench.writes()[0])
    body = {**json.loads(request["body"]), **change}
    request["body"] = json.dumps({key: value for key, value in body.items() if value is not None})
    with pytest.raises(OpenAPIError):
        description(bench.name).validate_request(Sent(request))


@pytest.mark.parametrize("bench", ["jira-cloud"], indirect=True)
async def test_descriptions_are_valid_atlassian_documents(bench: Any, draft: Drafts) -> None:
    await everything(bench, draft)
    await bench.tracker.create(draft(quotes=(), threads=(), theme_url=""))
    documents = [
        body["fields"]["description"]
        for request in bench.writes()
        if request["path"] not in NOT_DESCRIBED
        and "description" in (body := json.loads(request["body"] or "{}")).get("fields", {})
    ]
    assert len(documents) == 4
    for document in documents:
        assert [error.message for error in adf().iter_errors(document)] == []
    documents[0]["content"][0]["attrs"]["panelType"] = "neon"
    assert not adf().is_valid(documents[0])


async def test_a_search_asks_for_no_list_of_fields(bench: Any) -> None:
    await bench.tracker.find("relay-0b54e2f38c1d4c8e9a512f0f3c1d7a90")
    await bench.tracker.note()
    assert not [request for request in bench.state.requests if request["path"].endswith("/field")]
