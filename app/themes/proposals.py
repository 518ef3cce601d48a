"""The pass that proposes merges of themes which say the same by now. A person decides: it never
merges anything."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from psycopg import sql
from psycopg.types.json import Jsonb

from app.judging.product_models import own_grouper
from app.models.states import SuggestionState
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all
from app.themes.comparing import strongest_links
from app.themes.links import WITHDRAWAL_SLACK, Link, Pair
from app.themes.locks import lock_grouping
from classifiers.contract import Grouper

log = structlog.get_logger(__name__)

OPEN_PROPOSALS_MOST = 10
"""Open proposals that a theme may have, counted from both sides; the weakest ones are withdrawn."""
THEMES_PER_TRANSACTION = 32
"""Themes that are compared in one transaction."""

TO_COMPARE = sql.SQL("t.compared_at is distinct from t.changed_at")
SELECT_CHANGED_THEMES = sql.SQL("""
    select t.id, t.changed_at, t.status in ('triage', 'accepted') and t.mentions > 0 as speaks
    from theme t where t.product_id = %s and {to_compare}
    order by t.changed_at, t.id limit %s
""").format(to_compare=TO_COMPARE)
LOCK_COMPARED_THEMES = """
    select 1 from theme where id = any(%s::uuid[]) order by id for no key update
"""
MARK_COMPARED_UP_TO = """
    update theme t set compared_at = n.changed_at
    from unnest(%s::uuid[], %s::timestamptz[]) as n(id, changed_at) where t.id = n.id
"""
SELECT_SUGGESTIONS = """
    select id, theme_id, other_id, state from theme_suggestion
    where theme_id = any(%(ids)s) or other_id = any(%(ids)s)
"""
# Who was taken out of a theme, or kept from it, stays apart also from the theme that it was merged
# into.
SELECT_SEPARATED_PAIRS = """
    with recursive barred(comment_id, theme_id) as (
        select s.comment_id, s.theme_id from separation s join comment c on c.id = s.comment_id
        where c.product_id = %s
        union
        select b.comment_id, t.merged_into from barred b join theme t on t.id = b.theme_id
        where t.merged_into is not null
    )
    select distinct c.theme_id, b.theme_id as other_id
    from barred b join comment c on c.id = b.comment_id
    where c.theme_id is not null and c.theme_id <> b.theme_id
"""
SELECT_BIGGEST_FIRST = """
    select id from theme
    where id = any(%s::uuid[]) and status in ('triage', 'accepted') and mentions > 0
    order by status = 'accepted' desc, people desc, created_at, id
"""
INSERT_PROPOSAL = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)
    values (%s, %s, %s, %s, %s)
    on conflict (theme_id, other_id) do nothing
"""
RENEW_PROPOSAL = """
    update theme_suggestion set state = 'open', score = %(score)s, evidence = %(evidence)s
    where id = %(id)s and state in ('open', 'withdrawn')
      and (state, evidence) is distinct from ('open', %(evidence)s)
"""
WITHDRAW_PROPOSALS = """
    update theme_suggestion set state = 'withdrawn'
    where id = any(%s::bigint[]) and state = 'open'
"""
SELECT_OPEN_PROPOSALS = """
    select g.id, g.theme_id, g.other_id, not (
        a.status in ('triage', 'accepted') and b.status in ('triage', 'accepted')) as decided
    from theme_suggestion g join theme a on a.id = g.theme_id join theme b on b.id = g.other_id
    where g.product_id = %s and g.state = 'open'
"""
SELECT_SURPLUS_PROPOSALS = """
    select distinct id from (
        select g.id, row_number() over (partition by side.id order by g.score desc, g.id) as place
        from theme_suggestion g
        cross join lateral (values (g.theme_id), (g.other_id)) as side(id)
        where g.product_id = %s and g.state = 'open'
    ) ranked where place > %s
"""

PERSON_ANSWERED = (SuggestionState.accepted, SuggestionState.rejected)


@dataclass(slots=True)
class Passed:
    """What one pass did: themes compared, proposals made or renewed, proposals withdrawn."""

    compared: int = 0
    proposed: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class ChangedTheme:
    """A theme to compare; only one that ``speaks``, open and with comments, is proposed."""

    id: uuid.UUID
    changed_at: datetime
    speaks: bool


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggestion there is, in whatever state."""

    id: int
    theme_id: uuid.UUID
    other_id: uuid.UUID
    state: SuggestionState

    @property
    def pair(self) -> Pair:
        """The two themes."""
        return frozenset((self.theme_id, self.other_id))


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A suggestion that waits for an answer; ``decided``: one of its themes no longer waits."""

    id: int
    theme_id: uuid.UUID
    other_id: uuid.UUID
    decided: bool


@dataclass(frozen=True, slots=True)
class _Findings:
    """What a pass knows of the pairs of a product when it writes."""

    product_id: uuid.UUID
    links: Mapping[Pair, Link]
    suggested: Mapping[Pair, Suggested]
    separated: set[Pair]


async def propose_merges(
    database: Database, grouper: Grouper, product_id: uuid.UUID, end: float = math.inf
) -> Passed:
    """Compare every theme of a product that changed since it was last compared, a few in each
    transaction, until ``end`` (``time.monotonic``). What is left waits for the next pass.

    Whoever calls it is the only one to do so (``app.triage.settling``); it keeps nobody from
    grouping.
    """
    passed = Passed()
    while True:
        compared = await _compare_some(database, grouper, product_id, passed)
        if compared < THEMES_PER_TRANSACTION or time.monotonic() >= end:
            break
    if passed.proposed or passed.withdrawn:
        log.info(
            "merges_proposed",
            compared=passed.compared,
            proposed=passed.proposed,
            withdrawn=passed.withdrawn,
        )
    return passed


async def _compare_some(
    database: Database, grouper: Grouper, product_id: uuid.UUID, passed: Passed
) -> int:
    """One transaction's worth of themes; returns how many there were."""
    async with database.transaction() as connection:
        values = [product_id, THEMES_PER_TRANSACTION]
        changed = await fetch_all(connection, SELECT_CHANGED_THEMES, values, of=ChangedTheme)
        speaking = [theme.id for theme in changed if theme.speaks]
        suggested = await _suggested(connection, speaking)
        open_pairs = [pair for pair, one in suggested.items() if one.state is SuggestionState.open]
        own = await own_grouper(connection, product_id, grouper)
        links = await strongest_links(connection, own, product_id, speaking, open_pairs)
        await lock_grouping(connection, product_id)
        separated = await _separated(connection, product_id)
        findings = _Findings(product_id, links, suggested, separated)
        passed.proposed += await _propose(connection, findings)
        passed.withdrawn += await _withdraw(connection, findings)
        ids = [theme.id for theme in changed]
        await connection.execute(LOCK_COMPARED_THEMES, [ids])
        changed_at = [theme.changed_at for theme in changed]
        await connection.execute(MARK_COMPARED_UP_TO, [ids, changed_at])
    passed.compared += len(changed)
    return len(changed)


async def _suggested(connection: Connection, themes: Sequence[uuid.UUID]) -> dict[Pair, Suggested]:
    """The suggestions there are about these themes, in either direction and whatever became of
    them."""
    rows = await fetch_all(connection, SELECT_SUGGESTIONS, {"ids": list(themes)}, of=Suggested)
    # Where both directions were suggested once, a person's answer to one of them counts.
    rows.sort(key=lambda row: (row.state in PERSON_ANSWERED, row.state is SuggestionState.open))
    return {row.pair: row for row in rows}


async def _separated(connection: Connection, product_id: uuid.UUID) -> set[Pair]:
    """The pairs that a person keeps apart."""
    rows = await fetch_all(connection, SELECT_SEPARATED_PAIRS, [product_id])
    return {frozenset((row["theme_id"], row["other_id"])) for row in rows}


async def _propose(connection: Connection, findings: _Findings) -> int:
    """Propose what holds, the smaller theme to go into the bigger one, or into the one that was
    accepted; returns how many were made or renewed."""
    holding = {
        pair: link
        for pair, link in findings.links.items()
        if link.holds() and pair not in findings.separated
    }
    themes = sorted({theme for pair in holding for theme in pair})
    rows = await fetch_all(connection, SELECT_BIGGEST_FIRST, [themes])
    place = {row["id"]: number for number, row in enumerate(rows)}
    proposed = 0
    for pair, link in holding.items():
        if not pair <= place.keys():
            continue
        bigger, smaller = sorted(pair, key=place.__getitem__)
        score, evidence = round(link.score, 4), Jsonb(link.evidence())
        if pair in findings.suggested:
            values = {"id": findings.suggested[pair].id, "score": score, "evidence": evidence}
            cursor = await connection.execute(RENEW_PROPOSAL, values)
        else:
            row = [findings.product_id, smaller, bigger, score, evidence]
            cursor = await connection.execute(INSERT_PROPOSAL, row)
        proposed += cursor.rowcount
    return proposed


async def _withdraw(connection: Connection, findings: _Findings) -> int:
    """Take back what no longer holds: closed or separated themes, comments that changed, more than
    one can look at."""
    links, product_id = findings.links, findings.product_id
    ids = [
        one.id
        for pair, one in findings.suggested.items()
        if pair in links and not links[pair].holds(WITHDRAWAL_SLACK)
    ]
    proposals = await fetch_all(connection, SELECT_OPEN_PROPOSALS, [product_id], of=OpenProposal)
    ids += [
        one.id
        for one in proposals
        if one.decided or frozenset((one.theme_id, one.other_id)) in findings.separated
    ]
    withdrawn = (await connection.execute(WITHDRAW_PROPOSALS, [ids])).rowcount
    values = [product_id, OPEN_PROPOSALS_MOST]
    surplus = [row["id"] for row in await fetch_all(connection, SELECT_SURPLUS_PROPOSALS, values)]
    return withdrawn + (await connection.execute(WITHDRAW_PROPOSALS, [surplus])).rowcount
