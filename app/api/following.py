"""What becomes of tickets after they were created: webhooks of trackers, checks, and what was
shipped."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from app.api.access import Admin, DatabaseOf, Decider, Reader, SettingsOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import Cursor, In, Limit, PageOut
from app.api.schemas.decision import ActionOut
from app.api.schemas.following import (
    ShippedThemeOut,
    TicketsLookedAtOut,
    TrackerHookOut,
    WaitingThreadOut,
)
from app.api.schemas.theme import ThemeOut
from app.api.themes import ThemeId
from app.api.trackers import TrackerId
from app.config import Settings
from app.queries.shipped import list_shipped, waiting_threads
from app.queries.themes import theme_rows
from app.setup import tracker_hooks
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.drift import check_tickets, repair_tickets
from app.tickets.telling import mark_told

router = APIRouter(route_class=LimitedRoute)


class ShippedQuery(In):
    """What was shipped, of which product."""

    product_id: UUID | None = None
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "/trackers/{tracker_id}/webhook",
    operation_id="read_tracker_webhook",
    summary="Read a tracker's webhook",
    tags=["trackers"],
    responses=refusals("tracker_not_found", "secret_unreadable"),
)
async def read_webhook(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, tracker_id: TrackerId
) -> TrackerHookOut:
    """The address and the secret that are to be entered in the tracker, and when it was heard
    last."""
    return await _hook(database, vault, settings, tracker_id)


@router.post(
    "/trackers/{tracker_id}/webhook",
    operation_id="register_tracker_webhook",
    summary="Register a tracker's webhook",
    tags=["trackers"],
    responses=refusals(
        "tracker_not_found", "secret_unreadable", "hook_not_registered", writes=True
    ),
)
async def register_webhook(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, tracker_id: TrackerId
) -> TrackerHookOut:
    """Let the tracker send its changes here, as far as our account may say so there; one that has
    the address already is brought up to date."""
    await tracker_hooks.register_hook(
        database, vault, tracker_id, base_url=settings.base_url, network=settings.network
    )
    return await _hook(database, vault, settings, tracker_id)


@router.post(
    "/trackers/{tracker_id}/webhook/secret",
    operation_id="rotate_tracker_secret",
    summary="Rotate the secret of a tracker's webhook",
    tags=["trackers"],
    responses=refusals("tracker_not_found", "secret_unreadable", writes=True),
)
async def rotate_secret(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, tracker_id: TrackerId
) -> TrackerHookOut:
    """A new secret; the one so far is accepted beside it until the next rotation, or until the
    webhook is registered with the new one."""
    async with database.transaction() as connection:
        await tracker_hooks.rotate_hook_secret(connection, vault, tracker_id)
    return await _hook(database, vault, settings, tracker_id)


async def _hook(
    database: Database, vault: Vault, settings: Settings, tracker_id: UUID
) -> TrackerHookOut:
    async with database.transaction() as connection:
        hook = await tracker_hooks.read_hook(connection, vault, tracker_id)
    return TrackerHookOut(
        url=tracker_hooks.tracker_hook_url(settings.base_url, tracker_id),
        secret=hook.secret,
        registered=hook.registered,
        heard_at=hook.heard_at,
        compared_at=hook.compared_at,
    )


@router.post(
    "/trackers/{tracker_id}/tickets/check",
    operation_id="check_tickets",
    summary="Look at every ticket of a tracker",
    tags=["tickets"],
    status_code=202,
    responses=refusals("tracker_not_found", writes=True),
)
async def check(caller: Decider, database: DatabaseOf, tracker_id: TrackerId) -> TicketsLookedAtOut:
    """Ask the tracker about every ticket now. What differs is listed by `GET
    /tickets?drifting=true`."""
    async with database.transaction() as connection:
        return TicketsLookedAtOut(tickets=await check_tickets(connection, tracker_id))


@router.post(
    "/trackers/{tracker_id}/tickets/repair",
    operation_id="repair_tickets",
    summary="Bring every ticket of a tracker up to date",
    tags=["tickets"],
    status_code=202,
    responses=refusals("tracker_not_found", writes=True),
)
async def repair(
    caller: Decider, database: DatabaseOf, tracker_id: TrackerId
) -> TicketsLookedAtOut:
    """Look at every ticket, and write its block again where somebody edited it. Nothing is created,
    closed or deleted by that."""
    async with database.transaction() as connection:
        return TicketsLookedAtOut(tickets=await repair_tickets(connection, tracker_id))


@router.get(
    "/shipped",
    operation_id="list_shipped",
    summary="List what was shipped and not told",
    tags=["tickets"],
    responses=refusals("cursor_invalid"),
)
async def shipped(
    caller: Reader, database: DatabaseOf, query: Annotated[ShippedQuery, Query()]
) -> PageOut[ShippedThemeOut]:
    """Themes whose ticket is done and whose people nobody told of it yet, with the threads in which
    they asked; the latest first."""
    async with database.transaction() as connection:
        page = await list_shipped(connection, **query.model_dump())
        threads = await waiting_threads(connection, [theme.theme_id for theme in page.items])
    items = [
        ShippedThemeOut(
            **asdict(theme),
            threads=[WaitingThreadOut.model_validate(one) for one in threads[theme.theme_id]],
        )
        for theme in page.items
    ]
    return PageOut[ShippedThemeOut](items=items, next_cursor=page.next_cursor)


@router.post(
    "/themes/{theme_id}/told",
    operation_id="mark_told",
    summary="Say that people were told",
    tags=["decisions"],
    responses=refusals("theme_not_found", "nothing_to_tell", writes=True),
)
async def told(caller: Decider, database: DatabaseOf, theme_id: ThemeId) -> ActionOut:
    """Take a theme off the list of what was shipped and not told. It comes back when its ticket is
    done once more."""
    async with database.transaction() as connection:
        action = await mark_told(connection, theme_id, actor=caller.actor)
        themes = await theme_rows(connection, [theme_id])
        return ActionOut(action_id=action, theme=ThemeOut.model_validate(themes[theme_id]))
