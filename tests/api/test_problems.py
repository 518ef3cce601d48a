"""Bad luck: a database that is away, races and mistakes of ours, in the one shape of errors."""

from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.api.problems import install_error_handlers
from app.api.router import install_api
from app.config import Settings
from app.errors import RelayError
from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, assert_problem, bearer


@pytest.fixture
async def away(settings: Settings, vault: Vault) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application whose database does not answer."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    nowhere = Database("postgresql://relay@/relay?host=/nowhere/at/all", timeout=0.2)
    app.state.settings, app.state.database, app.state.vault = settings, nowhere, vault
    install_api(app)
    await nowhere.open()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://testserver",
    ) as opened:
        yield opened
    await nowhere.close()


async def test_a_database_that_is_away(away: httpx.AsyncClient) -> None:
    response = await away.get(f"{V1}/products", headers={"Authorization": "Bearer relay_x"})
    assert_problem(response, 503, "database_unavailable")
    assert response.headers["retry-after"] == "5"
    assert "nowhere" not in response.text
    assert (await away.get("/api/openapi.json")).status_code == 200


async def test_a_database_that_comes_back(client: httpx.AsyncClient, database: Database) -> None:
    headers = await bearer(database, "read")
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as c:
        await c.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    statuses = {(await client.get(f"{V1}/products", headers=headers)).status_code for _ in range(5)}
    assert statuses <= {200, 503}
    assert (await client.get(f"{V1}/products", headers=headers)).status_code == 200


def _breaking(error: Exception) -> FastAPI:
    app = FastAPI(openapi_url=None)
    install_error_handlers(app)

    @app.get("/{path:path}")
    async def break_(path: str) -> None:
        raise error

    return app


async def _ask(app: FastAPI, path: str, accept: str = "*/*") -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.get(path, headers={"Accept": accept})


async def test_a_mistake_of_ours_shows_nothing_of_the_inside() -> None:
    response = await _ask(_breaking(ValueError("password=hunter2")), "/api/v1/x")
    body = assert_problem(response, 500, "internal_error")
    assert "hunter2" not in response.text
    assert "ValueError" not in response.text
    assert len(body["detail"].rsplit(" ", 1)[1]) == 13  # the id and a full stop


@pytest.mark.parametrize("kind", [psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected])
async def test_two_at_once(kind: type[psycopg.Error]) -> None:
    assert_problem(await _ask(_breaking(kind("x")), "/api/v1/x"), 409, "conflict")


async def test_another_error_of_the_database() -> None:
    error = psycopg.errors.UndefinedColumn("column secret does not exist")
    assert "secret" not in str(
        assert_problem(await _ask(_breaking(error), "/api/v1/x"), 500, "internal_error")
    )


async def test_a_browser_gets_the_page_of_the_dashboard_and_programs_never_do() -> None:
    app = _breaking(RelayError("Gone for lunch.", reason="lunch", status=503))

    async def page(_: Request, error: RelayError) -> Response:
        return HTMLResponse(f"<h1>{error.detail}</h1>", error.status)

    app.state.error_page = page
    shown = await _ask(app, "/themes", "text/html,*/*")
    assert (shown.status_code, shown.text, shown.headers["retry-after"]) == (
        503,
        "<h1>Gone for lunch.</h1>",
        "5",
    )
    for path, accept in (
        ("/api/v1/themes", "text/html"),
        ("/hooks/1", "text/html"),
        ("/themes", "application/json"),
    ):
        assert_problem(await _ask(app, path, accept), 503, "lunch")
