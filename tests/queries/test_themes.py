"""The triage queue, one theme, its history and its neighbours."""

import pytest
from psycopg.types.json import Jsonb

from app.errors import Invalid, NotFound
from app.queries.theme_filters import ThemeFilter
from app.queries.theme_history import similar_themes, theme_activity, theme_timeline
from app.queries.themes import list_themes, read_theme
from app.storage.db import Database
from tests.scenes.reading import (
    NOW,
    add_author,
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
    ago,
)


async def test_themes_are_found_by_what_they_are(database: Database) -> None:
    async with database.transaction() as c:
        product, other = await add_product(c), await add_product(c, "borea")
        forum, slack = await add_source(c, product), await add_source(c, product, "Chat", "slack")
        crash = await add_theme(c, product, "Export crashes", people=5)
        dark = await add_theme(c, product, "Dark mode", kind="feature", status="accepted", people=2)
        merged = await add_theme(c, product, "Export fails", status="merged", merged_into=crash)
        far = await add_theme(c, other, "Other product")
        await add_comment(c, product, forum, "It stops at the third sheet", theme_id=crash)
        await add_comment(c, product, slack, "my eyes hurt", platform="slack", theme_id=dark)
        cases: list[tuple[dict[str, object], set[object]]] = [
            ({}, {crash, dark, far}),
            ({"product_id": product}, {crash, dark}),
            ({"status": "merged"}, {merged}),
            ({"status": "accepted"}, {dark}),
            ({"kind": "feature"}, {dark}),
            ({"platform": "slack"}, {dark}),
            ({"source_id": forum}, {crash}),
            ({"min_people": 2}, {crash, dark}),
            ({"q": "exports"}, {crash}),
            ({"q": "sheet"}, {crash}),
            ({"q": "unheard"}, set()),
        ]
        for filters, expected in cases:
            found = await list_themes(c, ThemeFilter(**filters))  # type: ignore[arg-type]
            assert {row.id for row in found.items} == expected, filters
        with pytest.raises(Invalid) as refused:
            await list_themes(c, ThemeFilter(), sort="votes")
        assert refused.value.reason == "sort_unknown"


async def test_a_theme_is_read_with_all_that_hangs_on_it(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c, policy="auto")
        forum, slack = await add_source(c, product), await add_source(c, product, "Chat", "slack")
        crash, near = await add_theme(c, product), await add_theme(c, product, "Export fails")
        old = await add_theme(c, product, "Export broken", status="merged", merged_into=crash)
        await add_comment(
            c, product, forum, "first words", theme_id=crash, created_at=ago(days=30), language="de"
        )
        await add_comment(c, product, slack, "w" * 500, theme_id=crash, platform="slack")
        await add_comment(
            c, product, slack, "taken back", theme_id=crash, platform="slack", deleted_at=NOW
        )
        ticket = await add_ticket(c, product, crash, await add_tracker(c, product))
        await c.execute(
            "insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)"
            " values (%s, %s, %s, 0.7, %s)",
            (product, near, crash, Jsonb({"cosine": 0.7})),
        )
        read = await read_theme(c, crash)
        assert (read.row.platforms, len(read.row.quote), read.policy) == (
            ("discourse", "slack"),
            280,
            "auto",
        )
        assert [one.id for one in read.row.tickets] == [ticket]
        assert read.row.suggestions == 1
        assert [(one.theme_id, one.other_id, one.other_title) for one in read.suggestions] == [
            (crash, near, "Export fails")
        ]
        assert [one.other_id for one in (await read_theme(c, near)).suggestions] == [crash]
        assert read.merged_from == [(old, "Export broken")]
        assert sorted(read.sources) == sorted([(forum, "Forum", 1), (slack, "Chat", 1)])
        assert read.languages == [("de", 1), ("en", 1)]
        with pytest.raises(NotFound):
            await read_theme(c, forum)


async def test_activity_says_what_can_be_taken_back(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        theme = await add_theme(c, product)

        async def add(verb: str, before: dict[str, object], undone_by: int | None = None) -> int:
            cursor = await c.execute(
                "insert into activity (product_id, theme_id, actor, verb, before, undone_by)"
                " values (%s, %s, 'user:ada@example.org', %s, %s, %s) returning id",
                (product, theme, verb, Jsonb(before), undone_by),
            )
            row = await cursor.fetchone()
            assert row is not None
            return int(row["id"])

        pushed = await add("pushed", {})
        undo = await add("undone", {})
        accepted = await add("accepted", {"status": "triage"}, undone_by=undo)
        renamed = await add("renamed", {"title": "old"})
        rows = await theme_activity(c, theme)
        assert [row.id for row in rows] == [renamed, accepted, undo, pushed]
        assert [row.id for row in rows if row.undoable] == [renamed]
        with pytest.raises(NotFound):
            await theme_activity(c, product)


async def test_a_timeline_counts_people_and_shows_silent_days(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        theme = await add_theme(c, product)
        ada, ada_too = await add_author(c, product, "ada"), await add_author(c, product, "ada@chat")
        cursor = await c.execute(
            "insert into person (product_id) values (%s) returning id", (product,)
        )
        person = await cursor.fetchone()
        assert person is not None
        await c.execute(
            "update author set person_id = %s where id = any(%s)", (person["id"], [ada, ada_too])
        )
        for author in (ada, ada_too, None):
            await add_comment(
                c, product, source, theme_id=theme, author_id=author, created_at=ago(days=2)
            )
        await add_comment(
            c, product, source, theme_id=theme, created_at=NOW.replace(hour=23), author_id=ada
        )
        await add_comment(c, product, source, theme_id=theme, created_at=NOW, deleted_at=NOW)
        days = await theme_timeline(c, theme, 3, now=NOW)
        assert [(day.day.isoformat(), day.mentions, day.people) for day in days] == [
            ("2026-11-18", 3, 2),
            ("2026-11-19", 0, 0),
            ("2026-11-20", 1, 1),
        ]
        berlin = await theme_timeline(c, theme, 3, tz="Europe/Berlin", now=NOW.replace(hour=23))
        assert [(day.day.isoformat(), day.mentions) for day in berlin][-1] == ("2026-11-21", 1)
        with pytest.raises(Invalid):
            await theme_timeline(c, theme, 3, tz="Atlantis/Center")
        with pytest.raises(Invalid):
            await theme_timeline(c, theme, 0)


async def test_similar_themes_are_the_nearest_of_the_same_product(database: Database) -> None:
    async with database.transaction() as c:
        product, other = await add_product(c), await add_product(c, "borea")
        source, elsewhere = await add_source(c, product), await add_source(c, other)
        themes = [await add_theme(c, product, title) for title in ("one", "near", "far")]
        for theme, vector in zip(themes, ([1, 0], [0.9, 0.1], [0, 1]), strict=True):
            await add_comment(c, product, source, theme_id=theme, vector=vector)
        foreign = await add_theme(c, other, "same words")
        await add_comment(c, other, elsewhere, theme_id=foreign, vector=[1, 0])
        merged = await add_theme(c, product, "merged", status="merged", merged_into=themes[2])
        await add_comment(c, product, source, theme_id=merged, vector=[1, 0])
        found = await similar_themes(c, themes[0])
        assert [row.title for row, _ in found] == ["near", "far"]
        assert found[0][1] == pytest.approx(0.9 / (0.82**0.5), abs=1e-3)
        assert len(await similar_themes(c, themes[0], limit=1)) == 1
        empty = await add_theme(c, product, "empty")
        assert await similar_themes(c, empty) == []
