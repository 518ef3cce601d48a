"""Browsers that are signed in to the dashboard: a random cookie, of which only the SHA-256 is
kept."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.models.states import Role
from app.setup.digests import digest
from app.storage.db import Connection
from app.storage.rows import fetch_one

DELETE_SESSIONS_BEFORE = "delete from login_session where expires_at <= %s"
INSERT_SESSION = """
    insert into login_session (id_hash, user_id, csrf, created_at, expires_at)
    values (%s, %s, %s, %s, %s)
"""
SELECT_SESSION_USER = """
    select u.id as user_id, u.email, u.name, u.role, s.csrf
    from login_session s join user_account u on u.id = s.user_id
    where s.id_hash = %s and s.expires_at > %s
"""
DELETE_SESSION = "delete from login_session where id_hash = %s"


@dataclass(frozen=True, slots=True)
class SessionUser:
    """Who a session cookie belongs to. ``csrf`` must come back with every form that this person
    sends."""

    user_id: uuid.UUID
    email: str
    name: str
    role: Role
    csrf: str


async def open_session(
    connection: Connection, user_id: uuid.UUID, now: datetime, hours: float
) -> tuple[str, str]:
    """Sign a browser in for ``hours``: (value of the cookie, CSRF token). Sessions that have
    expired are removed."""
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    await connection.execute(DELETE_SESSIONS_BEFORE, [now])
    expires_at = now + timedelta(hours=hours)
    await connection.execute(INSERT_SESSION, [digest(cookie), user_id, csrf, now, expires_at])
    return cookie, csrf


async def session_user(connection: Connection, cookie: str, now: datetime) -> SessionUser | None:
    """Who this cookie signs in, or None for one that is unknown or has expired."""
    return await fetch_one(connection, SELECT_SESSION_USER, [digest(cookie), now], of=SessionUser)


async def close_session(connection: Connection, cookie: str) -> None:
    """Sign this browser out."""
    await connection.execute(DELETE_SESSION, [digest(cookie)])
