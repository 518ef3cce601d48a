"""The ledger of answers: one row for each thread and meaning, written before anything is called."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from app.errors import NotFound
from app.models.states import ReplyMeaning, ReplyState
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value

SEND_TASK = "send_replies"

REPLY_COLUMNS = sql.SQL(
    """
    p.id, p.product_id, p.theme_id, p.source_id, p.thread, p.comment_id, p.meaning, p.text, p.state,
    p.reason, p.detail, p.automatic, p.author, p.decided_by, p.attempts, p.due_at, p.called_at,
    p.posted_at, p.external_id, p.permalink, p.created_at
    """
)
SELECT_REPLY = sql.SQL("select {columns} from reply p where p.id = %s").format(
    columns=REPLY_COLUMNS
)
LOCK_REPLY = sql.SQL("{select} for update").format(select=SELECT_REPLY)
# An answer of one meaning goes into a thread once for ever; whoever asks twice gets nothing.
INSERT_REPLY = """
    insert into reply
        (id, product_id, theme_id, source_id, thread, comment_id, meaning, text, state, automatic,
         author, decided_by, due_at)
    values (%(id)s, %(product)s, %(theme)s, %(source)s, %(thread)s, %(comment)s, %(meaning)s,
            %(text)s, %(state)s, %(automatic)s, %(author)s, %(decided_by)s,
            case when %(state)s = 'approved' then now() + make_interval(secs => %(wait)s) end)
    on conflict do nothing returning id
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer into one thread; ``text`` has placeholders."""

    id: uuid.UUID
    product_id: uuid.UUID
    theme_id: uuid.UUID | None
    source_id: uuid.UUID
    thread: str
    comment_id: int | None
    meaning: ReplyMeaning
    text: str
    state: ReplyState
    reason: str
    detail: str
    automatic: bool
    author: str
    decided_by: str
    attempts: int
    due_at: datetime | None
    called_at: datetime | None
    posted_at: datetime | None
    external_id: str
    permalink: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewReply:
    """An answer that is to be written down; ``wait_seconds`` until it goes out where it is
    ``approved``."""

    product_id: uuid.UUID
    theme_id: uuid.UUID | None
    source_id: uuid.UUID
    thread: str
    comment_id: int
    meaning: ReplyMeaning
    text: str
    author: str
    approved: bool = False
    automatic: bool = False
    wait_seconds: float = 0.0
    id: uuid.UUID | None = None


async def read_reply(connection: Connection, reply_id: uuid.UUID, *, lock: bool = False) -> Reply:
    """The answer. Raises NotFound."""
    query = LOCK_REPLY if lock else SELECT_REPLY
    reply = await fetch_one(connection, query, [reply_id], of=Reply)
    if reply is None:
        raise NotFound("There is no answer with this id.", reason="reply_not_found")
    return reply


async def add_reply(connection: Connection, new: NewReply) -> uuid.UUID | None:
    """Write an answer down; None where the thread has one of this meaning already."""
    values = {
        "id": new.id or uuid.uuid4(),
        "product": new.product_id,
        "theme": new.theme_id,
        "source": new.source_id,
        "thread": new.thread,
        "comment": new.comment_id,
        "meaning": new.meaning,
        "text": new.text,
        "state": ReplyState.approved if new.approved else ReplyState.draft,
        "automatic": new.automatic,
        "author": new.author,
        "decided_by": new.author if new.approved else "",
        "wait": new.wait_seconds,
    }
    added: uuid.UUID | None = await fetch_value(connection, INSERT_REPLY, values)
    return added
