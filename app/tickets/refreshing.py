"""Brings a ticket up to date: its managed block with its theme, and its mark as a duplicate."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from app.intake.own_words import remember_posted
from app.themes.faces import refresh_faces
from app.tickets.announcing import announce
from app.tickets.audience import reach_of
from app.tickets.drafts import digest, load_draft
from app.tickets.due import DueTicket
from app.tickets.failures import record_stop
from app.tickets.identity import require_same_account
from app.tickets.steps import PushRun, Step
from app.tickets.superseded import mark_superseded, superseded_draft, unmark_superseded
from integrations.tracker_contract import Draft
from integrations.tracker_writes import Overwritten

# A later due time than the one that was read was set while the call was out, by what people said
# or decided meanwhile: it stands.
RECORD_REFRESHED = """
    update ticket
    set remote_key = %(key)s, url = %(url)s, content_hash = %(content_hash)s,
        title = case when %(renamed)s then %(title)s else title end,
        title_gone = title_gone and not %(renamed)s,
        attempts = 0, reason = '', detail = '', writing = '',
        pushed_at = coalesce(%(now)s::timestamptz, now()),
        due_at = case when due_at > %(due_at)s then due_at end
    where id = %(ticket)s and remote_id = %(remote)s and state <> 'unlinked'
"""
TELL_ONCE = """
    insert into activity (product_id, theme_id, verb, actor, detail)
    select k.product_id, k.theme_id, %(verb)s, 'system', %(detail)s::jsonb
    from ticket k where k.id = %(ticket)s and not exists (
        select 1 from activity a
        where a.theme_id = k.theme_id and a.verb = %(verb)s and a.detail = %(detail)s::jsonb
    )
"""
RECORD_COMMENT_ID = "update ticket set comment_id = %s where id = %s and remote_id = %s"
RECORD_WRITING = "update ticket set writing = %s where id = %s"


@dataclass(frozen=True, slots=True)
class LedgerJournal:
    """Keeps with the ticket's row what a write to the tracker began from."""

    run: PushRun
    ticket: DueTicket

    @property
    def note(self) -> str:
        """What a write began from that nobody looked at afterwards; blank where there is none."""
        return self.ticket.writing

    async def begin(self, note: str) -> None:
        """Write it down before the tracker is called."""
        async with self.run.database.transaction() as connection:
            await connection.execute(RECORD_WRITING, [note, self.ticket.id])

    async def tell(self, edit: Overwritten) -> None:
        """Say on the theme's page whose words were overwritten; once, however often they are
        found."""
        detail = {
            "ticket": self.ticket.remote_key,
            "editor": edit.editor,
            "sentence": edit.sentence,
        }
        values = {
            "ticket": self.ticket.id,
            "verb": "ticket_edit_restored",
            "detail": json.dumps(detail),
        }
        async with self.run.database.transaction() as connection:
            await connection.execute(TELL_ONCE, values)


async def refresh_ticket(run: PushRun, ticket: DueTicket) -> Step:
    """Update the ticket in the tracker where it does not say what its theme says now."""
    if ticket.is_linked and not ticket.comment_id:
        reach = await reach_of(run, ticket.id)
        if reach.withheld:
            await record_stop(run, ticket, reach.stop())
            return Step.uncalled
    draft = await _draft(run, ticket)
    former_title = draft.former_title or ticket.former_title
    draft = replace(draft, former_title=former_title, earlier=ticket.earlier)
    content_hash = digest(draft)
    ref, called = ticket.ref, False
    if content_hash != ticket.content_hash or ticket.writing:
        if not run.opened.account_confirmed:
            await require_same_account(run.database, run.opened)
        if run.opened.type.posted_text is not None:
            async with run.database.transaction() as connection:
                await remember_posted(connection, ticket.id, run.opened.type.posted_text(draft))
        if ticket.is_linked:
            await keep_own_comment(run, ticket, draft)
        else:
            ref = await run.opened.tracker.update(ref, draft, LedgerJournal(run, ticket))
        called = True
    if ticket.superseded_at is None:
        called = await announce(run, ticket, draft) or called
    mark = unmark_superseded if ticket.superseded_at is None else mark_superseded
    called = await mark(run, ticket) or called
    values = {
        "ticket": ticket.id,
        "remote": ticket.remote_id,
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
    return Step.called if called else Step.uncalled


async def keep_own_comment(run: PushRun, ticket: DueTicket, draft: Draft) -> None:
    """Bring our comment in a ticket of people's own up to date, and remember which one it is."""
    comment_id = await run.opened.tracker.keep_comment(ticket.ref, draft, ticket.comment_id)
    if comment_id != ticket.comment_id:
        async with run.database.transaction() as connection:
            values = [comment_id, ticket.id, ticket.remote_id]
            await connection.execute(RECORD_COMMENT_ID, values)


async def _draft(run: PushRun, ticket: DueTicket) -> Draft:
    # A title whose words were taken back is replaced by the best there is now.
    await refresh_faces(run.database, only=ticket.theme_id)
    if ticket.superseded_at is not None:
        return await superseded_draft(run, ticket)
    reach = await reach_of(run, ticket.id)
    async with run.database.transaction() as connection:
        return await load_draft(
            connection,
            ticket.theme_id,
            ticket.marker,
            run.base_url,
            shown=reach.shown,
            standing_title=ticket.title,
        )
