"""Counts wrong passwords, the same way for accounts that there are and for those that there are
not.

An attempt is counted in one statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.setup.digests import digest
from app.storage.db import Connection
from app.storage.rows import fetch_value

LOGIN_ATTEMPTS_MAX = 5
LOCK_DURATION = timedelta(minutes=15)
ATTEMPTS_REMEMBERED = timedelta(days=1)
NOBODYS_DIGITS = 4
"""Hexadecimal digits that addresses of nobody are told apart by: so many guesses fill no table, and
nothing can be read back that somebody typed into the wrong field."""

FORGET_ATTEMPTS = "delete from login_failure where last_at < %s"
COUNT_ATTEMPT = """
    insert into login_failure as seen (account, browser, attempts, last_at)
    values (%(account)s, %(browser)s, 1, %(now)s)
    on conflict (account, browser) do update set
      attempts = case when seen.locked_until <= %(now)s then 1 else seen.attempts + 1 end,
      locked_until = case
        when seen.locked_until > %(now)s then seen.locked_until
        when seen.locked_until is null and seen.attempts + 1 >= %(most)s
          then %(now)s::timestamptz + %(lock)s
      end,
      last_at = %(now)s
    returning attempts
"""
CLEAR_ATTEMPTS = "delete from login_failure where account = %s and browser = %s"
CLEAR_ATTEMPTS_OF_ACCOUNT = "delete from login_failure where account = %s"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whose password is tried, and where: in a known ``browser``, or among all others (empty)."""

    account: str
    browser: str


def account_of_nobody(address: str) -> str:
    """What attempts for an address without an account are counted by."""
    return f"nobody {digest(address)[:NOBODYS_DIGITS]}"


async def count_attempt(connection: Connection, attempt: Attempt, now: datetime) -> bool:
    """Count it before anybody knows whether it succeeds. False where it is locked.

    The same statements, and so the same time, whether there is such an account and whether it is
    locked.
    """
    await connection.execute(FORGET_ATTEMPTS, [now - ATTEMPTS_REMEMBERED])
    values = {
        "account": attempt.account,
        "browser": attempt.browser,
        "now": now,
        "most": LOGIN_ATTEMPTS_MAX,
        "lock": LOCK_DURATION,
    }
    attempts: int = await fetch_value(connection, COUNT_ATTEMPT, values)
    return attempts <= LOGIN_ATTEMPTS_MAX


async def clear_attempts(connection: Connection, attempt: Attempt) -> None:
    """Forget the wrong passwords before a right one, of this browser alone."""
    await connection.execute(CLEAR_ATTEMPTS, [attempt.account, attempt.browser])


async def unlock(connection: Connection, account: str) -> None:
    """Forget every wrong password for an account, wherever it was typed."""
    await connection.execute(CLEAR_ATTEMPTS_OF_ACCOUNT, [account])
