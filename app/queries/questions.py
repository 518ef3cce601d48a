"""Questions that wait for somebody, and those that were answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.queries.first_answers import FIRST_ANSWER, IS_NEWCOMER
from app.queries.paging import Filters, Listing, Order, Page
from app.queries.periods import check_days
from app.queries.response_times import COVERAGE_DAYS
from app.queries.spans import Span
from app.replies.questions import ASKED_BY_THE_COMMUNITY
from app.storage.db import Connection
from app.storage.rows import fetch_one

QUESTION_DAYS = 30
"""Unless somebody asks for another period: what is older seldom waits for an answer any more."""


class QuestionState(StrEnum):
    """Which questions are listed."""

    unanswered = "unanswered"
    answered = "answered"
    within = "within"
    """Answered within seven days."""
    asked = "asked"
    """All of them."""


OF_QUESTION_STATE: Mapping[QuestionState, LiteralString] = MappingProxyType(
    {
        QuestionState.unanswered: "first.at is null",
        QuestionState.answered: "first.at is not null",
        QuestionState.within: "first.at - cm.created_at <= make_interval(days => %(coverage)s)",
        QuestionState.asked: "true",
    }
)


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as lists show it. ``answered_at`` and what follows tell of the first answer by
    somebody else; ``reply_state`` is that of the newest answer which we wrote or drafted for it."""

    comment_id: int
    product_id: UUID
    source_id: UUID
    source_name: str
    platform: str
    thread_title: str
    permalink: str
    author: str
    is_newcomer: bool
    text: str
    likes: int
    asked_at: datetime
    assignee_id: UUID | None
    assignee: str
    like_id: int | None
    answered_at: datetime | None
    answered_by: str
    answer_permalink: str
    reply_state: str


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Which questions to list: those asked within ``days`` days or in ``span``, by newcomers alone,
    or those that ``assignee_id`` looks after."""

    product_id: UUID | None = None
    state: QuestionState = QuestionState.unanswered
    days: int = QUESTION_DAYS
    newcomers: bool = False
    assignee_id: UUID | None = None
    span: Span | None = None

    def conditions(self, now: datetime | None = None) -> Filters:
        """This filter as conditions of the query. Raises Invalid (``days_invalid``)."""
        filters = Filters()
        filters.add_composed(ASKED_BY_THE_COMMUNITY)
        if self.span is not None:
            filters.add("cm.created_at >= %(since)s", since=self.span.since)
            filters.add("cm.created_at < %(until)s", until=self.span.until)
        else:
            filters.add(
                "cm.created_at"
                " >= coalesce(%(now)s::timestamptz, now()) - %(asked_within)s::interval",
                now=now,
                asked_within=timedelta(days=check_days(self.days)),
            )
        filters.add_equal("cm.product_id", self.product_id)
        filters.add(OF_QUESTION_STATE[self.state], coverage=COVERAGE_DAYS)
        if self.newcomers:
            filters.add_composed(IS_NEWCOMER)
        filters.add_equal("q.assignee_id", self.assignee_id)
        return filters


QUESTION_LIST = Listing(
    of=QuestionRow,
    columns=sql.SQL(
        """
        cm.id as comment_id, cm.product_id, cm.source_id, s.name as source_name, cm.platform,
        cm.thread_title, cm.permalink, coalesce(nullif(a.name, ''), a.handle, '') as author,
        {is_newcomer} as is_newcomer, cm.text, cm.likes, cm.created_at as asked_at, q.assignee_id,
        coalesce(nullif(u.name, ''), u.email, '') as assignee, q.like_id,
        first.at as answered_at, coalesce(first.author, '') as answered_by,
        coalesce(first.permalink, '') as answer_permalink,
        coalesce((select p.state from reply p where p.comment_id = cm.id and p.state <> 'skipped'
                  order by p.created_at desc, p.id limit 1), '') as reply_state
        """
    ).format(is_newcomer=IS_NEWCOMER),
    tables=sql.SQL(
        "from comment cm left join author a on a.id = cm.author_id {first}"
        " join source s on s.id = cm.source_id left join user_account u on u.id = q.assignee_id"
    ).format(first=FIRST_ANSWER),
)
LONGEST_WAIT = Order(
    "questions.longest", ("cm.created_at", "cm.id"), (datetime, int), descending=False
)
NEWEST_QUESTIONS = Order("questions.newest", ("cm.created_at", "cm.id"), (datetime, int))
SELECT_QUESTION = QUESTION_LIST.select("where cm.id = %s and cm.deleted_at is null")


async def list_questions(
    connection: Connection,
    chosen: QuestionFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> Page[QuestionRow]:
    """Questions: the unanswered with the longest wait first, the answered with the newest first.
    Raises Invalid (``cursor_invalid``, ``limit_invalid``, ``days_invalid``)."""
    is_waiting = chosen.state is QuestionState.unanswered
    order = LONGEST_WAIT if is_waiting else NEWEST_QUESTIONS
    return await QUESTION_LIST.page(connection, order, chosen.conditions(now), cursor, limit)


async def count_questions(
    connection: Connection, chosen: QuestionFilter, *, now: datetime | None = None
) -> int:
    """How many questions the list has. Raises Invalid (``days_invalid``)."""
    return await QUESTION_LIST.count(connection, chosen.conditions(now))


async def read_question(connection: Connection, comment_id: int) -> QuestionRow:
    """One question, whoever asked it. Raises NotFound."""
    row = await fetch_one(connection, SELECT_QUESTION, [comment_id], of=QuestionRow)
    if row is None:
        raise NotFound(f"There is no comment {comment_id}.", reason="comment_not_found")
    return row
