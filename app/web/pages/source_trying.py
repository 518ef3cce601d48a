"""Trying a source's settings on what was received, before they are saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import RelayError
from app.intake.trying import Tried, try_settings
from app.queries.deliveries import BODY_SHOWN_BYTES
from app.setup import sources
from app.setup.fields import checked_fields
from app.setup.login_sessions import SessionUser
from app.setup.platforms import platform
from app.storage.db import Database
from app.web import forms, guard, rendering
from app.web.guard import Admin, Administering
from app.web.pages.sources import SOURCE_FIELD_PREFIX, readable
from app.web.params import Word
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/sources/{source_id}/try")
async def trying_page(
    request: Request, user: Admin, source_id: UUID, delivery: Word = ""
) -> Response:
    """What the stored settings make of the newest delivery, or of another one."""
    database = guard.database(request)
    async with database.transaction() as connection:
        source = await sources.get_source(connection, source_id)
    return await _page(request, user, database, source, source.settings, delivery)


@router.post("/sources/{source_id}/try")
async def try_typed(act: Administering, source_id: UUID) -> Response:
    """What the settings that were typed make of it; saved only where that was asked for."""
    async with act.database.transaction() as connection:
        source = await sources.get_source(connection, source_id)
    fields = forms.fields(platform(source.platform).settings, SOURCE_FIELD_PREFIX)
    typed = forms.typed(act.form, fields, SOURCE_FIELD_PREFIX)
    if act.text("save"):
        async with act.database.transaction() as connection:
            await sources.update_source(connection, source_id, settings=typed)
        done = "Saved. What came before can be read again from the list of deliveries."
        return act.done(done, to=f"/sources/{source_id}")
    delivery = act.text("delivery")
    return await _page(act.request, act.user, act.database, source, typed, delivery)


async def _page(
    request: Request,
    user: SessionUser,
    database: Database,
    source: sources.Source,
    settings: dict[str, Any],
    delivery: str,
) -> Response:
    model = platform(source.platform).settings
    tried: Tried | None = None
    error = ""
    try:
        checked = checked_fields(model, settings, "settings")
        number = int(delivery) if delivery.isascii() and delivery.isdecimal() else None
        async with database.transaction() as connection:
            tried = await try_settings(connection, source.id, checked, number)
    except RelayError as refused:
        if refused.status >= 500:
            raise
        error = refused.detail
    body = tried.body[:BODY_SHOWN_BYTES].decode("utf-8", "backslashreplace") if tried else ""
    return await rendering.page(
        request,
        user,
        "source_trying.html",
        source=source,
        fields=forms.fields(model, SOURCE_FIELD_PREFIX, settings),
        tried=tried,
        delivery=delivery,
        body=readable(body.replace("\x00", "\\x00")),
        error=error,
    )
