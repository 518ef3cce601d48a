"""Questions of the community: what waits, who looks after it, and how soon others answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from app.api.access import DatabaseOf, Decider, Reader
from app.api.comments import CommentId
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import Cursor, In, Limit, PageOut, QueryFlag
from app.api.schemas.community import (
    AssignIn,
    KnownAnswerOut,
    LinkAnswerIn,
    LinkedOut,
    QuestionOut,
    ResponseTimesOut,
)
from app.queries import known_answers as finding
from app.queries.known_answers import KnownAnswer
from app.queries.paging import Page
from app.queries.questions import (
    QUESTION_DAYS,
    QuestionFilter,
    QuestionRow,
    QuestionState,
    list_questions,
    read_question,
)
from app.queries.response_times import ResponseTimes, response_times
from app.replies.questions import assign_question, link_question, unlink_question

router = APIRouter(route_class=LimitedRoute, tags=["questions"])
QuestionDays = Annotated[int, Field(ge=1, le=731, description="Asked within so many days.")]


class QuestionQuery(In):
    """Which questions to list."""

    product_id: UUID | None = None
    state: QuestionState = Field(
        default=QuestionState.unanswered,
        description="`unanswered` by anybody else, longest wait first; or `answered`, newest "
        "first.",
    )
    days: QuestionDays = QUESTION_DAYS
    newcomers: QueryFlag = Field(default=False, description="Only those who never spoke before.")
    assignee_id: UUID | None = Field(default=None, description="Only those this user looks after.")
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "/questions",
    operation_id="list_questions",
    summary="List questions",
    response_model=PageOut[QuestionOut],
    responses=refusals("cursor_invalid"),
)
async def listed(
    caller: Reader, database: DatabaseOf, query: Annotated[QuestionQuery, Query()]
) -> Page[QuestionRow]:
    """Questions of the community; those of staff and of our own accounts are left out."""
    chosen = QuestionFilter(**query.model_dump(exclude={"cursor", "limit"}))
    async with database.transaction() as connection:
        return await list_questions(connection, chosen, cursor=query.cursor, limit=query.limit)


@router.get(
    "/stats/responses",
    operation_id="read_response_times",
    summary="Read how soon questions are answered",
    response_model=ResponseTimesOut,
    responses=refusals(),
)
async def measured(
    caller: Reader,
    database: DatabaseOf,
    product_id: Annotated[UUID | None, Query(description="Only this product.")] = None,
    days: Annotated[int, Query(ge=1, le=731, description="Asked within so many days.")] = 30,
) -> ResponseTimes:
    """First answers by somebody else to all that was asked in the last days."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        return await response_times(connection, product_id, now - timedelta(days=days), now)


@router.get(
    "/comments/{comment_id}/known-answers",
    operation_id="find_known_answers",
    summary="Find answers to a question",
    response_model=list[KnownAnswerOut],
    responses=refusals("comment_not_found"),
)
async def known(caller: Reader, database: DatabaseOf, comment_id: CommentId) -> list[KnownAnswer]:
    """Answered questions that are most like this one, the likest first, five at most."""
    async with database.transaction() as connection:
        return await finding.known_answers(connection, comment_id)


@router.post(
    "/comments/{comment_id}/assign",
    operation_id="assign_question",
    summary="Say who looks after a question",
    response_model=QuestionOut,
    responses=refusals("comment_not_found", "user_not_found", "not_a_question", body=True),
)
async def assign(
    caller: Decider, database: DatabaseOf, comment_id: CommentId, body: AssignIn
) -> QuestionRow:
    """Give a question to a user, or to nobody."""
    async with database.transaction() as connection:
        await assign_question(connection, comment_id, body.user_id)
        return await read_question(connection, comment_id)


@router.post(
    "/comments/{comment_id}/answer-link",
    operation_id="link_answer",
    summary="Link an answer that exists",
    responses=refusals(
        "comment_not_found",
        "not_a_question",
        "same_question",
        "other_product",
        "answer_private",
        body=True,
    ),
)
async def link(
    caller: Decider, database: DatabaseOf, comment_id: CommentId, body: LinkAnswerIn
) -> LinkedOut:
    """Say that a question was answered before, under another one. It waits no longer, and a draft
    with the address tells whoever asked, where their thread can be answered."""
    async with database.transaction() as connection:
        question = await read_question(connection, comment_id)
        address = await finding.read_known_answer(connection, body.question_id, question.source_id)
        linked = await link_question(
            connection, comment_id, body.question_id, address, actor=caller.actor
        )
    return LinkedOut.model_validate(linked)


@router.delete(
    "/comments/{comment_id}/answer-link",
    operation_id="unlink_answer",
    summary="Take a link to an answer back",
    status_code=204,
    responses=refusals("comment_not_found", "not_a_question", writes=True),
)
async def unlink(caller: Decider, database: DatabaseOf, comment_id: CommentId) -> None:
    """The question waits again unless somebody answered it; a draft that was made stays."""
    async with database.transaction() as connection:
        await unlink_question(connection, comment_id)
