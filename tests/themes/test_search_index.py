"""The indexes of big products are made, used, repaired and dropped, and the search finds what exact
search finds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import psycopg
import pytest
from psycopg import sql

from app.config import Settings
from app.running.database_findings import search_finding
from app.running.doctor import findings
from app.storage import migrate
from app.storage.db import Connection
from app.storage.vault import Vault
from app.themes.pools import candidates
from app.themes.search_index import IndexState, Space, index_states, keep_search_indexes
from app.themes.searches import (
    FIND_BY_FINGERPRINT,
    FIND_BY_TEXT,
    FIND_BY_VECTOR,
    SET_SEARCH_SETTINGS,
    nearest,
)
from app.themes.word_shares import COUNTED_LEAST, count_grown, count_words
from tests.scenes.forum import Forum, open_forum
from tests.scenes.placing import add_grouped_comments

LIMIT = 60
SIZE = 300
SPACE = "one"


@pytest.fixture
async def connection(forum: Forum) -> AsyncIterator[Connection]:
    async with forum.database.transaction() as opened:
        yield opened


async def fill(
    forum: Forum, count: int, *, seed: int = 1, space: str = SPACE, words: str = "word{n}"
) -> list[int]:
    """``count`` live comments of one theme, with random vectors that lie in clusters."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(12, 384))
    vectors = middles[chance.integers(0, 12, count)] + 0.8 * chance.normal(size=(count, 384))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    said = [words.format(n=number) for number in range(count)]
    return await add_grouped_comments(forum, said, vectors.astype(np.float32), space)


async def keep(forum: Forum, limit: int = LIMIT) -> list[str]:
    return [change.done for change in await keep_search_indexes(forum.database, exact_most=limit)]


def index_name(forum: Forum, space: str = SPACE) -> str:
    return Space(forum.product_id, space, 0).index


async def plan(forum: Forum, ids: list[int]) -> str:
    """How PostgreSQL would search for these comments by vector."""
    asked = sql.SQL("explain " + FIND_BY_VECTOR).format(
        product=sql.Literal(forum.product_id), model=sql.Literal(SPACE)
    )
    async with forum.database.transaction() as connection:
        await connection.execute(SET_SEARCH_SETTINGS, ["off", "100"])
        rows = await (
            await connection.execute(asked, {"ids": ids, "most": 10}, prepare=False)
        ).fetchall()
    return "\n".join(row["QUERY PLAN"] for row in rows)


async def search(forum: Forum, ids: list[int]) -> dict[int, list[int]]:
    async with forum.database.transaction() as connection:
        return await nearest(connection, forum.product_id, ids, 10)


async def states(forum: Forum) -> list[IndexState]:
    async with forum.database.transaction() as connection:
        return await index_states(connection, exact_most=LIMIT)


async def test_a_product_that_grows_gets_an_index_and_the_search_uses_it(forum: Forum) -> None:
    ids = await fill(forum, LIMIT)
    assert await keep(forum) == [], "small products are searched exactly"
    assert index_name(forum) not in await plan(forum, ids[:3])
    ids += await fill(forum, SIZE, seed=2)
    assert await keep(forum) == ["created"]
    assert await keep(forum) == []
    assert index_name(forum) in await plan(forum, ids[:3])
    assert migrate.drift(forum.database.conninfo) == [], (
        "the indexes of products are no difference to the models"
    )
    (state,) = await states(forum)
    assert (state.space.live, state.usable) == (LIMIT + SIZE, True)


async def test_the_doctor_says_which_products_wait_for_an_index(
    forum: Forum, settings: Settings
) -> None:
    (found,) = [
        each
        for each in await findings(settings, forum.database.conninfo)
        if each.subject == "search"
    ]
    assert found.ok
    await fill(forum, SIZE)
    waits = await search_finding(forum.database, exact_most=LIMIT)
    assert not waits.ok
    assert f"tide ({SIZE} comments)" in waits.detail
    assert "relay worker" in waits.remedy
    await keep(forum)
    found = await search_finding(forum.database, exact_most=LIMIT)
    assert found.ok
    assert found.detail == "1 of 1 big products have an index of their own."


async def test_the_index_finds_what_exact_search_finds(forum: Forum) -> None:
    ids = await fill(forum, 2_000)
    asked = ids[::40]
    exact = await search(forum, asked)
    assert await keep(forum) == ["created"]
    found = await search(forum, asked)
    assert index_name(forum) in await plan(forum, asked)
    shares = [len(set(found[number]) & set(exact[number])) / 10 for number in asked]
    assert len(shares) == 50
    assert float(np.mean(shares)) >= 0.98
    assert all(len(found[number]) == 10 and number not in found[number] for number in asked)


async def test_vectors_of_two_models_are_searched_apart(forum: Forum) -> None:
    old = await fill(forum, SIZE, space="old")
    new = await fill(forum, SIZE, space=SPACE)  # the same vectors under another name
    assert await keep(forum) == ["created", "created"]
    found = await search(forum, [old[0], new[0]])
    assert set(found[old[0]]) <= set(old)
    assert set(found[new[0]]) <= set(new)
    assert len(found[old[0]]) == len(found[new[0]]) == 10


BUILDING = "select pid from pg_stat_progress_create_index where phase like 'waiting%%'"


async def until_building(forum: Forum, building: asyncio.Task[list[str]]) -> None:
    while not await forum.rows(BUILDING):
        assert not building.done()


async def test_an_index_that_a_crash_left_unfinished_is_built_again(forum: Forum) -> None:
    ids = await fill(forum, SIZE)
    async with forum.database.transaction() as writing:
        await writing.execute(
            "update comment_embedding set live = live where product_id = %s", [forum.product_id]
        )
        building = asyncio.create_task(keep(forum))
        await until_building(forum, building)
        await forum.rows(f"select pg_terminate_backend(pid) from ({BUILDING}) b")
        assert await building == ["failed"]
    assert [state.usable for state in await states(forum)] == [False]
    assert len((await search(forum, ids[:1]))[ids[0]]) == 10, "meanwhile the search is exact"
    assert await keep(forum) == ["repaired"]
    assert await keep(forum) == []


async def test_an_index_is_dropped_when_its_product_is_small_or_gone(forum: Forum) -> None:
    await fill(forum, SIZE)
    await keep(forum)
    async with forum.database.transaction() as connection:
        await connection.execute(
            "update comment_embedding set live = false where comment_id %% 10 > 1 and product_id = "
            "%s",
            [forum.product_id],
        )
    assert await keep(forum) == [], "a product at the limit does not swing"
    async with forum.database.transaction() as connection:
        await connection.execute(
            "update comment_embedding set live = false where product_id = %s", [forum.product_id]
        )
    assert await keep(forum) == ["dropped"]
    await fill(forum, SIZE)
    assert await keep(forum) == ["created"]
    async with forum.database.transaction() as connection:
        await connection.execute("delete from product where id = %s", [forum.product_id])
    assert await keep(forum) == ["dropped"]


async def test_one_worker_keeps_indexes_at_a_time(forum: Forum) -> None:
    await fill(forum, SIZE)
    async with await psycopg.AsyncConnection.connect(
        forum.database.conninfo, autocommit=True
    ) as other:
        await other.execute("select pg_advisory_lock(hashtextextended('search index', 0))")
        assert await keep(forum) == []
    assert await keep(forum) == ["created"]


async def test_comments_are_stored_while_an_index_is_built(forum: Forum) -> None:
    """`concurrently` waits for writers that came before it, but nobody waits for it."""
    await fill(forum, SIZE)
    async with forum.database.transaction() as writing:
        await writing.execute(
            "update comment_embedding set live = live where product_id = %s", [forum.product_id]
        )
        building = asyncio.create_task(keep(forum))
        await until_building(forum, building)
        added = await fill(forum, 3, seed=5)
        assert len(added) == 3
        assert not building.done()
    assert await building == ["created"]


async def test_shared_words_are_found_by_their_rarity(forum: Forum) -> None:
    ids = await fill(forum, SIZE, words="the app shows page {n} of the list again and again")
    rare = await fill(
        forum, 2, seed=3, words="the frobnicator{n} of the quuxulator shows the app again"
    )
    assert await count_words(forum.database, older_seconds=0) == [forum.product_id]
    shares = {
        row["lexeme"]: row
        for row in await forum.rows(
            "select * from word_share where product_id = %s", forum.product_id
        )
    }
    assert shares["app"]["share"] == 1
    assert shares["app"]["comments"] == SIZE + 2
    assert "quuxul" not in shares
    assert str(forum.product_id) not in shares, (
        "the product is a lexeme of its comments, but no word"
    )
    async with forum.database.transaction() as connection:
        found = await candidates(connection, forum.product_id, [rare[0], ids[7]])
        assert rare[1] in [member.comment_id for member in found[rare[0]]]
        cursor = await connection.execute(
            FIND_BY_TEXT, {**TEXT, "ids": [rare[0]], "product": forum.product_id}
        )
        assert [row["comment_id"] for row in await cursor.fetchall()] == [rare[1]], (
            "common words are not looked up"
        )
    assert await count_words(forum.database) == [], "counts are kept for an hour"


async def test_words_of_another_product_are_never_candidates(
    forum: Forum, settings: Settings, vault: Vault, connection: Connection
) -> None:
    other = await open_forum(forum.database, settings, vault, name="Other")
    mine = await fill(forum, 3, words="frobnicator{n} quuxulator")
    theirs = await fill(other, 3, words="frobnicator{n} quuxulator")
    cursor = await connection.execute(
        FIND_BY_TEXT, {**TEXT, "ids": [mine[0]], "product": forum.product_id}
    )
    assert {row["comment_id"] for row in await cursor.fetchall()} == set(mine[1:])
    found = await candidates(connection, forum.product_id, mine)
    assert not {member.comment_id for each in found.values() for member in each} & set(theirs)


TEXT = {"near": ["{}"], "most": 10, "rare": 0.0002, "lexemes": 10, "matches": 100, "batch": []}


@pytest.mark.parametrize(
    "odd", ["it's 'quoted' \\ & | ! ( ) :* text", "C:\\temp\\app.log 'x", "日本語 😀 '' \\\\'"]
)
async def test_odd_characters_search_like_any_other(
    forum: Forum, connection: Connection, odd: str
) -> None:
    ids = await fill(forum, 2, words=odd.replace("{", "").replace("}", ""))
    cursor = await connection.execute(
        FIND_BY_TEXT, {**TEXT, "ids": ids, "near": ["{}"] * len(ids), "product": forum.product_id}
    )
    rows = await cursor.fetchall()
    assert {(row["query"], row["comment_id"]) for row in rows} <= {
        (ids[0], ids[1]),
        (ids[1], ids[0]),
    }


async def test_copies_are_found_through_their_index(forum: Forum, connection: Connection) -> None:
    ids = await fill(forum, SIZE, words="always the same words")
    cursor = await connection.execute(
        FIND_BY_FINGERPRINT, {"ids": ids[-1:], "product": forum.product_id, "most": 3, "batch": []}
    )
    assert [row["comment_id"] for row in await cursor.fetchall()] == ids[:3]
    await connection.execute("set local enable_seqscan = off")
    asked = {"ids": ids[-1:], "product": forum.product_id, "most": 3, "batch": []}
    rows = await (await connection.execute("explain " + FIND_BY_FINGERPRINT, asked)).fetchall()
    text = "\n".join(row["QUERY PLAN"] for row in rows)
    assert "comment_by_fingerprint" in text
    assert "Sort" not in text


SAID = "the app shows page {n} of the list"


async def test_words_are_counted_again_as_soon_as_a_product_has_grown_by_half(forum: Forum) -> None:
    """What it returns: how many more may be placed before the next count."""
    product = forum.product_id
    await fill(forum, COUNTED_LEAST - 1, words=SAID)
    assert await count_grown(forum.database, [product]) == {product: 1}
    assert await forum.rows("select from word_share") == [], "too few to tell rare from common"
    await fill(forum, 1, seed=1, words=SAID)
    assert await count_grown(forum.database, [product]) == {product: COUNTED_LEAST // 2}
    assert await forum.rows("select from word_share limit 1") != []
    await fill(forum, COUNTED_LEAST // 2 - 1, seed=2, words=SAID)
    assert await count_grown(forum.database, [product]) == {product: 1}
    assert await count_grown(forum.database, []) == {}
    await fill(forum, 1, seed=3, words=SAID)
    size = COUNTED_LEAST * 3 // 2
    assert await count_grown(forum.database, [product]) == {product: size // 2}
