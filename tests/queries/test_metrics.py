"""The numbers of a span, held against a generated community that is known."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.errors import Invalid
from app.queries.comments import CommentFilter, list_comments
from app.queries.metric_people import PeopleSort, count_people, list_metric_people
from app.queries.metric_themes import ThemeSort, list_metric_themes, moving_themes
from app.queries.metrics import NetTone, read_metrics
from app.queries.spans import Comparison, Span, span_of
from app.storage.db import Connection, Database
from tests.scenes.conversations import Conversations, Spoken, add_conversations
from tests.scenes.reading import (
    NOW,
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
)

SEEDS = (1, 2, 3)
SPANS = (
    Span(date(2026, 11, 1), date(2026, 11, 20), "UTC"),
    Span(date(2026, 10, 22), date(2026, 10, 28), "Europe/Berlin"),
    Span(date(2026, 8, 1), date(2026, 11, 19), "America/New_York"),
)


def truth(community: Conversations, span: Span) -> dict[PeopleSort, set[object]]:
    """Who is meant by each list, told from the comments alone."""
    before = span.before()
    stands = [one for one in community.spoken if not one.deleted]

    def named(since: datetime, until: datetime) -> set[object]:
        return {
            one.voice
            for one in stands
            if one.by and not one.by.staff and not one.by.bot and since <= one.at < until
        }

    heard = named(span.since, span.until)
    earlier = {one.voice for one in stands if one.at < span.since}
    previous = named(before.since, span.since)
    regular_since = span.since - timedelta(days=90)
    counts = Counter(one.voice for one in stands if regular_since <= one.at < span.since)
    lost = {
        voice
        for voice in named(regular_since, span.since)
        if counts[voice] >= 4 and voice not in heard
    }
    nameless = {one.voice for one in stands if one.by is None and span.since <= one.at < span.until}
    return {
        PeopleSort.heard: heard | nameless,
        PeopleSort.new: heard - earlier,
        PeopleSort.previous: previous,
        PeopleSort.returning: previous & heard,
        PeopleSort.lost: lost,
    }


async def people_listed(c: Connection, product: UUID, span: Span, sort: PeopleSort) -> int:
    """How many the list has, page by page."""
    count, cursor = 0, None
    while True:
        page = await list_metric_people(c, product, span, sort, cursor=cursor, limit=9)
        count += len({row.voice for row in page.items})
        cursor = page.next_cursor
        if cursor is None:
            return count


@pytest.mark.parametrize("span", SPANS, ids=lambda span: f"{span.days}-days")
@pytest.mark.parametrize("seed", SEEDS)
async def test_people_are_those_of_the_community(database: Database, seed: int, span: Span) -> None:
    async with database.transaction() as c:
        community = await add_conversations(c, seed)
        counts = await count_people(c, community.product, span)
        for sort, voices in truth(community, span).items():
            assert getattr(counts, sort) == len(voices), sort
            assert await people_listed(c, community.product, span, sort) == len(voices), sort


def counted(spoken: Iterable[Spoken], field: str) -> Counter[str]:
    return Counter(str(getattr(one, field)) for one in spoken)


@pytest.mark.parametrize("span", SPANS, ids=lambda span: f"{span.days}-days")
async def test_volumes_lead_to_lists_of_that_count(database: Database, span: Span) -> None:
    async with database.transaction() as c:
        community = await add_conversations(c, 6)
        await add_conversations(c, 7, 50, slug="other")
        metrics = await read_metrics(c, community.product, span, span.before(), now=NOW)
        stands = list(community.said(span.since, span.until))
        before = list(community.said(span.before().since, span.since))
        assert metrics.figures.comments == len(stands)
        for dimension in ("source", "kind", "language"):
            volumes = metrics.volumes_by(dimension)
            expected, others = counted(stands, dimension), counted(before, dimension)
            shown = {volume.key: volume.comments for volume in volumes if volume.comments}
            assert shown == expected
            assert {volume.key: volume.before for volume in volumes if volume.before} == others
        for volume in metrics.volumes_by("language")[:2]:
            chosen = CommentFilter(
                community.product, language=volume.key, since=span.since, until=span.until
            )
            page = await list_comments(c, chosen, limit=200)
            assert len(page.items) == volume.comments
        friendly = sum(one.sentiment > 0.2 for one in stands)
        unfriendly = sum(one.sentiment < -0.2 for one in stands)
        assert metrics.figures.tone == NetTone(friendly, unfriendly)
        asked = community.questions(span.since, min(span.until, NOW))
        assert metrics.figures.responses.asked == len(asked)


@pytest.mark.parametrize("seed", SEEDS)
async def test_themes_are_counted_as_they_were_decided(database: Database, seed: int) -> None:
    rng = random.Random(seed)
    span = SPANS[0]
    opened = decided = open_before = shipped = told = 0
    async with database.transaction() as c:
        product = await add_product(c)
        tracker = await add_tracker(c, product)
        for number in range(60):
            created = NOW - timedelta(hours=rng.randrange(1, 1_200))
            status = rng.choice(["triage", "accepted", "ignored", "merged"])
            theme = await add_theme(c, product, f"T{number}", status=status, created_at=created)
            decided_at = None
            if status != "triage":
                decided_at = created + timedelta(hours=rng.randrange(1, 600))
                await c.execute(
                    "update theme set decided_at = %s where id = %s", [decided_at, theme]
                )
            if status == "merged" or created >= span.until:
                continue
            opened += created >= span.since
            open_before += created < span.since and (decided_at is None or decided_at >= span.since)
            decided += decided_at is not None and span.since <= decided_at < span.until
            if status == "accepted" and rng.random() < 0.7:
                ticket = await add_ticket(c, product, theme, tracker)
                at = created + timedelta(hours=rng.randrange(1, 900))
                was_told = rng.random() < 0.5
                await c.execute(
                    "update ticket set status = 'done', status_since = %s,"
                    " told_at = case when %s then now() end where id = %s",
                    [at, was_told, ticket],
                )
                in_span = span.since <= at < span.until
                shipped += in_span
                told += in_span and was_told
        figures = (await read_metrics(c, product, span, now=NOW)).figures
        numbers = (figures.closure.open_before, figures.closure.opened, figures.closure.decided)
        assert numbers == (open_before, opened, decided)
        assert (figures.told.shipped, figures.told.told) == (shipped, told)
        counts = (opened, open_before, decided, shipped, told, shipped - told)
        expected = dict(zip(ThemeSort, counts, strict=True))
        for sort, count in expected.items():
            assert len(await list_metric_themes(c, product, span, sort)) == count, sort


async def test_what_rises_and_falls_counts_people(database: Database) -> None:
    span = SPANS[0]
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        for title, recent, before in (("Up", 3, 1), ("Down", 1, 4), ("Same", 2, 2)):
            theme = await add_theme(c, product, title)
            for number in range(recent + before):
                at = span.since + timedelta(days=1 if number < recent else -1)
                await add_comment(c, product, source, theme_id=theme, created_at=at)
        rising, falling = await moving_themes(c, product, span)
    assert [(move.theme.title, move.recent, move.before) for move in rising] == [("Up", 3, 1)]
    assert [(move.theme.title, move.recent, move.before) for move in falling] == [("Down", 1, 4)]


async def test_nothing_is_a_dash(database: Database) -> None:
    async with database.transaction() as c:
        figures = (await read_metrics(c, await add_product(c), SPANS[0], now=NOW)).figures
    assert (figures.tone.net, figures.tone.interval) == (None, None)
    assert (figures.closure.share, figures.told.share) == (None, None)
    assert (figures.people.returning_share, figures.responses.coverage) == (None, None)


def test_an_interval_holds_the_number_and_narrows() -> None:
    wide, narrow = NetTone(6, 4).interval, NetTone(600, 400).interval
    assert wide == pytest.approx((-0.3740, 0.6634), abs=1e-3)
    assert narrow is not None
    assert narrow[0] < 0.2 < narrow[1]
    assert narrow[1] - narrow[0] < 0.13


def test_a_week_with_a_change_of_clocks_has_seven_days() -> None:
    span = span_of("2026-10-19", "2026-10-25", "Europe/Berlin", NOW)
    assert span.days == 7
    assert span.until.astimezone(UTC) - span.since.astimezone(UTC) == timedelta(hours=169)
    assert span.compared(Comparison.previous) == Span(
        date(2026, 10, 12), date(2026, 10, 18), "Europe/Berlin"
    )


def test_a_year_before_a_leap_day_is_a_day() -> None:
    span = Span(date(2024, 2, 29), date(2024, 3, 1), "UTC")
    assert span.compared(Comparison.year) == Span(date(2023, 2, 28), date(2023, 3, 1), "UTC")
    assert span.compared(Comparison.none) is None


@pytest.mark.parametrize(
    ("first", "last", "tz", "reason"),
    [
        ("2026-11-20", "2026-11-19", "UTC", "period_invalid"),
        ("2020-01-01", "2026-11-19", "UTC", "period_invalid"),
        ("yesterday", "", "UTC", "period_invalid"),
        ("0001-01-01", "0001-01-02", "UTC", "period_invalid"),
        ("", "9999-12-31", "UTC", "period_invalid"),
        ("", "", "Mars/Olympus", "timezone_unknown"),
        ("", "", "../etc", "timezone_unknown"),
    ],
)
def test_what_is_no_period_is_refused(first: str, last: str, tz: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        span_of(first, last, tz, NOW)
    assert refused.value.reason == reason
