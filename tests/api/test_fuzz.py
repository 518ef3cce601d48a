"""The API against its own description: requests made from the schemas, good and bad, and answers
held to them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from tests.scenes.everything import add_everything

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
NEVER_BY_CHANCE = {
    "create_tracker",
    "register_tracker_webhook",
    "link_ticket",
    "relink_ticket",
    "unlink_ticket",
    "recreate_ticket",
    "read_ticket_fields",
    "subscribe_to_digests",
}
"""What needs credentials that a schema cannot tell, or a tracker that answers."""


@dataclass(frozen=True)
class Opened:
    """The running application."""

    client: httpx.AsyncClient
    database: Database
    vault: Vault
    description: dict[str, Any]


@dataclass(frozen=True)
class Fuzzed:
    """The running application, and the loop it runs on."""

    runner: asyncio.Runner
    opened: Opened

    def aim(self, case: AnyCase, name: str) -> None:
        """Let a case be about objects that exist, made for it alone."""
        made = self.runner.run(add_everything(self.opened.database, self.opened.vault))
        known = made.for_path(name)
        case.path_parameters = {
            key: known.get(key, value) for key, value in (case.path_parameters or {}).items()
        }
        case.body = made.in_body(name, case.body)

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
            self.opened.client.request(
                **{name: value for name, value in made.items() if value is not None}
            )
        )


@asynccontextmanager
async def _running(url: str, given_settings: Settings, vault: Vault) -> AsyncIterator[Opened]:
    database = Database(url, size=4)
    app = create_app(given_settings, database, vault)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        headers = await bearer(database)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", headers=headers
        ) as client:
            yield Opened(client, database, vault, app.openapi())


@pytest.fixture
def fuzzed(database_url: str, settings: Settings, vault: Vault) -> Iterator[Fuzzed]:
    with asyncio.Runner() as runner:
        context = _running(database_url, settings, vault)
        opened = runner.run(context.__aenter__())
        try:
            yield Fuzzed(runner, opened)
        finally:
            runner.run(context.__aexit__(None, None, None))


def _hold(
    running: Fuzzed, cases: SearchStrategy[AnyCase], name: str, *, good: bool
) -> Counter[int]:
    """Send some cases, hold the answers to the description, and count their statuses."""
    statuses: Counter[int] = Counter()

    @BOUNDED
    @given(case=cases)
    def check(case: AnyCase) -> None:
        if good:
            running.aim(case, name)
        response = running.send(case)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    check()
    return statuses


@pytest.mark.parametrize("good", [True, False], ids=["good", "bad"])
def test_answers_are_what_the_description_says(fuzzed: Fuzzed, good: bool) -> None:
    schema = schemathesis.openapi.from_dict(fuzzed.opened.description)
    mode = GenerationMode.POSITIVE if good else GenerationMode.NEGATIVE
    statuses: dict[str, Counter[int]] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), "the description is one that schemathesis can read"
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        cases = operation.as_strategy(generation_mode=mode)
        statuses[name] = _hold(fuzzed, cases, name, good=good)
    every = sum(statuses.values(), Counter())
    assert every.total() > 200
    assert not {401, 403} & set(every)
    if good:
        reached = {name for name, of_one in statuses.items() if {200, 201, 202, 204} & set(of_one)}
        assert set(statuses) - reached == NEVER_BY_CHANCE
    else:
        assert 422 in every
