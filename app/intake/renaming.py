"""Gives an account the name that its platform says it has now, wherever the old one was kept."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from integrations import registry
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import AccountChange

NAME_AUTHOR = """
    update author set handle = %(handle)s, name = %(name)s, named_at = %(at)s
    where product_id = %(product)s and realm = %(realm)s and external_id = %(external_id)s
      and coalesce(named_at, '-infinity') <= %(at)s
    returning id
"""
NAME_PERSON = """
    update person p set name = %(name)s
    from author a where a.id = %(author)s and p.id = a.person_id and p.name <> ''
      and not exists (select from author o where o.person_id = p.id and o.id <> a.id)
"""
SELECT_THEMES_OF_AUTHOR = """
    select distinct theme_id from comment where author_id = %s and theme_id is not null
"""
SELECT_BODIES_OF_AUTHOR = """
    with said as (
        select source_id, external_id from comment where author_id = %s
    ), held as (
        select v.delivery_id from said join comment_version v using (source_id, external_id)
        union
        select r.delivery_id from said join delivery_repeat r using (source_id, external_id)
    )
    select d.id, d.method, d.headers, d.query, d.body, d.received_at
    from held join delivery d on d.id = held.delivery_id
    where d.body <> '' order by d.id
"""
REWRITE_BODIES = """
    update delivery d set body = n.body
    from unnest(%(ids)b::bigint[], %(bodies)b::bytea[]) as n(id, body) where d.id = n.id
"""
BLANK_BODIES = """
    update delivery
    set body = '', reason = 'author_forgotten',
        detail = 'Its author is called otherwise now, so the request itself is not kept.'
    where id = any(%s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class _AuthorBody:
    """A stored request that holds something of the account."""

    id: int
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime


async def rename_account(
    connection: Connection,
    product_id: uuid.UUID,
    source_id: uuid.UUID,
    platform: str,
    at: datetime,
    change: AccountChange,
) -> set[uuid.UUID]:
    """Name the account's author anew; returns the themes that it speaks in. Raises nothing for an
    account that never wrote."""
    author = change.author
    realm = platform
    if not registry.source(platform).global_authors:
        realm = f"{realm}:{source_id}"
    values = {
        "product": product_id,
        "realm": realm,
        "external_id": author.external_id,
        "handle": author.handle,
        "name": author.name,
        "at": at,
    }
    author_id = await fetch_value(connection, NAME_AUTHOR, values)
    if author_id is None:
        return set()
    await connection.execute(NAME_PERSON, {"name": author.name, "author": author_id})
    await _rewrite_bodies(connection, author_id, platform, change)
    themes = await fetch_all(connection, SELECT_THEMES_OF_AUTHOR, [author_id])
    return {row["theme_id"] for row in themes}


async def _rewrite_bodies(
    connection: Connection, author_id: int, platform: str, change: AccountChange
) -> None:
    bodies = await fetch_all(connection, SELECT_BODIES_OF_AUTHOR, [author_id], of=_AuthorBody)
    rename = registry.source(platform).renamed
    written: dict[int, bytes] = {}
    blank: list[int] = []
    for row in bodies:
        inbound = Inbound(row.method, row.headers, bytes(row.body), row.query, row.received_at)
        try:
            if rename is None:
                blank.append(row.id)
            else:
                written[row.id] = rename(inbound, change.author)
        except PayloadError:
            blank.append(row.id)
    if blank:
        await connection.execute(BLANK_BODIES, [blank])
    if written:
        values = {"ids": list(written), "bodies": list(written.values())}
        await connection.execute(REWRITE_BODIES, values)
