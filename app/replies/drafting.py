"""Drafts answers to everybody who asked, once a ticket's status means something else for a while.

A ticket is looked at once for each status. Closing by mistake is undone within minutes, so a status
has to stand for as long as the product says; what changes back before is never told.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import sql

from app.models.states import ReplyMeaning, TicketStatus
from app.replies.ledger import NewReply, add_reply
from app.replies.stops import note_stops
from app.replies.targets import OF_MATTER, can_reply, thread_targets
from app.setup.reply_policies import reply_rules, reply_templates, template_for
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.themes.activity import SYSTEM

MEANING_OF = {
    TicketStatus.open: ReplyMeaning.acknowledged,
    TicketStatus.in_progress: ReplyMeaning.planned,
    TicketStatus.done: ReplyMeaning.shipped,
    TicketStatus.declined: ReplyMeaning.declined,
}
TICKETS_AT_ONCE = 200

# A theme whose matter lies in several trackers is shipped where all of them say so.
NEXT_TICKET_TO_TELL = """
    select k.id, k.product_id, k.theme_id, k.status, k.status_since
    from ticket k join theme t on t.id = k.theme_id
    left join reply_policy p on p.product_id = k.product_id
    where exists (select from source_replies where enabled)
      and k.superseded_at is null and k.state = 'created' and k.told_at is null
      and k.status in ('open', 'in_progress', 'done', 'declined')
      and k.status_since is not null and k.drafted_since is distinct from k.status_since
      and k.status_since <= now() - make_interval(mins => coalesce(p.wait_minutes, 30))
      and t.status = 'accepted'
      and (k.status not in ('done', 'declined') or not exists (
          select from ticket o where o.theme_id = k.theme_id and o.superseded_at is null
            and o.status in ('open', 'in_progress') and o.state = 'created'))
      and exists (select from comment c join source_replies r on r.source_id = c.source_id
                  where c.theme_id = k.theme_id and r.enabled)
    order by k.status_since, k.id limit 1 for update of k skip locked
"""
MARK_DRAFTED = "update ticket set drafted_since = %s where id = %s"


# An answer of a theme that was merged into this one told the thread already.
SELECT_TOLD_BEFORE = sql.SQL(
    "select p.source_id, p.thread from reply p where p.meaning = %(meaning)s and {of_matter}"
).format(of_matter=OF_MATTER.format(theme=sql.Placeholder("theme")))


@dataclass(frozen=True, slots=True)
class _Place:
    source_id: uuid.UUID
    thread: str


@dataclass(frozen=True, slots=True)
class TicketToTell:
    """A ticket whose status stands for long enough that people may be told."""

    id: uuid.UUID
    product_id: uuid.UUID
    theme_id: uuid.UUID
    status: TicketStatus
    status_since: datetime


async def draft_replies(database: Database) -> int:
    """Draft what is to be told, each ticket in a transaction of its own; returns how many answers
    were written down. Makes no call."""
    async with database.transaction() as connection:
        await note_stops(connection)
    drafts = 0
    for _ in range(TICKETS_AT_ONCE):
        async with database.transaction() as connection:
            ticket = await fetch_one(connection, NEXT_TICKET_TO_TELL, of=TicketToTell)
            if ticket is None:
                break
            drafts += await _draft(connection, ticket)
            await connection.execute(MARK_DRAFTED, [ticket.status_since, ticket.id])
    return drafts


async def _draft(connection: Connection, ticket: TicketToTell) -> int:
    rules = await reply_rules(connection, ticket.product_id)
    meaning = MEANING_OF[ticket.status]
    if meaning not in rules.drafted_meanings:
        return 0
    templates = await reply_templates(connection, ticket.product_id)
    now = datetime.now(UTC)
    drafts = 0
    places = await fetch_all(
        connection, SELECT_TOLD_BEFORE, {"theme": ticket.theme_id, "meaning": meaning}, of=_Place
    )
    for target in await thread_targets(connection, ticket.theme_id):
        if _Place(target.source_id, target.thread) in places or not can_reply(target, now).ok:
            continue
        replying = target.definition.replying
        alone = (
            meaning in rules.automatic_meanings
            and target.automatic
            and target.account_since is not None
            and target.account_since <= ticket.status_since
            and replying is not None
            and replying.automatic
        )
        added = await add_reply(
            connection,
            NewReply(
                product_id=ticket.product_id,
                theme_id=ticket.theme_id,
                source_id=target.source_id,
                thread=target.thread,
                comment_id=target.comment_id,
                meaning=meaning,
                text=template_for(templates, target.platform, meaning),
                author=SYSTEM,
                approved=alone,
                automatic=alone,
            ),
        )
        drafts += added is not None
    return drafts


STILL_TRUE = """
    select 1 from ticket k
    where k.theme_id = %s and k.superseded_at is null and k.state = 'created'
      and k.status = any(%s::text[]) limit 1
"""


async def still_true(
    connection: Connection, theme_id: uuid.UUID | None, meaning: ReplyMeaning
) -> bool:
    """Whether a ticket of the theme still has the status that an answer tells of; what no status
    tells is always true."""
    statuses = [status.value for status, told_of in MEANING_OF.items() if told_of is meaning]
    if not statuses or theme_id is None:
        return True
    return await fetch_value(connection, STILL_TRUE, [theme_id, statuses]) is not None
