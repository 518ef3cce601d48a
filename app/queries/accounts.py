"""The accounts behind which one human is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.people.accounts import person_not_found
from app.storage.db import Connection
from app.storage.rows import fetch_all

ACCOUNTS_OF_PERSON = sql.SQL(
    """
    (select o.id from author named join author o
       on o.id = named.id or (named.person_id is not null and o.person_id = named.person_id)
     where named.id = %(person_id)s)
    """
)
"""The numbers of all accounts of whoever is behind the account ``person_id``."""
SAID_BY_PERSON = sql.SQL("cm.author_id in {}").format(ACCOUNTS_OF_PERSON)
"""Whether a comment ``cm`` was written by whoever is behind the account ``person_id``."""

SELECT_ACCOUNTS = sql.SQL(
    """
    select a.id, a.product_id, split_part(a.realm, ':', 1) as platform,
           coalesce(s.name, '') as source_name, a.handle, a.name, a.is_staff, a.is_bot,
           a.no_replies_at, coalesce(w.plan, '') as plan, coalesce(w.customer, '') as customer,
           w.weight, n.comments, n.first_at, n.last_at
    from author a
    left join source s on s.id::text = split_part(a.realm, ':', 2)
    left join account_weight w on w.author_id = a.id
    left join lateral (
      select count(*) as comments, min(cm.created_at) as first_at, max(cm.created_at) as last_at
      from comment cm where cm.author_id = a.id and cm.deleted_at is null
    ) n on true
    where a.id in {accounts}
    order by a.id
    """
).format(accounts=ACCOUNTS_OF_PERSON)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A handle on one platform. ``source_name`` is blank where the platform's ids mean the same in
    every source; ``weight`` is None where nobody named one."""

    id: int
    product_id: UUID
    platform: str
    source_name: str
    handle: str
    name: str
    is_staff: bool
    is_bot: bool
    no_replies_at: datetime | None
    plan: str
    customer: str
    weight: float | None
    comments: int
    first_at: datetime | None
    last_at: datetime | None


async def accounts_of(connection: Connection, person_id: int) -> list[AccountRow]:
    """All accounts of whoever is behind one of them, the oldest first. Raises NotFound."""
    values = {"person_id": person_id}
    accounts = await fetch_all(connection, SELECT_ACCOUNTS, values, of=AccountRow)
    if not accounts:
        raise person_not_found()
    return accounts
