"""Answers to the people who asked: the queue of drafts, and what a person writes themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.models.states import ReplyMeaning, ReplyState
from app.queries.replies import ReplyRow, list_replies
from app.replies import deciding
from app.replies.deciding import Preview
from app.replies.ledger import read_reply
from app.replies.stops import set_replies_wanted
from app.setup import reply_accounts
from app.setup.sources import Source, get_source
from app.storage.db import Connection
from app.web import forms, guard, rendering
from app.web.guard import Act, Acting, Administering, Viewer
from app.web.params import Cursor, Word
from app.web.routes import PageRoute
from app.web.words import counted
from integrations import registry

router = APIRouter(route_class=PageRoute)
REPLIES_PER_PAGE = 20
REPLY_FIELD_PREFIX = "reply_"
REPLY_MAX_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class QueuedReply:
    """An answer in the queue, with what its readers would see."""

    row: ReplyRow
    preview: Preview


@router.get("/replies")
async def replies_page(
    request: Request,
    user: Viewer,
    state: Word = ReplyState.draft,
    theme: UUID | None = None,
    cursor: Cursor = None,
) -> Response:
    """What waits to be approved, and what was sent."""
    frame = await rendering.shell(request)
    chosen = state if state in set(ReplyState) else ReplyState.draft
    async with guard.database(request).transaction() as connection:
        page = await list_replies(
            connection,
            frame.product_id,
            theme_id=theme,
            state=chosen,
            cursor=cursor or None,
            limit=REPLIES_PER_PAGE,
        )
        queued = [await _queued(connection, row) for row in page.items]
    return await rendering.page(
        request,
        user,
        "replies.html",
        frame=frame,
        queued=queued,
        chosen=chosen,
        theme=theme,
        states=list(ReplyState),
        cursor=page.next_cursor,
        first=not cursor,
    )


async def _queued(connection: Connection, row: ReplyRow) -> QueuedReply:
    return QueuedReply(
        row, await deciding.preview(connection, await read_reply(connection, row.id))
    )


@router.post("/replies/{reply_id}")
async def decide(act: Acting, reply_id: UUID) -> Response:
    """Change a draft, send it, or skip it."""
    undo_seconds = guard.settings(act.request).undo_seconds
    async with act.database.transaction() as connection:
        if act.text("act") == "skip":
            await deciding.skip_reply(connection, reply_id, actor=act.actor)
            return act.done("Skipped: it is not sent, and not drafted again.")
        if text := act.text("text", REPLY_MAX_CHARACTERS):
            await deciding.edit_reply(connection, reply_id, text, actor=act.actor)
        if act.text("act") != "approve":
            return act.done("Saved.")
        await deciding.approve_reply(
            connection, reply_id, actor=act.actor, undo_seconds=undo_seconds
        )
    return act.done(f"It goes out in {undo_seconds:.0f} s; until then it can be skipped.")


@router.post("/themes/{theme_id}/replies")
async def approve_all(act: Acting, theme_id: UUID) -> Response:
    """Send every draft of a theme that can be sent."""
    async with act.database.transaction() as connection:
        approved, drafts = await deciding.approve_theme(
            connection,
            theme_id,
            actor=act.actor,
            undo_seconds=guard.settings(act.request).undo_seconds,
        )
    stay = f"; {counted(drafts, 'draft')} cannot be sent as it is" if drafts else ""
    return act.done(f"{counted(approved, 'answer')} on the way{stay}.")


@router.post("/comments/{comment_id}/reply")
async def write(act: Acting, comment_id: int) -> Response:
    """A person's own answer, or a question, in the thread of a comment."""
    meaning = act.text("meaning")
    async with act.database.transaction() as connection:
        await deciding.write_reply(
            connection,
            comment_id,
            act.text("text", REPLY_MAX_CHARACTERS),
            actor=act.actor,
            undo_seconds=guard.settings(act.request).undo_seconds,
            meaning=ReplyMeaning(meaning) if meaning in set(ReplyMeaning) else ReplyMeaning.free,
            key=_key(act),
        )
    return act.done("Your answer is on the way.")


@router.post("/comments/{comment_id}/replies-wanted")
async def wanted(act: Acting, comment_id: int) -> Response:
    """Whether whoever wrote the comment gets answers of ours."""
    wants = act.text("wanted") == "on"
    async with act.database.transaction() as connection:
        await set_replies_wanted(connection, comment_id, wants_replies=wants)
    return act.done("They get answers again." if wants else "They get no answers any more.")


@router.post("/sources/{source_id}/replies")
async def save_account(act: Administering, source_id: UUID) -> Response:
    """Enter by whose account a source is answered, and how."""
    async with act.database.transaction() as connection:
        source = await get_source(connection, source_id)
        if act.text("act") == "forget":
            await reply_accounts.forget_reply_account(connection, source_id)
            return act.done("Forgotten: nothing is answered there any more.")
        replying = reply_accounts.replying_of(source)
        fields = forms.fields(replying.credentials, REPLY_FIELD_PREFIX)
        # Secrets are never shown: left blank, those that are stored stay.
        typed_secret = any(
            act.text(field.name) for field in fields if field.control in forms.SECRET_CONTROLS
        )
        if typed_secret or await reply_accounts.reply_account(connection, source_id) is None:
            await reply_accounts.set_reply_credentials(
                connection,
                act.request.app.state.vault,
                source_id,
                forms.typed(act.form, fields, REPLY_FIELD_PREFIX),
            )
        per_hour = act.text("per_hour")
        await reply_accounts.update_reply_account(
            connection,
            source_id,
            enabled=True,
            automatic=act.text("automatic") == "on",
            per_hour=int(per_hour) if per_hour.isdigit() else 0,
        )
    return act.done("Saved. What waits is tried now.")


@router.post("/sources/{source_id}/replies/check")
async def check_account(act: Administering, source_id: UUID) -> Response:
    """Ask the platform by whose account we would answer."""
    async with act.database.transaction() as connection:
        findings = await reply_accounts.check_replies(
            connection,
            act.request.app.state.vault,
            source_id,
            network=guard.settings(act.request).network,
        )
    is_well = all(finding.ok for finding in findings)
    sentence = " ".join(finding.detail for finding in findings)
    return act.done(sentence, tone="done" if is_well else "failed")


@dataclass(frozen=True, slots=True)
class SourceAnswering:
    """What a source's page says about answers: why there are none, or by whose account."""

    why_not: str
    guide: str
    account: reply_accounts.ReplyAccount | None
    fields: list[forms.FormField]
    may_be_automatic: bool
    per_hour: int


async def source_answering(connection: Connection, source: Source) -> SourceAnswering:
    """What a source's page shows about answers."""
    definition = registry.source(source.platform)
    if definition.replying is None:
        return SourceAnswering(definition.no_replies, "", None, [], False, 0)
    account = await reply_accounts.reply_account(connection, source.id)
    fields = forms.fields(definition.replying.credentials, REPLY_FIELD_PREFIX)
    if account is not None:
        fields = [replace(field, required=False) for field in fields]
    return SourceAnswering(
        why_not="",
        guide=definition.replying.guide,
        account=account,
        fields=fields,
        may_be_automatic=definition.replying.automatic,
        per_hour=definition.replying.per_hour,
    )


def _key(act: Act) -> UUID | None:
    """What makes the same form, sent twice, one answer."""
    try:
        return uuid.UUID(act.text("key"))
    except ValueError:
        return None
