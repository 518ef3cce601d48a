"""Looks at a ticket in its tracker, and writes down what became of it: each change of what its
status means once, with the time, and who as far as it is known.

Whatever led here (a webhook, a comparison, a person) was a hint alone: the tracker is asked, and
its answer held against the row under the row's lock. So a hint that came twice, late or out of
order changes nothing, and two workers write a change once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import sql

from app.models.states import HeardFrom, TicketState, TicketStatus
from app.setup.status_words import one_line
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value
from app.themes.activity import SYSTEM, record
from app.tickets.ledger import IS_FOLLOWED
from app.tickets.meaning import meaning
from app.tickets.merging import refresh_followers
from integrations.ticket_status import RemoteState, StatusCategory, TicketRef

NAME_MOST_CHARACTERS = 120
KEY_MOST_CHARACTERS = 200
URL_MOST_CHARACTERS = 1_000

SELECT_TICKET_TO_LOOK_AT = sql.SQL(
    """
    select k.id, k.product_id, k.theme_id, k.state, k.remote_id, k.remote_key, k.url,
           k.remote_status, k.status, k.status_since, k.look_at, k.hint, k.reason,
           t.name as tracker_name, t.status_map, t.account_login
    from ticket k join tracker t on t.id = k.tracker_id
    where k.tracker_id = %(tracker)s and k.look_at <= coalesce(%(now)s::timestamptz, now())
      and {followed}
    order by k.hint = '{{}}', k.look_at, k.id limit 1
    """
).format(followed=IS_FOLLOWED)
LOCK_LOOKED_AT = """
    select k.remote_id, k.remote_key, k.remote_status, k.status, k.status_since, k.state,
           k.superseded_at is not null as superseded, now() as now
    from ticket k where k.id = %s for update
"""
# A hint that came while the tracker was asked stands.
RECORD_LOOKED_AT = """
    update ticket
    set looked_at = now(), remote_id = %(id)s, remote_key = %(key)s, url = %(url)s,
        remote_status = %(remote_status)s, living_key = %(living_key)s, living_url = %(living_url)s,
        status = %(status)s, status_since = %(since)s,
        status_by = case when %(changed)s then %(by)s else status_by end,
        status_from = case when %(changed)s then %(heard_from)s else status_from end,
        told_at = case when %(changed)s then null else told_at end,
        state = %(state)s, reason = case when state = %(state)s then reason else '' end,
        detail = case when state = %(state)s then detail else '' end,
        due_at = case when state = %(state)s then due_at else now() end,
        drift = '', drift_detail = '',
        hint = case when look_at is distinct from %(look_at)s then hint else '{}' end,
        look_at = case when look_at is distinct from %(look_at)s then look_at end
    where id = %(ticket)s
"""
RECORD_MISSING = """
    update ticket
    set looked_at = now(), state = %(state)s, reason = %(reason)s, detail = %(detail)s,
        due_at = null, drift = 'missing', drift_detail = %(detail)s,
        hint = case when look_at is distinct from %(look_at)s then hint else '{}' end,
        look_at = case when look_at is distinct from %(look_at)s then look_at end
    where id = %(ticket)s and state in ('created', 'gone', 'blocked') and superseded_at is null
      and remote_id = %(remote)s
    returning id
"""
MISSING_SENTENCES = {
    StatusCategory.gone: (
        TicketState.gone,
        "ticket_gone",
        "It was deleted in the tracker; Retry makes it anew.",
    ),
    StatusCategory.hidden: (
        TicketState.blocked,
        "ticket_hidden",
        "It was deleted in the tracker or hidden from us. Retry looks for it once more, and makes "
        "it anew where it is still not to be seen.",
    ),
}


@dataclass(frozen=True, slots=True)
class FollowedTicket:
    """A ticket that is to be looked at, with what its tracker's people said of statuses. ``hint``
    is what the last webhook said: ``actor``, ``at``, ``category``, ``moved`` (a ref)."""

    id: uuid.UUID
    product_id: uuid.UUID
    theme_id: uuid.UUID
    state: TicketState
    remote_id: str
    remote_key: str
    url: str
    remote_status: str
    status: TicketStatus
    status_since: datetime | None
    look_at: datetime
    hint: Mapping[str, Any]
    reason: str
    tracker_name: str
    status_map: Mapping[str, Any]
    account_login: str

    @property
    def ref(self) -> TicketRef:
        """Where it is in the tracker."""
        return TicketRef(self.remote_id, self.remote_key, self.url)


@dataclass(frozen=True, slots=True)
class _Locked:
    remote_id: str
    remote_key: str
    remote_status: str
    status: TicketStatus
    status_since: datetime | None
    state: TicketState
    superseded: bool
    now: datetime


async def next_to_look_at(
    connection: Connection, tracker_id: uuid.UUID, now: datetime | None
) -> FollowedTicket | None:
    """The ticket that somebody changed lately, or else the one that waits for the longest."""
    values = {"tracker": tracker_id, "now": now}
    return await fetch_one(connection, SELECT_TICKET_TO_LOOK_AT, values, of=FollowedTicket)


def as_heard(remote: RemoteState, ticket: FollowedTicket) -> RemoteState:
    """The state that the webhook told, where its tracker does not answer what a status means."""
    if remote.category is not StatusCategory.untold or not ticket.hint:
        return remote
    category = StatusCategory(ticket.hint["category"])
    status = remote.status or str(ticket.hint.get("status") or "")
    return replace(remote, category=category, status=status)


async def record_state(
    connection: Connection,
    ticket: FollowedTicket,
    remote: RemoteState,
    living: RemoteState | None,
    *,
    by_us: bool = False,
) -> bool:
    """Write down what the tracker said; whether the status means something else than before.

    ``living``: the ticket that lives on, where this one is its duplicate: then its status counts.
    """
    locked = await fetch_one(connection, LOCK_LOOKED_AT, [ticket.id], of=_Locked)
    if locked is None or locked.remote_id != ticket.remote_id:
        return False
    if locked.superseded or locked.state is TicketState.unlinked:
        return False
    decisive = living or remote
    status = meaning(decisive, ticket.status_map) or locked.status
    changed = status is not locked.status
    by, heard_from = _who(ticket, decisive, by_us=by_us)
    remote_status = one_line(remote.status, KEY_MOST_CHARACTERS) or locked.remote_status
    values = {
        "ticket": ticket.id,
        "id": remote.ref.id,
        "key": one_line(remote.ref.key, KEY_MOST_CHARACTERS),
        "url": one_line(remote.ref.url, URL_MOST_CHARACTERS),
        "remote_status": remote_status,
        "living_key": one_line(living.ref.key, KEY_MOST_CHARACTERS) if living else "",
        "living_url": one_line(living.ref.url, URL_MOST_CHARACTERS) if living else "",
        "status": status,
        "since": _since(ticket, decisive, locked) if changed else locked.status_since,
        "changed": changed,
        "by": by,
        "heard_from": heard_from,
        "state": TicketState.created,
        "look_at": ticket.look_at,
    }
    await connection.execute(RECORD_LOOKED_AT, values)
    if locked.remote_id != remote.ref.id or locked.remote_key != values["key"]:
        sentence = f"It was moved: {locked.remote_key} is {values['key']} now."
        await _tell(connection, ticket, "ticket_moved", {"sentence": sentence})
        await refresh_followers(connection, [ticket.id])
    if changed:
        detail = {
            "ticket": values["key"],
            "tracker": ticket.tracker_name,
            "from": locked.status,
            "to": status,
            "remote_status": remote_status,
            "by": by,
            "at": values["since"],
            "heard_from": heard_from,
            "living": values["living_key"],
        }
        await _tell(connection, ticket, "ticket_status", detail)
    return changed


async def record_missing(
    connection: Connection, ticket: FollowedTicket, category: StatusCategory
) -> None:
    """Write down that the ticket is not there any more; nothing is deleted on our side."""
    state, reason, sentence = MISSING_SENTENCES[category]
    moved = ticket.hint.get("moved") or {}
    if moved.get("key"):
        reason = "ticket_moved"
        sentence = (
            f"It was moved to {moved['key']}, where our account does not see it. Give the account "
            "access there, or let Retry make the ticket anew."
        )
    values = {
        "ticket": ticket.id,
        "remote": ticket.remote_id,
        "state": state,
        "reason": reason,
        "detail": sentence,
        "look_at": ticket.look_at,
    }
    is_news = ticket.state is not state
    if await fetch_value(connection, RECORD_MISSING, values) is not None and is_news:
        by = one_line(str(ticket.hint.get("actor") or ""), NAME_MOST_CHARACTERS)
        detail = {"sentence": sentence, "by": by}
        await _tell(connection, ticket, "ticket_missing", detail)
        await refresh_followers(connection, [ticket.id])


def _who(ticket: FollowedTicket, decisive: RemoteState, *, by_us: bool) -> tuple[str, HeardFrom]:
    """Who changed the status, as far as it is known, and how it reached us."""
    hinted = ticket.hint.get("category") == decisive.category
    by = str(ticket.hint.get("actor") or "") if hinted else decisive.by
    by = one_line(by, NAME_MOST_CHARACTERS)
    if by_us or (by and by == ticket.account_login):
        return by, HeardFrom.us
    return by, HeardFrom.webhook if ticket.hint else HeardFrom.comparison


def _since(ticket: FollowedTicket, decisive: RemoteState, locked: _Locked) -> datetime:
    """Since when the status is what it is: never in the future, nor before the last one."""
    since = decisive.since
    if since is None and ticket.hint.get("category") == decisive.category:
        since = datetime.fromisoformat(str(ticket.hint["at"]))
    if since is None or since > locked.now:
        return locked.now
    if locked.status_since is not None and since < locked.status_since:
        return locked.now
    return since


async def _tell(
    connection: Connection, ticket: FollowedTicket, verb: str, detail: Mapping[str, object]
) -> None:
    line = json.loads(json.dumps({"ticket": ticket.remote_key, **detail}, default=str))
    await record(connection, ticket.product_id, ticket.theme_id, verb, actor=SYSTEM, detail=line)
