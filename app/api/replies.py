"""Answers that go back into the threads where people asked: the queue, and who was told."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict

from app.api.access import DatabaseOf, Decider, Reader, SettingsOf
from app.api.comments import CommentId
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import Cursor, In, Limit, PageOut
from app.api.schemas.reply import (
    LedgerThreadOut,
    RepliesApprovedOut,
    RepliesWantedIn,
    ReplyDetailOut,
    ReplyEditIn,
    ReplyOut,
    ReplyPreviewOut,
    ReplyWriteIn,
)
from app.api.themes import ThemeId
from app.models.states import ReplyState
from app.queries.replies import list_replies, read_reply_row, reply_ledger
from app.queries.themes import read_theme
from app.replies import deciding
from app.replies.ledger import read_reply
from app.replies.stops import set_replies_wanted
from app.storage.db import Connection

router = APIRouter(route_class=LimitedRoute, tags=["replies"])
ReplyId = Annotated[UUID, Path(description="The answer's `id`.")]
NOT_ANSWERABLE = (
    "platform_cannot",
    "no_reply_account",
    "comment_gone",
    "author_is_bot",
    "opted_out",
    "no_thread",
    "no_address",
    "private_thread",
    "too_late",
    "reply_says_nothing",
    "source_incomplete",
    "reply_too_long",
    "status_changed",
)


class ReplyQuery(In):
    """Which answers to list."""

    product_id: UUID | None = None
    theme_id: UUID | None = None
    source_id: UUID | None = None
    state: ReplyState | None = None
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "/replies",
    operation_id="list_replies",
    summary="List answers",
    responses=refusals("cursor_invalid"),
)
async def listed(
    caller: Reader, database: DatabaseOf, query: Annotated[ReplyQuery, Query()]
) -> PageOut[ReplyOut]:
    """Answers, the newest first; `state=draft` are those that wait for a person."""
    async with database.transaction() as connection:
        page = await list_replies(connection, **query.model_dump())
    items = [ReplyOut.model_validate(row) for row in page.items]
    return PageOut[ReplyOut](items=items, next_cursor=page.next_cursor)


@router.get(
    "/replies/{reply_id}",
    operation_id="read_reply",
    summary="Read an answer",
    responses=refusals("reply_not_found"),
)
async def shown(caller: Reader, database: DatabaseOf, reply_id: ReplyId) -> ReplyDetailOut:
    """One answer with what its readers would see, and whether it can be sent."""
    async with database.transaction() as connection:
        return await _detail(connection, reply_id)


@router.patch(
    "/replies/{reply_id}",
    operation_id="edit_reply",
    summary="Change a draft",
    responses=refusals(
        "reply_not_found",
        "reply_not_draft",
        "reply_empty",
        "placeholder_unknown",
        "text_too_long",
        body=True,
    ),
)
async def edit(
    caller: Decider, database: DatabaseOf, reply_id: ReplyId, body: ReplyEditIn
) -> ReplyDetailOut:
    """Change what a draft says."""
    async with database.transaction() as connection:
        await deciding.edit_reply(connection, reply_id, body.text, actor=caller.actor)
        return await _detail(connection, reply_id)


@router.post(
    "/replies/{reply_id}/approve",
    operation_id="approve_reply",
    summary="Send a draft",
    responses=refusals("reply_not_found", "reply_not_draft", *NOT_ANSWERABLE, writes=True),
)
async def approve(
    caller: Decider, database: DatabaseOf, settings: SettingsOf, reply_id: ReplyId
) -> ReplyDetailOut:
    """Send a draft, once the time is over in which it can be skipped."""
    async with database.transaction() as connection:
        await deciding.approve_reply(
            connection, reply_id, actor=caller.actor, undo_seconds=settings.undo_seconds
        )
        return await _detail(connection, reply_id)


@router.post(
    "/replies/{reply_id}/skip",
    operation_id="skip_reply",
    summary="Skip an answer",
    responses=refusals("reply_not_found", "reply_not_draft", writes=True),
)
async def skip(caller: Decider, database: DatabaseOf, reply_id: ReplyId) -> ReplyDetailOut:
    """Do not send a draft, or one that was approved and is not out yet. It is not drafted
    again."""
    async with database.transaction() as connection:
        await deciding.skip_reply(connection, reply_id, actor=caller.actor)
        return await _detail(connection, reply_id)


@router.post(
    "/themes/{theme_id}/replies/approve",
    operation_id="approve_replies",
    summary="Send all drafts of a theme",
    responses=refusals("theme_not_found", writes=True),
)
async def approve_all(
    caller: Decider, database: DatabaseOf, settings: SettingsOf, theme_id: ThemeId
) -> RepliesApprovedOut:
    """Send every draft of a theme that can be sent."""
    async with database.transaction() as connection:
        await read_theme(connection, theme_id)
        approved, drafts = await deciding.approve_theme(
            connection, theme_id, actor=caller.actor, undo_seconds=settings.undo_seconds
        )
    return RepliesApprovedOut(approved=approved, drafts=drafts)


@router.get(
    "/themes/{theme_id}/people",
    operation_id="read_ledger",
    summary="See who was told",
    responses=refusals("theme_not_found"),
)
async def ledger(caller: Reader, database: DatabaseOf, theme_id: ThemeId) -> list[LedgerThreadOut]:
    """The threads of a theme: who was heard there and when, who was told and by which answer, and
    why a thread cannot be answered."""
    async with database.transaction() as connection:
        await read_theme(connection, theme_id)
        threads = await reply_ledger(connection, theme_id)
    return [LedgerThreadOut.model_validate(thread) for thread in threads]


@router.post(
    "/comments/{comment_id}/reply",
    operation_id="write_reply",
    summary="Answer a comment",
    status_code=201,
    responses=refusals(
        "comment_not_found",
        "already_answered",
        "reply_empty",
        "placeholder_unknown",
        "text_too_long",
        *NOT_ANSWERABLE,
        body=True,
    ),
)
async def write(
    caller: Decider,
    database: DatabaseOf,
    settings: SettingsOf,
    comment_id: CommentId,
    body: ReplyWriteIn,
) -> ReplyDetailOut:
    """A person's own answer, in the thread of the comment."""
    async with database.transaction() as connection:
        reply = await deciding.write_reply(
            connection,
            comment_id,
            body.text,
            actor=caller.actor,
            undo_seconds=settings.undo_seconds,
            meaning=body.meaning,
            key=body.key,
            approved=not body.draft,
        )
        return await _detail(connection, reply.id)


@router.post(
    "/comments/{comment_id}/replies-wanted",
    operation_id="set_replies_wanted",
    summary="Say whether somebody wants answers",
    status_code=204,
    responses=refusals("comment_not_found", body=True),
)
async def wanted(
    caller: Decider, database: DatabaseOf, comment_id: CommentId, body: RepliesWantedIn
) -> None:
    """Whether whoever wrote the comment gets answers of ours, on all sources of its platform."""
    async with database.transaction() as connection:
        await set_replies_wanted(connection, comment_id, wants_replies=body.wanted)


async def _detail(connection: Connection, reply_id: UUID) -> ReplyDetailOut:
    row = await read_reply_row(connection, reply_id)
    preview = await deciding.preview(connection, await read_reply(connection, reply_id))
    worded = preview.worded
    return ReplyDetailOut(
        **asdict(row),
        preview=ReplyPreviewOut(
            plain=worded.plain if worded else "",
            outgoing=worded.outgoing if worded else "",
            length=worded.length if worded else 0,
            limit=worded.limit if worded else 0,
            notes=list(worded.notes) if worded else [],
            reason=preview.able.reason,
            detail=preview.able.detail,
        ),
    )
