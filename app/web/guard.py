"""Who may see and do what in the dashboard: session, token of each form, origin of a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse

from app.config import Settings
from app.errors import Forbidden, Unauthorized
from app.models.states import Role
from app.setup import login_sessions
from app.setup.login_sessions import SessionUser
from app.storage.db import Database
from app.storage.vault import Vault
from app.web import flash
from app.web.masking import is_mask_of
from app.web.params import without_nul

SESSION_COOKIE = "relay_session"


class LoginNeeded(Unauthorized):
    """The page is only for people who are signed in."""

    reason = "login_needed"

    def __init__(self) -> None:
        super().__init__("Sign in to go on.")


class ForgedRequest(Forbidden):
    """The request was not sent by a form of ours."""

    reason = "forged_request"

    def __init__(self) -> None:
        super().__init__(
            "This form is out of date or was sent by another site. Reload the page and try again."
        )


def database(request: Request) -> Database:
    """The service's database."""
    database: Database = request.app.state.database
    return database


def settings(request: Request) -> Settings:
    """The service's settings."""
    settings: Settings = request.app.state.settings
    return settings


def vault(request: Request) -> Vault:
    """What seals the service's secrets."""
    vault: Vault = request.app.state.vault
    return vault


def secure(request: Request) -> bool:
    """Whether browsers reach us over TLS, so that cookies may ask for it."""
    return request.url.scheme == "https" or settings(request).base_url.startswith("https://")


def local_path(target: str, fallback: str = "/") -> str:
    """``target`` if it is a path on this site, else ``fallback``: no redirect leaves the site."""
    clean = target.strip()
    # Browsers read a backslash as a slash, and drop control characters: both could name a host.
    unsafe = "\\" in clean or any(ord(mark) < 32 for mark in clean)
    if unsafe or not clean.startswith("/") or clean.startswith("//"):
        return fallback
    parts = urlsplit(clean)
    if parts.scheme or parts.netloc:
        return fallback
    return clean


def check_sender(request: Request) -> None:
    """Let a form pass only if a page of ours sent it. Raises ForgedRequest."""
    site = request.headers.get("sec-fetch-site", "")
    if site and site not in ("same-origin", "none"):
        raise ForgedRequest
    origin = request.headers.get("origin", "")
    own_hosts = (urlsplit(settings(request).base_url).netloc, request.headers.get("host", ""))
    if origin and urlsplit(origin).netloc not in own_hosts:
        raise ForgedRequest


async def viewer(request: Request) -> SessionUser:
    """Who is signed in. Raises LoginNeeded."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    if not cookie:
        raise LoginNeeded
    async with database(request).transaction() as connection:
        user = await login_sessions.session_user(connection, cookie, datetime.now(UTC))
    if user is None:
        raise LoginNeeded
    return user


@dataclass(frozen=True, slots=True)
class Act:
    """A form that somebody who is signed in sent from one of our pages."""

    request: Request
    user: SessionUser
    form: FormData

    @property
    def actor(self) -> str:
        """How the activity log names them."""
        return f"user:{self.user.email}"

    @property
    def database(self) -> Database:
        """The service's database."""
        return database(self.request)

    @property
    def version(self) -> int | None:
        """The version of the theme that the page showed, where the form carries one."""
        value = self.text("version")
        return int(value) if value.isdigit() else None

    def text(self, name: str, limit: int = 4000) -> str:
        """A field as text, trimmed; empty where it is missing."""
        value = self.form.get(name, "")
        if not isinstance(value, str):
            return ""
        return without_nul(value).strip()[:limit]

    def texts(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def back(self, fallback: str = "/") -> str:
        """The page that the form wants to be followed by."""
        return local_path(self.text("next"), fallback)

    def done(self, text: str, *undo: int, to: str = "", tone: str = "done") -> RedirectResponse:
        """Answer with the page to go on with, and what it says; ``undo`` are activities that can be
        taken back."""
        response = RedirectResponse(to or self.back(), status_code=303)
        note = flash.Flash(text, "failed" if tone == "failed" else "done", tuple(undo))
        flash.leave(response, note, secure=secure(self.request))
        return response


async def acting(request: Request, user: Annotated[SessionUser, Depends(viewer)]) -> Act:
    """A posted form, after its sender and its token were checked. Raises ForgedRequest."""
    check_sender(request)
    form = await request.form()
    token = form.get("csrf", "")
    if not isinstance(token, str) or not is_mask_of(token, user.csrf):
        raise ForgedRequest
    return Act(request, user, form)


def require_admin(user: SessionUser) -> None:
    """Raises Forbidden for a member."""
    if user.role != Role.admin:
        raise Forbidden(
            "Only an administrator may do this; ask one of them to change it or to make you one."
        )


async def admin(user: Annotated[SessionUser, Depends(viewer)]) -> SessionUser:
    """Who is signed in, if they are an administrator."""
    require_admin(user)
    return user


async def administering(act: Annotated[Act, Depends(acting)]) -> Act:
    """A posted form of an administrator."""
    require_admin(act.user)
    return act


Viewer = Annotated[SessionUser, Depends(viewer)]
Admin = Annotated[SessionUser, Depends(admin)]
Acting = Annotated[Act, Depends(acting)]
Administering = Annotated[Act, Depends(administering)]
