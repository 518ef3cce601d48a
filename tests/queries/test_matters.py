"""Matters: themes that may be the same count as one, by people and by what rises."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Invalid
from app.queries.clusters import BRIDGE_LIKELIHOOD_LEAST, CLUSTER_THEMES_MOST, OpenPair, clustered
from app.queries.matters import list_matters
from app.queries.pairs import list_pairs, pair_queue, quotes_of
from app.queries.theme_filters import ThemeFilter
from app.queries.top_matters import RISING_AT_ONCE, top_matters
from app.storage.db import Database
from app.triage.suggestions import keep_apart, postpone
from app.triage.undo import undo
from tests.scenes.forum import ME
from tests.scenes.pairs import add_cluster, add_pair, add_said

NOW = datetime.now(UTC)


def pair(number: int, one: int, other: int, score: float) -> OpenPair:
    return OpenPair(number, uuid.UUID(int=one), uuid.UUID(int=other), score, None)


def sizes(*pairs: OpenPair) -> list[int]:
    strongest_first = sorted(pairs, key=lambda one: -one.score)
    return sorted(len(cluster.themes) for cluster in clustered(strongest_first))


def test_what_hangs_together_is_one_cluster() -> None:
    pairs = [pair(number, number, number + 1, 0.9 - number / 100) for number in range(10)]
    assert sizes(*pairs, pair(20, 50, 51, 0.3)) == [2, 11]


def test_a_weak_pair_makes_no_matter_of_two_groups() -> None:
    weak = BRIDGE_LIKELIHOOD_LEAST - 0.01
    pairs = [pair(1, 1, 2, 0.9), pair(2, 3, 4, 0.8), pair(3, 2, 3, weak)]
    assert sizes(*pairs) == [2, 2, 2]
    assert sizes(*pairs[:2], pair(3, 2, 3, BRIDGE_LIKELIHOOD_LEAST)) == [4]


def test_a_weak_pair_brings_a_single_theme() -> None:
    assert sizes(pair(1, 1, 2, 0.9), pair(2, 2, 3, 0.1)) == [3]


def test_a_weak_pair_makes_no_matter_of_two_themes_of_several_people() -> None:
    weak = BRIDGE_LIKELIHOOD_LEAST - 0.01
    heard = [
        OpenPair(number, uuid.UUID(int=9), uuid.UUID(int=number), score, None, 9, 8)
        for number, score in ((1, weak), (2, BRIDGE_LIKELIHOOD_LEAST))
    ]
    assert [cluster.alone for cluster in clustered(heard[:1])] == [True]
    assert [cluster.alone for cluster in clustered(heard[1:])] == [False]


def test_no_cluster_grows_without_bound_and_no_pair_is_lost() -> None:
    pairs = [pair(number, 0, number, 0.9 - number / 1000) for number in range(1, 100)]
    clusters = clustered(pairs)
    assert max(len(cluster.themes) for cluster in clusters) == CLUSTER_THEMES_MOST
    assert sum(len(cluster.pairs) for cluster in clusters) == len(pairs)


async def test_a_cluster_is_one_matter_of_its_people(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 4)
        alone = await add_said(c, cluster.product, cluster.source, "Dark mode", ["ann", "cid", "x"])
        page = await list_matters(c, ThemeFilter(cluster.product))
    assert [(row.theme.id, row.people, len(row.theme_ids)) for row in page.items] == [
        (cluster.themes[0], 5, 4),
        (alone, 3, 1),
    ]


async def test_who_spoke_of_two_themes_is_one_of_the_people_of_a_period(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 2)
        third = await add_said(c, cluster.product, cluster.source, "Also this", ["ann", "bob"])
        await add_pair(c, cluster.product, third, cluster.themes[0])
        await c.execute("update comment set created_at = now()")
        (matter,) = await top_matters(c, cluster.product, 30)
    assert matter.people == 3
    assert matter.matter.recent_people == 3


async def test_a_matter_is_found_by_any_of_its_themes(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 3)
        page = await list_matters(c, ThemeFilter(cluster.product, q='"way 2"'))
    assert [row.theme.id for row in page.items] == [cluster.themes[0]]


async def test_what_was_decided_is_no_cluster_any_more(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 3)
        await keep_apart(c, cluster.suggestions, actor=ME)
        page = await list_matters(c, ThemeFilter(cluster.product))
    assert [len(row.theme_ids) for row in page.items] == [1, 1, 1]


@pytest.mark.parametrize("sort", ["people", "rising", "recent", "new", "confidence"])
async def test_pages_follow_each_other(database: Database, sort: str) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 3, said_at=NOW)
        for number in range(4):
            await add_said(c, cluster.product, cluster.source, f"Alone {number}", ["ann"])
        seen, cursor = [], None
        while True:
            chosen = ThemeFilter(cluster.product)
            page = await list_matters(c, chosen, sort=sort, cursor=cursor, limit=2)
            seen += [row.theme.id for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert len(seen) == len(set(seen)) == 5


async def test_an_order_that_is_none_is_refused(database: Database) -> None:
    async with database.transaction() as c:
        with pytest.raises(Invalid):
            await list_matters(c, ThemeFilter(), sort="votes")


async def test_what_rises_is_told_by_people_of_two_weeks(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 2, said_at=NOW - timedelta(days=9))
        rising = await add_said(
            c, cluster.product, cluster.source, "New trouble", ["a", "b"], said_at=NOW
        )
        by_rise = (await list_matters(c, ThemeFilter(cluster.product), sort="rising")).items
        top = await top_matters(c, cluster.product, 30)
        risen = await top_matters(c, cluster.product, 30, rising=True)
    assert [(row.recent_people, row.previous_people) for row in by_rise] == [(2, 0), (0, 3)]
    assert [(one.matter.theme.id, one.people) for one in top] == [
        (cluster.themes[0], 3),
        (rising, 2),
    ]
    assert [one.matter.theme.id for one in risen] == [rising]


async def test_ignored_matters_that_rise_take_no_place_from_others(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 2, said_at=NOW - timedelta(days=9))
        for number in range(RISING_AT_ONCE):
            await add_said(c, cluster.product, cluster.source, f"Noise {number}", ["a", "b"])
        await c.execute("update theme set status = 'ignored' where title like 'Noise%%'")
        open_ones = [
            await add_said(c, cluster.product, cluster.source, f"New {number}", ["z"])
            for number in range(3)
        ]
        await c.execute(
            "update comment set created_at = now() where text not like 'Export fails%%'"
        )
        risen = await top_matters(c, cluster.product, 30, rising=True, limit=2)
    shown = [one.matter.theme.id for one in risen if one.matter.theme.id in open_ones]
    assert len(risen) == len(shown) == 2


async def test_what_was_put_off_comes_after_the_others_and_back_by_undo(
    database: Database,
) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 2)
        third = await add_said(c, cluster.product, cluster.source, "Third", ["x"])
        fourth = await add_said(c, cluster.product, cluster.source, "Fourth", ["y"])
        unlikely = await add_pair(c, cluster.product, third, fourth, 0.4)
        (likely,) = cluster.suggestions
        line = await postpone(c, [likely], actor=ME)
        later = await list_pairs(c, cluster.product)
        queue = await pair_queue(c, cluster.product)
        await undo(c, line, actor=ME)
        back = await list_pairs(c, cluster.product)
    assert [row.id for row in later.items] == [unlikely, likely]
    assert [item.key for item in queue] == [unlikely, likely]
    assert [row.id for row in back.items] == [likely, unlikely]
    days = later.items[1].later_until
    assert days is not None
    assert timedelta(days=6) < days - datetime.now(UTC) <= timedelta(days=7)


async def test_pairs_of_many_are_kept_apart_and_come_back_as_a_whole(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 4)
        line = await keep_apart(c, cluster.suggestions, actor=ME)
        assert (await list_pairs(c, cluster.product)).items == []
        await undo(c, line, actor=ME)
        back = await list_pairs(c, cluster.product)
        cursor = await c.execute("select count(*) as n from separation")
        assert await cursor.fetchone() == {"n": 0}
    assert len(back.items) == 3


async def test_quotes_begin_with_what_the_suggestion_rests_on(database: Database) -> None:
    async with database.transaction() as c:
        cluster = await add_cluster(c, 2)
        cursor = await c.execute(
            "select min(id) as oldest from comment where theme_id = %s", [cluster.themes[0]]
        )
        row = await cursor.fetchone()
        assert row is not None
        quotes = await quotes_of(c, cluster.themes, [row["oldest"]], 1)
    assert [quote.id for quote in quotes[cluster.themes[0]]] == [row["oldest"]]
