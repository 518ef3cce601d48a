"""Links between accounts: those that wait for a person's word, and those of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.models.states import LinkBasis, LinkState
from app.queries.accounts import ACCOUNTS_OF_PERSON
from app.queries.paging import Filters, Listing, Order, Page
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one


@dataclass(frozen=True, slots=True)
class AccountLinkRow:
    """Two accounts that are, may be or are not one human. ``signs`` is what speaks for it: each has
    a ``sign`` and, where there is one, a ``value`` or the ``comment_id`` in which it was said."""

    id: int
    product_id: UUID
    one_id: int
    one: str
    one_name: str
    other_id: int
    other: str
    other_name: str
    state: LinkState
    basis: LinkBasis
    signs: Sequence[Mapping[str, Any]]
    why: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str


LINK_LIST = Listing(
    of=AccountLinkRow,
    columns=sql.SQL(
        """
        k.id, k.product_id, k.low_id as one_id,
        split_part(a.realm, ':', 1) || ': ' || a.handle as one, a.name as one_name,
        k.high_id as other_id, split_part(b.realm, ':', 1) || ': ' || b.handle as other,
        b.name as other_name, k.state, k.basis, k.signs, k.why, k.created_at, k.decided_at,
        k.decided_by
        """
    ),
    tables=sql.SQL(
        "from account_link k join author a on a.id = k.low_id join author b on b.id = k.high_id"
    ),
)
NEWEST_LINKS = Order("links.newest", ("k.id",), (int,))
SELECT_LINKS_OF_PERSON = sql.SQL("select {} {} where k.low_id in {} or k.high_id in {}").format(
    LINK_LIST.columns, LINK_LIST.tables, ACCOUNTS_OF_PERSON, ACCOUNTS_OF_PERSON
) + sql.SQL(" order by k.id")


async def list_links(
    connection: Connection,
    product_id: UUID | None = None,
    state: LinkState = LinkState.proposed,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AccountLinkRow]:
    """Links in a state, the newest first. Raises Invalid (``cursor_invalid``,
    ``limit_invalid``)."""
    filters = Filters()
    filters.add_equal("k.product_id", product_id)
    filters.add_equal("k.state", state)
    if state is LinkState.proposed:
        # What other links made one person needs no word any more.
        filters.add("(a.person_id is null or a.person_id is distinct from b.person_id)")
    return await LINK_LIST.page(connection, NEWEST_LINKS, filters, cursor, limit)


async def links_of(connection: Connection, person_id: int) -> list[AccountLinkRow]:
    """Every link of whoever is behind an account, in whatever state."""
    values = {"person_id": person_id}
    return await fetch_all(connection, SELECT_LINKS_OF_PERSON, values, of=AccountLinkRow)


async def read_link(connection: Connection, link_id: int) -> AccountLinkRow:
    """One link. Raises NotFound."""
    query = LINK_LIST.select("where k.id = %s")
    link = await fetch_one(connection, query, [link_id], of=AccountLinkRow)
    if link is None:
        raise NotFound("There is no link of this number.", reason="link_not_found")
    return link
