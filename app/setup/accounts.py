"""Who may look and act: users with passwords and sessions for the dashboard, bearer tokens for the
REST API."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from psycopg.rows import DictRow
from pwdlib import PasswordHash

from app.errors import Conflict, Invalid, NotFound, Unauthorized
from app.models.account import ApiToken, User
from app.storage.db import Connection, Database
from integrations.text.plain import sanitize

Role = Literal["admin", "member"]
Scope = Literal["read", "triage", "admin"]

SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset({"read"}),
    "triage": frozenset({"read", "triage"}),
    "admin": frozenset({"read", "triage", "admin"}),
}
"""What each scope allows: admin implies triage, triage implies read."""

MIN_PASSWORD = 10
ATTEMPTS = 5
LOCKED_FOR = timedelta(minutes=15)

_EMAIL = re.compile(
    r"[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,64}@[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,190}"
)
_HASHER = PasswordHash.recommended()


@dataclass(frozen=True, slots=True)
class SessionUser:
    """Who a session cookie belongs to. ``csrf`` must come back with every form that this person
    sends."""

    user_id: uuid.UUID
    email: str
    name: str
    role: str
    csrf: str


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who a bearer token belongs to. ``scopes`` holds everything it allows, the implied scopes
    too."""

    token_id: uuid.UUID
    name: str
    scopes: frozenset[str]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(16))


async def hash_password(password: str) -> str:
    """The argon2id hash of ``password``. Raises Invalid, reason ``password_invalid``, for one that
    is too weak."""
    if not MIN_PASSWORD <= len(password) <= 1000:
        raise Invalid(
            f"A password needs {MIN_PASSWORD} to 1000 characters.", reason="password_invalid"
        )
    return await asyncio.to_thread(_HASHER.hash, password.encode("utf-8", "surrogatepass"))


def _email(email: str) -> str:
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise Invalid("An e-mail address looks like name@example.org.", reason="email_invalid")
    return email


# --- users
# -----------------------------------------------------------------------------------------------------------


async def create_user(
    c: Connection, email: str, name: str, password: str, role: Role = "member"
) -> User:
    """A new user. Raises Invalid (``email_invalid``, ``password_invalid``) or Conflict
    (``email_taken``)."""
    values = (
        uuid.uuid4(),
        _email(email),
        sanitize(name, 200).strip(),
        await hash_password(password),
        role,
    )
    row = await (
        await c.execute(
            "insert into user_account (id, email, name, password_hash, role) values (%s, %s, %s, "
            "%s, %s)"
            " on conflict (email) do nothing returning *",
            values,
        )
    ).fetchone()
    if row is None:
        raise Conflict(
            f"There is already a user {values[1]}; choose another address.", reason="email_taken"
        )
    return User(**row)


async def list_users(c: Connection) -> list[User]:
    """Every user, by address."""
    return [
        User(**row) async for row in await c.execute("select * from user_account order by email")
    ]


async def set_password(c: Connection, user_id: uuid.UUID, password: str) -> None:
    """Set a password, lift a lock, and end every session of this user. Raises NotFound, Invalid."""
    hashed = await hash_password(password)
    done = await c.execute(
        "update user_account set password_hash = %s, failed_logins = 0, locked_until = null where "
        "id = %s",
        (hashed, user_id),
    )
    if done.rowcount == 0:
        raise NotFound(
            "There is no such user; list the users to find the right id.", reason="user_not_found"
        )
    await c.execute("delete from login_session where user_id = %s", (user_id,))


async def has_password(c: Connection, user_id: uuid.UUID, password: str) -> bool:
    """Whether this is the user's password now. For what the service itself made; a login counts its
    failures."""
    row = await (
        await c.execute("select password_hash from user_account where id = %s", (user_id,))
    ).fetchone()
    given = password.encode("utf-8", "surrogatepass")
    return row is not None and await asyncio.to_thread(_HASHER.verify, given, row["password_hash"])


async def delete_user(c: Connection, user_id: uuid.UUID) -> None:
    """Remove a user with their sessions. Raises NotFound, or Conflict (``last_admin``) for the last
    administrator."""
    admins = [
        row["id"]
        async for row in await c.execute(
            "select id from user_account where role = 'admin' order by id for update"
        )
    ]
    if admins == [user_id]:
        raise Conflict(
            "This is the last administrator; make another one first.", reason="last_admin"
        )
    done = await c.execute("delete from user_account where id = %s", (user_id,))
    if done.rowcount == 0:
        raise NotFound(
            "There is no such user; list the users to find the right id.", reason="user_not_found"
        )


async def authenticate(database: Database, email: str, password: str, now: datetime) -> User:
    """The user with this address and password.

    Takes the database, not a connection: the attempt is committed before the password is looked at,
    so neither a rollback by the caller nor many guesses at once get past the count. After
    ``ATTEMPTS`` wrong passwords in a row the account is locked for ``LOCKED_FOR``. Raises
    Unauthorized: ``login_failed`` or ``login_locked``.
    """
    async with database.transaction() as c:
        row = await _claim_attempt(c, email, now)
    stored = row["password_hash"] if row else _nobodys_hash()
    given = password.encode("utf-8", "surrogatepass")
    valid, newer = await asyncio.to_thread(_HASHER.verify_and_update, given, stored)
    if row is None or not valid:
        raise Unauthorized("The e-mail address or the password is wrong.", reason="login_failed")
    async with database.transaction() as c:
        fresh = await (
            await c.execute(
                "update user_account set failed_logins = 0, locked_until = null,"
                " password_hash = coalesce(%s, password_hash) where id = %s and password_hash = %s "
                "returning *",
                (newer, row["id"], stored),
            )
        ).fetchone()
    if fresh is None:
        raise Unauthorized("The e-mail address or the password is wrong.", reason="login_failed")
    return User(**fresh)


async def _claim_attempt(c: Connection, email: str, now: datetime) -> DictRow | None:
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email):
        return None
    found = await c.execute("select * from user_account where email = %s for update", (email,))
    row = await found.fetchone()
    if row is None:
        return None
    if row["locked_until"] is not None and row["locked_until"] > now:
        raise Unauthorized(
            "Too many wrong passwords; try again in a quarter of an hour.", reason="login_locked"
        )
    failed = 1 if row["locked_until"] is not None else row["failed_logins"] + 1
    await c.execute(
        "update user_account set failed_logins = %s, locked_until = %s where id = %s",
        (failed, now + LOCKED_FOR if failed >= ATTEMPTS else None, row["id"]),
    )
    return row


# --- sessions
# --------------------------------------------------------------------------------------------------------


async def open_session(
    c: Connection, user_id: uuid.UUID, now: datetime, hours: float
) -> tuple[str, str]:
    """Sign a browser in for ``hours``: (value of the cookie, CSRF token). Sessions that have
    expired are removed."""
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    await c.execute("delete from login_session where expires_at <= %s", (now,))
    await c.execute(
        "insert into login_session (id_hash, user_id, csrf, created_at, expires_at) values (%s, "
        "%s, %s, %s, %s)",
        (_digest(cookie), user_id, csrf, now, now + timedelta(hours=hours)),
    )
    return cookie, csrf


async def session_user(c: Connection, cookie: str, now: datetime) -> SessionUser | None:
    """Who this cookie signs in, or None for one that is unknown or has expired."""
    found = await c.execute(
        "select u.id as user_id, u.email, u.name, u.role, s.csrf from login_session s"
        " join user_account u on u.id = s.user_id where s.id_hash = %s and s.expires_at > %s",
        (_digest(cookie), now),
    )
    row = await found.fetchone()
    return SessionUser(**row) if row else None


async def close_session(c: Connection, cookie: str) -> None:
    """Sign this browser out."""
    await c.execute("delete from login_session where id_hash = %s", (_digest(cookie),))


# --- API tokens
# ------------------------------------------------------------------------------------------------------


async def create_token(c: Connection, name: str, scopes: Iterable[str]) -> tuple[ApiToken, str]:
    """(the token's row, its clear text, which is shown once). Raises Invalid: ``scope_unknown``,
    ``name_missing``."""
    wanted = sorted(set(scopes))
    if not wanted or any(scope not in SCOPES for scope in wanted):
        raise Invalid(f"Give at least one scope of: {', '.join(SCOPES)}.", reason="scope_unknown")
    name = sanitize(name, 100).strip()
    if not name:
        raise Invalid("Give the token a name that says who uses it.", reason="name_missing")
    clear = f"relay_{secrets.token_urlsafe(32)}"
    found = await c.execute(
        "insert into api_token (id, name, prefix, token_hash, scopes) values (%s, %s, %s, %s, %s) "
        "returning *",
        (uuid.uuid4(), name, clear[:12], _digest(clear), " ".join(wanted)),
    )
    row = await found.fetchone()
    assert row is not None
    return ApiToken(**row), clear


async def list_tokens(c: Connection) -> list[ApiToken]:
    """Every token, newest first, the revoked ones too."""
    return [
        ApiToken(**row)
        async for row in await c.execute("select * from api_token order by created_at desc, id")
    ]


async def token_holder(c: Connection, clear_text: str, now: datetime) -> TokenHolder:
    """Who this token belongs to. Raises Unauthorized: ``token_invalid`` or ``token_revoked``."""
    found = await c.execute("select * from api_token where token_hash = %s", (_digest(clear_text),))
    row = await found.fetchone()
    if row is None:
        raise Unauthorized(
            "This API token is not known; make one with `relay token add`.", reason="token_invalid"
        )
    if row["revoked_at"] is not None:
        raise Unauthorized("This API token was revoked; use another one.", reason="token_revoked")
    if row["last_used_at"] is None or row["last_used_at"] < now - timedelta(minutes=1):
        await c.execute("update api_token set last_used_at = %s where id = %s", (now, row["id"]))
    scopes = frozenset[str]().union(
        *(SCOPES.get(scope, frozenset()) for scope in row["scopes"].split())
    )
    return TokenHolder(row["id"], row["name"], scopes)


async def revoke_token(c: Connection, token_id: uuid.UUID) -> None:
    """End a token; doing so again changes nothing. Raises NotFound."""
    done = await c.execute(
        "update api_token set revoked_at = coalesce(revoked_at, now()) where id = %s", (token_id,)
    )
    if done.rowcount == 0:
        raise NotFound(
            "There is no such token; list the tokens to find the right id.",
            reason="token_not_found",
        )
