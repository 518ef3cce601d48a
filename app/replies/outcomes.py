"""What became of an answer that was to be sent, and what follows from it for its theme."""

from __future__ import annotations

import uuid

from psycopg import sql

from app.models.states import ReplyMeaning
from app.replies.ledger import Reply
from app.replies.targets import OF_MATTER, THREAD_KEY
from app.storage.db import Connection
from app.storage.rows import fetch_value
from app.themes.activity import SYSTEM, record

CLAIM_REPLY = """
    update reply
    set state = 'sending', called_at = clock_timestamp(), attempts = attempts + 1,
        reason = '', detail = ''
    where id = %s and state = 'approved' returning id
"""
RECORD_POSTED = """
    update reply
    set state = 'posted', external_id = %(external)s, permalink = %(permalink)s,
        posted_at = coalesce(called_at, now()), due_at = null, called_at = null, reason = '',
        detail = ''
    where id = %(reply)s
"""
# Nothing was posted by the call, or it was refused for now.
RELEASE_REPLY = """
    update reply
    set state = 'approved', called_at = null, reason = %(reason)s, detail = %(detail)s,
        due_at = now() + make_interval(secs => %(seconds)s)
    where id = %(reply)s and state = 'sending'
"""
RETURN_TO_DRAFT = """
    update reply
    set state = 'draft', due_at = null, called_at = null, automatic = false, reason = %(reason)s,
        detail = %(detail)s
    where id = %(reply)s
"""
PAUSE_REPLY_ACCOUNT = """
    update source_replies
    set paused_until = now() + make_interval(secs => %(seconds)s), reason = %(reason)s,
        detail = %(detail)s
    where source_id = %(source)s
"""
CLEAR_ACCOUNT = """
    update source_replies set paused_until = null, reason = '', detail = '' where source_id = %s
"""
# Everybody was told where no thread of the theme is left in which people spoke before it was
# shipped, and no answer stands.
MARK_ALL_TOLD = sql.SQL(
    """
    update ticket k set told_at = now()
    where k.theme_id = %(theme)s and k.status = 'done' and k.superseded_at is null
      and k.told_at is null and k.status_since is not null
      and not exists (
        select from comment cm left join author a on a.id = cm.author_id
        where cm.theme_id = k.theme_id and cm.deleted_at is null
          and cm.created_at <= k.status_since and not coalesce(a.is_bot, false)
          and not exists (
            select from reply p
            where p.source_id = cm.source_id and p.thread = {thread} and p.state = 'posted'
              and {of_matter} and p.meaning = 'shipped'))
    returning k.id
    """
).format(thread=THREAD_KEY, of_matter=OF_MATTER.format(theme=sql.SQL("k.theme_id")))


async def claim_reply(connection: Connection, reply_id: uuid.UUID) -> bool:
    """Write down that the call goes out; False where the answer is not approved any more."""
    return await fetch_value(connection, CLAIM_REPLY, [reply_id]) is not None


async def record_posted(
    connection: Connection, reply: Reply, external_id: str, permalink: str
) -> None:
    """Write down where the answer stands. Where nobody of its theme is left who was not told, the
    theme leaves the list of what was shipped and not told."""
    values = {"reply": reply.id, "external": external_id, "permalink": permalink}
    await connection.execute(RECORD_POSTED, values)
    if reply.theme_id is None:
        return
    line = {"meaning": reply.meaning, "link": permalink, "reply": reply.id}
    actor = reply.decided_by or SYSTEM
    await record(connection, reply.product_id, reply.theme_id, "replied", actor=actor, detail=line)
    if reply.meaning is not ReplyMeaning.shipped:
        return
    if await fetch_value(connection, MARK_ALL_TOLD, {"theme": reply.theme_id}) is not None:
        await record(connection, reply.product_id, reply.theme_id, "told", actor=SYSTEM)


async def release_reply(
    connection: Connection,
    reply_id: uuid.UUID,
    reason: str = "",
    detail: str = "",
    seconds: float = 0.0,
) -> None:
    """Nothing was posted: the answer is sent, or sent again, in ``seconds``."""
    values = {"reply": reply_id, "reason": reason, "detail": detail, "seconds": seconds}
    await connection.execute(RELEASE_REPLY, values)


async def return_to_draft(
    connection: Connection, reply_id: uuid.UUID, reason: str, detail: str
) -> None:
    """A person has to look at it, and sees why."""
    values = {"reply": reply_id, "reason": reason, "detail": detail}
    await connection.execute(RETURN_TO_DRAFT, values)


async def pause_account(
    connection: Connection, source_id: uuid.UUID, reason: str, detail: str, seconds: float
) -> None:
    """Send nothing to the source for a while, and say why."""
    values = {"source": source_id, "reason": reason, "detail": detail, "seconds": seconds}
    await connection.execute(PAUSE_REPLY_ACCOUNT, values)


async def clear_account(connection: Connection, source_id: uuid.UUID) -> None:
    """It goes again: nothing is wrong any more."""
    await connection.execute(CLEAR_ACCOUNT, [source_id])
