"""The page of pairs: both sides with their words, one answer for many, and back again."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest

from app.storage.db import Database
from tests.scenes.pairs import Cluster, add_cluster, add_pair, add_said
from tests.scenes.reading import add_ticket, add_tracker
from tests.web.webbing import Person, sign_in


@pytest.fixture
async def eleven(database: Database) -> Cluster:
    async with database.transaction() as connection:
        return await add_cluster(connection, 11)


async def answer(person: Person, cluster: Cluster, says: str, **fields: Any) -> httpx.Response:
    form = {
        "answer": says,
        "theme": [str(theme) for theme in cluster.themes],
        "suggestion": [str(number) for number in cluster.suggestions],
        "seen": [f"{theme}:1" for theme in cluster.themes],
        "into": str(cluster.themes[0]),
        "next": "/pairs",
        **fields,
    }
    return await person.send("/pairs", **form)


async def counts(database: Database, query: str) -> dict[str, int]:
    async with database.transaction() as connection:
        rows = await (await connection.execute(query)).fetchall()
    return {row["word"]: row["n"] for row in rows}


THEMES = "select status as word, count(*) as n from theme group by 1"
SUGGESTIONS = "select state as word, count(*) as n from theme_suggestion group by 1"


async def test_it_shows_every_side_with_its_words_and_the_reason(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    page = (await (await sign_in(client, database)).get("/pairs")).text
    assert "Do these 11 say the same?" in page
    assert "Up to 12 people" in page
    for number in range(11):
        assert f"Export fails in way {number}, says" in page
    assert page.count('class="permalink"') == 11
    assert "such texts join from 80 %" in page
    assert page.count('name="seen"') == 11
    assert page.count(" checked>") == 12, "every tick, and the one that lives on"


async def test_eleven_become_one_and_come_back_whole(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    person = await sign_in(client, database)
    await answer(person, eleven, "same")
    assert await counts(database, THEMES) == {"triage": 1, "merged": 10}
    page = (await person.get("/pairs")).text
    assert "11 themes became one." in page
    assert "Nothing waits" in page
    activity = re.findall(r'name="activity" value="(\d+)"', page)
    assert len(activity) == 1
    await person.send("/undo", activity=activity)
    assert await counts(database, THEMES) == {"triage": 11}
    assert "Do these 11 say the same?" in (await person.get("/pairs")).text


async def test_what_is_not_ticked_is_left_out(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    person = await sign_in(client, database)
    await answer(person, eleven, "same", theme=[str(theme) for theme in eleven.themes[:4]])
    assert await counts(database, THEMES) == {"triage": 8, "merged": 3}


async def test_the_one_that_lives_on_has_to_be_ticked(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    person = await sign_in(client, database)
    await answer(person, eleven, "same", theme=[str(theme) for theme in eleven.themes[1:]])
    assert "has to be one of those that are ticked" in (await person.get("/pairs")).text
    assert await counts(database, THEMES) == {"triage": 11}


async def test_different_is_said_of_the_pairs_among_the_ticked(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    person = await sign_in(client, database)
    await answer(person, eleven, "different", theme=[str(theme) for theme in eleven.themes[:4]])
    assert await counts(database, SUGGESTIONS) == {"rejected": 3, "open": 7}
    page = (await person.get("/pairs")).text
    assert "3 pairs kept apart for good." in page
    (activity,) = re.findall(r'name="activity" value="(\d+)"', page)
    await person.send("/undo", activity=activity)
    assert await counts(database, SUGGESTIONS) == {"open": 10}


async def test_a_matter_that_waits_says_that_the_theme_it_shows_is_decided(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    accept = "update theme set status = 'accepted' where id = %s"
    async with database.transaction() as connection:
        await connection.execute(accept, [eleven.themes[0]])
    page = (await (await sign_in(client, database)).get("/triage")).text
    assert page.count(">Accepted</span>") == 2, "in the list, and beside it"
    assert "11 themes that may be the same, not all of them accepted" in page


async def test_later_comes_after_the_others_and_says_for_how_long(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    async with database.transaction() as connection:
        pair = [
            await add_said(connection, eleven.product, eleven.source, title, ["zoe"])
            for title in ("Dark mode", "Night colours")
        ]
        await add_pair(connection, eleven.product, pair[0], pair[1], 0.4)
    person = await sign_in(client, database)
    assert "Do these 11 say the same?" in (await person.get("/pairs")).text
    await answer(person, eleven, "later")
    page = (await person.get("/pairs")).text
    assert "they come after all others for 7 days" in page
    assert "Do these two say the same?" in page
    assert "put off until" in page


async def test_somebody_who_comes_second_reads_one_sentence_and_nothing_is_lost(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    person = await sign_in(client, database)
    await answer(person, eleven, "same")
    await person.get("/pairs")
    await answer(person, eleven, "same", into=str(eleven.themes[5]))
    assert "They are one theme already; nothing was done." in (await person.get("/pairs")).text
    await answer(person, eleven, "different")
    assert "was decided meanwhile (accepted)" in (await person.get("/pairs")).text
    assert await counts(database, THEMES) == {"triage": 1, "merged": 10}


async def test_one_theme_keeps_what_hangs_together_with_it(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    async with database.transaction() as connection:
        alone = await add_said(connection, eleven.product, eleven.source, "Dark mode", ["zoe"])
    person = await sign_in(client, database)
    page = (await person.get(f"/pairs?theme={eleven.themes[7]}")).text
    assert "Do these 11 say the same?" in page
    assert "Nothing of it waits" in (await person.get(f"/pairs?theme={alone}")).text


async def test_overview_and_triage_count_it_as_one_matter(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    async with database.transaction() as connection:
        await connection.execute("update comment set created_at = now()")
    person = await sign_in(client, database)
    overview = (await person.get("/")).text
    assert "up to 12 people" in overview
    assert "11 themes that may be the same" in overview
    assert f'href="/pairs?theme={eleven.themes[0]}"' in overview
    assert "12 people in 7 days, 0 before" in overview
    triage = (await person.get("/triage")).text
    assert triage.count('class="queue-row') == 1
    assert "Decide them together" in triage
    every = (await person.get("/triage?view=themes")).text
    assert every.count('class="queue-row') == 11


async def test_triage_keeps_what_may_be_the_same(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    async with database.transaction() as connection:
        await add_said(connection, eleven.product, eleven.source, "Dark mode", ["zoe"])
    person = await sign_in(client, database)
    assert "Dark mode" in (await person.get("/triage")).text
    assert "Dark mode" not in (await person.get("/triage?same=1")).text


async def test_ticked_themes_are_merged_in_triage(
    client: httpx.AsyncClient, database: Database, eleven: Cluster
) -> None:
    person = await sign_in(client, database)
    chosen = [str(theme) for theme in eleven.themes[2:5]]
    seen = [f"{theme}:1" for theme in chosen]
    await person.send("/triage/bulk", decision="merge", theme=chosen, seen=seen)
    assert "3 themes became one." in (await person.get("/triage")).text
    assert await counts(database, THEMES) == {"triage": 9, "merged": 2}


async def private_scene(database: Database, cluster: Cluster) -> uuid.UUID:
    """The first theme's ticket may show private words; another theme has private words."""
    async with database.transaction() as connection:
        tracker = await add_tracker(connection, cluster.product)
        await add_ticket(connection, cluster.product, cluster.themes[0], tracker)
        await connection.execute("update ticket set shown_visibility = 'private'")
        private = await add_said(
            connection,
            cluster.product,
            cluster.source,
            "<b>Salaries</b>",
            ["eve"],
            visibility="private",
        )
        await add_pair(connection, cluster.product, private, cluster.themes[0])
    return private


@pytest.mark.parametrize("way", ["pairs", "bulk", "theme", "suggestion"])
async def test_every_way_to_merge_asks_before_private_words_are_shown(
    client: httpx.AsyncClient, database: Database, eleven: Cluster, way: str
) -> None:
    private = await private_scene(database, eleven)
    person = await sign_in(client, database)
    lead = eleven.themes[0]
    async with database.transaction() as connection:
        cursor = await connection.execute("select max(id) as newest from theme_suggestion")
        row = await cursor.fetchone()
    assert row is not None
    both = [str(private), str(lead)]
    ways: dict[str, tuple[str, dict[str, Any]]] = {
        "pairs": ("/pairs", {"answer": "same", "theme": both, "into": str(lead)}),
        "bulk": ("/triage/bulk", {"decision": "merge", "theme": both}),
        "theme": (f"/themes/{private}/merge", {"into": str(lead)}),
        "suggestion": (f"/suggestions/{row['newest']}/same", {}),
    }
    address, fields = ways[way]
    asked = await person.send(address, **fields)
    assert asked.status_code == 409
    assert "Show private words?" in asked.text
    assert "<b>Salaries" not in asked.text
    assert f'action="{address}"' in asked.text
    assert await counts(database, THEMES) == {"triage": 12}
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text)
    sent = {name: [value for other, value in hidden if other == name] for name, _ in hidden}
    del sent["csrf"]
    done = await person.send(address, **sent)
    assert done.status_code == 303
    assert await counts(database, THEMES) == {"triage": 11, "merged": 1}
