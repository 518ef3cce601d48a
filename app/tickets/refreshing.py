"""Brings the managed block of a ticket up to date with its theme."""

from __future__ import annotations

from dataclasses import replace

from app.intake.own_words import remember_posted
from app.themes.faces import refresh_faces
from app.tickets.audience import reach_of
from app.tickets.drafts import digest, load_draft
from app.tickets.due import DueTicket
from app.tickets.identity import require_same_account
from app.tickets.steps import PushRun, Step

# A later due time than the one that was read was set while the call was out, by what people said
# or decided meanwhile: it stands.
RECORD_REFRESHED = """
    update ticket
    set remote_key = %(key)s, url = %(url)s, content_hash = %(content_hash)s,
        title = case when %(renamed)s then %(title)s else title end,
        title_gone = title_gone and not %(renamed)s,
        attempts = 0, reason = '', detail = '',
        pushed_at = coalesce(%(now)s::timestamptz, now()),
        due_at = case when due_at > %(due_at)s then due_at end
    where id = %(ticket)s
"""


async def refresh_ticket(run: PushRun, ticket: DueTicket) -> Step:
    """Update the ticket in the tracker where it does not say what its theme says now."""
    # A title whose words were taken back is replaced by the best there is now.
    await refresh_faces(run.database, only=ticket.theme_id)
    reach = await reach_of(run, ticket)
    async with run.database.transaction() as connection:
        draft = await load_draft(
            connection, ticket.theme_id, ticket.marker, run.base_url, shown=reach.shown
        )
    draft = replace(draft, former_title=ticket.former_title)
    content_hash = digest(draft)
    ref, step = ticket.ref, Step.uncalled
    if content_hash != ticket.content_hash:
        if not run.opened.account_confirmed:
            await require_same_account(run.database, run.opened)
        if run.opened.type.posted_text is not None:
            async with run.database.transaction() as connection:
                await remember_posted(connection, ticket.id, run.opened.type.posted_text(draft))
        ref, step = await run.opened.tracker.update(ref, draft), Step.called
    values = {
        "ticket": ticket.id,
        "key": ref.key,
        "url": ref.url,
        "content_hash": content_hash,
        "title": draft.title,
        "renamed": bool(draft.former_title),
        "due_at": ticket.due_at,
        "now": run.clock(),
    }
    async with run.database.transaction() as connection:
        await connection.execute(RECORD_REFRESHED, values)
    return step
