"""What people do about a question: somebody looks after it, or it was answered elsewhere before."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from psycopg import sql

from app.errors import Conflict, Invalid, NotFound, RelayError
from app.models.states import Visibility
from app.replies.deciding import write_reply
from app.replies.targets import comment_target
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value

ASKED_BY_THE_COMMUNITY = sql.SQL(
    """
    cm.kind = 'question' and cm.deleted_at is null and not coalesce(a.is_staff, false)
    and not coalesce(a.is_bot, false) and not exists (
      select from tracker r where r.product_id = cm.product_id and r.type = cm.platform
        and r.account_login <> '' and lower(r.account_login) = lower(a.handle))
    """
)
"""Whether a comment is a question that waits for the team: neither staff nor an account that we
write by ourselves asks it."""

LINK_TEXT = "This was asked and answered before: {address}"
"""What the draft says; a person reads it before it goes out."""

LINKS = uuid.UUID("5f3a9a0e-6c2e-4f0f-9f1c-0f6a6a1d3c57")
"""The namespace in which a link's draft has its id."""

LOCK_QUESTION = """
    select cm.id, cm.product_id, cm.kind, cm.permalink, cm.visibility, cm.source_id
    from comment cm where cm.id = %s and cm.deleted_at is null for update
"""
SELECT_USER = "select id from user_account where id = %s"
ASSIGN_QUESTION = """
    insert into question (comment_id, product_id, assignee_id, assigned_at)
    values (%(comment)s, %(product)s, %(user)s, now())
    on conflict (comment_id) do update
    set assignee_id = excluded.assignee_id, assigned_at = excluded.assigned_at
"""
LINK_QUESTION = """
    insert into question (comment_id, product_id, like_id, linked_by, linked_at)
    values (%(comment)s, %(product)s, %(like)s, %(actor)s, now())
    on conflict (comment_id) do update
    set like_id = excluded.like_id, linked_by = excluded.linked_by, linked_at = excluded.linked_at
"""
UNLINK_QUESTION = """
    update question set like_id = null, linked_by = '', linked_at = null where comment_id = %s
"""


@dataclass(frozen=True, slots=True)
class LockedQuestion:
    """A comment that asks something, held until the transaction ends."""

    id: int
    product_id: uuid.UUID
    kind: str
    permalink: str
    visibility: Visibility
    source_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Linked:
    """What became of a link: the draft that tells whoever asked, or why there is none."""

    reply_id: uuid.UUID | None
    detail: str = ""


async def assign_question(
    connection: Connection, comment_id: int, user_id: uuid.UUID | None
) -> None:
    """Say who looks after a question; nobody where ``user_id`` is None. Raises NotFound, Conflict
    (``not_a_question``)."""
    question = await _locked(connection, comment_id)
    if user_id is not None and await fetch_value(connection, SELECT_USER, [user_id]) is None:
        raise NotFound("There is no user with this id.", reason="user_not_found")
    values = {"comment": comment_id, "product": question.product_id, "user": user_id}
    await connection.execute(ASSIGN_QUESTION, values)


async def link_question(
    connection: Connection, comment_id: int, like_id: int, address: str, *, actor: str
) -> Linked:
    """Say that a question was answered before, under another one, at ``address``; a draft tells
    whoever asked, where their thread can be answered. Raises NotFound, Invalid (``other_product``,
    ``same_question``, ``answer_private``), Conflict (``not_a_question``)."""
    # Locked in one order, so that two links that cross never wait for each other.
    rows = {one: await _locked(connection, one) for one in sorted({comment_id, like_id})}
    if comment_id == like_id:
        raise Invalid("A question does not answer itself.", reason="same_question")
    question, like = rows[comment_id], rows[like_id]
    if question.product_id != like.product_id:
        raise Invalid("The two questions belong to two products.", reason="other_product")
    is_open = like.visibility in (Visibility.public, Visibility.unknown)
    if not is_open and question.source_id != like.source_id:
        raise Invalid(
            "Whoever asked may not be able to read that answer: it is not public.",
            reason="answer_private",
        )
    values = {"comment": comment_id, "product": question.product_id, "like": like_id}
    await connection.execute(LINK_QUESTION, {**values, "actor": actor})
    # The same link, made twice, is one draft.
    key = uuid.uuid5(LINKS, f"{comment_id} {like_id}")
    return await _draft(connection, comment_id, address, actor, key)


async def unlink_question(connection: Connection, comment_id: int) -> None:
    """Take a link back: the question waits again unless somebody answered it. Raises NotFound,
    Conflict (``not_a_question``)."""
    await _locked(connection, comment_id)
    await connection.execute(UNLINK_QUESTION, [comment_id])


async def _draft(
    connection: Connection, comment_id: int, address: str, actor: str, key: uuid.UUID
) -> Linked:
    if not address or await comment_target(connection, comment_id) is None:
        return Linked(None, "The answer has no address that could be told.")
    # A brace would be a placeholder of answers.
    safe = address.replace("{", "%7B").replace("}", "%7D")
    text = LINK_TEXT.format(address=safe)
    try:
        async with connection.transaction():
            reply = await write_reply(
                connection,
                comment_id,
                text,
                actor=actor,
                undo_seconds=0,
                approved=False,
                key=key,
            )
    except RelayError as error:
        return Linked(None, error.detail)
    return Linked(reply.id)


async def _locked(connection: Connection, comment_id: int) -> LockedQuestion:
    row = await fetch_one(connection, LOCK_QUESTION, [comment_id], of=LockedQuestion)
    if row is None:
        raise NotFound(f"There is no comment {comment_id}.", reason="comment_not_found")
    if row.kind != "question":
        raise Conflict("This comment asks nothing.", reason="not_a_question")
    return row
