"""Accounts become one person and two again; whatever counts people follows, held against a recount
that knows nothing of the queries."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Conflict, Invalid, NotFound
from app.models.states import LinkState
from app.people.helping import HALF_LIFE_DAYS, HELP_DAYS_MOST, count_help
from app.people.linking import decide_link, link_accounts
from app.people.matching import link_verified, match_people, propose_links
from app.queries.account_links import list_links
from app.queries.helping import help_of
from app.queries.metric_people import count_people
from app.queries.people import PeopleFilter, PeopleList, list_people
from app.queries.spans import span_of
from app.replies.targets import comment_target
from app.storage.db import Connection, Database
from tests.scenes.forum import ME, Forum, scalar
from tests.scenes.people import Crowd, add_account, add_crowd
from tests.scenes.reading import NOW, add_comment, add_product, add_source, add_theme

REALMS = ("discourse", "github")
NAMES = {"alone.k": "", "named.k": "Kim Ode", "texts.k": "", "says.k": ""}
PERSONS = "select count(*) from person where product_id = %s"
LINKED_ACCOUNTS = "select count(person_id) from author where product_id = %s"


async def themes_by_people(c: Connection, crowd: Crowd) -> dict[uuid.UUID, int]:
    rows = await (
        await c.execute("select id, people from theme where product_id = %s", [crowd.product])
    ).fetchall()
    return {row["id"]: row["people"] for row in rows}


class Truth:
    """Who is one human, by links alone."""

    def __init__(self, crowd: Crowd, links: Iterable[tuple[int, int]]) -> None:
        self.crowd = crowd
        self.human = {account: frozenset({account}) for account in crowd.accounts}
        for one, other in links:
            joined = self.human[one] | self.human[other]
            self.human |= dict.fromkeys(joined, joined)

    def voices(self, theme: uuid.UUID) -> int:
        return len(
            {
                self.human[said.by] if said.by else said.id
                for said in self.crowd.said
                if said.theme == theme and not said.deleted
            }
        )

    def helped(self, account: int) -> dict[frozenset[int], float]:
        """Whom the human helped, each with the age of the newest answer in days."""
        crowd, human = self.crowd, self.human
        helped: dict[frozenset[int], float] = {}
        standing = [one for one in crowd.said if not one.deleted and one.by]
        for asked in standing:
            for answer in standing:
                assert asked.by is not None
                assert answer.by is not None
                if (
                    asked.kind == "question"
                    and answer.kind != "question"
                    and asked.thread
                    and asked.thread == answer.thread
                    and (answer.at, answer.id) > (asked.at, asked.id)
                    and human[answer.by] == human[account] != human[asked.by]
                    and answer.by not in crowd.staff
                    and asked.by not in crowd.staff
                    and NOW - answer.at <= timedelta(days=HELP_DAYS_MOST)
                ):
                    age = (NOW - answer.at) / timedelta(days=1)
                    helped[human[asked.by]] = min(age, helped.get(human[asked.by], age))
        return helped

    def lost(self) -> set[frozenset[int]]:
        """Regulars of the 90 days before the last 30, who are silent since."""
        lost = set()
        for human in set(self.human.values()) - {self.human[one] for one in self.crowd.staff}:
            ages = [
                (NOW - one.at) / timedelta(days=1)
                for one in self.crowd.said
                if one.by in human and not one.deleted
            ]
            if not any(age <= 30 for age in ages) and sum(age <= 120 for age in ages) >= 4:
                lost.add(human)
        return lost


# Each example is a product of its own.
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    links=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6),
    undone=st.sets(st.integers(0, 5)),
)
def test_whatever_counts_people_follows_the_links(
    database_url: str, seed: int, links: list[tuple[int, int]], undone: set[int]
) -> None:
    async def check() -> None:
        database = Database(database_url)
        await database.open()
        try:
            async with database.transaction() as c:
                await _check_counts(c, seed, links, undone)
        finally:
            await database.close()

    asyncio.run(check())


async def _check_counts(
    c: Connection, seed: int, links: list[tuple[int, int]], undone: set[int]
) -> None:
    crowd = await add_crowd(c, seed)
    chosen = ((crowd.accounts[one], crowd.accounts[other]) for one, other in links if one != other)
    pairs = dict.fromkeys((min(pair), max(pair)) for pair in chosen)
    made = {
        (low, high): await link_accounts(c, low, high, why="They say so.", actor=ME)
        for low, high in pairs
    }
    standing = [pair for place, pair in enumerate(made) if place not in undone]
    for pair, link in made.items():
        if pair not in standing:
            await decide_link(c, link, LinkState.undone, why="No.", actor=ME)
    truth = Truth(crowd, standing)
    people = await themes_by_people(c, crowd)
    assert people == {theme: truth.voices(theme) for theme in crowd.themes}
    for account in crowd.accounts:
        helped = truth.helped(account)
        evidence = await help_of(c, account, NOW)
        assert evidence.people == len(helped)
        expected = sum(0.5 ** (age / HALF_LIFE_DAYS) for age in helped.values())
        assert evidence.score == pytest.approx(expected)
    listed = await list_people(c, PeopleFilter(crowd.product), now=NOW, limit=200)
    spoke = {one.by for one in crowd.said if not one.deleted and one.by}
    assert {row.id for row in listed.items} == {
        min(human & spoke) for human in truth.human.values() if human & spoke
    }
    lost = PeopleFilter(crowd.product, PeopleList.lost)
    rows = (await list_people(c, lost, now=NOW, limit=200)).items
    assert {row.id for row in rows} == {min(human & spoke) for human in truth.lost()}
    await count_help(c, crowd.product, NOW - timedelta(days=1))
    await count_help(c, crowd.product, NOW)
    helpers = PeopleFilter(crowd.product, PeopleList.helpers)
    rows = (await list_people(c, helpers, now=NOW, limit=200)).items
    assert {row.id for row in rows} == {
        min(human & spoke)
        for account, human in truth.human.items()
        if sum(0.5 ** (age / HALF_LIFE_DAYS) for age in truth.helped(account).values()) >= 0.5
    }


async def test_undone_is_as_it_was_before(database: Database) -> None:
    async with database.transaction() as c:
        crowd = await add_crowd(c, 7)
        one, other, third = crowd.accounts[:3]
        await link_accounts(c, one, other, why="first", actor=ME)
        before = await themes_by_people(c, crowd)
        span = span_of("2026-01-25", "2026-11-19", "UTC", NOW)
        counts = await count_people(c, crowd.product, span)
        link = await link_accounts(c, other, third, why="second", actor=ME)
        assert await themes_by_people(c, crowd) != before
        assert await count_people(c, crowd.product, span) != counts
        await decide_link(c, link, LinkState.undone, why="They are two.", actor=ME)
        assert await themes_by_people(c, crowd) == before
        assert await count_people(c, crowd.product, span) == counts
        assert (
            await scalar(c, "select count(*) from person where product_id = %s", crowd.product) == 1
        )


async def test_two_people_who_link_the_same_pair_are_told(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        one, other = [await add_account(c, product, "kim", realm) for realm in REALMS]

    async def link() -> int:
        async with database.transaction() as c:
            return await link_accounts(c, one, other, why="They say so.", actor=ME)

    first, second = sorted(
        await asyncio.gather(link(), link(), return_exceptions=True),
        key=lambda outcome: isinstance(outcome, Exception),
    )
    assert isinstance(first, int)
    assert isinstance(second, Conflict)
    assert second.reason == "already_linked"


async def test_what_is_refused(database: Database) -> None:
    async with database.transaction() as c:
        product, other_product = await add_product(c), await add_product(c, "other")
        kim = await add_account(c, product, "kim")
        hub = await add_account(c, product, "kim", "github")
        reddit = await add_account(c, product, "kim", "reddit:1")
        far = await add_account(c, other_product, "kim")
        for one, other, why, reason in (
            (kim, kim, "x", "same_account"),
            (kim, reddit, "x", "never_linked"),
            (kim, far, "x", "other_product"),
            (kim, hub, " ", "why_missing"),
            (kim, hub, "x" * 501, "text_too_long"),
        ):
            with pytest.raises(Invalid) as refused:
                await link_accounts(c, one, other, why=why, actor=ME)
            assert refused.value.reason == reason
        with pytest.raises(NotFound) as nobody:
            await link_accounts(c, kim, 999_999, why="x", actor=ME)
        assert nobody.value.reason == "person_not_found"
        with pytest.raises(NotFound) as no_link:
            await decide_link(c, 999_999, LinkState.refused, why="x", actor=ME)
        assert no_link.value.reason == "link_not_found"
        link = await link_accounts(c, kim, hub, why="x", actor=ME)
        await decide_link(c, link, LinkState.undone, why="x", actor=ME)
        with pytest.raises(Invalid) as unmade:
            await decide_link(c, link, LinkState.refused, why=" ", actor=ME)
        assert unmade.value.reason == "why_missing"
        await decide_link(c, link, LinkState.refused, why="x", actor=ME)
        with pytest.raises(Invalid) as not_made:
            await decide_link(c, link, LinkState.undone, why="x", actor=ME)
        assert not_made.value.reason == "link_not_made"


async def test_what_platforms_vouch_for_is_linked_and_stays_apart_once_undone(
    database: Database,
) -> None:
    same = ("mail:abc",)
    async with database.transaction() as c:
        product = await add_product(c)
        kim, hub, third = [
            await add_account(c, product, f"k{n}", f"generic:{n}", identities=same) for n in "123"
        ]
        await add_account(c, product, "k4", "reddit:1", identities=same)
        assert await link_verified(c, product) == 2
        assert await link_verified(c, product) == 0
        links = (await list_links(c, product, LinkState.linked)).items
        assert {(one.one_id, one.other_id) for one in links} == {(kim, hub), (kim, third)}
        assert links[0].signs == [{"sign": "same_mail"}]
        await decide_link(c, links[0].id, LinkState.undone, why="A shared address.", actor=ME)
        assert await link_verified(c, product) == 0
        persons = await scalar(
            c, "select count(person_id) from author where product_id = %s", product
        )
    assert persons == 2


async def test_a_handle_alone_proposes_nothing(database: Database) -> None:
    """Another sign is needed: a name, the same text, or an address in their own words."""
    async with database.transaction() as c:
        product = await add_product(c)
        source, theme = await add_source(c, product), await add_theme(c, product)
        pairs = {
            handle: [await add_account(c, product, handle, r, name=name) for r in REALMS]
            for handle, name in NAMES.items()
        }
        for account in pairs["texts.k"]:
            comment = await add_comment(c, product, source, "The same text", author_id=account)
            await c.execute("update comment set wording = 'w1' where id = %s", [comment])
        speaker = pairs["says.k"][0]
        said = await add_comment(
            c, product, source, "I am https://github.com/Says.K there.", author_id=speaker
        )
        await add_comment(
            c, product, source, "See https://x.org/alonexk", author_id=pairs["alone.k"][0]
        )
        await add_account(c, product, "named.k", "reddit:1", name="Kim Ode")
        await propose_links(c, product)
        await propose_links(c, product)
        links = {one.one.rpartition(" ")[2]: one for one in (await list_links(c, product)).items}
        signs = {handle: [sign["sign"] for sign in one.signs] for handle, one in links.items()}
        assert signs == {
            "says.k": ["same_handle", "names_account"],
            "texts.k": ["same_handle", "same_text"],
            "named.k": ["same_handle", "same_name"],
        }
        assert links["says.k"].signs[1]["comment_id"] == said
        for account in pairs["named.k"]:
            await add_comment(c, product, source, theme_id=theme, author_id=account)
        await decide_link(c, links["named.k"].id, LinkState.linked, why="", actor=ME)
        await decide_link(c, links["texts.k"].id, LinkState.refused, why="Two people.", actor=ME)
        assert await scalar(c, "select people from theme where id = %s", theme) == 1
        await propose_links(c, product)
        assert [one.id for one in (await list_links(c, product)).items] == [links["says.k"].id]


async def test_whoever_wants_no_answers_gets_none_under_a_linked_account(
    database: Database,
) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        kim, hub = [await add_account(c, product, "kim", realm) for realm in REALMS]
        comment = await add_comment(c, product, source, author_id=hub)
        await c.execute("update author set no_replies_at = now() where id = %s", [kim])
        link = await link_accounts(c, kim, hub, why="x", actor=ME)
        target = await comment_target(c, comment)
        assert target is not None
        assert target.no_replies_at is not None
        await decide_link(c, link, LinkState.undone, why="x", actor=ME)
        target = await comment_target(c, comment)
        assert target is not None
        assert target.no_replies_at is None


async def test_a_verified_address_arrives_and_links_two_sources(forum: Forum) -> None:
    mail = {"id": "7", "handle": "kim", "verified_email": "Kim@Example.org"}
    await forum.say("It crashes when I export a file.", author="kim")
    comment = forum.comment("I want a dark theme for the editor.")
    await forum.deliver_comments({**comment, "author": mail})
    comment = forum.comment("Printing cuts off the last line.")
    await forum.deliver_comments({**comment, "author": {**mail, "id": "8"}})
    await forum.work()
    assert await match_people(forum.database, NOW) == 1
    rows = await forum.rows(
        "select external_id, identities from author where person_id is not null"
    )
    assert sorted(row["external_id"] for row in rows) == ["7", "8"]
    assert "example" not in str(rows).lower()
