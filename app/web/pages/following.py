"""What becomes of tickets after they were created: a tracker's webhook, the meaning of its
statuses, what differs there, and what was shipped and not told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.models.states import Recurrence
from app.queries.replies import count_drafts, reply_ledger
from app.queries.rows import TicketRow
from app.queries.shipped import list_shipped
from app.queries.tickets import list_tickets
from app.setup import tracker_hooks, trackers
from app.setup.status_words import STATUS_CHOICES
from app.setup.tracker_hooks import TrackerHook, read_hook
from app.storage.db import Connection
from app.storage.vault import SecretUnreadable, Vault
from app.tickets.drift import check_tickets, repair_tickets
from app.tickets.telling import mark_told
from app.web import guard, rendering
from app.web.guard import Acting, Administering, Viewer
from app.web.params import Cursor
from app.web.routes import PageRoute
from app.web.words import counted

router = APIRouter(route_class=PageRoute)
BLANK_ROWS = 3
"""Statuses that can be added at once."""
DIFFERING_SHOWN = 50
SHIPPED_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class TrackerFollowing:
    """What a tracker's page says about its tickets' way back: ``statuses`` are rows of a form,
    ``silent`` whether comparing found what the webhook had not told."""

    url: str
    hook: TrackerHook
    statuses: list[tuple[str, str]]
    differing: list[TicketRow]
    silent: bool


async def tracker_following(
    connection: Connection, vault: Vault, tracker: trackers.Tracker, base_url: str
) -> TrackerFollowing:
    """What the page of a tracker shows beside its settings."""
    try:
        hook = await read_hook(connection, vault, tracker.id)
    except SecretUnreadable:
        hook = TrackerHook("", "", bool(tracker.hook_id), tracker.heard_at, tracker.compared_at)
    differing = await list_tickets(
        connection, tracker_id=tracker.id, drifting=True, limit=DIFFERING_SHOWN
    )
    return TrackerFollowing(
        url=tracker_hooks.tracker_hook_url(base_url, tracker.id),
        hook=hook,
        statuses=[*sorted(tracker.status_map.items()), *[("", "")] * BLANK_ROWS],
        differing=differing.items,
        silent=await tracker_hooks.is_silent(connection, tracker.id),
    )


@router.post("/trackers/{tracker_id}/webhook")
async def register(act: Administering, tracker_id: UUID) -> Response:
    """Let the tracker register its webhook by itself, where our account may."""
    settings = guard.settings(act.request)
    await tracker_hooks.register_hook(
        act.database,
        act.request.app.state.vault,
        tracker_id,
        base_url=settings.base_url,
        network=settings.network,
    )
    return act.done("Registered: the tracker tells of changes from now on.")


@router.post("/trackers/{tracker_id}/webhook/secret")
async def rotate(act: Administering, tracker_id: UUID) -> Response:
    """A new secret beside the one in use."""
    async with act.database.transaction() as connection:
        await tracker_hooks.rotate_hook_secret(connection, act.request.app.state.vault, tracker_id)
    return act.done(
        "There is a new secret. Enter it in the tracker, or register the webhook again."
    )


@router.post("/trackers/{tracker_id}/statuses")
async def save_statuses(act: Administering, tracker_id: UUID) -> Response:
    """What statuses mean, and what is done when people speak again of what was shipped."""
    names, meanings = act.texts("status"), act.texts("means")
    status_map = {
        name: means for name, means in zip(names, meanings, strict=False) if name.strip() and means
    }
    async with act.database.transaction() as connection:
        await trackers.update_tracker(
            connection,
            act.request.app.state.vault,
            tracker_id,
            status_map=status_map,
            recurrence=act.text("recurrence") or Recurrence.nothing,
            announces=bool(act.text("announces")),
        )
    return act.done("Saved. Its tickets are looked at with this in mind.")


@router.post("/trackers/{tracker_id}/tickets/check")
async def check(act: Administering, tracker_id: UUID) -> Response:
    """Look at every ticket in the tracker now."""
    async with act.database.transaction() as connection:
        tickets = await check_tickets(connection, tracker_id)
    return act.done(f"{counted(tickets, 'ticket')} looked at in the tracker now.")


@router.post("/trackers/{tracker_id}/tickets/repair")
async def repair(act: Administering, tracker_id: UUID) -> Response:
    """Look at every ticket, and write its block again where somebody edited it."""
    async with act.database.transaction() as connection:
        tickets = await repair_tickets(connection, tracker_id)
    return act.done(f"{counted(tickets, 'ticket')} brought up to date now.")


@router.get("/shipped")
async def shipped_page(request: Request, user: Viewer, cursor: Cursor = None) -> Response:
    """What was shipped and whose people were not told yet: a list to work from."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        page = await list_shipped(
            connection, frame.product_id, cursor=cursor or None, limit=SHIPPED_PER_PAGE
        )
        threads = {
            theme.theme_id: await reply_ledger(connection, theme.theme_id) for theme in page.items
        }
        drafts = await count_drafts(connection, frame.product_id)
    return await rendering.page(
        request,
        user,
        "shipped.html",
        frame=frame,
        shipped=page.items,
        threads=threads,
        drafts=drafts,
        cursor=page.next_cursor,
        first=not cursor,
    )


@router.post("/themes/{theme_id}/told")
async def told(act: Acting, theme_id: UUID) -> Response:
    """Take a theme off the list of what was shipped and not told."""
    async with act.database.transaction() as connection:
        await mark_told(connection, theme_id, actor=act.actor)
    return act.done("Taken off the list.")


def page_values(following: TrackerFollowing) -> dict[str, Any]:
    """What the template of a tracker's page takes."""
    return {
        "following": following,
        "status_choices": STATUS_CHOICES,
        "recurrences": list(Recurrence),
    }
