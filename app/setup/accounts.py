"""Users of the dashboard and their passwords."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.errors import Conflict, Invalid, NotFound, Unauthorized
from app.models.states import Role
from app.setup.login_attempts import (
    Attempt,
    account_of_nobody,
    clear_attempts,
    count_attempt,
    unlock,
)
from app.setup.password_hashing import PASSWORD_QUEUE
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_one, fetch_value
from integrations.text.plain import sanitize

PASSWORD_MIN_CHARACTERS = 10
PASSWORD_MAX_CHARACTERS = 1_000

_EMAIL_PATTERN = re.compile(
    r"[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,64}@[^\s@\x00-\x1f\x7f\ud800-\udfff]{1,190}"
)

INSERT_USER = """
    insert into user_account (id, email, name, password_hash, role) values (%s, %s, %s, %s, %s)
    on conflict (email) do nothing
    returning id, email, name, password_hash, role, created_at, null::timestamptz as locked_until
"""
SELECT_USERS = """
    select u.id, u.email, u.name, u.password_hash, u.role, u.created_at, f.locked_until
    from user_account u left join login_failure f on f.account = u.id::text and f.browser = ''
    order by u.email
"""
SET_USER_HASH = "update user_account set password_hash = %s where id = %s"
END_SESSIONS_OF_USER = "delete from login_session where user_id = %s"
SELECT_USER_HASH = "select password_hash from user_account where id = %s"
LOCK_ADMINS = "select id from user_account where role = 'admin' order by id for update"
DELETE_USER = "delete from user_account where id = %s"
SELECT_USER_BY_EMAIL = """
    select id, email, name, password_hash, role, created_at, null::timestamptz as locked_until
    from user_account where email = %s
"""
# The hash that was checked must still be the one in force: a password that was changed meanwhile
# lets nobody in any more.
CONFIRM_HASH = """
    update user_account set password_hash = coalesce(%s, password_hash)
    where id = %s and password_hash = %s
    returning id, email, name, password_hash, role, created_at, null::timestamptz as locked_until
"""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in to the dashboard. ``locked_until`` is filled in lists of users: until
    then nobody signs in who is not in a known browser."""

    id: uuid.UUID
    email: str
    name: str
    password_hash: str
    role: Role
    created_at: datetime
    locked_until: datetime | None


class FamiliarBrowser(Protocol):
    """A browser in which somebody signed in before, as its cookie proves."""

    @property
    def number(self) -> str:
        """Tells it from others."""

    def belongs_to(self, user: User | None) -> bool:
        """Whether it was this person, with the password that they still have."""


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
    await unlock(connection, str(user_id))


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
    await unlock(connection, str(user_id))


async def authenticate(
    database: Database,
    email: str,
    password: str,
    now: datetime,
    *,
    browser: FamiliarBrowser | None = None,
) -> User:
    """The user with this address and password.

    Takes the database, not a connection: the attempt is committed before the password is looked at,
    so neither a rollback by the caller nor many guesses at once get past the count. After
    ``LOGIN_ATTEMPTS_MAX`` wrong passwords in a row nobody signs in for ``LOCK_DURATION``: in this
    ``browser``, if it is one of the person's, else in any that is not. Raises Unauthorized
    (``login_failed``), in the same time and words whatever the cause; PasswordsBusy, before
    anything is counted, where too many others sign in.
    """
    with PASSWORD_QUEUE.place(familiar=browser is not None):
        async with database.transaction() as connection:
            user, attempt = await _find_account(connection, email, browser)
            allowed = await count_attempt(connection, attempt, now)
        # An address that nobody has, or one that is locked, takes as long as any other.
        password_hash = user.password_hash if user and allowed else None
        valid, newer_hash = await PASSWORD_QUEUE.verify(password, password_hash)
        if user is None or not valid:
            raise _login_failed()
        async with database.transaction() as connection:
            values = [newer_hash, user.id, password_hash]
            signed_in = await fetch_one(connection, CONFIRM_HASH, values, of=User)
            if signed_in is not None:
                await clear_attempts(connection, attempt)
    if signed_in is None:
        raise _login_failed()
    return signed_in


async def _find_account(
    connection: Connection, email: str, browser: FamiliarBrowser | None
) -> tuple[User | None, Attempt]:
    """Whose password is tried, and how the attempt is counted."""
    address = email.strip().lower()
    user: User | None = None
    if _EMAIL_PATTERN.fullmatch(address):
        user = await fetch_one(connection, SELECT_USER_BY_EMAIL, [address], of=User)
    account = str(user.id) if user else account_of_nobody(address)
    in_browser = browser.number if browser and browser.belongs_to(user) else ""
    return user, Attempt(account, in_browser)


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
    return Unauthorized(
        "The e-mail address or the password is wrong. After five wrong passwords even the right "
        "one waits for a quarter of an hour, except in a browser in which you signed in before.",
        reason="login_failed",
    )
