"""Many themes become one in a single decision, asked for once or twice and taken back whole."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from app.errors import Conflict, Invalid, NotFound
from app.storage.db import Database
from app.triage import decisions
from app.triage.bulk_merge import MERGED_AT_ONCE_MOST, MergedThemes, merge_many
from app.triage.undo import undo
from tests.scenes.forum import ME
from tests.scenes.pairs import Cluster, add_cluster, add_said
from tests.scenes.reading import add_product, add_theme, add_ticket, add_tracker, ago


@pytest.fixture
async def cluster(database: Database) -> Cluster:
    async with database.transaction() as connection:
        return await add_cluster(connection, 4)


async def merged(database: Database, *themes: uuid.UUID, **options: Any) -> MergedThemes:
    async with database.transaction() as connection:
        return await merge_many(connection, themes, actor=ME, **options)


async def where_they_live(database: Database, cluster: Cluster) -> list[uuid.UUID]:
    async with database.transaction() as connection:
        rows = await connection.execute(
            "select id, coalesce(merged_into, id) as home from theme where product_id = %s",
            [cluster.product],
        )
        homes = {row["id"]: row["home"] for row in await rows.fetchall()}
    return [homes[theme] for theme in cluster.themes]


async def test_the_one_with_most_people_lives_on(database: Database, cluster: Cluster) -> None:
    outcome = await merged(database, *reversed(cluster.themes))
    assert outcome.into == cluster.themes[0]
    assert await where_they_live(database, cluster) == [cluster.themes[0]] * 4


async def test_the_one_with_the_oldest_ticket_lives_on(
    database: Database, cluster: Cluster
) -> None:
    async with database.transaction() as connection:
        tracker = await add_tracker(connection, cluster.product)
        for theme, days in ((cluster.themes[1], 2), (cluster.themes[2], 5)):
            await add_ticket(connection, cluster.product, theme, tracker, created_at=ago(days=days))
    assert (await merged(database, *cluster.themes)).into == cluster.themes[2]


async def test_a_person_says_which_one_lives_on(database: Database, cluster: Cluster) -> None:
    outcome = await merged(database, *cluster.themes, into=cluster.themes[3])
    assert await where_they_live(database, cluster) == [outcome.into] * 4
    assert outcome.into == cluster.themes[3]


async def test_undo_takes_all_of_it_back(database: Database, cluster: Cluster) -> None:
    outcome = await merged(database, *cluster.themes)
    async with database.transaction() as connection:
        await undo(connection, outcome.activity_id, actor=ME)
        cursor = await connection.execute(
            "select state, count(*) as n from theme_suggestion group by state"
        )
        assert await cursor.fetchall() == [{"state": "open", "n": 3}]
    assert await where_they_live(database, cluster) == list(cluster.themes)


async def test_asking_twice_answers_the_same(database: Database, cluster: Cluster) -> None:
    first = await merged(database, *cluster.themes, versions=dict.fromkeys(cluster.themes, 1))
    again = await merged(database, *cluster.themes, versions=dict.fromkeys(cluster.themes, 1))
    assert again == MergedThemes(first.into, first.activity_id, already=True)


async def test_two_people_at_once_make_one_merge(database: Database, cluster: Cluster) -> None:
    one, other = cluster.themes[:2]
    outcomes = await asyncio.gather(
        merged(database, one, other, into=one), merged(database, one, other, into=other)
    )
    assert sorted(outcome.already for outcome in outcomes) == [False, True]
    assert len({outcome.activity_id for outcome in outcomes}) == 1
    homes = await where_they_live(database, cluster)
    assert homes[0] == homes[1] == outcomes[0].into == outcomes[1].into


async def test_what_somebody_merged_among_them_meanwhile_is_where_it_was_to_go(
    database: Database, cluster: Cluster
) -> None:
    await merged(database, *cluster.themes[1:3], into=cluster.themes[2])
    outcome = await merged(database, *cluster.themes, into=cluster.themes[0])
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select count(*) as n from comment where theme_id = %s", [outcome.into]
        )
        assert await cursor.fetchone() == {"n": 5}


async def test_a_theme_that_was_merged_elsewhere_is_named(
    database: Database, cluster: Cluster
) -> None:
    await merged(database, *cluster.themes[2:], into=cluster.themes[3])
    with pytest.raises(Conflict, match="way 2” into “Export fails in way 3” meanwhile") as refused:
        await merged(database, *cluster.themes[:3])
    assert refused.value.reason == "theme_merged"


async def test_a_theme_that_was_decided_meanwhile_is_named(
    database: Database, cluster: Cluster
) -> None:
    async with database.transaction() as connection:
        await decisions.rename(connection, cluster.themes[2], "Another name", actor=ME)
    with pytest.raises(Conflict, match="Somebody changed “Another name” meanwhile") as refused:
        await merged(database, *cluster.themes, versions=dict.fromkeys(cluster.themes, 1))
    assert refused.value.reason == "version_conflict"
    assert await where_they_live(database, cluster) == list(cluster.themes)


@pytest.mark.parametrize(
    ("themes", "reason"),
    [(1, "nothing_to_merge"), (MERGED_AT_ONCE_MOST + 1, "too_many_themes")],
)
async def test_too_few_and_too_many_are_refused(
    database: Database, themes: int, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await merged(database, *(uuid.uuid4() for _ in range(themes)))
    assert refused.value.reason == reason


async def test_a_theme_that_is_not_there_is_not_found(database: Database, cluster: Cluster) -> None:
    with pytest.raises(NotFound):
        await merged(database, cluster.themes[0], uuid.uuid4())


async def test_two_products_do_not_mix(database: Database, cluster: Cluster) -> None:
    async with database.transaction() as connection:
        other = await add_theme(connection, await add_product(connection, "other"))
    with pytest.raises(Invalid, match="one product"):
        await merged(database, cluster.themes[0], other)


LET_IN = "update ticket set shown_visibility = %s, state = 'created' where theme_id = %s"


async def let_in(
    database: Database, cluster: Cluster, theme: uuid.UUID, visibility: str, audience: str = ""
) -> None:
    """The theme has a ticket into which a person let words of this visibility."""
    async with database.transaction() as connection:
        cursor = await connection.execute("select id from tracker")
        row = await cursor.fetchone()
        tracker = row["id"] if row else await add_tracker(connection, cluster.product)
        await add_ticket(connection, cluster.product, theme, tracker)
        await connection.execute(LET_IN, [visibility, theme])
        if audience:
            await connection.execute("update tracker set seen_audience = %s", [audience])


@pytest.fixture
async def private(database: Database, cluster: Cluster) -> uuid.UUID:
    """A theme that somebody wrote in private."""
    async with database.transaction() as connection:
        return await add_said(
            connection,
            cluster.product,
            cluster.source,
            "Salaries are exported too",
            ["eve"],
            visibility="private",
        )


async def test_words_that_more_people_would_read_are_asked_about(
    database: Database, cluster: Cluster, private: uuid.UUID
) -> None:
    await let_in(database, cluster, cluster.themes[0], "private")
    with pytest.raises(Conflict, match="“Salaries are exported too” was written in") as refused:
        await merged(database, cluster.themes[0], private)
    assert refused.value.reason == "merge_shows_private"
    assert await where_they_live(database, cluster) == list(cluster.themes)
    outcome = await merged(database, cluster.themes[0], private, although=True)
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select detail ->> 'although' as although from activity where id = %s",
            [outcome.activity_id],
        )
        assert await cursor.fetchone() == {"although": "true"}


@pytest.mark.parametrize(
    ("shown", "audience"), [("public", ""), ("members", ""), ("private", "private")]
)
async def test_nothing_is_asked_where_nothing_more_is_shown(
    database: Database, cluster: Cluster, private: uuid.UUID, shown: str, audience: str
) -> None:
    await let_in(database, cluster, cluster.themes[0], shown, audience)
    assert (await merged(database, cluster.themes[0], private)).into == cluster.themes[0]


async def test_nothing_is_asked_of_words_that_were_let_in_before(
    database: Database, cluster: Cluster, private: uuid.UUID
) -> None:
    await let_in(database, cluster, cluster.themes[0], "private")
    await let_in(database, cluster, private, "private")
    assert (await merged(database, cluster.themes[0], private)).into == cluster.themes[0]


async def test_a_ticket_that_is_followed_elsewhere_shows_nothing_more(
    database: Database, cluster: Cluster, private: uuid.UUID
) -> None:
    await let_in(database, cluster, private, "public")
    await let_in(database, cluster, cluster.themes[0], "private")
    outcome = await merged(database, cluster.themes[0], private, tickets_of=private)
    assert not outcome.already
