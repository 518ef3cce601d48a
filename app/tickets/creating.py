"""Creates a theme's ticket once, whatever is cut off on the way.

The ledger says ``creating`` before the tracker is called, so a worker may die at any moment:

| the worker dies                 | the ledger says | the next run                                |
|---------------------------------|-----------------|---------------------------------------------|
| before it claims the ticket     | pending         | creates it                                  |
| between the claim and the call  | creating        | finds no marker, and creates it             |
| between the call and its record | creating        | finds the marker, and records where it is   |

``create_unconfirmed_at`` is set with the claim, and outlives whatever happens to the ticket
meanwhile: being blocked, cancelled, retried, accepted again. It ends with the record of the ticket,
with a certain refusal of the create call itself, or with a look-up that is believed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.intake.own_words import remember_posted
from app.storage.rows import fetch_value
from app.themes.faces import refresh_faces
from app.tickets.audience import reach_of
from app.tickets.drafts import digest, load_draft
from app.tickets.due import DueTicket, postpone_ticket
from app.tickets.failures import record_stop
from app.tickets.filling import fill_ticket
from app.tickets.identity import require_same_account
from app.tickets.merging import refresh_followers
from app.tickets.steps import PushRun, Step
from integrations.tracker_contract import StatusCategory, TicketRef, TrackerError

CLAIM_CREATE = """
    update ticket
    set state = 'creating', title = %(title)s, title_gone = false,
        called_at = coalesce(%(now)s::timestamptz, now()),
        create_unconfirmed_at = coalesce(%(now)s::timestamptz, now()), create_note = %(note)s
    where id = %(ticket)s and state = 'pending' and create_unconfirmed_at is null returning id
"""
# The tracker refused the call, so nothing was made by it.
CONFIRM_REFUSED = """
    update ticket
    set create_unconfirmed_at = null, create_note = '',
        state = case when state = 'creating' then 'pending' else state end
    where id = %(ticket)s
"""
# Nothing was made by the call that was cut off, nor is the ticket where it once was. One whose
# matter is followed in another ticket by now is not made any more.
RELEASE_CREATE = """
    update ticket
    set state = case when superseded_at is null then 'pending' else 'cancelled' end,
        due_at = case when superseded_at is null then coalesce(%(now)s::timestamptz, now()) end,
        create_unconfirmed_at = null, create_note = '',
        remote_id = '', remote_key = '', url = '', linked_at = null, comment_id = ''
    where id = %(ticket)s and state = 'creating'
"""
RECORD_NOT_FOUND_YET = """
    update ticket
    set reason = 'create_unconfirmed', detail = %(detail)s,
        due_at = coalesce(%(now)s::timestamptz, now()) + make_interval(secs => %(seconds)s)
    where id = %(ticket)s
"""
# The ticket stays due: what was said while the call was out is found by comparing the hash once
# more.
RECORD_CREATED = """
    update ticket
    set state = 'created', remote_id = %(id)s, remote_key = %(key)s, url = %(url)s,
        content_hash = %(content_hash)s, remote_status = 'open',
        status = 'open', status_since = coalesce(%(now)s::timestamptz, now()),
        status_by = '', status_from = 'us', living_key = '', living_url = '', hint = '{}',
        drift = '', drift_detail = '', look_at = coalesce(%(now)s::timestamptz, now()),
        create_unconfirmed_at = null, create_note = '',
        attempts = 0, reason = '', detail = '',
        pushed_at = coalesce(%(now)s::timestamptz, now()),
        due_at = coalesce(%(now)s::timestamptz, now())
    where id = %(ticket)s
"""

NOT_FOUND_YET = (
    "The answer to its creation was lost, and it is not found in the tracker so far. It is looked "
    "for again before it is created a second time."
)
UNKNOWN_CONTENT = ""
"""The hash of a ticket that was found by its marker: the refresh that follows brings it up to
date."""


async def create_ticket(run: PushRun, ticket: DueTicket) -> Step:
    """Write down that the call goes out, create the ticket, and write down where it is."""
    # A ticket keeps the title that it is made with, so that has to be the best there is by then.
    await refresh_faces(run.database, only=ticket.theme_id)
    await require_same_account(run.database, run.opened)
    reach = await reach_of(run, ticket.id)
    if reach.withheld:
        await record_stop(run, ticket, reach.stop())
        return Step.uncalled
    note = await run.opened.tracker.note()
    async with run.database.transaction() as connection:
        draft = await load_draft(
            connection, ticket.theme_id, ticket.marker, run.base_url, shown=reach.shown
        )
        draft = replace(draft, earlier=ticket.earlier)
        whole = await fill_ticket(connection, draft, ticket.id, run.opened.id)
        values = {
            "ticket": ticket.id,
            "title": whole.title,
            "note": note,
            "now": run.clock(),
        }
        if await fetch_value(connection, CLAIM_CREATE, values) is None:
            return Step.uncalled  # cancelled since it was read
        if run.opened.type.posted_text is not None:
            await remember_posted(connection, ticket.id, run.opened.type.posted_text(whole))
    try:
        ref = await run.opened.tracker.create(whole)
    except TrackerError as error:
        if not error.ambiguous:
            async with run.database.transaction() as connection:
                await connection.execute(CONFIRM_REFUSED, {"ticket": ticket.id})
        raise
    await record_created(run, ticket, ref, digest(draft))
    return Step.called


async def recover_ticket(run: PushRun, ticket: DueTicket) -> Step:
    """The create call was cut off: look for its ticket before anything is sent again.

    An empty look-up is believed where the tracker knows us and shows us the place of its tickets,
    and only the last one of ``PushRun.lookup_seconds`` lets the ticket be created again.
    """
    seconds_since_call = ticket.seconds_since_call or 0.0
    if seconds_since_call < run.lookup_seconds[0]:
        wait_seconds = run.lookup_seconds[0] - seconds_since_call
        async with run.database.transaction() as connection:
            await postpone_ticket(connection, ticket.id, wait_seconds, run.clock())
        return Step.uncalled
    ref = await look_up(run, ticket)
    if ref is not None:
        await record_created(run, ticket, ref, UNKNOWN_CONTENT)
        return Step.called
    waits = [at - seconds_since_call for at in run.lookup_seconds if at > seconds_since_call]
    values: dict[str, Any] = {"ticket": ticket.id, "now": run.clock()}
    async with run.database.transaction() as connection:
        if waits:
            values |= {"seconds": min(waits), "detail": NOT_FOUND_YET}
            await connection.execute(RECORD_NOT_FOUND_YET, values)
        else:
            await connection.execute(RELEASE_CREATE, values)
    return Step.called


async def look_up(run: PushRun, ticket: DueTicket) -> TicketRef | None:
    """Where the ticket is: at its old place, or wherever its marker stands. Raises TrackerError
    where an empty answer cannot be believed."""
    tracker = run.opened.tracker
    if ticket.remote_id:
        remote = await tracker.get(ticket.ref)
        if remote.category not in (StatusCategory.gone, StatusCategory.hidden):
            return remote.ref
    ref = await tracker.find(ticket.marker, ticket.attempt)
    if ref is None:
        await tracker.whoami()
        await tracker.probe()
    return ref


async def record_created(
    run: PushRun, ticket: DueTicket, ref: TicketRef, content_hash: str
) -> None:
    """Write down where the ticket is and what it says."""
    values = {
        "ticket": ticket.id,
        "id": ref.id,
        "key": ref.key,
        "url": ref.url,
        "content_hash": content_hash,
        "now": run.clock(),
    }
    async with run.database.transaction() as connection:
        await connection.execute(RECORD_CREATED, values)
        await refresh_followers(connection, [ticket.id])
