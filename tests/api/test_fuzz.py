"""The API against its own description: requests made from the schemas, good and bad, and answers
held to them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.config import Settings
from app.main import create_app
from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import bearer
from tests.scenes.reading import (
    add_comment,
    add_delivery,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
AnyCase = Case[Any]
SEPARATE = (
    "delete_product",
    "delete_source",
)  # they would take the rows of all other operations with them


class Fuzzed:
    """The running application with some rows in it, and the loop it runs on."""

    def __init__(
        self, runner: asyncio.Runner, client: httpx.AsyncClient, ids: dict[str, object]
    ) -> None:
        self.runner, self.client, self.ids = runner, client, ids

    def send(self, case: AnyCase) -> httpx.Response:
        """Send a generated request as it is."""
        made = case.as_transport_kwargs(base_url="http://testserver")
        made.pop("cookies", None)
        made["headers"] = httpx.Headers(made.get("headers"))
        made["headers"].pop(
            "authorization", None
        )  # one that was made up; the client's own goes instead
        made["content"] = made.pop("data", None)
        return self.runner.run(
            self.client.request(
                **{name: value for name, value in made.items() if value is not None}
            )
        )


@asynccontextmanager
async def _running(
    url: str, given_settings: Settings, vault: Vault
) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, Any]]]:
    database = Database(url, size=4)
    app = create_app(given_settings, database, vault)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        headers = await bearer(database)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", headers=headers
        ) as client:
            yield client, {"ids": await _rows(database), "description": app.openapi()}


async def _rows(database: Database) -> dict[str, object]:
    """One row of everything, so that requests find something; the ids by the name of the path
    parameter."""
    async with database.transaction() as c:
        product = await add_product(c)
        source, tracker = await add_source(c, product), await add_tracker(c, product)
        theme, other = await add_theme(c, product), await add_theme(c, product, "Near")
        comment = await add_comment(c, product, source, theme_id=theme, vector=[1, 0])
        await add_comment(c, product, source, theme_id=other, vector=[0.9, 0.1])
        ticket = await add_ticket(c, product, theme, tracker)
        delivery = await add_delivery(c, product, source, body=b"\xff\x00", query={"a": "b"})
        await c.execute(
            "insert into theme_suggestion (product_id, theme_id, other_id, score) values (%s, %s, "
            "%s, 0.7)",
            (product, theme, other),
        )
    return {
        "product_id": str(product),
        "source_id": str(source),
        "tracker_id": str(tracker),
        "theme_id": str(theme),
        "comment_id": comment,
        "ticket_id": str(ticket),
        "delivery_id": delivery,
        "suggestion_id": 1,
        "action_id": 1,
    }


@pytest.fixture
def fuzzed(
    database_url: str, settings: Settings, vault: Vault
) -> Iterator[tuple[Fuzzed, dict[str, Any]]]:
    with asyncio.Runner() as runner:
        context = _running(database_url, settings, vault)
        client, known = runner.run(context.__aenter__())
        try:
            yield Fuzzed(runner, client, known["ids"]), known["description"]
        finally:
            runner.run(context.__aexit__(None, None, None))


def _hold(
    running: Fuzzed, cases: SearchStrategy[AnyCase], named: set[str], statuses: dict[int, int]
) -> None:
    """Send some cases and hold the answers to the description; ``named`` path parameters name rows
    that exist."""

    @BOUNDED
    @given(case=cases)
    def check(case: AnyCase) -> None:
        case.path_parameters = {
            **(case.path_parameters or {}),
            **{name: running.ids[name] for name in named},
        }
        response = running.send(case)
        statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
        case.validate_response(response, checks=CHECKS)

    check()


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"]
)
def test_answers_are_what_the_description_says(
    fuzzed: tuple[Fuzzed, dict[str, Any]], mode: GenerationMode
) -> None:
    running, description = fuzzed
    schema = schemathesis.openapi.from_dict(description)
    statuses: dict[int, int] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), "the description is one that schemathesis can read"
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if name in SEPARATE:
            continue
        good = mode == GenerationMode.POSITIVE
        named = (
            {one.name for one in operation.path_parameters} & set(running.ids) if good else set()
        )
        _hold(running, operation.as_strategy(generation_mode=mode), named, statuses)
    assert sum(statuses.values()) > 200
    assert 401 not in statuses
    assert 403 not in statuses
    assert {200, 201} <= set(statuses) if mode == GenerationMode.POSITIVE else 422 in statuses
