"""What is done in a tracker when people speak again of what was shipped, by the tracker's rule:
nothing, a comment, the ticket is opened again, or a new one is made that names it. Once for every
time it was shipped."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import structlog
from psycopg import sql

from app.models.states import Recurrence, Visibility
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.activity import SYSTEM, record
from app.themes.voices import VOICE
from app.tickets.audience import reach_of
from app.tickets.due import SHIPPED_BEFORE
from app.tickets.failures import TRACKER_WIDE
from app.tickets.linking import begin_anew, lock_linkable
from app.tickets.looking import FollowedTicket, record_state
from app.tickets.steps import PushRun
from integrations.tracker_contract import TrackerError

log = structlog.get_logger(__name__)

RECURRENCES_MOST = 50

SELECT_RECURRENCES = """
    select k.id, k.product_id, k.theme_id, k.state, k.remote_id, k.remote_key, k.url,
           k.remote_status, k.status, k.status_since, now() as look_at, k.hint, k.reason,
           t.name as tracker_name, t.status_map, t.account_login, t.recurrence
    from ticket k join tracker t on t.id = k.tracker_id join theme h on h.id = k.theme_id
    where k.tracker_id = %(tracker)s and k.status = 'done' and k.state = 'created'
      and k.superseded_at is null and t.recurrence <> 'nothing'
      and k.recurred_since is distinct from k.status_since
      and h.last_seen > k.status_since
      and exists (select from comment cm where cm.theme_id = k.theme_id and cm.deleted_at is null
                  and cm.created_at > k.status_since)
    order by k.status_since, k.id limit %(most)s
"""
# Those whose words were written where no fewer people read than in the tracker.
COUNT_PEOPLE_SINCE = sql.SQL(
    """
    select count(distinct {voice}) from comment cm left join author a on a.id = cm.author_id
    where cm.theme_id = %(theme)s and cm.deleted_at is null and cm.created_at > %(since)s
      and cm.visibility = any(%(shown)s)
    """
).format(voice=VOICE)
CLAIM_RECURRENCE = """
    update ticket set recurred_since = status_since
    where id = %(ticket)s and status = 'done' and status_since = %(since)s
      and recurred_since is distinct from status_since
    returning id
"""
RECORD_RECURRENCE_FAILED = """
    update ticket set drift = %(reason)s, drift_detail = %(detail)s where id = %(ticket)s
"""


@dataclass(frozen=True, slots=True)
class RecurringTicket(FollowedTicket):
    """A ticket that is done, and of whose theme people spoke since."""

    recurrence: Recurrence


async def answer_recurrences(run: PushRun) -> None:
    """Do what the rule says about every matter that was spoken of again. Raises TrackerError where
    it holds for the whole tracker."""
    values = {"tracker": run.opened.id, "most": RECURRENCES_MOST}
    async with run.database.transaction() as connection:
        tickets = await fetch_all(connection, SELECT_RECURRENCES, values, of=RecurringTicket)
    for ticket in tickets:
        try:
            people = await _people_since(run, ticket)
            if not people:
                continue
            if ticket.recurrence is Recurrence.reopen:
                await _reopen(run, ticket)
            elif ticket.recurrence is Recurrence.new_ticket:
                await _begin_new(run, ticket, people)
            else:
                await _comment(run, ticket, people)
        except TrackerError as error:
            if error.reason in TRACKER_WIDE:
                raise
            await _give_up(run, ticket, error)


async def _people_since(run: PushRun, ticket: RecurringTicket) -> int:
    """How many people spoke of it since, as far as the tracker's readers may know."""
    reach = await reach_of(run, ticket.id)
    values = {
        "theme": ticket.theme_id,
        "since": ticket.status_since,
        "shown": [word for word in Visibility if word.fits(reach.shown)],
    }
    async with run.database.transaction() as connection:
        return int(await fetch_value(connection, COUNT_PEOPLE_SINCE, values))


async def _reopen(run: PushRun, ticket: RecurringTicket) -> None:
    """Opening an open ticket changes nothing, so it may be tried again after any failure; it is
    written down as ours with the status that the tracker answers."""
    remote = await run.opened.tracker.reopen(ticket.ref)
    async with run.database.transaction() as connection:
        if await _claim(connection, ticket):
            await record_state(connection, ticket, remote, None, by_us=True)


async def _comment(run: PushRun, ticket: RecurringTicket, people: int) -> None:
    """Written down before the call: a comment that is lost is better than one that comes twice."""
    async with run.database.transaction() as connection:
        if not await _claim(connection, ticket):
            return
    await run.opened.tracker.comment(
        ticket.ref, comment_text(run.base_url, ticket.theme_id, people)
    )
    async with run.database.transaction() as connection:
        detail = {
            "ticket": ticket.remote_key,
            "sentence": f"{_counted(people)} spoke of it again since it was shipped.",
        }
        await record(
            connection,
            ticket.product_id,
            ticket.theme_id,
            "recurrence_commented",
            actor=SYSTEM,
            detail=detail,
        )


async def _begin_new(run: PushRun, ticket: RecurringTicket, people: int) -> None:
    """The theme's row lets go of the ticket that was shipped, and another one is made in its place;
    nothing is called here, so it happens as a whole or not at all."""
    async with run.database.transaction() as connection:
        if not await _claim(connection, ticket):
            return
        row = await lock_linkable(connection, ticket.theme_id, run.opened.id)
        if row is None or row.id != ticket.id:
            return
        await begin_anew(connection, row, why=SHIPPED_BEFORE)
        sentence = f"{_counted(people)} spoke of it again since it was shipped: a new one is made."
        await record(
            connection,
            ticket.product_id,
            ticket.theme_id,
            "recurrence_new_ticket",
            actor=SYSTEM,
            detail={"ticket": ticket.remote_key, "sentence": sentence},
        )


def comment_text(base_url: str, theme_id: uuid.UUID, people: int) -> str:
    """What we say in the ticket: numbers and our own address, no word of anybody else."""
    return (
        f"{_counted(people)} spoke of this again since it was closed. "
        f"What they said: {base_url}/themes/{theme_id}"
    )


async def _claim(connection: Connection, ticket: RecurringTicket) -> bool:
    values = {"ticket": ticket.id, "since": ticket.status_since}
    return await fetch_value(connection, CLAIM_RECURRENCE, values) is not None


async def _give_up(run: PushRun, ticket: RecurringTicket, error: TrackerError) -> None:
    """Say why it did not work, and leave it to people."""
    log.warning("recurrence_failed", reason=error.reason)
    values = {"ticket": ticket.id, "reason": error.reason, "detail": error.detail}
    async with run.database.transaction() as connection:
        await _claim(connection, ticket)
        await connection.execute(RECORD_RECURRENCE_FAILED, values)


def _counted(people: int) -> str:
    return "1 person" if people == 1 else f"{people:,} people"
