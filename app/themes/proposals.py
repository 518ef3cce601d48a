"""The pass that proposes merges of themes which say the same by now. A person decides: it never
merges anything."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg.types.json import Jsonb

from app.judging.product_models import own_grouper
from app.storage.advisory import AdvisoryLock, lock_if_free
from app.storage.db import Connection, Database
from app.themes.candidates import load_members, nearest
from app.themes.links import SLACK, Link, links, speakers
from app.themes.locks import lock_grouping
from app.themes.middles import middles_of
from classifiers.contract import Grouper, Member

log = structlog.get_logger(__name__)

MOST_OPEN = 10
"""Open proposals that a theme may have, counted from both sides; the weakest ones are withdrawn."""
AT_ONCE = 32
"""Themes that are compared in one transaction."""
LATEST = 32
"""Comments of a theme, the latest ones, among which the middle is sought."""
OTHERS = 6
"""Other themes that one theme is compared with, the nearest ones."""

_PRODUCTS = """
    select product_id from theme where compared_at is distinct from changed_at
    union select product_id from theme_suggestion where state = 'open'
"""
_CHANGED = """
    select id, changed_at, status in ('triage', 'accepted') and mentions > 0 as speaks from theme
    where product_id = %s and compared_at is distinct from changed_at order by changed_at, id limit %s
"""
_IN_ORDER = "select 1 from theme where id = any(%s::uuid[]) order by id for no key update"
_COMPARED = """
    update theme t set compared_at = n.changed_at
    from unnest(%s::uuid[], %s::timestamptz[]) as n(id, changed_at) where t.id = n.id
"""
_MEMBERS = """
    select t.id as theme_id, latest.id from unnest(%s::uuid[]) as t(id)
    cross join lateral (
        select c.id from comment c join comment_embedding e on e.comment_id = c.id and e.live
        where c.theme_id = t.id and c.deleted_at is null order by c.created_at desc, c.id desc limit %s
    ) latest
"""
_ABOUT = """
    select id, theme_id, other_id, state from theme_suggestion where theme_id = any(%(ids)s) or other_id = any(%(ids)s)
"""
# Who was taken out of a theme, or kept from it, stays apart also from the theme that it was merged
# into.
_APART = """
    with recursive barred(comment_id, theme_id) as (
        select s.comment_id, s.theme_id from separation s join comment c on c.id = s.comment_id
        where c.product_id = %s
        union
        select b.comment_id, t.merged_into from barred b join theme t on t.id = b.theme_id
        where t.merged_into is not null
    )
    select distinct c.theme_id as one, b.theme_id as other from barred b join comment c on c.id = b.comment_id
    where c.theme_id is not null and c.theme_id <> b.theme_id
"""
_SIZES = """
    select id from theme
    where id = any(%s::uuid[]) and status in ('triage', 'accepted') and mentions > 0
    order by status = 'accepted' desc, people desc, created_at, id
"""
_INSERT = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence) values (%s, %s, %s, %s, %s)
    on conflict (theme_id, other_id) do nothing
"""
_RENEW = """
    update theme_suggestion set state = 'open', score = %(score)s, evidence = %(evidence)s
    where id = %(id)s and state in ('open', 'withdrawn') and (state, evidence) is distinct from ('open', %(evidence)s)
"""
_WITHDRAW = "update theme_suggestion set state = 'withdrawn' where id = any(%s::bigint[]) and state = 'open'"
_CLOSED = """
    select g.id, g.theme_id, g.other_id, not (
        a.status in ('triage', 'accepted') and b.status in ('triage', 'accepted')) as closed
    from theme_suggestion g join theme a on a.id = g.theme_id join theme b on b.id = g.other_id
    where g.product_id = %s and g.state = 'open'
"""
_TOO_MANY = """
    select distinct id from (
        select g.id, row_number() over (partition by side.id order by g.score desc, g.id) as place
        from theme_suggestion g cross join lateral (values (g.theme_id), (g.other_id)) as side(id)
        where g.product_id = %s and g.state = 'open'
    ) ranked where place > %s
"""

Pair = frozenset[uuid.UUID]


@dataclass(slots=True)
class Passed:
    """What one pass did: themes compared, proposals made or renewed, proposals withdrawn."""

    compared: int = 0
    proposed: int = 0
    withdrawn: int = 0


async def propose_merges(database: Database, grouper: Grouper, *, seconds: float = 30.0) -> Passed:
    """Compare every theme that changed since it was last compared, for about ``seconds`` at most.

    Each product under a lock of its own, which keeps nobody from grouping. What is left waits for
    the next pass.
    """
    passed, end = Passed(), time.monotonic() + seconds
    async with database.transaction() as connection:
        products = [
            row["product_id"] for row in await (await connection.execute(_PRODUCTS)).fetchall()
        ]
    for product_id in sorted(products):
        while (
            await _compare_some(database, grouper, product_id, passed) == AT_ONCE
            and time.monotonic() < end
        ):
            pass
    if passed.proposed or passed.withdrawn:
        log.info(
            "merges_proposed", compared=passed.compared, proposed=passed.proposed, withdrawn=passed.withdrawn
        )  # fmt: skip
    return passed


async def _compare_some(
    database: Database, grouper: Grouper, product_id: uuid.UUID, passed: Passed
) -> int:
    """One transaction's worth of themes; returns how many there were."""
    async with database.transaction() as connection:
        if not await lock_if_free(connection, AdvisoryLock.propose, product_id):
            return 0
        changed = await (await connection.execute(_CHANGED, [product_id, AT_ONCE])).fetchall()
        speaking = [row["id"] for row in changed if row["speaks"]]
        known = await _known(connection, speaking)
        found = await _links(
            connection,
            await own_grouper(connection, product_id, grouper),
            product_id,
            speaking,
            known,
        )
        await lock_grouping(connection, product_id)
        apart = await _apart(connection, product_id)
        passed.proposed += await _propose(connection, product_id, found, known, apart)
        passed.withdrawn += await _withdraw(connection, product_id, found, known, apart)
        ids = [row["id"] for row in changed]
        await connection.execute(_IN_ORDER, [ids])
        await connection.execute(_COMPARED, [ids, [row["changed_at"] for row in changed]])
    passed.compared += len(changed)
    return len(changed)


async def _known(connection: Connection, themes: Sequence[uuid.UUID]) -> dict[Pair, dict[str, Any]]:
    """The suggestions there are about these themes, in either direction and whatever became of
    them."""
    rows = await (await connection.execute(_ABOUT, {"ids": list(themes)})).fetchall()
    # Where both directions were suggested once, a person's answer to one of them counts.
    rows.sort(key=lambda row: (row["state"] in ("rejected", "accepted"), row["state"] == "open"))
    return {frozenset((row["theme_id"], row["other_id"])): row for row in rows}


async def _links(
    connection: Connection,
    grouper: Grouper,
    product_id: uuid.UUID,
    themes: Sequence[uuid.UUID],
    known: Mapping[Pair, Mapping[str, Any]],
) -> dict[Pair, Link]:
    """How each theme is linked with those around it, and with those it was proposed to be merged
    with."""
    proposed: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for pair, row in known.items():
        if row["state"] == "open":
            for each in pair:
                proposed[each] |= pair - {each}
    everyone = sorted({*themes, *(other for theme in themes for other in proposed[theme])})
    members: dict[uuid.UUID, list[Member]] = defaultdict(list)
    rows = await (await connection.execute(_MEMBERS, [everyone, LATEST])).fetchall()
    loaded = await load_members(connection, [row["id"] for row in rows])
    for row in rows:
        if row["id"] in loaded:
            members[row["theme_id"]].append(loaded[row["id"]])
    speaking = {theme: speakers(members[theme]) for theme in themes if members[theme]}
    asked = [speaker.comment_id for speakers_ in speaking.values() for speaker in speakers_]
    near = await nearest(connection, product_id, asked, outside=True)
    around = await load_members(
        connection, sorted({number for numbers in near.values() for number in numbers})
    )
    places = {member.theme_id for member in around.values()} | {str(theme) for theme in everyone}
    by_model = await middles_of(connection, places)
    found: dict[Pair, Link] = {}
    for theme, mine in speaking.items():
        middles = next((each for each in by_model.values() if str(theme) in each), {})
        numbers = {number for each in mine for number in near.get(each.comment_id, [])}
        crowd = [around[number] for number in sorted(numbers) if number in around]
        seen = [
            (theme, link)
            for link in links(grouper, mine, _nearest_themes(mine, crowd), crowd, middles)
        ]
        for other in proposed[theme]:
            # What is proposed already was found from either side, so it is looked at from both.
            seen += [(theme, link) for link in links(grouper, mine, members[other], crowd, middles)]
            if members[other]:
                others = speakers(members[other])
                seen += [
                    (other, link) for link in links(grouper, others, members[theme], crowd, middles)
                ]
        for one, link in seen:
            pair = frozenset((one, uuid.UUID(link.other_id)))
            if pair not in found or link.strength > found[pair].strength:
                found[pair] = link
    return found


def _nearest_themes(mine: Sequence[Member], close: Sequence[Member]) -> list[Member]:
    """Those of the few nearest other themes."""
    best: dict[str, float] = {}
    for member in close:
        nearness = max(float(member.vector @ each.vector) for each in mine)
        best[member.theme_id] = max(best.get(member.theme_id, nearness), nearness)
    chosen = set(sorted(best, key=lambda theme: (-best[theme], theme))[:OTHERS])
    return [member for member in close if member.theme_id in chosen]


async def _apart(connection: Connection, product_id: uuid.UUID) -> set[Pair]:
    rows = await (await connection.execute(_APART, [product_id])).fetchall()
    return {frozenset((row["one"], row["other"])) for row in rows}


async def _propose(
    connection: Connection,
    product_id: uuid.UUID,
    found: Mapping[Pair, Link],
    known: Mapping[Pair, Mapping[str, Any]],
    apart: set[Pair],
) -> int:
    wanted = {pair: link for pair, link in found.items() if link.holds() and pair not in apart}
    # The smaller theme is proposed to go into the bigger one, or into the one that was accepted.
    rows = await (
        await connection.execute(_SIZES, [sorted({each for pair in wanted for each in pair})])
    ).fetchall()
    place = {row["id"]: number for number, row in enumerate(rows)}
    done = 0
    for pair, link in wanted.items():
        if not pair <= place.keys():
            continue
        into, goes = sorted(pair, key=place.__getitem__)
        evidence = Jsonb(link.evidence())
        if pair in known:
            values = {"id": known[pair]["id"], "score": round(link.score, 4), "evidence": evidence}
            cursor = await connection.execute(_RENEW, values)
        else:
            cursor = await connection.execute(
                _INSERT, [product_id, goes, into, round(link.score, 4), evidence]
            )
        done += cursor.rowcount
    return done


async def _withdraw(
    connection: Connection,
    product_id: uuid.UUID,
    found: Mapping[Pair, Link],
    known: Mapping[Pair, Mapping[str, Any]],
    apart: set[Pair],
) -> int:
    """Take back what no longer holds: closed or separated themes, comments that changed, more than
    one can look at."""
    fallen = [
        row["id"] for pair, row in known.items() if pair in found and not found[pair].holds(SLACK)
    ]
    for row in await (await connection.execute(_CLOSED, [product_id])).fetchall():
        if row["closed"] or frozenset((row["theme_id"], row["other_id"])) in apart:
            fallen.append(row["id"])
    withdrawn = (await connection.execute(_WITHDRAW, [fallen])).rowcount
    many = await (await connection.execute(_TOO_MANY, [product_id, MOST_OPEN])).fetchall()
    return withdrawn + (await connection.execute(_WITHDRAW, [[row["id"] for row in many]])).rowcount
