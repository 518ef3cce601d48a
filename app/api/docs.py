"""The API's description and its reader: OpenAPI and Swagger UI; nothing is loaded from outside."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from app.api.examples import add_examples
from app.api.problems import Problem
from app.api.reasons import problem_examples
from app.errors import NotFound

REST_API_VERSION = "1.0.0"
API_PREFIX = "/api/v1"
API_TAGS = [
    {
        "name": "products",
        "description": "What a team builds, and the policy by which its themes become tickets.",
    },
    {
        "name": "sources",
        "description": "Connected channels of platforms, their secrets and set-up steps.",
    },
    {
        "name": "deliveries",
        "description": "Requests that platforms sent, kept raw; what failed can be replayed.",
    },
    {
        "name": "comments",
        "description": "What people said, what we made of it, and how to correct that.",
    },
    {
        "name": "themes",
        "description": "One bug or one request each: the group of comments that say it.",
    },
    {
        "name": "replies",
        "description": "Answers that go back into the threads where people asked.",
    },
    {
        "name": "questions",
        "description": "What the community asks, and how soon somebody else answers.",
    },
    {"name": "promises", "description": "What the team said that it would do, and until when."},
    {
        "name": "people",
        "description": "The humans behind accounts: what they said, and what became of it.",
    },
    {
        "name": "decisions",
        "description": "What people decide about themes. Every decision can be undone.",
    },
    {"name": "trackers", "description": "Where tickets go: Jira projects, GitHub repositories."},
    {"name": "tickets", "description": "The ledger of tickets that were made, or wait to be."},
    {"name": "stats", "description": "Volumes, kinds, what waits, and the health of sources."},
    {"name": "digests", "description": "A week or a day in one document, and who gets it."},
    {"name": "models", "description": "What products learned from their corrections."},
    {"name": "tokens", "description": "Bearer tokens of this API."},
    {"name": "users", "description": "People who sign in to the dashboard."},
]
API_DESCRIPTION = """\
Everything that the dashboard shows and decides, for programs.

**Access**: `Authorization: Bearer relay_...` with the scope `read`, `triage` or `admin`. **Lists**
answer `items` and `next_cursor`; no row comes twice, none is lost while rows are added. **Errors**
are problem details (RFC 9457) with a `reason`, one word for programs. **Decisions** take the
`version` of the theme you saw, and answer 409 when it has changed since; each answers an
`action_id` that can be undone. **Texts** of people are plain text: escape them.
"""
READER_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon.png": "image/png",
}
READER_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
READER_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Feedback Relay API</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>
This reader needs JavaScript; the description itself is <a href="openapi.json">openapi.json</a>.
</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
READER_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, persistAuthorization: false,
  presets: [
    SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset
  ].filter(Boolean),
  layout: "BaseLayout", displayRequestDuration: true, validatorUrl: null
});
"""


def _assets() -> Path:
    """Swagger UI's files, from the package fastapi-offline, whose code is not used."""
    package = importlib.util.find_spec("fastapi_offline")
    if package is None or package.origin is None:
        raise RuntimeError(
            "The package fastapi-offline is missing; install the service with its dependencies."
        )
    return Path(package.origin).parent / "static"


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What ``app.openapi`` answers: the operations with the error shape they share, made once."""
    description: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not description:
            description.update(
                get_openapi(
                    title="Feedback Relay API",
                    version=REST_API_VERSION,
                    summary="What a community says, as themes and tickets.",
                    description=API_DESCRIPTION,
                    license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
                    servers=[{"url": "/", "description": "This service."}],
                    tags=API_TAGS,
                    routes=app.routes,
                )
            )
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            description["components"]["schemas"] |= schema.pop("$defs", {}) | {"Problem": schema}
            description["components"]["examples"] = problem_examples()
            add_examples(description)
        return description

    return openapi


def install_docs(app: FastAPI) -> None:
    """Serve ``/api/openapi.json`` and the reader at ``/api/docs``. The reader's files come from the
    package."""
    app.openapi = describe(app)  # type: ignore[method-assign]
    folder = _assets()

    async def description(_: Request) -> Response:
        return JSONResponse(app.openapi())

    async def reader(_: Request) -> Response:
        return HTMLResponse(
            READER_PAGE,
            headers={
                "Content-Security-Policy": READER_CONTENT_POLICY,
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=86400"}
        if name == "start.js":
            return Response(READER_START, media_type="text/javascript", headers=headers)
        if name not in READER_ASSETS:
            raise NotFound("There is nothing at this address; /api/docs lists what there is.")
        return FileResponse(folder / name, media_type=READER_ASSETS[name], headers=headers)

    for path, endpoint in (
        ("/api/openapi.json", description),
        ("/api/docs", reader),
        ("/api/docs/{name}", asset),
    ):
        app.router.routes.append(Route(path, endpoint))
