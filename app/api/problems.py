"""One shape for every error: RFC 9457 problem details; for a browser a page of the dashboard."""

from __future__ import annotations

import errno
import json
import traceback
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

import psycopg
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from psycopg import errors
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api.methods import allowed_methods
from app.api.reasons import STATUS_TITLES
from app.errors import Conflict, Forbidden, RelayError, TooMany, Unauthorized
from app.storage.db import DatabaseAway, DiskFull, away, is_away
from integrations.complaints import complaint

log = structlog.get_logger(__name__)

PROBLEM_MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
RACE_ERRORS = (
    errors.UniqueViolation,
    errors.ForeignKeyViolation,
    errors.SerializationFailure,
    errors.DeadlockDetected,
)
NO_SPACE_ERRORS = (errno.ENOSPC, errno.EDQUOT)
ROUTING_REFUSALS = {
    400: ("body_invalid", "The body cannot be read; send UTF-8 encoded JSON."),
    404: ("not_found", "There is nothing at this address; /api/docs lists what there is."),
    405: (
        "method_not_allowed",
        "This address does not know this method; the Allow header names those it knows.",
    ),
}
FIELDS_IN_SENTENCE = 3
ErrorPage = Callable[[Request, RelayError], Awaitable[Response]]
"""Makes the page that a browser gets for an error; its status is ``error.status``."""


class FieldError(BaseModel):
    """One value that cannot be used."""

    field: str = Field(
        description="Where it is: `body.title`, `query.limit`.", examples=["body.title"]
    )
    message: str = Field(description="What is wrong with it.", examples=["is missing"])


class Problem(BaseModel):
    """An error as RFC 9457 describes it, with our reason code."""

    type: str = Field(default="about:blank", description="Always `about:blank`: read `reason`.")
    title: str = Field(description="The status in words.", examples=["Conflict"])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(description="What happened and what to do, for people.")
    reason: str = Field(
        description="What happened, for programs: one snake_case word.",
        examples=["version_conflict"],
    )
    instance: str | None = Field(default=None, description="The path that was asked for.")
    errors: list[FieldError] | None = Field(
        default=None, description="The values that cannot be used (422)."
    )


def install_error_handlers(app: FastAPI, error_page: ErrorPage | None = None) -> None:
    """Give every error of ``app`` one shape. ``error_page`` (or, later, ``app.state.error_page``)
    serves browsers."""
    app.state.error_page = error_page
    for kind, handler in (
        (RelayError, _known),
        (HTTPException, _http),
        (RequestValidationError, _invalid),
        (psycopg.Error, _database),
        (PoolTimeout, _database),
        (Exception, _unknown),
    ):
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]


def printable(text: str) -> str:
    """``text`` with lone surrogates escaped, so that it can be sent."""
    return text.encode("utf-8", "backslashreplace").decode()


async def _answer(
    request: Request,
    error: RelayError,
    *,
    fields: Sequence[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    sent = dict(headers or {})
    if isinstance(error, Unauthorized):
        sent["WWW-Authenticate"] = 'Bearer realm="relay"'
    elif isinstance(error, Forbidden) and error.reason == "scope_missing":
        sent["WWW-Authenticate"] = 'Bearer realm="relay", error="insufficient_scope"'
    elif isinstance(error, TooMany):
        sent["Retry-After"] = str(error.retry_after)
    elif error.status in (503, 507):
        sent["Retry-After"] = RETRY_AFTER_SECONDS
    page: ErrorPage | None = request.app.state.error_page
    path = request.url.path
    if page and _is_for_browser(request):
        response = await page(request, error)
        response.headers.update(
            {name: value for name, value in sent.items() if name != "WWW-Authenticate"}
        )
        return response
    problem = Problem(
        title=STATUS_TITLES.get(error.status, HTTPStatus(error.status).phrase),
        status=error.status,
        detail=printable(error.detail),
        reason=error.reason,
        instance=printable(path[:200]),
        errors=list(fields) if fields else None,
    )
    body = json.dumps(problem.model_dump(exclude_none=True)).encode()
    return Response(body, error.status, headers=sent, media_type=PROBLEM_MEDIA_TYPE)


def _is_for_browser(request: Request) -> bool:
    if request.url.path.startswith(("/api", "/hooks")):
        return False
    return "text/html" in request.headers.get("accept", "")


async def _known(request: Request, error: RelayError) -> Response:
    if isinstance(error, DiskFull) or (error.status >= 500 and not isinstance(error, DatabaseAway)):
        log.error("request_failed", reason=error.reason, detail=error.detail)
    return await _answer(request, error)


async def _http(request: Request, error: HTTPException) -> Response:
    if error.status_code == 405:
        return await _method_not_allowed(request, error.headers)
    phrase = HTTPStatus(error.status_code).phrase
    reason, detail = ROUTING_REFUSALS.get(
        error.status_code, (phrase.lower().replace(" ", "_"), f"{phrase}: {error.detail}")
    )
    refusal = RelayError(detail, reason=reason, status=error.status_code)
    return await _answer(request, refusal, headers=error.headers)


async def _method_not_allowed(
    request: Request, headers: Mapping[str, str] | None = None
) -> Response:
    reason, detail = ROUTING_REFUSALS[405]
    allowed = ", ".join(sorted(allowed_methods(request)))
    refusal = RelayError(detail, reason=reason, status=405)
    return await _answer(request, refusal, headers={"Allow": allowed} if allowed else headers)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    """``input`` and ``ctx`` are left out: they would send back what may be a secret."""
    allowed = allowed_methods(request)
    if allowed and request.method not in allowed:
        return await _method_not_allowed(request)
    complaints = error.errors()
    types = {entry["type"] for entry in complaints}
    if "json_invalid" in types:
        refusal = RelayError(
            "The body is not JSON; send UTF-8 encoded JSON.", reason="body_invalid", status=400
        )
        return await _answer(request, refusal)
    fields = [
        FieldError(
            field=printable(".".join(map(str, entry["loc"]))),
            message=printable(complaint(entry)),
        )
        for entry in complaints
    ]
    sentence = "; ".join(f"{field.field} {field.message}" for field in fields[:FIELDS_IN_SENTENCE])
    if len(fields) > FIELDS_IN_SENTENCE:
        sentence += f"; and {len(fields) - FIELDS_IN_SENTENCE} more"
    reason = "invalid_text" if types & {"invalid_text", "string_unicode"} else "invalid_value"
    refusal = RelayError(f"Correct what was sent: {sentence}.", reason=reason, status=422)
    return await _answer(request, refusal, fields=fields)


async def _database(request: Request, error: Exception) -> Response:
    if is_away(error):
        return await _known(request, away(error))
    if isinstance(error, RACE_ERRORS):
        refusal = Conflict(
            "Somebody changed the same thing at the same moment; look at it and try again."
        )
        return await _answer(request, refusal)
    return await _unknown(request, error)


async def _unknown(request: Request, error: Exception) -> Response:
    if isinstance(error, OSError) and error.errno in NO_SPACE_ERRORS:
        return await _known(request, DiskFull())
    number = uuid.uuid4().hex[:12]
    # Formatted here, so that no log renderer adds the values of variables, which may be secrets.
    trace = "".join(traceback.format_exception(error))
    log.error("request_crashed", request_id=number, path=request.url.path, traceback=trace)
    detail = f"Something went wrong here; it was logged as {number}."
    return await _answer(request, RelayError(detail))
