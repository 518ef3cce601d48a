"""The ledger's side of tickets that people opened: a row that leads to one, one that is let go of,
and one that begins anew.

A linked ticket is people's own: we write a comment into it and nothing else. A ticket that is let
go of keeps its row as a tombstone, so that none is made in its place by itself; what a row led to
before stays in ``former``.

Nothing is called here; the tracker was asked before, by ``app/tickets/lookalikes.py``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.errors import Conflict, NotFound
from app.models.states import ThemeStatus, TicketState
from app.setup.status_words import one_line
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value
from app.tickets.ledger import FOLLOW_TASK, wake_at_once, wake_push
from app.tickets.looking import KEY_MOST_CHARACTERS, URL_MOST_CHARACTERS
from app.tickets.meaning import meaning
from app.tickets.merging import refresh_followers
from integrations.ticket_status import RemoteState

NOT_RETRIED_REASONS = ("ticket_hidden", "ticket_moved")
"""Why a ticket is blocked that was there once."""

SELECT_TICKET_PLACE_FOR_LINK = "select theme_id, tracker_id from ticket where id = %s"
LOCK_LINKABLE = """
    select k.id, k.theme_id, k.tracker_id, k.state, k.remote_id, k.remote_key, k.url, k.reason,
           k.marker, k.title, k.linked_at, k.comment_id, k.former,
           k.state = 'creating' or k.create_unconfirmed_at is not null as in_doubt,
           t.status as theme_status
    from ticket k join theme t on t.id = k.theme_id
    where k.theme_id = %(theme)s and k.tracker_id = %(tracker)s and k.superseded_at is null
    for update of k
"""
SELECT_OTHER_THEME = """
    select t.title, t.id from ticket k join theme t on t.id = k.theme_id
    where k.tracker_id = %(tracker)s and k.remote_id = %(remote)s and k.theme_id <> %(theme)s
      and k.superseded_at is null and k.state in ('created', 'blocked')
    order by k.created_at limit 1
"""
SELECT_STATUS_MAP = "select status_map from tracker where id = %s"
# A row that waits for its create call, or was cancelled, leads to the ticket from now on.
INSERT_LINK = """
    insert into ticket (id, product_id, theme_id, tracker_id, marker)
    select gen_random_uuid(), t.product_id, t.id, %(tracker)s,
           'relay-' || replace(gen_random_uuid()::text, '-', '')
    from theme t where t.id = %(theme)s returning id
"""
LINK_TICKET = """
    update ticket
    set state = 'created', linked_at = now(), comment_id = '', title = '', title_gone = false,
        marker = 'relay-' || replace(gen_random_uuid()::text, '-', ''),
        former = case when remote_id = '' or remote_id = %(id)s then former
                      else former || jsonb_build_array(jsonb_build_object(
                        'id', remote_id, 'key', remote_key, 'url', url, 'until', now())) end,
        remote_id = %(id)s, remote_key = %(key)s, url = %(url)s, remote_status = %(remote_status)s,
        status = %(status)s, status_since = coalesce(%(since)s::timestamptz, now()),
        drafted_since = coalesce(%(since)s::timestamptz, now()),
        status_by = '', status_from = '', living_key = '', living_url = '', hint = '{}',
        drift = '', drift_detail = '', recurred_since = null, told_at = null, announced = null,
        content_hash = '', writing = '', create_note = '', attempts = 0, reason = '', detail = '',
        look_at = now(), due_at = now() + make_interval(secs => %(wait)s)
    where id = %(ticket)s returning due_at
"""
LET_GO = """
    update ticket
    set state = 'unlinked', due_at = null, look_at = null, hint = '{}', reason = '', detail = '',
        drift = '', drift_detail = '', writing = ''
    where id = %s
"""
# Another marker than before: the ticket that is let go of still carries that one.
BEGIN_ANEW = """
    update ticket
    set state = 'pending', linked_at = null, comment_id = '', title = '', title_gone = false,
        marker = 'relay-' || replace(gen_random_uuid()::text, '-', ''),
        former = former || jsonb_build_array(jsonb_build_object(
          'id', remote_id, 'key', remote_key, 'url', url, 'until', now(), 'why', %(why)s::text)),
        remote_id = '', remote_key = '', url = '', remote_status = '', status = '',
        status_since = null, status_by = '', status_from = '', living_key = '', living_url = '',
        look_at = null, hint = '{}', drift = '', drift_detail = '', recurred_since = null,
        told_at = null, announced = null, content_hash = '', writing = '',
        attempts = 0, reason = '', detail = '', due_at = now() + make_interval(secs => %(wait)s)
    where id = %(ticket)s returning due_at
"""
# What undo brings back is looked at and written anew.
RESTORE_TICKET = """
    update ticket
    set state = %(state)s, linked_at = %(linked_at)s, comment_id = %(comment_id)s,
        title = %(title)s, marker = %(marker)s, remote_id = %(remote_id)s,
        remote_key = %(remote_key)s, url = %(url)s, former = %(former)s::jsonb,
        reason = '', detail = '', content_hash = '', writing = '', announced = null,
        due_at = case when %(state)s = 'created' then now() end,
        look_at = case when %(state)s = 'created' then now() end
    where id = %(ticket)s and create_unconfirmed_at is null
"""


@dataclass(frozen=True, slots=True)
class LinkableTicket:
    """A row of the ledger that nobody else changes meanwhile. ``in_doubt``: a create call of it is
    or may be out; ``former``: what it led to before."""

    id: uuid.UUID
    theme_id: uuid.UUID
    tracker_id: uuid.UUID
    state: TicketState
    remote_id: str
    remote_key: str
    url: str
    reason: str
    marker: str
    title: str
    linked_at: datetime | None
    comment_id: str
    former: list[dict[str, Any]]
    in_doubt: bool
    theme_status: ThemeStatus

    @property
    def leads_somewhere(self) -> bool:
        """Whether it stands for a ticket that is, or was, in the tracker."""
        return bool(self.remote_id) and self.state is not TicketState.unlinked


async def place_of_ticket(
    connection: Connection, ticket_id: uuid.UUID
) -> tuple[uuid.UUID, uuid.UUID]:
    """The theme and the tracker of a ticket. Raises NotFound."""
    row = await fetch_one(connection, SELECT_TICKET_PLACE_FOR_LINK, [ticket_id])
    if row is None:
        raise NotFound("There is no ticket with this id.", reason="ticket_not_found")
    return row["theme_id"], row["tracker_id"]


async def lock_linkable(
    connection: Connection, theme_id: uuid.UUID, tracker_id: uuid.UUID
) -> LinkableTicket | None:
    """The theme's row for a tracker; None where there is none. Raises Conflict
    (``ticket_in_doubt``) while its create call is out."""
    values = {"theme": theme_id, "tracker": tracker_id}
    ticket = await fetch_one(connection, LOCK_LINKABLE, values, of=LinkableTicket)
    if ticket is not None and ticket.in_doubt:
        raise Conflict(
            "This ticket is being created in the tracker right now. Wait until it is there, then "
            "do this again.",
            reason="ticket_in_doubt",
        )
    return ticket


async def point_to(
    connection: Connection,
    theme_id: uuid.UUID,
    tracker_id: uuid.UUID,
    remote: RemoteState,
    *,
    wait_seconds: float,
) -> uuid.UUID:
    """Let the theme's row lead to a ticket that people opened; our comment follows after
    ``wait_seconds``. Returns the row's id.

    Raises Conflict: ``ticket_of_another_theme``, ``ticket_in_doubt``.
    """
    row = await lock_linkable(connection, theme_id, tracker_id)
    await _require_free(connection, theme_id, tracker_id, remote)
    place = {"theme": theme_id, "tracker": tracker_id}
    ticket_id = row.id if row else await fetch_value(connection, INSERT_LINK, place)
    status_map = await fetch_value(connection, SELECT_STATUS_MAP, [tracker_id])
    values = {
        "ticket": ticket_id,
        "id": one_line(remote.ref.id, KEY_MOST_CHARACTERS),
        "key": one_line(remote.ref.key, KEY_MOST_CHARACTERS),
        "url": one_line(remote.ref.url, URL_MOST_CHARACTERS),
        "remote_status": one_line(remote.status, KEY_MOST_CHARACTERS),
        "status": meaning(remote, status_map or {}) or "",
        "since": remote.since,
        "wait": wait_seconds,
    }
    due_at = await fetch_value(connection, LINK_TICKET, values)
    await wake_push(connection, tracker_id, due_at)
    await wake_at_once(connection, FOLLOW_TASK, tracker_id)
    await refresh_followers(connection, [ticket_id])
    return uuid.UUID(str(ticket_id))


async def let_go(connection: Connection, ticket: LinkableTicket) -> None:
    """Write nothing more into a ticket and listen to it no more; it stays as it is."""
    await connection.execute(LET_GO, [ticket.id])


async def begin_anew(
    connection: Connection, ticket: LinkableTicket, *, wait_seconds: float = 0.0, why: str = ""
) -> None:
    """Make another ticket in place of the one that the row led to; ``why`` is kept with it."""
    values = {"ticket": ticket.id, "wait": wait_seconds, "why": why}
    due_at = await fetch_value(connection, BEGIN_ANEW, values)
    await wake_push(connection, ticket.tracker_id, due_at)


async def restore_row(
    connection: Connection, ticket_id: uuid.UUID, was: Mapping[str, Any] | None
) -> None:
    """Undo of linking and letting go: the row as it was, or one that leads nowhere where there was
    none. A row that is being created by now is left."""
    nowhere = dict.fromkeys(("comment_id", "title", "remote_id", "remote_key", "url"), "")
    marker = f"relay-{uuid.uuid4().hex}"
    values = {"state": "cancelled", "linked_at": None, "marker": marker, "former": "[]", **nowhere}
    await connection.execute(RESTORE_TICKET, {**values, **(was or {}), "ticket": ticket_id})


async def _require_free(
    connection: Connection, theme_id: uuid.UUID, tracker_id: uuid.UUID, remote: RemoteState
) -> None:
    values = {"tracker": tracker_id, "remote": remote.ref.id, "theme": theme_id}
    other = await fetch_one(connection, SELECT_OTHER_THEME, values)
    if other is not None:
        raise Conflict(
            f"That ticket belongs to the theme “{other['title']}” ({other['id']}) already. If both "
            "are the same matter, merge the themes.",
            reason="ticket_of_another_theme",
        )
