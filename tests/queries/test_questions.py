"""Questions that wait and how soon others were answered, held against a community that is known."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from app.errors import Invalid
from app.queries.questions import (
    QuestionFilter,
    QuestionState,
    list_questions,
    read_question,
)
from app.queries.response_times import response_times
from app.storage.db import Connection, Database
from tests.scenes.conversations import Conversations, add_conversations
from tests.scenes.reading import NOW, add_author, add_comment, add_product, add_source, ago

SEEDS = (1, 2, 3)


async def listed(c: Connection, chosen: QuestionFilter) -> list[int]:
    """Every id of the list, page by page."""
    ids: list[int] = []
    cursor = None
    while True:
        page = await list_questions(c, chosen, cursor=cursor, limit=7, now=NOW)
        ids += [row.comment_id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return ids


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_waits_is_what_nobody_else_answered(database: Database, seed: int) -> None:
    async with database.transaction() as c:
        community = await add_conversations(c, seed)
        await add_conversations(c, seed + 100, 40, slug="other")
        asked = community.questions(ago(days=90))
        waiting = [one.id for one in asked if community.answered_at(one) is None]
        answered = [one.id for one in reversed(asked) if community.answered_at(one)]
        assert min(len(waiting), len(answered)) > 20
        chosen = QuestionFilter(community.product, days=90)
        assert await listed(c, chosen) == waiting
        done = QuestionFilter(community.product, QuestionState.answered, 90)
        assert await listed(c, done) == answered


@pytest.mark.parametrize("seed", SEEDS)
async def test_newcomers_are_marked_and_listed_alone(database: Database, seed: int) -> None:
    async with database.transaction() as c:
        community = await add_conversations(c, seed, 120)
        asked = community.questions(ago(days=90))
        new = [
            one.id
            for one in asked
            if community.answered_at(one) is None and community.is_newcomer(one)
        ]
        assert new
        assert await listed(c, QuestionFilter(community.product, days=90, newcomers=True)) == new
        for one in asked:
            row = await read_question(c, one.id)
            assert row.is_newcomer == community.is_newcomer(one)
            assert row.answered_at == community.answered_at(one)


def expected(community: Conversations, days: int) -> tuple[int, int, int, int, object, object]:
    """Asked, answered, within seven days, undecided, median and P90, worked out by hand."""
    asked = community.questions(ago(days=days))
    waits = []
    undecided = 0
    for one in asked:
        at = community.answered_at(one)
        waits.append((at - one.at).total_seconds() if at else math.inf)
        undecided += at is None and NOW - one.at < timedelta(days=7)
    waits.sort()
    week = 7 * 86_400.0

    def share(part: float) -> object:
        seconds = waits[math.ceil(part * len(waits)) - 1]
        return None if math.isinf(seconds) else pytest.approx(seconds)

    answered = sum(not math.isinf(seconds) for seconds in waits)
    within = sum(seconds <= week for seconds in waits)
    return len(asked), answered, within, undecided, share(0.5), share(0.9)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("days", [10, 45, 120])
async def test_times_count_what_was_never_answered(
    database: Database, seed: int, days: int
) -> None:
    async with database.transaction() as c:
        community = await add_conversations(c, seed)
        times = await response_times(c, community.product, ago(days=days), NOW, now=NOW)
    figures = (times.asked, times.answered, times.within, times.undecided)
    assert (*figures, times.median_seconds, times.p90_seconds) == expected(community, days)


async def test_no_question_is_no_figure(database: Database) -> None:
    async with database.transaction() as c:
        times = await response_times(c, await add_product(c), ago(days=7), NOW, now=NOW)
    assert (times.asked, times.coverage, times.median_seconds, times.p90_seconds) == (
        0,
        None,
        None,
        None,
    )


async def test_our_own_account_asks_nothing(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product, platform="github")
        author = await add_author(c, product, "Relay-App")
        await add_comment(c, product, source, kind="question", author_id=author, platform="github")
        chosen = QuestionFilter(product)
        assert len(await listed(c, chosen)) == 1
        await c.execute(
            "insert into tracker (id, product_id, type, name, credentials, account_login)"
            " values (gen_random_uuid(), %s, 'github', 'R', 'x', 'relay-app')",
            [product],
        )
        assert await listed(c, chosen) == []


@pytest.mark.parametrize("days", [0, 732, -3])
async def test_a_period_that_is_none_is_refused(database: Database, days: int) -> None:
    async with database.transaction() as c:
        with pytest.raises(Invalid) as refused:
            await list_questions(c, QuestionFilter(days=days))
    assert refused.value.reason == "days_invalid"
