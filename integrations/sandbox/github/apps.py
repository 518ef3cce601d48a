"""GitHub Apps: their installations, and tokens for what they sign."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import AppToken, SandboxApp, SandboxState

router = APIRouter(route_class=PlainRoute)
INSTALLATION_TOKEN_SECONDS = 3600
JWT_LONGEST_SECONDS = 600
_RANKS = {"read": 1, "write": 2, "admin": 3}


def _refusal(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message}, status)


def signer(state: SandboxState, authorization: str) -> SandboxApp | JSONResponse:
    """The App that signed a request, or why GitHub takes it for nobody's."""
    import jwt  # only Apps need it

    value = authorization.partition(" ")[2]
    try:
        app_id = str(jwt.decode(value, options={"verify_signature": False}).get("iss"))
    except jwt.InvalidTokenError:
        return _refusal(401, "A JSON web token could not be decoded")
    app = next((app for app in state.settings.github_apps if app.app_id == app_id), None)
    if app is None:
        return _refusal(404, "Integration not found")
    now = state.clock().timestamp()
    try:
        claims = jwt.decode(
            value,
            app.public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "require": ["iat", "exp", "iss"]},
        )
    except jwt.InvalidTokenError:
        return _refusal(401, "A JSON web token could not be decoded")
    if claims["iat"] > now:
        return _refusal(401, "'Issued at' claim ('iat') must be an Integer in the past")
    if claims["exp"] <= now:
        return _refusal(401, "'Expiration time' claim ('exp') must be in the future")
    if claims["exp"] > now + JWT_LONGEST_SECONDS:
        return _refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


def _installation(app: SandboxApp) -> dict[str, Any]:
    return {
        "id": app.installation_id,
        "app_id": app.app_id,
        "app_slug": app.slug,
        "permissions": app.permissions,
        "suspended_at": "2026-01-01T00:00:00Z" if app.suspended else None,
    }


def _sees(app: SandboxApp, container: str) -> bool:
    return not app.repositories or container in app.repositories


@router.get("/app")
def app_itself(request: Request) -> Reply:
    app = signer(_state(request), request.headers.get("authorization", ""))
    if not isinstance(app, SandboxApp):
        return app
    return {"id": app.app_id, "slug": app.slug, "name": app.slug.replace("-", " ").title()}


@router.get("/repos/{owner}/{name}/installation")
def installation(request: Request, owner: str, name: str) -> Reply:
    app = signer(_state(request), request.headers.get("authorization", ""))
    if not isinstance(app, SandboxApp):
        return app
    if not _sees(app, f"{owner}/{name}"):
        return _refusal(404, "Not Found")
    return _installation(app)


@router.post("/app/installations/{installation_id}/access_tokens")
async def access_token(request: Request, installation_id: int) -> Reply:
    state = _state(request)
    app = signer(state, request.headers.get("authorization", ""))
    if not isinstance(app, SandboxApp):
        return app
    if app.installation_id != installation_id:
        return _refusal(404, "Not Found")
    if app.suspended:
        return _refusal(403, "This installation has been suspended")
    body = await json_object(request) or {}
    permissions = body.get("permissions") or app.permissions
    for permission, level in permissions.items():
        if _RANKS.get(app.permissions.get(permission, ""), 0) < _RANKS.get(level, 0):
            return _refusal(422, "The permissions requested are not granted to this installation.")
    expires_at = state.clock() + timedelta(seconds=INSTALLATION_TOKEN_SECONDS)
    token = f"ghs_{app.app_id}_{secrets.token_urlsafe(40)}"
    state.app_tokens[token] = AppToken(app=app, expires_at=expires_at)
    answer = {
        "token": token,
        "expires_at": _seconds(expires_at),
        "permissions": permissions,
        "repository_selection": "selected" if app.repositories else "all",
    }
    return JSONResponse(answer, 201)


def _seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
