"""What people weigh, read line by line and carefully, and what themes weigh by it."""

from __future__ import annotations

import uuid

import pytest

from app.errors import Invalid
from app.people.linking import link_accounts
from app.people.weights import WEIGHT_LINES_MAX, read_weights, set_weights
from app.queries.matters import list_matters
from app.queries.people import PeopleFilter, list_people
from app.queries.theme_filters import ThemeFilter
from app.queries.themes import list_themes
from app.storage.db import Connection, Database
from tests.scenes.forum import ME
from tests.scenes.people import Crowd, add_account, add_crowd
from tests.scenes.reading import NOW, add_comment, add_product, add_source, add_theme

FILE = """\ufeffHandle;plan;CUSTOMER;weight;note
@KIM;pro;"'=Example; Ltd";3;x

nobody;;;1;
ann;free;'=1+1;;
twin;;;2;
kim;;;=1+1;
kim;;;-1;
kim;;;nan;
ann;%s;;2;
""" % ("x" * 201)


async def weigh(c: Connection, product: uuid.UUID, text: str) -> list[tuple[int, str]]:
    outcome = await set_weights(c, product, read_weights(text), actor=ME)
    return [(line.line, line.reason) for line in outcome.refused]


async def test_lines_are_read_as_text_and_told_by_number(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        for handle, realm in (
            ("Kim", "github"),
            ("ann", "github"),
            ("twin", "github"),
            ("twin", "discourse:1"),
        ):
            account = await add_account(c, product, handle, realm)
            await add_comment(c, product, source, author_id=account)
        assert await weigh(c, product, FILE) == [
            (4, "handle_unknown"),
            (6, "handle_ambiguous"),
            (7, "weight_invalid"),
            (8, "weight_invalid"),
            (9, "weight_invalid"),
            (10, "text_too_long"),
        ]
        assert await weigh(c, product, "handle,platform\ntwin,GitHub\ntwin,slack\n") == [
            (3, "handle_unknown")
        ]
        people = await list_people(c, PeopleFilter(product), sort="weight", now=NOW)
        rows = [(row.name, row.plan, row.customer, row.weight) for row in people.items]
    assert rows[0] == ("Kim", "pro", "=Example; Ltd", 3.0)
    assert sorted(rows[1:3]) == [("ann", "free", "=1+1", 1.0), ("twin", "", "", 1.0)]
    assert rows[3][3] is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "weights_unreadable"),
        ("name,weight\nkim,2\n", "weights_unreadable"),
        ('handle\n"' + "x" * 200_000 + '"', "weights_unreadable"),
        ("handle\n" + "kim\n" * (WEIGHT_LINES_MAX + 1), "too_many_lines"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_weights(text)
    assert refused.value.reason == reason


def expected(
    crowd: Crowd, theme: uuid.UUID, human: dict[int, int], weights: dict[int, float]
) -> float:
    """The weight of a theme, by hand: each human once, by their heaviest account."""
    speakers = {
        human[said.by]
        for said in crowd.said
        if said.theme == theme and said.by and not said.deleted
    }
    return sum(
        max((weight for one, weight in weights.items() if human[one] == speaker), default=0)
        for speaker in speakers
    )


async def test_themes_weigh_what_their_people_do(database: Database) -> None:
    async with database.transaction() as c:
        crowd = await add_crowd(c, 11, comments=40)
        first, second, third, *_ = crowd.accounts
        human = {one: one for one in crowd.accounts} | {second: first}
        weights = {first: 2.0, second: 5.0, third: 0.5}
        await link_accounts(c, first, second, why="x", actor=ME)
        lines = "".join(f"h{place},{weight}\n" for place, weight in enumerate(weights.values()))
        assert await weigh(c, crowd.product, f"handle,weight\n{lines}") == []
        chosen = ThemeFilter(crowd.product)
        by_hand = {theme: expected(crowd, theme, human, weights) for theme in crowd.themes}
        assert len(set(by_hand.values())) > 1
        for sort in ("weight", "people"):
            rows = (await list_themes(c, chosen, sort=sort)).items
            assert {row.id: row.weight for row in rows} == by_hand
        rows, cursor = [], None
        while True:
            page = await list_themes(c, chosen, sort="weight", cursor=cursor, limit=2)
            rows += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        order = [by_hand[row.id] for row in rows]
        assert order == sorted(by_hand.values(), reverse=True)
        matters = (await list_matters(c, chosen, sort="weight")).items
        assert [by_hand[matter.theme.id] for matter in matters] == order


async def test_themes_of_rare_posters(database: Database) -> None:
    """Two linked accounts with two comments each are no rare poster."""
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        rare, frequent, nameless, empty = [
            await add_theme(c, product, name, mentions=0 if name == "d" else 1) for name in "abcd"
        ]
        seldom = await add_account(c, product, "seldom")
        one, other = [await add_account(c, product, "often", r) for r in ("github", "x")]
        for author, theme, times in (
            (seldom, rare, 2),
            (one, frequent, 2),
            (other, None, 2),
            (seldom, frequent, 0),
            (None, nameless, 3),
        ):
            for _ in range(times):
                await add_comment(c, product, source, author_id=author, theme_id=theme)
        chosen = ThemeFilter(product, rare=True)
        ids = {row.id for row in (await list_themes(c, chosen)).items}
        assert ids == {rare, frequent, nameless}
        await link_accounts(c, one, other, why="x", actor=ME)
        ids = {row.id for row in (await list_themes(c, chosen)).items}
        assert ids == {rare, nameless}
        assert empty not in ids
