"""A ticket whose matter is followed in another one: what it says, and how it is marked in its
tracker, until the merge is undone.

What is to be done is written down before the tracker is called, so that nothing is done twice and
undo knows what is ours, wherever a worker dies:

| the worker dies                  | the mark says | the next run                              |
|----------------------------------|---------------|-------------------------------------------|
| before it looked at the ticket   | nothing       | looks, and writes down what is to be done |
| before or after link and closing | planned       | does what is not done yet                 |
| after they are recorded          | done          | has nothing to do                         |
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from app.models.states import TicketState
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.activity import SYSTEM, record
from app.tickets.audience import audience_of
from app.tickets.due import DueTicket
from app.tickets.identity import require_same_account
from app.tickets.last_words import LastWords, last_draft
from app.tickets.steps import PushRun
from integrations.tracker_contract import Draft, TicketRef
from integrations.tracker_writes import DuplicateMark, Followed

# The ticket that superseded this one, the one that superseded that, and so on: the last one lives.
SELECT_HEIRS = """
    with recursive heirs(id, step) as (
        select superseded_by, 1 from ticket where id = %s and superseded_by is not null
        union
        select k.superseded_by, h.step + 1 from ticket k join heirs h on k.id = h.id
        where k.superseded_by is not null and h.step < 1000
    )
    select k.tracker_id, k.theme_id, k.state, k.remote_id, k.remote_key, k.url,
           case when k.title = '' then t.title else k.title end as title,
           t.visibility in ('members', 'private') as is_private
    from heirs h join ticket k on k.id = h.id join theme t on t.id = k.theme_id
    order by h.step
"""
SELECT_THEME_MERGED_INTO = """
    with recursive lives(id, heir) as (
        select id, merged_into from theme where id = %s
        union
        select t.id, t.merged_into from theme t join lives l on t.id = l.heir
    )
    select id from lives where heir is null
"""
SAVE_MARK = "update ticket set duplicate_mark = %s where id = %s"
SELECT_TICKET_PLACE = "select product_id from ticket where id = %s"
MARK_PLANNED, MARK_DONE = "planned", "done"


@dataclass(frozen=True, slots=True)
class Heir:
    """A ticket in which the matter of a superseded one is followed. The remote fields are empty
    until it was created. ``is_private``: not everybody may read all that its theme says."""

    tracker_id: uuid.UUID
    theme_id: uuid.UUID
    state: TicketState
    remote_id: str
    remote_key: str
    url: str
    title: str
    is_private: bool

    @property
    def ref(self) -> TicketRef:
        """Where it is in its tracker."""
        return TicketRef(self.remote_id, self.remote_key, self.url)

    @property
    def is_seen(self) -> bool:
        """Whether people can open it."""
        return self.state is TicketState.created and bool(self.url)


async def superseded_draft(run: PushRun, ticket: DueTicket) -> Draft:
    """What a superseded ticket says: its last words, and where the matter is followed. Of what is
    more private than the tracker by now nothing is in it. Raises TrackerError."""
    assert ticket.superseded_at is not None
    words = LastWords.model_validate(ticket.last_words)
    shown = words.let_in
    if not words.shown.fits(shown):
        audience = await audience_of(run)
        shown = audience if audience.fits(words.shown) else words.shown
        shown = shown if words.let_in.fits(shown) else words.let_in
    async with run.database.transaction() as connection:
        heirs = await _heirs(connection, ticket.id)
        followed = await _followed(connection, run, ticket, ticket.superseded_at, heirs)
        return await last_draft(connection, words, ticket, followed, shown)


async def mark_superseded(run: PushRun, ticket: DueTicket) -> bool:
    """Link and close the ticket as a duplicate, once its heir is there; whether the tracker was
    called."""
    stored = dict(ticket.duplicate_mark)
    # A ticket of people's own is not closed by us: our comment says where the matter is followed.
    if stored.get("is") == MARK_DONE or ticket.is_linked:
        return False
    if stored:
        planned = _mark(stored)
    else:
        async with run.database.transaction() as connection:
            heirs = await _heirs(connection, ticket.id)
        seen = [heir for heir in heirs if heir.is_seen]
        if not seen:
            return False  # it is due again when its heir is created
        other = seen[0].ref if seen[0].tracker_id == run.opened.id else None
        planned = await run.opened.tracker.plan_duplicate(ticket.ref, other)
        await _save(run, ticket, {"is": MARK_PLANNED, **asdict(planned)})
    await _be_who_we_were(run)
    marked = await run.opened.tracker.mark_duplicate(ticket.ref, planned)
    await _save(run, ticket, {"is": MARK_DONE, **asdict(marked)})
    if marked.note:
        await _say(run, ticket, "duplicate_not_marked", marked.note)
    return True


async def unmark_superseded(run: PushRun, ticket: DueTicket) -> bool:
    """Take back what was done to a ticket that lives again; whether the tracker was called."""
    if not ticket.duplicate_mark:
        return False
    await _be_who_we_were(run)
    left = await run.opened.tracker.unmark_duplicate(ticket.ref, _mark(ticket.duplicate_mark))
    await _save(run, ticket, {})
    if left:
        await _say(run, ticket, "duplicate_left", left)
    return True


async def _be_who_we_were(run: PushRun) -> None:
    """Raises TrackerError where the credentials are another account's by now."""
    if not run.opened.account_confirmed:
        await require_same_account(run.database, run.opened)


async def _heirs(connection: Connection, ticket_id: uuid.UUID) -> list[Heir]:
    return await fetch_all(connection, SELECT_HEIRS, [ticket_id], of=Heir)


async def _followed(
    connection: Connection,
    run: PushRun,
    ticket: DueTicket,
    since: datetime,
    heirs: list[Heir],
) -> Followed:
    theme_id = heirs[-1].theme_id if heirs else ticket.theme_id
    lives_in = await fetch_value(connection, SELECT_THEME_MERGED_INTO, [theme_id])
    theme_url = f"{run.base_url}/themes/{lives_in or theme_id}"
    if not heirs or not heirs[-1].is_seen:
        return Followed(since, "", "", "", theme_url)
    living = heirs[-1]
    is_here = living.tracker_id == run.opened.id
    # What the readers of another tracker may read is not for those of this one.
    title = living.title if is_here or not living.is_private else ""
    return Followed(since, title, living.url, living.remote_key if is_here else "", theme_url)


def _mark(stored: object) -> DuplicateMark:
    values = dict(stored) if isinstance(stored, dict) else {}
    values.pop("is", None)
    return DuplicateMark(**values)


async def _save(run: PushRun, ticket: DueTicket, mark: dict[str, object]) -> None:
    async with run.database.transaction() as connection:
        await connection.execute(SAVE_MARK, [json.dumps(mark), ticket.id])


async def _say(run: PushRun, ticket: DueTicket, verb: str, sentence: str) -> None:
    """Tell it on the theme's page."""
    async with run.database.transaction() as connection:
        product_id = await fetch_value(connection, SELECT_TICKET_PLACE, [ticket.id])
        if product_id is not None:
            detail = {"ticket": ticket.remote_key, "sentence": sentence}
            await record(connection, product_id, ticket.theme_id, verb, actor=SYSTEM, detail=detail)
