"""The web application: webhooks, REST API and dashboard in one process."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.api.router import install_api
from app.config import Settings
from app.intake.ingest import HOOKS_PATH, Ingest
from app.running.answer_headers import CompressedAnswers, UncachedAnswers
from app.running.readiness import Readiness
from app.setup.tracker_hooks import TRACKER_HOOKS_PATH
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.hooks import TicketHooks
from app.web.router import install as install_web


class Relay(FastAPI):
    """The application, with a short way for webhooks: the framework's layers would cost more than
    they do."""

    ingest: Ingest
    ticket_hooks: TicketHooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(HOOKS_PATH):
            if scope["path"].startswith(TRACKER_HOOKS_PATH):
                await self.ticket_hooks(scope, receive, send)
            else:
                await self.ingest(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, database: Database, vault: Vault) -> FastAPI:
    """The application over an opened or not yet opened database; opens and closes it with its own
    life."""
    ingest = Ingest(
        database,
        vault,
        now=lambda: datetime.now(UTC),
        clock=time.monotonic,
        trusted_proxies=settings.trusted_proxies,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.open()
        ingest.start()
        try:
            yield
        finally:
            await ingest.stop()
            await database.close()

    app = Relay(
        title="Feedback Relay",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.vault = vault
    app.state.sources = ingest.sources
    app.state.readiness = Readiness(database, settings.data_dir)
    app.ingest = ingest
    app.ticket_hooks = TicketHooks(
        database, vault, now=lambda: datetime.now(UTC), clock=time.monotonic
    )
    app.add_route("/healthz", _alive, include_in_schema=False)
    app.add_route("/readyz", _ready, include_in_schema=False)
    app.add_route("/metrics", _metrics, include_in_schema=False)
    install_api(app)
    install_web(app)
    app.add_middleware(UncachedAnswers)
    app.add_middleware(CompressedAnswers)
    if settings.trusted_proxies:
        # Webhooks do not ask who sends them, so they need not pay for it.
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
    return app


async def _alive(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _ready(request: Request) -> Response:
    readiness: Readiness = request.app.state.readiness
    checks = await readiness.checks()
    problems = {check.name: check.detail for check in checks if check.detail}
    shown = {check.name: check.detail or "ok" for check in checks}
    if not problems:
        return JSONResponse({"status": "ok", "checks": shown})
    # One reason for programs: what is to be mended first.
    reason = (
        "database_unavailable" if "database" in problems else f"{next(iter(problems))}_not_ready"
    )
    answer = {
        "status": "unavailable",
        "reason": reason,
        "detail": " ".join(problems.values()),
        "checks": shown,
    }
    return JSONResponse(answer, 503, {"Retry-After": "5"})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
