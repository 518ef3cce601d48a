"""Health of stages and sources, and the numbers of a period."""

import pytest

from app.errors import Invalid
from app.queries import health, insights, totals
from app.storage.db import Database
from tests.scenes.reading import (
    NOW,
    add_author,
    add_comment,
    add_delivery,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
    ago,
)


async def test_stages_say_what_waits_and_for_how_long(database: Database) -> None:
    async with database.transaction() as c:
        product, other = await add_product(c), await add_product(c, "borea")
        source, elsewhere = await add_source(c, product), await add_source(c, other)
        await add_delivery(c, product, source, stage="received", received_at=ago(seconds=90))
        await add_delivery(c, other, elsewhere, stage="received", received_at=ago(seconds=300))
        await add_delivery(c, product, source, stage="failed")
        await add_comment(c, product, source, stage="parsed", kind="", received_at=ago(seconds=5))
        await add_comment(c, product, source, stage="failed", kind="")
        await add_comment(c, product, source, stage="failed")
        theme, tracker = await add_theme(c, product), await add_tracker(c, product)
        await add_ticket(c, product, theme, tracker, state="pending", due_at=ago(seconds=7))
        await add_ticket(c, product, await add_theme(c, product), tracker, state="blocked")
        await add_ticket(
            c, product, await add_theme(c, product), tracker, due_at=NOW.replace(year=2027)
        )
        found = await health.stages(c, product, now=NOW)
        assert [(s.stage, s.waiting, s.oldest_seconds, s.failed) for s in found] == [
            ("parse", 1, 90.0, 1),
            ("enrich", 1, 5.0, 1),
            ("group", 0, 0.0, 1),
            ("push", 1, 7.0, 1),
        ]
        assert (await health.stages(c, now=NOW))[0].oldest_seconds == 300.0


async def test_sources_show_whether_they_still_speak(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        made = {
            name: await add_source(c, product, name)
            for name in ("busy", "failing", "never", "quiet", "slow")
        }
        made["off"] = await add_source(c, product, "off", enabled=False)
        for hour in range(30):
            await add_delivery(c, product, made["busy"], received_at=ago(hours=30 - hour))
            await add_delivery(c, product, made["quiet"], received_at=ago(days=3, hours=30 - hour))
        for day in (20, 15, 10, 5):  # its gaps are long, so five days of silence say nothing
            await add_delivery(c, product, made["slow"], received_at=ago(days=day))
        await add_delivery(c, product, made["failing"])
        for stage in ("failed", "failed", "unknown", "ignored"):
            await add_delivery(c, product, made["failing"], stage=stage, received_at=ago(minutes=1))
        await add_comment(c, product, made["busy"], created_at=ago(hours=1))
        await add_comment(c, product, made["busy"], created_at=ago(hours=25))
        found = {row.name: row for row in await health.sources(c, product, now=NOW)}
        assert {name: row.status for name, row in found.items()} == {
            "busy": "ok",
            "failing": "failing",
            "never": "never",
            "off": "disabled",
            "quiet": "quiet",
            "slow": "ok",
        }
        assert (found["busy"].deliveries_24h, found["busy"].comments_24h) == (23, 1)
        assert (found["failing"].failed, found["failing"].unknown, found["failing"].ignored) == (
            2,
            1,
            1,
        )
        assert found["quiet"].silent
        assert not found["slow"].silent
        assert found["never"].last_delivery_at is None
        only = await health.sources(c, source_id=made["slow"], now=NOW)
        assert [row.name for row in only] == ["slow"]


async def test_silence_is_measured_by_when_people_wrote_and_by_the_longest_gap(
    database: Database,
) -> None:
    """What is fetched arrives in one moment; a weekend is no silence."""
    async with database.transaction() as c:
        product = await add_product(c)
        fetched = await add_source(c, product, "fetched")
        weekly = await add_source(c, product, "weekly")
        once = await add_source(c, product, "once")
        for day in (24, 18, 12, 6):
            delivery = await add_delivery(
                c, product, fetched, received_at=ago(days=2), headers={"relay-poll": "history 1"}
            )
            await add_comment(c, product, fetched, created_at=ago(days=day), delivery_id=delivery)
        for hour in range(20):
            await add_delivery(c, product, weekly, received_at=ago(days=5, hours=-hour))
        await add_delivery(c, product, weekly, received_at=ago(days=1, hours=12))
        await add_delivery(c, product, once, received_at=ago(days=9))
        rows = {row.name: row.silent for row in await health.sources(c, product, now=NOW)}
    assert rows == {"fetched": False, "weekly": False, "once": False}


async def test_a_source_delivers_only_where_its_webhook_or_asking_does(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        forum = await add_source(c, product, "forum")
        feed = await add_source(c, product, "feed", platform="feed")
        await add_delivery(c, product, forum, received_at=ago(hours=5))
        for source in (forum, feed):
            await add_delivery(c, product, source, headers={"relay-poll": "steady"})
            await c.execute("insert into source_poll (source_id) values (%s)", [source])
        status = {row.name: row.status for row in await health.sources(c, product, now=NOW)}
        assert status == {"forum": "ok", "feed": "ok"}
        await c.execute(
            "update source_poll set missed = 1, missed_at = %s, failures = 3, paused_until = %s",
            [NOW, ago(hours=-1)],
        )
        status = {row.name: row.status for row in await health.sources(c, product, now=NOW)}
        assert status == {"forum": "asked", "feed": "held"}


async def test_the_overview_adds_up(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        ada, bob = await add_author(c, product, "ada"), await add_author(c, product, "bob")
        staff = await add_author(c, product, "eve", staff=True)
        empty = await totals.overview(c, product, 7, now=NOW)
        assert (empty.comments, empty.net_tone, empty.oldest_decision_seconds) == (0, None, None)
        for author, sentiment, days in (
            (ada, 0.9, 0),
            (ada, -0.8, 1),
            (bob, -0.7, 2),
            (staff, 0.1, 3),
            (bob, 0.5, 8),
        ):
            await add_comment(
                c, product, source, author_id=author, sentiment=sentiment, created_at=ago(days=days)
            )
        await add_comment(c, product, source, author_id=ada, created_at=ago(days=20))
        await add_comment(c, product, source, author_id=ada, deleted_at=NOW)
        tracker = await add_tracker(c, product)
        for status, state in (
            ("triage", None),
            ("accepted", "created"),
            ("accepted", "blocked"),
            ("ignored", None),
        ):
            theme = await add_theme(c, product, status=status, created_at=ago(hours=2))
            if state:
                await add_ticket(c, product, theme, tracker, state=state)
        seen = await totals.overview(c, product, 7, now=NOW)
        assert (seen.comments, seen.people, seen.previous_comments, seen.previous_people) == (
            4,
            2,
            1,
            1,
        )
        assert (seen.toned, seen.net_tone) == (3, pytest.approx(-1 / 3))
        assert (seen.themes_triage, seen.themes_accepted, seen.themes_ignored) == (1, 2, 1)
        assert (seen.tickets_created, seen.tickets_open, seen.tickets_blocked) == (1, 0, 1)
        assert seen.oldest_decision_seconds == 7200.0


async def test_volume_has_every_source_on_every_day(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        chat, forum = await add_source(c, product, "Chat", "slack"), await add_source(c, product)
        ada = await add_author(c, product, "ada")
        for hour in (1, 2):
            await add_comment(c, product, forum, author_id=ada, created_at=ago(hours=hour))
        await add_comment(c, product, chat, created_at=ago(days=1))
        await add_comment(c, product, chat, created_at=ago(days=2))
        points = await insights.volume(c, product, 2, now=NOW)
        assert [(p.day.isoformat(), p.source_name, p.comments, p.people) for p in points] == [
            ("2026-11-19", "Chat", 1, 1),
            ("2026-11-19", "Forum", 0, 0),
            ("2026-11-20", "Chat", 0, 0),
            ("2026-11-20", "Forum", 2, 1),
        ]


async def test_what_the_overview_draws_is_what_volume_and_kinds_say(database: Database) -> None:
    async with database.transaction() as c:
        product, other = await add_product(c), await add_product(c, "other")
        chat, forum = await add_source(c, product, "Chat", "slack"), await add_source(c, product)
        await add_source(c, product, "Silent", "slack")
        for hours, source, kind, reason in (
            (1, forum, "bug", "unsure"),
            (2, forum, "praise", ""),
            (26, chat, "bug", ""),
            (27, forum, "", ""),
        ):
            await add_comment(
                c, product, source, kind=kind, kind_reason=reason, created_at=ago(hours=hours)
            )
        await add_comment(c, product, chat, created_at=ago(days=9))
        await add_comment(c, product, chat, deleted_at=NOW)
        await add_comment(
            c, other, await add_source(c, other, "Elsewhere"), created_at=ago(hours=3)
        )
        for asked in (product, None):
            said = await insights.breakdown(c, asked, 3, now=NOW)
            points = await insights.volume(c, asked, 3, now=NOW)
            assert said.days == tuple(sorted({point.day for point in points}))
            drawn = {
                (day, name): n
                for name, row in said.sources.items()
                for day, n in zip(said.days, row, strict=True)
            }
            assert {key: n for key, n in drawn.items() if n} == {
                (point.day, point.source_name): point.comments for point in points if point.comments
            }
            assert said.kinds == {
                count.kind: count.comments for count in await insights.kinds(c, asked, 3, now=NOW)
            }
            assert next(iter(said.kinds)) == "bug"
            assert said.unsure == 1
        empty = await insights.breakdown(c, await add_product(c, "empty"), 7, now=NOW)
        assert (len(empty.days), empty.sources, empty.unsure, set(empty.kinds.values())) == (
            7,
            {},
            0,
            {0},
        )


async def test_people_are_counted_once_however_they_speak(database: Database) -> None:
    """Linked handles are one person, comments without an author a voice each, staff and bots
    none."""
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        await c.execute(
            "insert into person (id, product_id, name) values (7, %s, 'Ada')", [product]
        )
        handles = [await add_author(c, product, name) for name in ("ada", "ada2", "bob")]
        await c.execute("update author set person_id = 7 where id = any(%s)", [handles[:2]])
        eve = await add_author(c, product, "eve", staff=True)
        for author in (*handles, *handles, eve, None, None):
            await add_comment(c, product, source, author_id=author, created_at=ago(hours=1))
        await add_comment(c, product, source, author_id=handles[1], created_at=ago(days=8))
        seen = await totals.overview(c, product, 7, now=NOW)
        assert (seen.comments, seen.people, seen.previous_comments, seen.previous_people) == (
            9,
            4,
            1,
            1,
        )


async def test_a_week_with_a_clock_change_has_seven_days(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        await add_source(c, product)
        after = NOW.replace(month=10, day=28)
        points = await insights.volume(c, product, 7, "Europe/Berlin", now=after)
        assert [p.day.day for p in points] == [22, 23, 24, 25, 26, 27, 28]


async def test_kinds_and_top_themes_count_the_period(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        ada, bob = await add_author(c, product, "ada"), await add_author(c, product, "bob")
        loud, wide = await add_theme(c, product, "loud"), await add_theme(c, product, "wide")
        ignored = await add_theme(c, product, "ignored", status="ignored")
        for _ in range(3):
            await add_comment(c, product, source, author_id=ada, theme_id=loud)
        for author in (ada, bob):
            await add_comment(c, product, source, author_id=author, theme_id=wide, kind="feature")
        await add_comment(
            c, product, source, author_id=ada, theme_id=ignored, created_at=ago(days=40)
        )
        counts = await insights.kinds(c, product, 30, now=NOW)
        assert [(k.kind, k.comments, k.people) for k in counts] == [
            ("bug", 3, 1),
            ("feature", 2, 2),
            ("question", 0, 0),
            ("praise", 0, 0),
            ("other", 0, 0),
        ]
        top = await insights.top_themes(c, product, 30, now=NOW)
        assert [(one.theme.title, one.mentions, one.people) for one in top] == [
            ("wide", 2, 2),
            ("loud", 3, 1),
        ]
        assert len(await insights.top_themes(c, product, 30, limit=1, now=NOW)) == 1
        with pytest.raises(Invalid):
            await insights.kinds(c, product, 10_000)
