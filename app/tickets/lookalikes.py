"""Asks trackers for a ticket that is there already: by the name that people give it, or by words of
a theme's title."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from app.errors import Conflict, Invalid, NotFound
from app.models.states import TicketStatus
from app.setup.opened_tracker import OpenedTracker, open_tracker
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_one
from app.storage.vault import Vault
from app.tickets.meaning import meaning
from classifiers.texts.personal import redact
from integrations.network import Network
from integrations.ticket_status import RemoteState
from integrations.tracker_contract import TrackerError

log = structlog.get_logger(__name__)

SEARCH_SECONDS = 6.0
"""How long a page waits for the trackers' searches."""

SELECT_THEME_TO_LINK = "select product_id, title, kind from theme where id = %s"
SELECT_LINKING_TRACKERS = """
    select id from tracker
    where product_id = %(product)s and enabled and (%(tracker)s::uuid is null or id = %(tracker)s)
    order by not (%(kind)s = any(string_to_array(kinds, ','))), name
"""
SELECT_LINKED_THEMES = """
    select remote_id, theme_id from ticket
    where tracker_id = %s and remote_id = any(%s::text[]) and superseded_at is null
      and state in ('created', 'blocked')
"""
# What asks for a person's word in the first place, and what only says that it is not here.
_NOT_IN_THIS_TRACKER = frozenset({"ticket_unnamed", "not_found", "gone", "moved"})


@dataclass(frozen=True, slots=True)
class LocatedTicket:
    """A ticket that was found, and the tracker that holds it."""

    tracker_id: uuid.UUID
    remote: RemoteState


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A ticket whose title is like a theme's. ``theme_id``: the theme that has it already."""

    tracker_id: uuid.UUID
    tracker_name: str
    key: str
    url: str
    title: str
    status: TicketStatus
    theme_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class _ThemeToLink:
    product_id: uuid.UUID
    title: str
    kind: str


async def locate_ticket(
    database: Database,
    vault: Vault,
    theme_id: uuid.UUID,
    name: str,
    *,
    tracker_id: uuid.UUID | None,
    network: Network,
) -> LocatedTicket:
    """The ticket that people call ``name``, in a tracker of the theme's product: in this one, or in
    the first that knows it.

    Raises NotFound, Invalid (``ticket_unnamed``), and Conflict (``tracker_refused``) with the
    tracker's own words.
    """
    _, trackers = await _open_all(database, vault, theme_id, tracker_id, network)
    failures: list[TrackerError] = []
    try:
        for opened in trackers:
            try:
                return LocatedTicket(opened.id, await opened.tracker.locate(name))
            except TrackerError as error:
                failures.append(error)
    finally:
        await _close_all(trackers)
    if not failures:
        raise NotFound(
            "The product has no tracker that is switched on.", reason="tracker_not_found"
        )
    telling = [error for error in failures if error.reason not in _NOT_IN_THIS_TRACKER] or failures
    # One that knows the name and does not have the ticket says more than one that does not know it.
    telling.sort(key=lambda error: error.reason == "ticket_unnamed")
    reason, detail = telling[0].reason, telling[0].detail
    if reason == "ticket_unnamed":
        raise Invalid(detail, reason="ticket_unnamed")
    raise Conflict(detail, reason="tracker_refused")


async def lookalikes(
    database: Database, vault: Vault, theme_id: uuid.UUID, *, network: Network
) -> list[Lookalike]:
    """Tickets of the product's trackers whose titles are like the theme's, the most alike first. A
    tracker that does not answer in time, or refuses, has none. Raises NotFound."""
    theme, trackers = await _open_all(database, vault, theme_id, None, network)
    try:
        title = redact(theme.title)
        answers = await asyncio.gather(*(_search(opened, title) for opened in trackers))
    finally:
        await _close_all(trackers)
    similar: list[Lookalike] = []
    async with database.transaction() as connection:
        for opened, states in zip(trackers, answers, strict=True):
            similar += await _as_lookalikes(connection, opened, states)
    return [one for one in similar if one.theme_id != theme_id]


async def _search(opened: OpenedTracker, title: str) -> Sequence[RemoteState]:
    if opened.paused:
        return ()
    try:
        async with asyncio.timeout(SEARCH_SECONDS):
            return await opened.tracker.similar(title)
    except (TrackerError, TimeoutError) as error:
        log.info("similar_tickets_unknown", tracker=opened.name, error=type(error).__name__)
        return ()


async def _as_lookalikes(
    connection: Connection, opened: OpenedTracker, states: Sequence[RemoteState]
) -> list[Lookalike]:
    ids = [state.ref.id for state in states]
    rows = await fetch_all(connection, SELECT_LINKED_THEMES, [opened.id, ids])
    themes = {row["remote_id"]: row["theme_id"] for row in rows}
    return [
        Lookalike(
            opened.id,
            opened.name,
            state.ref.key,
            state.ref.url,
            state.title,
            meaning(state, {}) or TicketStatus.unknown,
            themes.get(state.ref.id),
        )
        for state in states
    ]


async def _open_all(
    database: Database,
    vault: Vault,
    theme_id: uuid.UUID,
    tracker_id: uuid.UUID | None,
    network: Network,
) -> tuple[_ThemeToLink, list[OpenedTracker]]:
    """The theme, and the trackers in which it may have a ticket; those that take its kind first."""
    trackers: list[OpenedTracker] = []
    async with database.transaction() as connection:
        theme = await fetch_one(connection, SELECT_THEME_TO_LINK, [theme_id], of=_ThemeToLink)
        if theme is None:
            raise NotFound("There is no theme with this id.", reason="theme_not_found")
        values = {"product": theme.product_id, "tracker": tracker_id, "kind": theme.kind}
        for row in await fetch_all(connection, SELECT_LINKING_TRACKERS, values):
            opened = await open_tracker(connection, vault, row["id"], network=network)
            if opened is not None:
                trackers.append(opened)
    if tracker_id is not None and not trackers:
        raise NotFound(
            "The theme's product has no tracker with this id that is switched on.",
            reason="tracker_not_found",
        )
    return theme, trackers


async def _close_all(trackers: Sequence[OpenedTracker]) -> None:
    for opened in trackers:
        await opened.tracker.close()
