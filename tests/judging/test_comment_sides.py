"""What a comment is beside its kind, from the enrich step to list and page: other kinds, tone,
copies of a text."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from app.queries.insights import top_themes
from app.queries.theme_history import theme_timeline
from app.queries.totals import overview
from app.storage.db import Database
from app.themes.counts import recount
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.forum import Forum
from tests.scenes.reading import (
    NOW,
    add_author,
    add_comment,
    add_product,
    add_source,
    add_theme,
    ago,
)
from tests.web.webbing import sign_in

BOTH = "The export crashes and I love the icons, please add a calendar"
LETTER = (
    "The classic editor crashes after the update: every toolbar command hides behind three menus "
    "and slows daily work"
)


async def read(client: httpx.AsyncClient, headers: dict[str, str], path: str) -> Any:
    answer = await client.get(f"{V1}{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_other_kinds_and_tone_are_stored_listed_and_shown(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    for text in (BOTH, "Export crashes, you idiots", "Please add a calendar", "Only talk"):
        await forum.post_comment(client, text, author=text[:4])
    await forum.work()
    (row,) = await forum.rows(
        "select kind, other_kinds, tone, tone_confidence from comment where text = %s", BOTH
    )
    assert row == {
        "kind": "bug",
        "other_kinds": ["feature", "praise"],
        "tone": "",
        "tone_confidence": 0.1,
    }
    headers = await bearer(database, "read")
    for query, found in (
        ("kind=feature", {"Please add a calendar"}),
        ("kind=feature&also=true", {"Please add a calendar", BOTH}),
        ("kind=praise&also=true", {BOTH}),
        ("also=true", {BOTH, "Export crashes, you idiots", "Please add a calendar", "Only talk"}),
        ("tone=hostile", {"Export crashes, you idiots"}),
        ("tone=hostile&kind=feature", set()),
    ):
        items = (await read(client, headers, f"/comments?{query}"))["items"]
        assert {item["text"] for item in items} == found, query
    (both,) = (await read(client, headers, "/comments?kind=praise&also=true"))["items"]
    assert (both["other_kinds"], both["tone"]) == (["feature", "praise"], "")
    answer = await client.get(f"{V1}/comments?tone=angry", headers=headers)
    assert_problem(answer, 422, "invalid_value")

    person = await sign_in(client, database)
    page = (await person.get("/comments?kind=feature&also=1")).text
    assert BOTH in page
    assert "also praise</span>" in page
    hostile = (await person.get("/comments?tone=hostile")).text
    assert "Export crashes, you idiots" in hostile
    assert BOTH not in hostile
    assert hostile.count("May attack somebody</span>") == 1
    await forum.rows("update comment set created_at = now() returning id")
    assert "tone=hostile" in (await person.get("/")).text


async def test_what_nobody_is_sure_of_can_be_listed_until_a_person_says_what_it_is(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    for text in ("Maybe a hiccup", "Export crashes"):
        await forum.post_comment(client, text)
    await forum.work()
    await forum.rows(
        """update comment set kind_reason = 'unsure', kind = 'bug', kind_confidence = 0.48,
                              kind_scores = '{"bug": 0.48, "feature": 0.41, "other": 0.11}'
           where text = 'Maybe a hiccup' returning id"""
    )
    await forum.change("update comment set created_at = now() - interval '1 day'")
    headers = await bearer(database)
    (doubtful,) = (await read(client, headers, "/comments?unsure=true"))["items"]
    assert (doubtful["text"], doubtful["kind_reason"]) == ("Maybe a hiccup", "unsure")
    person = await sign_in(client, database)
    page = (await person.get("/comments?unsure=1")).text
    assert "Maybe a hiccup" in page
    assert "unsure: 48 % bug, 41 % request" in page
    assert "Export crashes" not in page
    assert "Maybe a hiccup" in (await person.get("/comments?sort=doubt")).text
    assert (await read(client, headers, "/comments?order=doubt"))["items"] == [doubtful]
    overview = (await person.get("/")).text
    assert "The model is unsure of 50" in overview
    assert "/comments?sort=doubt" in overview
    said = await client.post(
        f"{V1}/comments/{doubtful['id']}/reclassify", json={"kind": "bug"}, headers=headers
    )
    assert said.status_code == 200, said.text
    assert (await read(client, headers, "/comments?unsure=true"))["items"] == []


async def test_a_person_who_corrects_the_kind_leaves_no_second_mention_of_it(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    await forum.post_comment(client, BOTH)
    await forum.work()
    (row,) = await forum.rows("select id from comment")
    headers = await bearer(database, "triage")
    answer = await client.post(
        f"{V1}/comments/{row['id']}/reclassify", json={"kind": "feature"}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    comment = (await read(client, headers, f"/comments/{row['id']}"))["comment"]
    assert (comment["kind"], comment["other_kinds"]) == ("feature", ["praise"])


async def test_a_text_that_is_passed_round_is_one_voice(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    await forum.post_comment(client, LETTER, author="ann")
    await forum.post_comment(client, f"Hello all,\n{LETTER.upper()}!!! 😡", author="bob")
    await forum.post_comment(client, f"> {LETTER}\n\n{LETTER}\n-- \nCem", author="cem")
    await forum.work()
    (theme,) = await forum.themes()
    assert (theme["people"], theme["mentions"], theme["copies"]) == (1, 3, 2)
    await forum.post_comment(
        client, LETTER.replace("three menus", "five menus, mine too"), author="bob"
    )
    await forum.work()
    (theme,) = await forum.themes()
    assert (theme["people"], theme["mentions"], theme["copies"]) == (
        2,
        4,
        2,
    )  # bob added words of his own
    person = await sign_in(client, database)
    for address in (f"/themes/{theme['id']}", "/triage"):
        assert "2 copies" in (await person.get(address)).text, address
    headers = await bearer(database, "read")
    assert (await read(client, headers, f"/themes/{theme['id']}"))["theme"]["copies"] == 2


async def test_short_texts_said_twice_are_two_voices(
    forum: Forum, client: httpx.AsyncClient
) -> None:
    for author in ("ann", "bob"):
        await forum.post_comment(client, "dark mode please", author=author)
    await forum.work()
    (theme,) = await forum.themes()
    assert (theme["people"], theme["mentions"], theme["copies"]) == (2, 2, 0)


async def test_the_first_of_a_wording_has_the_voice_whatever_is_counted(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        theme = await add_theme(c, product)
        people = [await add_author(c, product, name) for name in ("ann", "bob", "cem")]

        async def said(author: int, wording: str, days: int, **columns: Any) -> int:
            return await add_comment(
                c,
                product,
                source,
                theme_id=theme,
                author_id=author,
                wording=wording,
                created_at=ago(days=days),
                **columns,
            )

        first = await said(people[0], "w1", 3)
        await said(people[0], "w1", 3)
        await said(people[1], "w1", 2)
        await said(people[2], "w1", 1)
        await said(people[2], "", 1)
        await recount(c, [theme])
        assert await counts(c, theme) == (2, 5, 2)
        days = {one.day: one.people for one in await theme_timeline(c, theme, 7, now=NOW)}
        assert [people for _, people in sorted(days.items()) if people] == [1, 1, 2]
        (top,) = await top_themes(c, product, 7, now=NOW)
        assert (top.people, top.mentions, top.copies) == (2, 5, 2)
        await c.execute(
            "update comment set deleted_at = now() where id = %s or author_id = %s",
            [first, people[0]],
        )
        await recount(c, [theme])
        assert await counts(c, theme) == (2, 3, 1)  # bob was next with these words
        await c.execute("delete from comment where theme_id = %s", [theme])
        await recount(c, [theme])
        assert await counts(c, theme) == (0, 0, 0)


async def test_the_overview_counts_hostile_comments(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        for tone, days in (("hostile", 1), ("hostile", 2), ("", 1), ("hostile", 40)):
            await add_comment(c, product, source, tone=tone, created_at=ago(days=days))
        assert (await overview(c, product, 30, now=NOW)).hostile == 2


async def counts(c: Any, theme: uuid.UUID) -> tuple[int, int, int]:
    row = await (
        await c.execute("select people, mentions, copies from theme where id = %s", [theme])
    ).fetchone()
    return row["people"], row["mentions"], row["copies"]
