"""Finds accounts that may be of one human: linked by itself where platforms vouch for it, proposed
with the signs that speak for it everywhere else."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from app.people.accounts import lock_people
from app.people.helping import count_help
from app.people.linking import join_again, why_never_linked
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all
from app.themes.activity import SYSTEM
from integrations import registry

LINKED_AT_ONCE_MOST = 100
HANDLE_CHARACTERS_LEAST = 4
"""Shorter handles are many people's."""
SAME_HANDLE_MOST = 6
"""A handle that more accounts have is nobody's own ("anonymous")."""

SELECT_MATCHED_PRODUCTS = "select id from product order by id"
# Programs speak for many. What a person decided about a pair is never decided again.
SELECT_VERIFIED = """
    with named as (
        select a.id, identity, min(a.id) over (partition by identity) as first_id
        from author a cross join unnest(a.identities) as identity
        where a.product_id = %(product)s and a.identities <> '{}' and not a.is_bot
          and split_part(a.realm, ':', 1) <> all(%(never)s)
    )
    select distinct on (n.first_id, n.id) n.first_id as low_id, n.id as high_id,
           split_part(n.identity, ':', 1) as identity
    from named n
    where n.id > n.first_id and not exists (
        select from account_link k where k.low_id = n.first_id and k.high_id = n.id
          and (k.state in ('linked', 'refused', 'undone')))
    order by n.first_id, n.id limit %(most)s
"""
LINK_VERIFIED = """
    insert into account_link
        (product_id, low_id, high_id, state, basis, signs, decided_at, decided_by)
    values (%s, %s, %s, 'linked', 'verified', %s, now(), %s)
    on conflict (low_id, high_id) do update
    set state = excluded.state, basis = excluded.basis, signs = excluded.signs,
        decided_at = excluded.decided_at, decided_by = excluded.decided_by
    where account_link.state = 'proposed'
"""
# The same handle alone proves nothing: another sign has to speak for it as well.
PROPOSE_LINKS = """
    with handles as (
        select a.id, a.product_id, a.realm, lower(a.handle) as handle, lower(btrim(a.name)) as name,
               count(*) over (partition by lower(a.handle)) as accounts
        from author a
        where a.product_id = %(product)s and not a.is_bot and length(a.handle) >= %(least)s
          and split_part(a.realm, ':', 1) <> all(%(never)s)
    ), pairs as (
        select one.product_id, one.id as low_id, other.id as high_id, one.handle,
               one.name = other.name and one.name not in ('', one.handle) as same_name,
               (select x.wording from comment x
                join comment y on y.wording = x.wording and y.author_id = other.id
                where x.author_id = one.id and x.wording <> '' and x.deleted_at is null
                  and y.deleted_at is null limit 1) is not null as same_text,
               (select x.id from comment x
                where x.author_id in (one.id, other.id) and x.deleted_at is null
                  and x.text like '%%://%%' and (lower(x.text) || ' ')
                    ~ ('/@?' || regexp_replace(one.handle, '([^[:alnum:]_])', '\\\\\\1', 'g')
                       || '/?([^[:alnum:]_/-]|$)')
                order by x.id limit 1) as says_so
        from handles one join handles other
          on other.handle = one.handle and other.id > one.id and other.realm <> one.realm
        where one.accounts <= %(most)s
          and not exists (select from account_link k
                          where k.low_id = one.id and k.high_id = other.id)
    )
    insert into account_link (product_id, low_id, high_id, state, basis, signs)
    select product_id, low_id, high_id, 'proposed', 'signs',
           jsonb_build_array(jsonb_build_object('sign', 'same_handle', 'value', handle))
           || case when same_name then '[{"sign": "same_name"}]'::jsonb else '[]' end
           || case when same_text then '[{"sign": "same_text"}]'::jsonb else '[]' end
           || case when says_so is not null
                   then jsonb_build_array(jsonb_build_object('sign', 'names_account',
                                                             'comment_id', says_so))
                   else '[]' end
    from pairs where same_name or same_text or says_so is not null
    on conflict (low_id, high_id) do nothing
"""


@dataclass(frozen=True, slots=True)
class _Verified:
    """Two accounts with one identity, of which ``identity`` is the sort."""

    low_id: int
    high_id: int
    identity: str


async def match_people(database: Database, now: datetime) -> int:
    """Link what is vouched for and propose what may be, in every product, and count who helps;
    returns how many were linked. May end at any moment, and goes on the next time."""
    async with database.transaction() as connection:
        products = [row["id"] for row in await fetch_all(connection, SELECT_MATCHED_PRODUCTS)]
    linked = 0
    for product_id in products:
        async with database.transaction() as connection:
            linked += await link_verified(connection, product_id)
        async with database.transaction() as connection:
            await propose_links(connection, product_id)
        async with database.transaction() as connection:
            await count_help(connection, product_id, now)
    return linked


async def link_verified(connection: Connection, product_id: uuid.UUID) -> int:
    """Link accounts of which platforms say that they are one, a bounded number at a time; returns
    how many. Whoever was taken apart by a person stays apart."""
    values = {
        "product": product_id,
        "never": _never_linked(),
        "most": LINKED_AT_ONCE_MOST,
    }
    pairs = await fetch_all(connection, SELECT_VERIFIED, values, of=_Verified)
    by_first: dict[int, list[_Verified]] = defaultdict(list)
    for pair in pairs:
        by_first[pair.low_id].append(pair)
    for first_id, same in by_first.items():
        accounts = await lock_people(connection, [first_id, *(one.high_id for one in same)])
        for one in same:
            signs = json.dumps([{"sign": f"same_{one.identity}"}])
            row = [product_id, one.low_id, one.high_id, signs, SYSTEM]
            await connection.execute(LINK_VERIFIED, row)
        await join_again(connection, accounts)
    return len(pairs)


async def propose_links(connection: Connection, product_id: uuid.UUID) -> None:
    """Write down pairs of accounts that a person should look at."""
    values = {
        "product": product_id,
        "never": _never_linked(),
        "least": HANDLE_CHARACTERS_LEAST,
        "most": SAME_HANDLE_MOST,
    }
    await connection.execute(PROPOSE_LINKS, values)


def _never_linked() -> list[str]:
    """Platforms whose authors are never linked to anybody."""
    return [name for name in registry.sources() if why_never_linked(name)]
