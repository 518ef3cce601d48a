"""What people decide about answers: change, approve and skip drafts, and write their own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from app.errors import Conflict, Invalid, NotFound
from app.models.states import ReplyMeaning, ReplyState
from app.replies.drafting import still_true
from app.replies.ledger import NewReply, Reply, add_reply, read_reply
from app.replies.stops import note_stops
from app.replies.targets import Target, can_reply, comment_target
from app.replies.wording import Worded, worded, words_for
from app.setup.reply_policies import (
    TEMPLATE_MAX_CHARACTERS,
    checked_text,
    reply_templates,
    template_for,
)
from app.storage.db import Connection
from app.storage.rows import fetch_all
from integrations.reply_contract import CanReply

UPDATE_DRAFT_TEXT = """
    update reply set text = %s, author = %s, reason = '', detail = '' where id = %s
"""
APPROVE_REPLY = """
    update reply
    set state = 'approved', decided_by = %s, attempts = 0, reason = '', detail = '',
        called_at = null, due_at = now() + make_interval(secs => %s)
    where id = %s
"""
SKIP_REPLY = """
    update reply
    set state = 'skipped', decided_by = %s, due_at = null, reason = '', detail = '' where id = %s
"""
SELECT_DRAFTS_OF_THEME = """
    select id from reply where theme_id = %s and state = 'draft' order by created_at, id
"""

STATUS_CHANGED_DETAIL = (
    "The ticket says something else by now: skip this answer, or wait until it is true again."
)


@dataclass(frozen=True, slots=True)
class Preview:
    """An answer before it is sent: what its readers would see, and whether it can be sent."""

    target: Target | None
    able: CanReply
    worded: Worded | None


@dataclass(frozen=True, slots=True)
class _Id:
    id: uuid.UUID


async def preview(connection: Connection, reply: Reply) -> Preview:
    """What the answer would say now. Makes no call."""
    return await preview_of(connection, reply.comment_id, reply.theme_id, reply.text, reply.meaning)


async def preview_of(
    connection: Connection,
    comment_id: int | None,
    theme_id: uuid.UUID | None,
    text: str,
    meaning: ReplyMeaning,
) -> Preview:
    """What a text would say under a comment, and whether it can be sent. Makes no call."""
    target = await comment_target(connection, comment_id) if comment_id is not None else None
    if target is None:
        return Preview(None, CanReply("comment_gone", "The comment is not there any more."), None)
    able = can_reply(target, datetime.now(UTC))
    words = await words_for(connection, target.product_id, theme_id)
    answer = worded(text, meaning, words, target, target.definition.replying)
    if able.ok and not answer.plain:
        able = CanReply("reply_says_nothing", "The answer says nothing to these readers.")
    if able.ok and answer.too_long:
        detail = (
            f"The answer is too long for {target.definition.title}: {answer.length:,} of "
            f"{answer.limit:,}. Shorten it."
        )
        able = CanReply("reply_too_long", detail)
    if able.ok and not await still_true(connection, theme_id, meaning):
        able = CanReply("status_changed", STATUS_CHANGED_DETAIL)
    return Preview(target, able, answer)


async def preview_answer(
    connection: Connection, comment_id: int, text: str, meaning: ReplyMeaning
) -> Preview:
    """What a person's own answer would say, and whether it could be sent; a blank text is the
    template of the meaning. Raises Invalid, NotFound."""
    target = await _answerable(connection, comment_id)
    checked = await _own_text(connection, target, text, meaning)
    return await preview_of(connection, comment_id, target.theme_id, checked, meaning)


async def edit_reply(
    connection: Connection, reply_id: uuid.UUID, text: str, *, actor: str
) -> Reply:
    """Change what a draft says. Raises Invalid, NotFound, Conflict (``reply_not_draft``)."""
    await _locked_draft(connection, reply_id)
    checked = _checked_answer(text)
    await connection.execute(UPDATE_DRAFT_TEXT, [checked, actor, reply_id])
    return await read_reply(connection, reply_id)


async def approve_reply(
    connection: Connection, reply_id: uuid.UUID, *, actor: str, undo_seconds: float
) -> Reply:
    """Send a draft, after the time in which it can be taken back. Raises NotFound, Conflict
    (``reply_not_draft``, or the reason why it cannot be sent)."""
    reply = await _locked_draft(connection, reply_id)
    await note_stops(connection)
    able = (await preview(connection, reply)).able
    if not able.ok:
        raise Conflict(able.detail, reason=able.reason)
    await connection.execute(APPROVE_REPLY, [actor, undo_seconds, reply_id])
    return await read_reply(connection, reply_id)


async def approve_theme(
    connection: Connection, theme_id: uuid.UUID, *, actor: str, undo_seconds: float
) -> tuple[int, int]:
    """Approve every draft of a theme that can be sent; returns how many were, and how many drafts
    stay."""
    approved = drafts = 0
    for row in await fetch_all(connection, SELECT_DRAFTS_OF_THEME, [theme_id], of=_Id):
        try:
            await approve_reply(connection, row.id, actor=actor, undo_seconds=undo_seconds)
            approved += 1
        except Conflict:
            drafts += 1
    return approved, drafts


async def skip_reply(connection: Connection, reply_id: uuid.UUID, *, actor: str) -> Reply:
    """Do not send a draft, or one that was approved and is not out yet. Raises NotFound, Conflict
    (``reply_not_draft``)."""
    reply = await read_reply(connection, reply_id, lock=True)
    if reply.state not in (ReplyState.draft, ReplyState.approved):
        raise _not_a_draft(reply)
    await connection.execute(SKIP_REPLY, [actor, reply_id])
    return await read_reply(connection, reply_id)


async def write_reply(
    connection: Connection,
    comment_id: int,
    text: str,
    *,
    actor: str,
    undo_seconds: float,
    meaning: ReplyMeaning = ReplyMeaning.free,
    key: uuid.UUID | None = None,
    approved: bool = True,
) -> Reply:
    """A person's own answer to a comment; a blank text is the template of the meaning. ``key``
    makes the same form, sent twice, one answer. Raises Invalid, NotFound, Conflict."""
    target = await _answerable(connection, comment_id)
    checked = await _own_text(connection, target, text, meaning)
    await note_stops(connection)
    able = (await preview_of(connection, comment_id, target.theme_id, checked, meaning)).able
    if not able.ok:
        raise Conflict(able.detail, reason=able.reason)
    new = NewReply(
        product_id=target.product_id,
        theme_id=target.theme_id,
        source_id=target.source_id,
        thread=target.thread,
        comment_id=comment_id,
        meaning=meaning,
        text=checked,
        author=actor,
        approved=approved,
        wait_seconds=undo_seconds,
        id=key,
    )
    added = await add_reply(connection, new)
    if added is None:
        raise Conflict(
            "This thread has an answer that says so already: it is told once.",
            reason="already_answered",
        )
    return await read_reply(connection, added)


async def _answerable(connection: Connection, comment_id: int) -> Target:
    target = await comment_target(connection, comment_id)
    if target is None:
        raise NotFound("There is no comment with this number.", reason="comment_not_found")
    return target


async def _own_text(
    connection: Connection, target: Target, text: str, meaning: ReplyMeaning
) -> str:
    if not text.strip() and meaning is not ReplyMeaning.free:
        templates = await reply_templates(connection, target.product_id)
        text = template_for(templates, target.platform, meaning)
    return _checked_answer(text)


def _checked_answer(text: str) -> str:
    checked = checked_text(text, TEMPLATE_MAX_CHARACTERS)
    if not checked:
        raise Invalid("An answer says something: write its text.", reason="reply_empty")
    return checked


async def _locked_draft(connection: Connection, reply_id: uuid.UUID) -> Reply:
    reply = await read_reply(connection, reply_id, lock=True)
    if reply.state is not ReplyState.draft:
        raise _not_a_draft(reply)
    return reply


def _not_a_draft(reply: Reply) -> Conflict:
    return Conflict(
        f"This answer is no draft any more: it is {reply.state}.", reason="reply_not_draft"
    )
