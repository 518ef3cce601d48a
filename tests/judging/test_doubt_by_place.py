"""Doubt follows the place of a comment, and what may report something is never dropped silently,
however sure its kind is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.judging.places import place_of
from app.queries.comments import CommentFilter, list_comments
from classifiers.contract import UNSURE, Enrichment, Kind
from tests.scenes.forum import Forum
from tests.scenes.small_model import SmallEnricher


class Wavering(SmallEnricher):
    """Everything is a question with .7, that may be a bug with .25; a help desk, which is where
    the forum of tests stands, is doubted below ``below``."""

    unsure_below = 0.8

    def __init__(self, below: float) -> None:
        self.below = below

    def unsure_below_in(self, sort: str) -> float:
        return self.below if sort == "help_desk" else self.unsure_below

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        scores = {Kind.question: 0.7, Kind.bug: 0.25, Kind.other: 0.05}
        if texts and "rooms" in texts[0]:
            scores = {Kind.question: 0.7, Kind.bug: 0.05, Kind.other: 0.25}
        if texts and "bell" in texts[0]:
            scores = {Kind.question: 0.7, Kind.bug: 0.16, Kind.other: 0.14}
        return [
            replace(each, kind=Kind.question, confidence=0.7, scores=scores, reason=UNSURE)
            for each in super().enrich(texts)
        ]


def test_a_discussion_on_github_is_a_community() -> None:
    assert place_of("github", "discussions/7") == "community"
    assert place_of("github", "issues/7") == "tracker"
    assert place_of("slack", "") == "chat"


async def reasons(forum: Forum, below: float) -> list[str]:
    await forum.say("does the export lose pictures for you as well?")
    await forum.work(Wavering(below))
    rows = await forum.rows("select kind_reason from comment")
    return [row["kind_reason"] for row in rows]


async def test_a_kind_is_doubted_as_its_place_asks(forum: Forum) -> None:
    assert await reasons(forum, 0.6) == [""]


async def test_a_stricter_place_doubts_the_same_kind(forum: Forum) -> None:
    assert await reasons(forum, 0.75) == [UNSURE]


async def test_what_is_sure_and_may_report_is_listed_all_the_same(forum: Forum) -> None:
    await reasons(forum, 0.6)
    async with forum.database.transaction() as connection:
        page = await list_comments(connection, CommentFilter(unplaced=True), limit=10)
    assert [comment.kind_reason for comment in page.items] == [""]


async def test_what_hardly_reports_anything_is_not_listed(forum: Forum) -> None:
    await forum.say("which rooms are there?")
    await forum.work(Wavering(0.6))
    async with forum.database.transaction() as connection:
        page = await list_comments(connection, CommentFilter(unplaced=True), limit=10)
    assert page.items == []


async def test_a_question_is_listed_from_less_on(forum: Forum) -> None:
    await forum.say("why is there no bell?")
    await forum.work(Wavering(0.6))
    async with forum.database.transaction() as connection:
        page = await list_comments(connection, CommentFilter(unplaced=True), limit=10)
    assert [comment.text for comment in page.items] == ["why is there no bell?"]
