"""A digest's periods, its numbers against a generated community, and the pages they lead to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.digests.digest import Change, Digest, Figure, Line, Unit
from app.digests.message import digest_message
from app.digests.periods import last_ended, read_period
from app.digests.plain_text import as_text
from app.digests.reading import DigestScope, read_digest
from app.digests.wording import against, shown, title
from app.errors import Invalid
from app.models.states import Frequency
from app.queries.products import read_product_choice
from app.storage.db import Database
from tests.scenes.conversations import Conversations, add_conversations
from tests.scenes.reading import NOW, add_comment, add_product, add_source, add_theme, one
from tests.web.webbing import sign_in

ADD_PROMISE = """
    insert into promise (product_id, made_to, words, due_on) values (%s, 'Kim', %s, %s) returning id
"""
WEEK = read_period("2026-W46", "UTC")


@pytest.mark.parametrize(
    ("key", "first", "days", "hours"),
    [
        ("2026-W49", date(2026, 11, 30), 7, 168),
        ("2026-W53", date(2026, 12, 28), 7, 168),
        ("2026-W43", date(2026, 10, 19), 7, 169),
        ("2026-W13", date(2026, 3, 23), 7, 167),
        ("2026-12-01", date(2026, 12, 1), 1, 24),
        ("2026-10-25", date(2026, 10, 25), 1, 25),
    ],
)
def test_a_period_is_named_and_lasts_as_long_as_its_days(
    key: str, first: date, days: int, hours: int
) -> None:
    period = read_period(key, "Europe/Berlin")
    assert (period.key, period.span.first, period.span.days) == (key, first, days)
    length = period.span.until.astimezone(UTC) - period.span.since.astimezone(UTC)
    assert length == timedelta(hours=hours)
    assert period.before.after == period
    assert period.is_over(period.span.until)
    assert not period.is_over(period.span.until - timedelta(seconds=1))


@pytest.mark.parametrize(
    "key",
    [
        *("", "2026", "2026-W00", "2026-W54", "2025-W53", "2026-W1", "2026-13-01", "2026-2-3"),
        *("1999-W01", "9999-W01", "２０２６-W49", "2026-W49\n", "../2026-W49"),
    ],
)
def test_what_is_no_period_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_period(key, "UTC")
    assert refused.value.reason == "period_invalid"


def test_the_newest_period_that_is_over_depends_on_the_zone() -> None:
    at = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)  # a Sunday; Monday in Berlin
    assert last_ended(Frequency.weekly, at, "UTC").key == "2026-W47"
    assert last_ended(Frequency.weekly, at, "Europe/Berlin").key == "2026-W48"
    assert last_ended(Frequency.daily, at, "Europe/Berlin").key == "2026-11-29"


@pytest.mark.parametrize(
    ("unit", "value", "before", "change"),
    [
        (Unit.people, 10, 9, Change.better),
        (Unit.share, 0.701, 0.704, Change.same),
        (Unit.net, -0.2, 0.1, Change.worse),
        (Unit.share, None, 0.5, Change.unknown),
        (Unit.share, 0.5, None, Change.unknown),
    ],
)
def test_a_change_is_what_people_read(
    unit: Unit, value: float | None, before: float | None, change: Change
) -> None:
    assert Figure("x", "X", unit, value, before, "", ()).change is change


def lines_of(digest: Digest) -> list[Line]:
    of_figures = [part for figure in digest.figures for part in figure.parts]
    return of_figures + [line for section in digest.sections for line in section.lines]


async def lists_of_that_count(database: Database, client: httpx.AsyncClient, digest: Digest) -> int:
    """Follow every count in the figures and hold it against the page that it leads to."""
    person = await sign_in(client, database)
    followed = 0
    for figure in digest.figures:
        for part in figure.parts:
            number = part.text.split()[0]
            if not part.path or not number.isdigit():
                continue
            page = await person.get(part.path)
            assert page.status_code == 200, part.path
            if part.path.startswith("/questions") and int(number) <= 30:
                rows = page.text.count('id="question-')
                assert rows == int(number), part
                followed += 1
    return followed


async def community(database: Database) -> tuple[Conversations, Digest]:
    async with database.transaction() as c:
        spoken = await add_conversations(c, 4)
        await add_conversations(c, 5, 60, slug="other")
        product = await read_product_choice(c, spoken.product)
        return spoken, await read_digest(c, DigestScope(product, product.id), WEEK, NOW)


async def test_the_numbers_are_those_of_the_community(
    database: Database, client: httpx.AsyncClient
) -> None:
    spoken, digest = await community(database)
    since, until = WEEK.span.since, WEEK.span.until
    people, coverage, tone, _, told = digest.figures
    asked = spoken.questions(since, until)
    times = [(one, spoken.answered_at(one)) for one in asked]
    within = [one for one, at in times if at and at - one.at <= timedelta(days=7)]
    said = list(spoken.said(since, until))
    friendly = sum(one.sentiment > 0.2 for one in said)
    unfriendly = sum(one.sentiment < -0.2 for one in said)
    assert people.value == len(spoken.heard(since, until))
    assert people.before == len(spoken.heard(since - timedelta(days=7), since))
    assert coverage.value == pytest.approx(len(within) / len(asked))
    assert tone.value == pytest.approx((friendly - unfriendly) / (friendly + unfriendly))
    assert shown(told.value, told.unit) == "—"
    unanswered = {part.name: part for part in digest.sections}["unanswered"]
    month = spoken.questions(until - timedelta(days=30), until)
    assert unanswered.total == sum(spoken.answered_at(one) is None for one in month)
    assert len(unanswered.lines) == min(5, unanswered.total)
    assert await lists_of_that_count(database, client, digest) >= 2
    for line in lines_of(digest):
        query = parse_qs(urlsplit(line.path).query)
        assert not line.path or query["product"] == ["atlas"]
    text = as_text(digest_message(digest, {}), "https://relay.example.org")
    assert text.startswith("Atlas: week 46 of 2026\n9 Nov 2026 to 15 Nov 2026, in UTC\n")
    assert f"People heard: {people.value:,.0f} ({against(people, digest)})" in text
    assert "https://relay.example.org/digests/2026-W46?product=atlas&tz=UTC" in text
    begun = replace(digest, ended=False)
    assert against(people, begun) == f"so far; {people.before:,.0f} in the week before"
    assert against(told, begun) == "— in the week before"


async def test_all_products_stand_together(database: Database) -> None:
    _, of_one = await community(database)
    async with database.transaction() as c:
        joint = await read_digest(c, DigestScope(None, None), WEEK, NOW)
    assert title(joint) == "All products: week 46 of 2026"
    assert (joint.figures[0].value or 0) > (of_one.figures[0].value or 0)


async def test_what_moved_is_due_shipped_and_silent(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        theme = await add_theme(c, product, "Export crashes", status="accepted")
        for number, day in enumerate((10, 11, 12, 4)):
            at = datetime(2026, 11, day, 9, tzinfo=UTC)
            text = f"The export crashes {number}."
            await add_comment(c, product, source, text, theme_id=theme, created_at=at)
        for words, due in (("A guide", "2026-11-13"), ("A call", "2026-11-22"), ("Far", None)):
            await one(c, ADD_PROMISE, product, words, due)
        digest = await read_digest(c, DigestScope(None, product), WEEK, NOW)
    sections = {section.name: section for section in digest.sections}
    (moved,) = sections["moved"].lines
    assert (moved.text, moved.note) == ("Export crashes", "3 people, 1 before")
    assert moved.note_path.startswith(f"/comments?theme={theme}&from=2026-11-09")
    assert [line.text for line in sections["promises"].lines] == ["A guide", "A call"]
    assert sections["promises"].lines[0].note == "to Kim, was due 13 Nov 2026"
    assert sections["shipped"].lines == []
    assert digest.eventful


async def test_a_week_without_anything_says_so(database: Database) -> None:
    async with database.transaction() as c:
        await add_product(c)
        digest = await read_digest(c, DigestScope(None, None), WEEK, NOW)
    assert not digest.eventful
    assert "Nothing happened" in as_text(digest_message(digest, {}))
    assert [shown(figure.value, figure.unit) for figure in digest.figures] == [
        "0",
        "—",
        "—",
        "—",
        "—",
    ]
