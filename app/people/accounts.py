"""Accounts and the humans behind them. A person goes by the number of any of their accounts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import NotFound
from app.replies.stops import set_replies_wanted_by
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.locks import lock_grouping

SELECT_PRODUCT_OF_ACCOUNT = "select product_id from author where id = %s"
# Whoever holds the grouping links nobody else; this keeps the accounts from being deleted, and lets
# deliveries go on that name them.
LOCK_ACCOUNTS = """
    select a.id, a.product_id, a.realm, a.handle, a.name, a.person_id
    from author a
    where a.id = any(%(ids)s::bigint[])
       or a.person_id in (select person_id from author where id = any(%(ids)s::bigint[]))
    order by a.id for key share of a
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A handle on one platform, held until the transaction ends."""

    id: int
    product_id: uuid.UUID
    realm: str
    handle: str
    name: str
    person_id: int | None

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.realm.partition(":")[0]


async def lock_people(connection: Connection, account_ids: Sequence[int]) -> list[Account]:
    """All accounts of the people behind these, held until the transaction ends, as is the grouping
    of their product: what a theme counts must not change meanwhile. Raises NotFound."""
    product_id = await fetch_value(connection, SELECT_PRODUCT_OF_ACCOUNT, [min(account_ids)])
    if product_id is not None:
        await lock_grouping(connection, product_id)
    accounts = await fetch_all(connection, LOCK_ACCOUNTS, {"ids": list(account_ids)}, of=Account)
    if not set(account_ids) <= {account.id for account in accounts}:
        raise person_not_found()
    return accounts


async def set_wants_replies(
    connection: Connection, account_id: int, *, wants_replies: bool
) -> None:
    """Whether whoever is behind an account gets answers of ours, as a person says; it holds for all
    their accounts. Raises NotFound."""
    if not await set_replies_wanted_by(connection, account_id, wants_replies=wants_replies):
        raise person_not_found()


def person_not_found() -> NotFound:
    """Nobody has an account of that number, or no longer."""
    return NotFound(
        "There is nobody with this number; whoever had it may have been forgotten.",
        reason="person_not_found",
    )
