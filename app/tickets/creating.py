"""Creates a theme's ticket once, whatever is cut off on the way.

The ledger says ``creating`` before the tracker is called, so a worker may die at any moment:

| the worker dies                 | the ledger says | the next run                                |
|---------------------------------|-----------------|---------------------------------------------|
| before it claims the ticket     | pending         | creates it                                  |
| between the claim and the call  | creating        | finds no marker, and creates it             |
| between the call and its record | creating        | finds the marker, and records where it is   |
"""

from __future__ import annotations

from app.storage.rows import fetch_value
from app.themes.faces import refresh_faces
from app.tickets.drafts import digest, load_draft
from app.tickets.due import DueTicket, postpone_ticket
from app.tickets.steps import PushRun, Step
from integrations.tracker_contract import TicketRef

CLAIM_CREATE = """
    update ticket
    set state = 'creating', title = %(title)s, title_gone = false,
        called_at = coalesce(%(now)s::timestamptz, now())
    where id = %(ticket)s and state = 'pending' returning id
"""
RELEASE_CREATE = """
    update ticket set state = 'pending', due_at = coalesce(%(now)s::timestamptz, now())
    where id = %(ticket)s and state = 'creating'
"""
# The ticket stays due: what was said while the call was out is found by comparing the hash once
# more.
RECORD_CREATED = """
    update ticket
    set state = 'created', remote_id = %(id)s, remote_key = %(key)s, url = %(url)s,
        content_hash = %(content_hash)s, remote_status = 'open',
        attempts = 0, reason = '', detail = '',
        pushed_at = coalesce(%(now)s::timestamptz, now()),
        due_at = coalesce(%(now)s::timestamptz, now())
    where id = %(ticket)s
"""

UNKNOWN_CONTENT = ""
"""The hash of a ticket that was found by its marker: the refresh that follows brings it up to
date."""


async def create_ticket(run: PushRun, ticket: DueTicket) -> Step:
    """Write down that the call goes out, create the ticket, and write down where it is."""
    # A ticket keeps the title that it is made with, so that has to be the best there is by then.
    await refresh_faces(run.database, only=ticket.theme_id)
    async with run.database.transaction() as connection:
        draft = await load_draft(connection, ticket.theme_id, ticket.marker, run.base_url)
        values = {"ticket": ticket.id, "title": draft.title, "now": run.clock()}
        if await fetch_value(connection, CLAIM_CREATE, values) is None:
            return Step.uncalled  # cancelled since it was read
    ref = await run.opened.tracker.create(draft)
    await record_created(run, ticket, ref, digest(draft))
    return Step.called


async def recover_ticket(run: PushRun, ticket: DueTicket) -> Step:
    """The create call was cut off: look for its marker before anything is sent again."""
    wait_seconds = run.lookup_seconds - (ticket.seconds_since_call or 0.0)
    if wait_seconds > 0:
        async with run.database.transaction() as connection:
            await postpone_ticket(connection, ticket.id, wait_seconds, run.clock())
        return Step.uncalled
    ref = await run.opened.tracker.find(ticket.marker)
    if ref is not None:
        await record_created(run, ticket, ref, UNKNOWN_CONTENT)
        return Step.called
    async with run.database.transaction() as connection:
        await connection.execute(RELEASE_CREATE, {"ticket": ticket.id, "now": run.clock()})
    return Step.called


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
