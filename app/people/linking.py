"""Which accounts are one human: linked by people or by what platforms vouch for, and taken apart
again.

The rows of links are the truth. Whoever is joined by links, directly or over others, is one
person; ``author.person_id`` repeats that for the queries which count voices, and themes that count
otherwise by it are counted anew in the same transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.errors import Conflict, Invalid, NotFound
from app.models.states import LinkBasis, LinkState
from app.people.accounts import Account, lock_people
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.themes.counts import recount
from integrations import registry

WHY_MAX_CHARACTERS = 500
SAME_STATE_REASONS = {
    LinkState.proposed: "link_not_made",
    LinkState.linked: "already_linked",
    LinkState.refused: "already_refused",
    LinkState.undone: "link_undone",
}

SELECT_ACCOUNT_LINK = "select id, low_id, high_id, state from account_link where id = %s"
SELECT_LINK_OF_PAIR = """
    select id, low_id, high_id, state from account_link where low_id = %s and high_id = %s
"""
INSERT_ACCOUNT_LINK = """
    insert into account_link
        (product_id, low_id, high_id, state, basis, why, decided_at, decided_by)
    values (%s, %s, %s, 'linked', 'staff', %s, now(), %s)
    returning id
"""
DECIDE_LINK = """
    update account_link
    set state = %(state)s, basis = coalesce(%(basis)s, basis), why = %(why)s,
        decided_by = %(actor)s, decided_at = now()
    where id = %(link)s
"""
SELECT_JOINED = """
    select low_id, high_id from account_link
    where state = 'linked' and low_id = any(%(ids)s::bigint[]) and high_id = any(%(ids)s::bigint[])
"""
INSERT_PERSON = "insert into person (product_id) values (%s) returning id"
SET_PERSONS = """
    update author a set person_id = n.person_id
    from unnest(%t::bigint[], %t::bigint[]) as n(id, person_id)
    where a.id = n.id and a.person_id is distinct from n.person_id
"""
DELETE_EMPTY_PERSONS = """
    delete from person p where p.id = any(%s)
      and not exists (select from author a where a.person_id = p.id)
"""
# Where only one of them spoke, everybody counts as before.
SELECT_SHARED_THEMES = """
    select theme_id from comment
    where author_id = any(%s::bigint[]) and theme_id is not null and deleted_at is null
    group by theme_id having count(distinct author_id) > 1 order by theme_id
"""


@dataclass(frozen=True, slots=True)
class _Link:
    id: int
    low_id: int
    high_id: int
    state: LinkState

    @property
    def pair(self) -> tuple[int, int]:
        return self.low_id, self.high_id


@dataclass(frozen=True, slots=True)
class _Joined:
    low_id: int
    high_id: int


async def link_accounts(
    connection: Connection, one_id: int, other_id: int, *, why: str, actor: str
) -> int:
    """Say that two accounts are one human, and why; returns the link's number. Raises NotFound
    (``person_not_found``), Invalid (``same_account``, ``other_product``, ``why_missing``,
    ``text_too_long``, ``never_linked``), Conflict (``already_linked``)."""
    if one_id == other_id:
        raise Invalid("An account is not linked to itself.", reason="same_account")
    word = _checked_why(why)
    low_id, high_id = sorted((one_id, other_id))
    accounts = await lock_people(connection, [low_id, high_id])
    _require_linkable([account for account in accounts if account.id in (low_id, high_id)])
    link = await fetch_one(connection, SELECT_LINK_OF_PAIR, [low_id, high_id], of=_Link)
    if link is None:
        values = [accounts[0].product_id, low_id, high_id, word, actor]
        link_id = int(await fetch_value(connection, INSERT_ACCOUNT_LINK, values))
    else:
        _require_other_state(link, LinkState.linked)
        await _decide(connection, link, LinkState.linked, word, actor, LinkBasis.staff)
        link_id = link.id
    await join_again(connection, accounts)
    return link_id


async def decide_link(
    connection: Connection, link_id: int, state: LinkState, *, why: str, actor: str
) -> None:
    """Confirm a proposed link, refuse it, or take one back that was made (``undone``).

    Raises NotFound (``link_not_found``), Invalid (``why_missing``, ``text_too_long``,
    ``never_linked``, ``link_not_made``), Conflict (``already_linked``, ``already_refused``,
    ``link_undone``).
    """
    word = _checked_why(why) if state is not LinkState.linked or why.strip() else ""
    link = await _locked_link(connection, link_id)
    accounts = await lock_people(connection, link.pair)
    link = await _locked_link(connection, link_id)
    _require_other_state(link, state)
    if state is LinkState.linked:
        _require_linkable([account for account in accounts if account.id in link.pair])
    elif state is LinkState.undone and link.state is not LinkState.linked:
        raise Invalid("Only a link that was made can be taken back.", reason="link_not_made")
    await _decide(connection, link, state, word, actor)
    await join_again(connection, accounts)


async def join_again(connection: Connection, accounts: Sequence[Account]) -> None:
    """Make persons of these accounts by the links among them, and count the themes anew that they
    share. ``accounts`` are all accounts of the people concerned."""
    ids = [account.id for account in accounts]
    links = await fetch_all(connection, SELECT_JOINED, {"ids": ids}, of=_Joined)
    groups = _groups(ids, [(link.low_id, link.high_id) for link in links])
    before = {account.id: account.person_id for account in accounts}
    free = {person for person in before.values() if person is not None}
    persons: dict[int, int | None] = {}
    for group in groups:
        person_id: int | None = None
        if len(group) > 1:
            former = sorted({before[one] for one in group} & free, key=lambda one: one or 0)
            person_id = former[0] if former else None
            if person_id is None:
                person_id = await fetch_value(connection, INSERT_PERSON, [accounts[0].product_id])
            free.discard(person_id)
        persons |= dict.fromkeys(group, person_id)
    await connection.execute(SET_PERSONS, [list(persons), list(persons.values())])
    await connection.execute(DELETE_EMPTY_PERSONS, [[p for p in before.values() if p is not None]])
    await recount(connection, await _shared_themes(connection, ids))


async def _shared_themes(connection: Connection, account_ids: Sequence[int]) -> list[uuid.UUID]:
    rows = await fetch_all(connection, SELECT_SHARED_THEMES, [list(account_ids)])
    return [row["theme_id"] for row in rows]


def _groups(ids: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The accounts that hang together, each group by its numbers, that of the lowest first."""
    head = {one: one for one in ids}

    def root(one: int) -> int:
        while head[one] != one:
            head[one] = head[head[one]]
            one = head[one]
        return one

    for low, high in pairs:
        first, second = sorted((root(low), root(high)))
        head[second] = first
    groups: dict[int, list[int]] = {}
    for one in sorted(head):
        groups.setdefault(root(one), []).append(one)
    return list(groups.values())


async def _locked_link(connection: Connection, link_id: int) -> _Link:
    link = await fetch_one(connection, SELECT_ACCOUNT_LINK, [link_id], of=_Link)
    if link is None:
        raise NotFound("There is no link of this number.", reason="link_not_found")
    return link


async def _decide(
    connection: Connection,
    link: _Link,
    state: LinkState,
    why: str,
    actor: str,
    basis: LinkBasis | None = None,
) -> None:
    values = {"link": link.id, "state": state, "basis": basis, "why": why, "actor": actor}
    await connection.execute(DECIDE_LINK, values)


def _require_other_state(link: _Link, state: LinkState) -> None:
    if link.state is state:
        raise Conflict(
            f"Somebody was faster: the two are {state} already.", reason=SAME_STATE_REASONS[state]
        )


def _require_linkable(accounts: Sequence[Account]) -> None:
    """Raises Invalid (``other_product``, ``never_linked``)."""
    if len({account.product_id for account in accounts}) > 1:
        raise Invalid("The two accounts belong to two products.", reason="other_product")
    for account in accounts:
        sentence = why_never_linked(account.platform)
        if sentence:
            raise Invalid(sentence, reason="never_linked")


def why_never_linked(platform: str) -> str:
    """Why the authors of a platform are never linked; blank where they may be."""
    source = registry.sources().get(platform)
    return source.no_links if source else ""


def _checked_why(why: str) -> str:
    """The word why, trimmed. Raises Invalid."""
    word = why.strip()
    if not word:
        raise Invalid("Say in a word why.", reason="why_missing")
    if len(word) > WHY_MAX_CHARACTERS:
        raise Invalid(
            f"The reason has {WHY_MAX_CHARACTERS} characters at most.", reason="text_too_long"
        )
    return word
