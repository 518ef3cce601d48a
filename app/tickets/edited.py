"""Tells where somebody edited our block in a ticket: what stands there is held against what we
wrote last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from app.storage.rows import fetch_one
from app.tickets.audience import reach_of
from app.tickets.drafts import digest, load_draft
from app.tickets.due import earlier_of
from app.tickets.looking import FollowedTicket
from app.tickets.steps import PushRun
from integrations.tracker_contract import TrackerError

EDITED_REASON = "edited_block"
EDITED_SENTENCE = (
    "Somebody edited what Feedback Relay wrote into this ticket. Repair writes it again; what "
    "people write around it stays."
)

# A ticket that is to be written anyway, was never written or is people's own has no block to hold
# against anything.
SELECT_WRITTEN = """
    select theme_id, marker, content_hash, title, former from ticket
    where id = %s and state = 'created' and due_at is null and superseded_at is null
      and linked_at is null and content_hash <> '' and remote_id = %s
"""
RECORD_EDITED = """
    update ticket set drift = %(reason)s, drift_detail = %(detail)s
    where id = %(ticket)s and due_at is null and state = 'created'
"""


@dataclass(frozen=True, slots=True)
class _Written:
    theme_id: UUID
    marker: str
    content_hash: str
    title: str
    former: list[dict[str, str]]


async def note_edited_block(run: PushRun, ticket: FollowedTicket) -> bool:
    """Say that the ticket differs where its block was edited; whether the tracker was called.
    Raises TrackerError."""
    async with run.database.transaction() as connection:
        row = await fetch_one(
            connection, SELECT_WRITTEN, [ticket.id, ticket.remote_id], of=_Written
        )
    if row is None:
        return False
    reach = await reach_of(run, ticket.id)
    async with run.database.transaction() as connection:
        draft = await load_draft(
            connection,
            row.theme_id,
            row.marker,
            run.base_url,
            shown=reach.shown,
            standing_title=row.title,
        )
    draft = replace(draft, earlier=earlier_of(row.former))
    if digest(draft) != row.content_hash:
        return False  # what we would write by now is another text, so nothing can be told
    try:
        if await run.opened.tracker.holds(ticket.ref, draft):
            return True
    except TrackerError as error:
        if error.reason != "body_full":
            raise
    values = {"ticket": ticket.id, "reason": EDITED_REASON, "detail": EDITED_SENTENCE}
    async with run.database.transaction() as connection:
        await connection.execute(RECORD_EDITED, values)
    return True
