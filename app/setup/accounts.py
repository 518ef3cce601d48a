"""Users of the dashboard, their passwords, and the lock after too many wrong ones.

Plain SQL and not the ORM: a login counts its attempts under the lock of the row
(docs/decisions/0010).
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import Conflict, Invalid, NotFound, Unauthorized
from app.models.states import Role
from app.setup.password_hashing import PASSWORD_QUEUE
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_one, fetch_value
from integrations.text.plain import sanitize

PASSWORD_MIN_CHARACTERS = 10
PASSWORD_MAX_CHARACTERS = 1_000
LOGIN_ATTEMPTS_MAX = 5
LOCK_DURATION = timedelta(minutes=15)

_EMAIL_PATTERN = re.compile(
    r"[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,64}@[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,190}"
)

INSERT_USER = """
    insert into user_account (id, email, name, password_hash, role) values (%s, %s, %s, %s, %s)
    on conflict (email) do nothing
    returning id, email, name, password_hash, role, failed_logins, locked_until, created_at
"""
SELECT_USERS = """
    select id, email, name, password_hash, role, failed_logins, locked_until, created_at
    from user_account order by email
"""
SET_USER_HASH = """
    update user_account set password_hash = %s, failed_logins = 0, locked_until = null where id = %s
"""
END_SESSIONS_OF_USER = "delete from login_session where user_id = %s"
SELECT_USER_HASH = "select password_hash from user_account where id = %s"
LOCK_ADMINS = "select id from user_account where role = 'admin' order by id for update"
DELETE_USER = "delete from user_account where id = %s"
LOCK_USER_BY_EMAIL = """
    select id, email, name, password_hash, role, failed_logins, locked_until, created_at
    from user_account where email = %s for update
"""
COUNT_ATTEMPT = "update user_account set failed_logins = %s, locked_until = %s where id = %s"
# The hash that was checked must still be the one in force: a password that was changed meanwhile
# lets nobody in any more.
CLEAR_ATTEMPTS = """
    update user_account
    set failed_logins = 0, locked_until = null, password_hash = coalesce(%s, password_hash)
    where id = %s and password_hash = %s
    returning id, email, name, password_hash, role, failed_logins, locked_until, created_at
"""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in to the dashboard."""

    id: uuid.UUID
    email: str
    name: str
    password_hash: str
    role: Role
    failed_logins: int
    locked_until: datetime | None
    created_at: datetime


async def create_user(
    connection: Connection, email: str, name: str, password: str, role: Role = Role.member
) -> User:
    """A new user. Raises Invalid (``email_invalid``, ``password_invalid``) or Conflict
    (``email_taken``)."""
    address = _checked_email(email)
    password_hash = await hash_password(password)
    values = (uuid.uuid4(), address, sanitize(name, 200).strip(), password_hash, role)
    user = await fetch_one(connection, INSERT_USER, values, of=User)
    if user is None:
        raise Conflict(
            f"There is already a user {address}; choose another address.", reason="email_taken"
        )
    return user


async def list_users(connection: Connection) -> list[User]:
    """Every user, by address."""
    return await fetch_all(connection, SELECT_USERS, of=User)


async def set_password(connection: Connection, user_id: uuid.UUID, password: str) -> None:
    """Set a password, lift a lock, and end every session of this user. Raises NotFound, Invalid."""
    password_hash = await hash_password(password)
    updated = await connection.execute(SET_USER_HASH, [password_hash, user_id])
    if updated.rowcount == 0:
        raise _user_not_found()
    await connection.execute(END_SESSIONS_OF_USER, [user_id])


async def has_password(connection: Connection, user_id: uuid.UUID, password: str) -> bool:
    """Whether this is the user's password now. For what the service itself made; a login counts its
    failures."""
    password_hash = await fetch_value(connection, SELECT_USER_HASH, [user_id])
    if password_hash is None:
        return False
    with PASSWORD_QUEUE.place():
        valid, _ = await PASSWORD_QUEUE.verify(password, password_hash)
    return valid


async def delete_user(connection: Connection, user_id: uuid.UUID) -> None:
    """Remove a user with their sessions. Raises NotFound, or Conflict (``last_admin``) for the last
    administrator."""
    admins = await fetch_all(connection, LOCK_ADMINS)
    if [admin["id"] for admin in admins] == [user_id]:
        raise Conflict(
            "This is the last administrator; make another one first.", reason="last_admin"
        )
    deleted = await connection.execute(DELETE_USER, [user_id])
    if deleted.rowcount == 0:
        raise _user_not_found()


async def authenticate(database: Database, email: str, password: str, now: datetime) -> User:
    """The user with this address and password.

    Takes the database, not a connection: the attempt is committed before the password is looked at,
    so neither a rollback by the caller nor many guesses at once get past the count. After
    ``LOGIN_ATTEMPTS_MAX`` wrong passwords in a row the account is locked for ``LOCK_DURATION``.
    Raises Unauthorized: ``login_failed`` or ``login_locked``; PasswordsBusy, before anything is
    counted, where too many others sign in.
    """
    with PASSWORD_QUEUE.place():
        async with database.transaction() as connection:
            user = await _claim_attempt(connection, email, now)
        # An address that nobody has takes as long as one that somebody has.
        password_hash = user.password_hash if user else None
        valid, newer_hash = await PASSWORD_QUEUE.verify(password, password_hash)
        if user is None or not valid:
            raise _login_failed()
        async with database.transaction() as connection:
            values = [newer_hash, user.id, password_hash]
            signed_in = await fetch_one(connection, CLEAR_ATTEMPTS, values, of=User)
    if signed_in is None:
        raise _login_failed()
    return signed_in


async def _claim_attempt(connection: Connection, email: str, now: datetime) -> User | None:
    """Count an attempt, before anybody knows whether it succeeds. Raises Unauthorized."""
    address = email.strip().lower()
    if not _EMAIL_PATTERN.fullmatch(address):
        return None
    user = await fetch_one(connection, LOCK_USER_BY_EMAIL, [address], of=User)
    if user is None:
        return None
    if user.locked_until is not None and user.locked_until > now:
        raise Unauthorized(
            "Too many wrong passwords; try again in a quarter of an hour.", reason="login_locked"
        )
    attempts = 1 if user.locked_until is not None else user.failed_logins + 1
    locked_until = now + LOCK_DURATION if attempts >= LOGIN_ATTEMPTS_MAX else None
    await connection.execute(COUNT_ATTEMPT, [attempts, locked_until, user.id])
    return user


async def hash_password(password: str) -> str:
    """The argon2id hash of ``password``. Raises Invalid, reason ``password_invalid``, for one that
    is too weak; PasswordsBusy."""
    if not PASSWORD_MIN_CHARACTERS <= len(password) <= PASSWORD_MAX_CHARACTERS:
        raise Invalid(
            f"A password needs {PASSWORD_MIN_CHARACTERS} to {PASSWORD_MAX_CHARACTERS} characters.",
            reason="password_invalid",
        )
    with PASSWORD_QUEUE.place():
        return await PASSWORD_QUEUE.hash(password)


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    if not _EMAIL_PATTERN.fullmatch(email):
        raise Invalid("An e-mail address looks like name@example.org.", reason="email_invalid")
    return email


def _user_not_found() -> NotFound:
    return NotFound(
        "There is no such user; list the users to find the right id.", reason="user_not_found"
    )


def _login_failed() -> Unauthorized:
    return Unauthorized("The e-mail address or the password is wrong.", reason="login_failed")
