"""What the community asks and nobody else answered yet."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.queries.known_answers import known_answers, read_known_answer
from app.queries.questions import (
    QUESTION_DAYS,
    QuestionFilter,
    QuestionState,
    list_questions,
    read_question,
)
from app.queries.response_times import response_times
from app.queries.spans import span_of
from app.replies.questions import assign_question, link_question, unlink_question
from app.replies.targets import can_reply, comment_target
from app.setup.accounts import list_users
from app.storage.db import Connection
from app.web import guard, rendering
from app.web.guard import Acting, Viewer
from app.web.params import Cursor, Word, identifier
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
QUESTIONS_PER_PAGE = 30
QUESTION_PERIODS = (7, 14, 30)


@router.get("/questions")
async def questions_page(
    request: Request,
    user: Viewer,
    state: Word = "",
    days: Word = "",
    newcomers: Word = "",
    assignee: Word = "",
    first_day: Annotated[str, Query(alias="from", max_length=20)] = "",
    last_day: Annotated[str, Query(alias="to", max_length=20)] = "",
    tz: Word = "UTC",
    cursor: Cursor = None,
) -> Response:
    """Questions of the last days or of a span, the longest wait first, and how soon others
    answered."""
    frame = await rendering.shell(request)
    period = int(days) if days.isdigit() and int(days) in QUESTION_PERIODS else QUESTION_DAYS
    now = datetime.now(UTC)
    span = span_of(first_day, last_day, tz, now) if first_day or last_day else None
    chosen = QuestionFilter(
        product_id=frame.product_id,
        state=QuestionState(state) if state in set(QuestionState) else QuestionState.unanswered,
        days=period,
        newcomers=bool(newcomers),
        assignee_id=identifier(assignee),
        span=span,
    )
    since, until = (span.since, span.until) if span else (now - timedelta(days=period), now)
    async with guard.database(request).transaction() as connection:
        page = await list_questions(
            connection, chosen, cursor=cursor or None, limit=QUESTIONS_PER_PAGE
        )
        times = await response_times(connection, frame.product_id, since, until, now=now)
        members = await list_users(connection)
    return await rendering.page(
        request,
        user,
        "questions.html",
        frame=frame,
        questions=page.items,
        cursor=page.next_cursor,
        first=not cursor,
        times=times,
        members=members,
        state=chosen.state,
        days=period,
        asked_in=span,
        counts={
            QuestionState.unanswered: times.asked - times.answered,
            QuestionState.answered: times.answered,
            QuestionState.within: times.within,
            QuestionState.asked: times.asked,
        },
        periods_named=[(str(period), f"Last {period} days") for period in QUESTION_PERIODS],
        members_named=[(str(member.id), member.name or member.email) for member in members],
        newcomers=newcomers,
        assignee=assignee,
        filtered=bool(newcomers or assignee),
    )


@router.get("/questions/{comment_id}")
async def question_page(request: Request, user: Viewer, comment_id: int) -> Response:
    """One question: answer it, or link an answer that exists."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        question = await read_question(connection, comment_id)
        answers = await known_answers(connection, comment_id)
        why_not = await _why_not(connection, comment_id)
        members = await list_users(connection)
    return await rendering.page(
        request,
        user,
        "question.html",
        frame=frame,
        question=question,
        answers=answers,
        why_not=why_not,
        members=members,
        key=uuid.uuid4(),
    )


@router.post("/questions/{comment_id}/assign")
async def assign(act: Acting, comment_id: int) -> Response:
    """Somebody looks after the question, or nobody."""
    user_id = identifier(act.text("user"))
    async with act.database.transaction() as connection:
        await assign_question(connection, comment_id, user_id)
    return act.done("It is looked after." if user_id else "Nobody in particular looks after it.")


@router.post("/questions/{comment_id}/link")
async def link(act: Acting, comment_id: int) -> Response:
    """An answer that exists answers this question as well."""
    like = act.text("like")
    like_id = int(like) if like.isdigit() else 0
    async with act.database.transaction() as connection:
        question = await read_question(connection, comment_id)
        address = await read_known_answer(connection, like_id, question.source_id)
        linked = await link_question(connection, comment_id, like_id, address, actor=act.actor)
    if linked.reply_id is None:
        return act.done(f"Linked. Nothing is drafted: {linked.detail}")
    return act.done("Linked. A draft that tells whoever asked waits under Answers.")


@router.post("/questions/{comment_id}/unlink")
async def unlink(act: Acting, comment_id: int) -> Response:
    """The link was wrong."""
    async with act.database.transaction() as connection:
        await unlink_question(connection, comment_id)
    return act.done("The link is gone; the question waits again unless somebody answered it.")


async def _why_not(connection: Connection, comment_id: int) -> str:
    """Why the question cannot be answered from here, blank where it can."""
    target = await comment_target(connection, comment_id)
    if target is None:
        return "The comment is not there any more."
    able = can_reply(target, datetime.now(UTC))
    return "" if able.ok else able.detail
