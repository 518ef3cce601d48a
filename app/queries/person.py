"""One person: their accounts, what they spoke of and what became of it, and whom they helped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.models.states import ThemeStatus, TicketStatus
from app.queries.account_links import AccountLinkRow, links_of
from app.queries.accounts import ACCOUNTS_OF_PERSON, AccountRow, accounts_of
from app.queries.helping import Help, help_of
from app.queries.replies import TELLS_THE_END
from app.replies.targets import THREAD_KEY
from app.storage.db import Connection
from app.storage.rows import fetch_all

MATTERS_SHOWN = 50
NOTES_SHOWN = 100

# Somebody was told how it ended by the first such answer in a thread of theirs, after they spoke.
SELECT_MATTERS_OF_PERSON = sql.SQL(
    """
    with said as (
      select cm.theme_id, cm.source_id, {thread} as thread, min(cm.created_at) as heard_at,
             max(cm.created_at) as last_at, count(*) as comments
      from comment cm
      where cm.author_id in {accounts} and cm.theme_id is not null and cm.deleted_at is null
      group by 1, 2, 3
    ), spoken as (
      select theme_id, min(heard_at) as heard_at, max(last_at) as last_at,
             sum(comments)::bigint as comments
      from said group by 1 order by max(last_at) desc limit %(matters)s
    )
    select s.theme_id, t.title, t.kind, t.status, s.comments, s.heard_at, s.last_at,
           coalesce(k.remote_key, '') as ticket_key, coalesce(k.url, '') as ticket_url,
           k.status as ticket_status, k.created_at as ticketed_at,
           case when k.status = 'done' then k.status_since end as shipped_at,
           told.posted_at as told_at, coalesce(told.permalink, '') as told_link,
           coalesce(told.meaning, '') as told_meaning
    from spoken s join theme t on t.id = s.theme_id
    left join lateral (
      select * from ticket k where k.theme_id = t.id and k.superseded_at is null
        and k.state = 'created' order by k.created_at limit 1
    ) k on true
    left join lateral (
      select p.posted_at, p.permalink, p.meaning from reply p
      join said d on d.theme_id = t.id and d.source_id = p.source_id and d.thread = p.thread
      where p.state = 'posted' and p.meaning = any(%(ends)s) and p.posted_at >= d.heard_at
        and p.theme_id in (select m.id from theme m where m.id = t.id or m.merged_into = t.id)
      order by p.posted_at limit 1
    ) told on true
    order by s.last_at desc, s.theme_id
    """
).format(accounts=ACCOUNTS_OF_PERSON, thread=THREAD_KEY)
SELECT_NOTES = sql.SQL(
    """
    select n.id, n.text, n.written_by, n.created_at from person_note n
    where n.author_id in {accounts} order by n.created_at desc, n.id desc limit %(notes)s
    """
).format(accounts=ACCOUNTS_OF_PERSON)


@dataclass(frozen=True, slots=True)
class MatterOfPerson:
    """A theme that somebody spoke of: when they were heard, and when it became a ticket, was
    shipped, and they were told, with the answer's address."""

    theme_id: UUID
    title: str
    kind: str
    status: ThemeStatus
    comments: int
    heard_at: datetime
    last_at: datetime
    ticket_key: str
    ticket_url: str
    ticket_status: TicketStatus | None
    ticketed_at: datetime | None
    shipped_at: datetime | None
    told_at: datetime | None
    told_link: str
    told_meaning: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """What the team noted about somebody."""

    id: int
    text: str
    written_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PersonDetail:
    """Whoever is behind ``accounts``. ``id`` is the lowest of their numbers."""

    id: int
    product_id: UUID
    name: str
    accounts: list[AccountRow]
    links: list[AccountLinkRow]
    matters: list[MatterOfPerson]
    notes: list[NoteRow]
    helping: Help

    @property
    def comments(self) -> int:
        """How many comments of theirs stand."""
        return sum(account.comments for account in self.accounts)

    @property
    def no_replies(self) -> bool:
        """Whether they want no answers of ours."""
        return any(account.no_replies_at for account in self.accounts)

    @property
    def heaviest(self) -> AccountRow | None:
        """The account that says what the person weighs; None where none was named."""
        weighed = [account for account in self.accounts if account.weight is not None]
        return max(weighed, key=lambda account: account.weight or 0.0, default=None)


async def read_person(connection: Connection, person_id: int, now: datetime) -> PersonDetail:
    """Whoever is behind an account, with the evidence of all that is said of them. Raises
    NotFound."""
    accounts = await accounts_of(connection, person_id)
    values = {
        "person_id": person_id,
        "ends": list(TELLS_THE_END),
        "matters": MATTERS_SHOWN,
        "notes": NOTES_SHOWN,
    }
    most_spoken = max(accounts, key=lambda account: account.comments)
    return PersonDetail(
        id=accounts[0].id,
        product_id=accounts[0].product_id,
        name=most_spoken.name or most_spoken.handle,
        accounts=accounts,
        links=await links_of(connection, person_id),
        matters=await fetch_all(connection, SELECT_MATTERS_OF_PERSON, values, of=MatterOfPerson),
        notes=await fetch_all(connection, SELECT_NOTES, values, of=NoteRow),
        helping=await help_of(connection, person_id, now),
    )
