"""Answers that wait for a person, and who was told what became of what they asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.models.states import ReplyMeaning, ReplyState
from app.queries.paging import Filters, Listing, Order, Page
from app.replies.targets import OF_MATTER, THREAD_KEY, can_reply, thread_targets
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.voices import VOICE

TELLS_THE_END = (ReplyMeaning.shipped, ReplyMeaning.declined)
"""Meanings after which nobody waits for news any more."""
ANSWERS_BACK_SHOWN = 20
PEOPLE_OF_LEDGER_MOST = 2_000


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """An answer as lists show it. ``people`` wrote of the theme in its thread; ``text`` has
    placeholders; a ``permalink`` is the evidence that it stands there."""

    id: UUID
    product_id: UUID
    theme_id: UUID | None
    theme_title: str
    source_id: UUID
    source_name: str
    platform: str
    thread_title: str
    comment_id: int | None
    comment_text: str
    comment_permalink: str
    meaning: ReplyMeaning
    text: str
    state: ReplyState
    reason: str
    detail: str
    automatic: bool
    author: str
    decided_by: str
    due_at: datetime | None
    posted_at: datetime | None
    permalink: str
    created_at: datetime


REPLY_LIST = Listing(
    of=ReplyRow,
    columns=sql.SQL(
        """
        p.id, p.product_id, p.theme_id, coalesce(t.title, '') as theme_title, p.source_id,
        s.name as source_name, s.platform, coalesce(cm.thread_title, '') as thread_title,
        p.comment_id, left(coalesce(cm.text, ''), 500) as comment_text,
        coalesce(cm.permalink, '') as comment_permalink, p.meaning, p.text, p.state, p.reason,
        p.detail, p.automatic, p.author, p.decided_by, p.due_at, p.posted_at, p.permalink,
        p.created_at
        """
    ),
    tables=sql.SQL(
        "from reply p join source s on s.id = p.source_id left join theme t on t.id = p.theme_id"
        " left join comment cm on cm.id = p.comment_id and cm.deleted_at is null"
    ),
)
NEWEST_REPLIES = Order("replies.newest", ("p.created_at", "p.id"), (datetime, UUID))
SELECT_REPLY_ROW = REPLY_LIST.select("where p.id = %s")
SELECT_REPLIES_NAMED = """
    select id from reply where starts_with(id::text, lower(%s)) order by id limit 2
"""
COUNT_DRAFTS = """
    select count(*) as count from reply
    where state = 'draft' and (%(product)s::uuid is null or product_id = %(product)s)
"""
SELECT_LEDGER_PEOPLE = sql.SQL(
    """
    select cm.source_id, {thread} as thread,
           (array_agg(coalesce(nullif(a.name, ''), a.handle, '') order by cm.created_at))[1]
             as name,
           min(cm.created_at) as heard_at, bool_or(a.no_replies_at is not null) as no_replies,
           (array_agg(cm.permalink order by cm.created_at))[1] as permalink,
           (array_agg(s.name))[1] as source_name, (array_agg(s.platform))[1] as platform,
           max(cm.thread_title) as title
    from comment cm join source s on s.id = cm.source_id left join author a on a.id = cm.author_id
    where cm.theme_id = %s and cm.deleted_at is null and not coalesce(a.is_bot, false)
    group by cm.source_id, {thread}, {voice}
    order by min(cm.created_at) limit %s
    """
).format(thread=THREAD_KEY, voice=VOICE)
SELECT_LEDGER_REPLIES = sql.SQL(
    """
    select p.id, p.source_id, p.thread, p.meaning, p.state, p.reason, p.detail, p.posted_at,
           p.permalink
    from reply p where {of_matter} order by p.created_at, p.id
    """
).format(of_matter=OF_MATTER.format(theme=sql.Placeholder("theme")))
# People of the community alone: what the team says in the thread is no answer to it.
SELECT_ANSWERS_BACK = sql.SQL(
    """
    select cm.id, left(cm.text, 500) as text, coalesce(nullif(a.name, ''), a.handle, '') as author,
           cm.permalink, cm.created_at
    from comment cm left join author a on a.id = cm.author_id
    where cm.deleted_at is null and not coalesce(a.is_bot, false)
      and not coalesce(a.is_staff, false)
      and exists (select from reply p where {of_matter} and p.state = 'posted'
                  and p.source_id = cm.source_id and p.thread = cm.thread_id
                  and cm.created_at > p.posted_at)
      and (cm.source_id, cm.thread_id) in (
        select p.source_id, p.thread from reply p where {of_matter} and p.state = 'posted')
    order by cm.created_at desc, cm.id desc limit %(most)s
    """
).format(of_matter=OF_MATTER.format(theme=sql.Placeholder("theme")))


@dataclass(frozen=True, slots=True)
class LedgerPerson:
    """Somebody who spoke of a theme in a thread: when they were heard, and when and where they were
    told."""

    source_id: UUID
    thread: str
    name: str
    heard_at: datetime
    no_replies: bool
    permalink: str
    source_name: str
    platform: str
    title: str
    told_at: datetime | None = None
    told_link: str = ""


@dataclass(frozen=True, slots=True)
class LedgerReply:
    """An answer that a thread has, or is to have."""

    id: UUID
    source_id: UUID
    thread: str
    meaning: ReplyMeaning
    state: ReplyState
    reason: str
    detail: str
    posted_at: datetime | None
    permalink: str


@dataclass(frozen=True, slots=True)
class LedgerThread:
    """A thread of a theme: its people, its answers, and whether it can be answered. ``comment_id``
    is the comment that would be; a blank ``reason`` says that it can."""

    source_name: str
    platform: str
    title: str
    permalink: str
    comment_id: int | None
    reason: str
    detail: str
    people: Sequence[LedgerPerson]
    replies: Sequence[LedgerReply]

    @property
    def told(self) -> bool:
        """Whether everybody here was told how it ended."""
        return all(person.told_at is not None for person in self.people)


@dataclass(frozen=True, slots=True)
class AnswerBack:
    """What somebody said in a thread after an answer of ours."""

    id: int
    text: str
    author: str
    permalink: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Count:
    count: int


@dataclass(frozen=True, slots=True)
class _Named:
    id: UUID


async def list_replies(
    connection: Connection,
    product_id: UUID | None = None,
    *,
    theme_id: UUID | None = None,
    source_id: UUID | None = None,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ReplyRow]:
    """Answers, the newest first. Raises Invalid (``cursor_invalid``, ``limit_invalid``)."""
    filters = Filters()
    filters.add_equal("p.product_id", product_id)
    filters.add_equal("p.theme_id", theme_id)
    filters.add_equal("p.source_id", source_id)
    filters.add_equal("p.state", state)
    return await REPLY_LIST.page(connection, NEWEST_REPLIES, filters, cursor, limit)


async def read_reply_row(connection: Connection, reply_id: UUID) -> ReplyRow:
    """One answer. Raises NotFound."""
    row = await fetch_one(connection, SELECT_REPLY_ROW, [reply_id], of=ReplyRow)
    if row is None:
        raise NotFound("There is no answer with this id.", reason="reply_not_found")
    return row


async def count_drafts(connection: Connection, product_id: UUID | None = None) -> int:
    """How many drafts wait for a person."""
    (row,) = await fetch_all(connection, COUNT_DRAFTS, {"product": product_id}, of=_Count)
    return row.count


async def replies_named(connection: Connection, name: str) -> list[UUID]:
    """Answers whose id begins like this, two at most."""
    rows = await fetch_all(connection, SELECT_REPLIES_NAMED, [name], of=_Named)
    return [row.id for row in rows]


async def reply_ledger(connection: Connection, theme_id: UUID) -> list[LedgerThread]:
    """Who was heard, and who was told: the threads of a theme, the earliest first."""
    values = [theme_id, PEOPLE_OF_LEDGER_MOST]
    people = await fetch_all(connection, SELECT_LEDGER_PEOPLE, values, of=LedgerPerson)
    replies = await fetch_all(
        connection, SELECT_LEDGER_REPLIES, {"theme": theme_id}, of=LedgerReply
    )
    targets = {
        (target.source_id, target.thread): target
        for target in await thread_targets(connection, theme_id)
    }
    now = datetime.now(UTC)
    threads: list[LedgerThread] = []
    for place in dict.fromkeys((person.source_id, person.thread) for person in people):
        here = [reply for reply in replies if (reply.source_id, reply.thread) == place]
        members = [
            _with_news(person, here)
            for person in people
            if (person.source_id, person.thread) == place
        ]
        target = targets.get(place)
        able = can_reply(target, now) if target is not None else None
        threads.append(
            LedgerThread(
                source_name=members[0].source_name,
                platform=members[0].platform,
                title=members[0].title,
                permalink=members[0].permalink,
                comment_id=target.comment_id if target else None,
                reason=able.reason if able else "comment_gone",
                detail=able.detail if able else "The comment is not there any more.",
                people=members,
                replies=here,
            )
        )
    return threads


async def answers_back(connection: Connection, theme_id: UUID) -> list[AnswerBack]:
    """What people said in the threads after we had answered, the newest first."""
    values = {"theme": theme_id, "most": ANSWERS_BACK_SHOWN}
    return await fetch_all(connection, SELECT_ANSWERS_BACK, values, of=AnswerBack)


def _with_news(person: LedgerPerson, replies: Sequence[LedgerReply]) -> LedgerPerson:
    """The person with the answer that told them how it ended: the first one after they spoke."""
    for reply in replies:
        if reply.meaning not in TELLS_THE_END or reply.posted_at is None:
            continue
        if reply.posted_at >= person.heard_at:
            return replace(person, told_at=reply.posted_at, told_link=reply.permalink)
    return person
