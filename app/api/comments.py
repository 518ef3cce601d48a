"""Comments: what people said, and corrections of what we made of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from app.api.access import DatabaseOf, Decider, Reader
from app.api.actions import action_with_theme
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import (
    BigId,
    CleanText,
    Cursor,
    In,
    Limit,
    Moment,
    PageOut,
    QueryFlag,
    Word,
)
from app.api.schemas.comment import (
    CommentDetailOut,
    CommentOut,
    CommentStage,
    Kind,
    MoveIn,
    ReclassifyIn,
    Tone,
)
from app.api.schemas.decision import ActionOut
from app.queries.comments import CommentFilter, list_comments, read_comment
from app.queries.paging import Page
from app.queries.rows import CommentDetail, CommentRow
from app.triage import decisions, regroup

router = APIRouter(route_class=LimitedRoute, prefix="/comments", tags=["comments"])
CommentId = Annotated[BigId, Path(description="The comment's `id`.", examples=[4711])]


class CommentQuery(In):
    """Which comments to list."""

    product_id: UUID | None = None
    source_id: UUID | None = None
    platform: Word | None = None
    theme_id: UUID | None = None
    author_id: BigId | None = None
    person_id: BigId | None = Field(
        default=None, description="Number of any account of the person who wrote it."
    )
    kind: Kind | None = None
    also: QueryFlag = Field(
        default=False, description="With `kind`: those too that say it beside another kind."
    )
    tone: Tone | None = Field(
        default=None, description="`hostile`: those that may attack a person."
    )
    unsure: QueryFlag = Field(
        default=False, description="Only those whose kind the model does not trust: `unsure`."
    )
    unplaced: bool = Field(
        default=False,
        description="Only those in no theme that may report or ask for something all the same: "
        "by a chance of one in five, or in a language that is not read.",
    )
    language: Word | None = Field(default=None, description="ISO 639-1, or `und`.")
    stage: CommentStage | None = None
    q: Annotated[CleanText, Field(max_length=500)] | None = Field(
        default=None, description='Full-text search: words, "a phrase", or, -not.'
    )
    since: Moment | None = Field(default=None, description="Written at or after this moment.")
    until: Moment | None = Field(default=None, description="Written before this moment.")
    deleted: QueryFlag = Field(
        default=False, description="Only those that were deleted where they were written."
    )
    order: Annotated[
        str,
        Field(
            pattern="^(recent|oldest|liked|doubt)$",
            description="`doubt` takes unsure kinds alone, most doubt times people who say the "
            "same first.",
        ),
    ] = "recent"
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_comments",
    summary="List comments",
    response_model=PageOut[CommentOut],
    responses=refusals("cursor_invalid"),
)
async def list_all(
    caller: Reader, database: DatabaseOf, query: Annotated[CommentQuery, Query()]
) -> Page[CommentRow]:
    """Comments that were not deleted, newest first unless `order` says otherwise."""
    chosen = CommentFilter(**query.model_dump(exclude={"order", "cursor", "limit"}))
    async with database.transaction() as connection:
        return await list_comments(
            connection, chosen, order=query.order, cursor=query.cursor, limit=query.limit
        )


@router.get(
    "/{comment_id}",
    operation_id="read_comment",
    summary="Read a comment",
    response_model=CommentDetailOut,
    responses=refusals("comment_not_found"),
)
async def read(caller: Reader, database: DatabaseOf, comment_id: CommentId) -> CommentDetail:
    """A comment, deleted or not, with every version that arrived and every probability the model
    gave."""
    async with database.transaction() as connection:
        return await read_comment(connection, comment_id)


@router.post(
    "/{comment_id}/reclassify",
    operation_id="reclassify_comment",
    summary="Correct a comment's kind",
    response_model=ActionOut,
    responses=refusals("comment_not_found", "already_this_kind", "comment_deleted", body=True),
)
async def reclassify(
    caller: Decider, database: DatabaseOf, comment_id: CommentId, body: ReclassifyIn
) -> ActionOut:
    """Say what a comment really is; the model does not change it again. It leaves a theme that it
    no longer fits."""
    async with database.transaction() as connection:
        action = await decisions.reclassify(connection, comment_id, body.kind, actor=caller.actor)
        return ActionOut(action_id=action, theme=None)


@router.post(
    "/{comment_id}/move",
    operation_id="move_comment",
    summary="Move a comment to another theme",
    response_model=ActionOut,
    responses=refusals(
        "comment_not_found",
        "theme_not_found",
        "theme_merged",
        "already_in_theme",
        "already_alone",
        "comment_deleted",
        "other_product",
        body=True,
    ),
)
async def move(
    caller: Decider, database: DatabaseOf, comment_id: CommentId, body: MoveIn
) -> ActionOut:
    """Put a comment into a theme of the same product, or into a new one of its own; it never goes
    back by itself."""
    async with database.transaction() as connection:
        action = await regroup.move(connection, comment_id, body.theme_id, actor=caller.actor)
        comment = await read_comment(connection, comment_id)
        return await action_with_theme(connection, action, comment.row.theme_id)
