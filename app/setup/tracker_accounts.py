"""The account that a tracker's credentials belong to: noted when it is first seen, and held
against every later one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.storage.db import Connection
from app.storage.rows import fetch_one
from integrations.tracker_contract import Account

SELECT_ACCOUNT = """
    select account_id as id, account_name as name from tracker where id = %s for update
"""
NOTE_ACCOUNT = """
    update tracker
    set account_id = %(id)s, account_login = %(login)s, account_name = %(name)s,
        account_is_machine = %(is_machine)s, account_confirmed = true
    where id = %(tracker)s
"""
FORGET_ACCOUNT = """
    update tracker set account_id = '', account_login = '', account_name = '',
        account_is_machine = false, account_confirmed = false
    where id = %s
"""


@dataclass(frozen=True, slots=True)
class _NotedAccount:
    id: str
    name: str


async def note_account(
    connection: Connection, tracker_id: uuid.UUID, account: Account, *, own: bool
) -> str | None:
    """Note whom the tracker takes us for; the name of the noted account where that is another one,
    which then stays noted. ``own``: a person said that nobody else writes by it. An account that
    the tracker does not name differs from none."""
    noted = await fetch_one(connection, SELECT_ACCOUNT, [tracker_id], of=_NotedAccount)
    if noted is None:
        return None
    if noted.id and account.identity and noted.id != account.identity:
        return noted.name
    values = {
        "tracker": tracker_id,
        "id": account.identity or noted.id,
        "login": account.login,
        "name": account.name,
        "is_machine": account.is_machine or own,
    }
    await connection.execute(NOTE_ACCOUNT, values)
    return None


async def forget_account(connection: Connection, tracker_id: uuid.UUID) -> None:
    """A person confirmed that the account may be another one: the next is noted."""
    await connection.execute(FORGET_ACCOUNT, [tracker_id])


def differs(noted_name: str, name: str) -> str:
    """The sentence about an account that is not the noted one."""
    return (
        f"The credentials belong to {name} now, and the tickets so far were made by {noted_name}. "
        "Nothing is pushed until a person confirms the new account, or enters the former "
        "credentials again."
    )
