"""What every API request passes: it is written down, the token is looked at, and faults strike."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import re
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.sandbox.faults import Fault, answer
from integrations.sandbox.state import SandboxState

REQUEST_MAX_BYTES = 2 * 1024 * 1024
RECORDED_BODY_MAX_BYTES = 256 * 1024
_SILENT_MODES = ("timeout_after_work", "lost_response")
_GATEWAY_PREFIX = re.compile(r"^/ex/jira/[^/]+(?=/rest/)")
_SIGNED_PATH = re.compile(r"^/app(/|$)|^/repos/[^/]+/[^/]+/installation$")
_TICKET_PAGE = re.compile(r"^/gitlab/.*/-/issues/\d+$")
UNGUARDED_PATHS = ("/_sandbox", "/tickets", "/browse/", "/static/")


class Gate:
    """ASGI middleware in front of the GitHub and Jira routes; pages and the control API pass
    untouched."""

    def __init__(self, app: ASGIApp, state: SandboxState) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            self._state.base_url = f"{scope['scheme']}://{host}"
        if scope["type"] != "http" or scope["path"] == "/" or _is_unguarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self._write_down(scope, headers, body)
        scope = _without_gateway(scope)
        path, method = str(scope["path"]), str(scope["method"])
        if body is None:
            await _answer(
                send, 413, {}, {"message": "The request body is too large for the sandbox."}
            )
            return
        fault = self._state.faults.take(method, path)
        if fault and (instead := answer(fault, method, path)):
            await _answer(send, *instead)
        elif not self._let_in(path, _authorization(path, headers)):
            await _answer(send, 401, {}, _unauthorized(path))
        elif fault and fault.mode in _SILENT_MODES:
            await self._app(scope, _replay(body), _swallow)
            await _go_silent(fault, receive, send)
        else:
            await self._app(scope, _replay(body), send)

    def _let_in(self, path: str, authorization: str) -> bool:
        if self._state.settings.github_apps and _SIGNED_PATH.search(path):
            return True  # the route looks at the signature
        scheme, _, value = authorization.partition(" ")
        value = value or scheme  # Linear's keys stand alone
        if value.startswith("ghs_") and self._state.settings.github_apps:
            return self._state.app_of(authorization) is not None
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return False
        token = self._state.settings.require_token
        return bool(value) and (not token or hmac.compare_digest(value.encode(), token.encode()))

    def _write_down(self, scope: Scope, headers: dict[str, str], body: bytes | None) -> None:
        headers = {name: value for name, value in headers.items() if name != "api-key"}
        if "authorization" in headers:
            scheme, space, _ = headers["authorization"].partition(" ")
            headers["authorization"] = f"{scheme} ***" if space else "***"
        self._state.requests.append(
            {
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode("latin-1"),
                "headers": headers,
                "body": (body or b"")[:RECORDED_BODY_MAX_BYTES].decode("utf-8", "replace"),
                "at": self._state.clock().isoformat(),
            }
        )


def _without_gateway(scope: Scope) -> Scope:
    """A request at Atlassian's address for tokens with scopes, as the site itself gets it."""
    path = _GATEWAY_PREFIX.sub("", str(scope["path"]))
    if path == scope["path"]:
        return scope
    return {**scope, "path": path, "raw_path": path.encode()}


def _is_unguarded(path: str) -> bool:
    """Whether a path is one of our pages; the forum's addresses of data end in ``.json``."""
    is_topic_page = path.startswith("/forum/t/") and not path.endswith(".json")
    is_ticket_page = _TICKET_PAGE.match(path) is not None
    return is_topic_page or is_ticket_page or path.startswith(UNGUARDED_PATHS)


def _authorization(path: str, headers: dict[str, str]) -> str:
    """What lets a request in; the forum has a header of its own for it."""
    if path.startswith("/forum/"):
        return f"Token {headers.get('api-key', '')}"
    return headers.get("authorization", "")


def _unauthorized(path: str) -> dict[str, Any]:
    if path.startswith("/rest/"):
        return {"errorMessages": ["You are not authenticated."], "errors": {}}
    if path.startswith("/linear/"):
        code = {"code": "AUTHENTICATION_ERROR"}
        return {"errors": [{"message": "Authentication required", "extensions": code}]}
    return {"message": "Bad credentials"}


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > REQUEST_MAX_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _swallow(message: Message) -> None:
    del message


async def _go_silent(fault: Fault, receive: Receive, send: Send) -> None:
    """Leave the client without an answer: wait until it goes or the time is over, then close the
    connection."""
    if fault.mode == "timeout_after_work":
        try:
            async with asyncio.timeout(fault.seconds):
                await _disconnected(receive)
        except TimeoutError:
            pass
    # uvicorn offers no way to close a connection without an answer, but its `send` belongs to the
    # connection.
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.close()
        await _disconnected(receive)
        return
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]}
    )
    await send({"type": "http.response.body", "body": b"{", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int, headers: dict[str, str], value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    sent = {**headers, "content-type": "application/json", "content-length": str(len(body))}
    lines = [(name.encode(), text.encode()) for name, text in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
