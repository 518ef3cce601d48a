"""Signing in and out."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import TooMany, Unauthorized
from app.setup import accounts, known_browsers, login_sessions
from app.web import guard, rendering
from app.web.guard import Acting, ForgedRequest
from app.web.masking import is_mask_of, masked
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
LOGIN_COOKIE = "relay_login"
BROWSER_COOKIE = "relay_browser"
LOGIN_SECONDS = 86_400
EMAIL_MAX_CHARACTERS = 255


@router.get("/login")
async def login_page(request: Request, next: str = "/") -> Response:
    """The login form."""
    return _form(request, next=guard.local_path(next))


def _form(
    request: Request, *, next: str, email: str = "", error: str = "", status: int = 200
) -> Response:
    token = request.cookies.get(LOGIN_COOKIE, "") or secrets.token_urlsafe(24)
    response = rendering.bare(
        request,
        "login.html",
        code=status,
        next=next,
        email=email,
        error=error,
        form_token=masked(token),
    )
    response.set_cookie(
        LOGIN_COOKIE,
        token,
        max_age=LOGIN_SECONDS,
        path="/login",
        httponly=True,
        samesite="strict",
        secure=guard.secure(request),
    )
    return response


@router.post("/login")
async def login(request: Request) -> Response:
    """Check address and password, and open a session."""
    guard.check_sender(request)
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    expected = request.cookies.get(LOGIN_COOKIE, "")
    if not expected or not is_mask_of(form.get("form_token", ""), expected):
        raise ForgedRequest
    target = guard.local_path(form.get("next", "/"))
    email = form.get("email", "")[:EMAIL_MAX_CHARACTERS]
    now = datetime.now(UTC)
    vault = guard.vault(request)
    browser = known_browsers.opened(vault, request.cookies.get(BROWSER_COOKIE, ""), now)
    try:
        user = await accounts.authenticate(
            guard.database(request), email, form.get("password", ""), now, browser=browser
        )
    except Unauthorized as refused:
        return _form(request, next=target, email=email, error=refused.detail, status=401)
    except TooMany as busy:
        response = _form(request, next=target, email=email, error=busy.detail, status=busy.status)
        response.headers["Retry-After"] = str(busy.retry_after)
        return response
    hours = guard.settings(request).session_hours
    async with guard.database(request).transaction() as connection:
        cookie, _ = await login_sessions.open_session(connection, user.id, now, hours)
    response = RedirectResponse(target, status_code=303)
    response.set_cookie(
        guard.SESSION_COOKIE,
        cookie,
        max_age=int(hours * 3600),
        httponly=True,
        samesite="lax",
        secure=guard.secure(request),
    )
    response.set_cookie(
        BROWSER_COOKIE,
        known_browsers.sealed(vault, user, now),
        max_age=int(known_browsers.BROWSER_KNOWN_DURATION.total_seconds()),
        path="/login",
        httponly=True,
        samesite="strict",
        secure=guard.secure(request),
    )
    return response


@router.post("/logout")
async def logout(act: Acting) -> Response:
    """End this browser's session."""
    async with act.database.transaction() as connection:
        await login_sessions.close_session(
            connection, act.request.cookies.get(guard.SESSION_COOKIE, "")
        )
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(guard.SESSION_COOKIE, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
