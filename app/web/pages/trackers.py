"""Trackers: whether tickets get through, which ones did not, and connecting a new tracker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import Conflict, Invalid, RelayError
from app.models.states import TicketState
from app.queries.tickets import count_by_tracker, list_tickets
from app.setup import products, trackers
from app.setup.login_sessions import SessionUser
from app.setup.platforms import tracker_type
from app.setup.tracker_hooks import new_tracker_guide, tracker_guide
from app.setup.trackers import Tracker
from app.tickets.retrying import retry_ticket
from app.web import forms, guard, rendering
from app.web.forms import FormField
from app.web.guard import Act, Acting, Admin, Administering, Viewer
from app.web.pages.following import page_values, tracker_following
from app.web.params import Cursor, Word
from app.web.routes import PageRoute
from app.web.words import TICKET_STATES
from integrations import registry
from integrations.tracker_contract import Finding

router = APIRouter(route_class=PageRoute)
TICKETS_PER_PAGE = 40
TRACKER_NAME_MAX_CHARACTERS = 100
SETTING_FIELD_PREFIX, CREDENTIAL_FIELD_PREFIX = "set_", "cred_"
TICKET_TABS = (
    ("", "Every ticket"),
    (TicketState.blocked, "Blocked"),
    (TicketState.pending, "Waiting"),
    (TicketState.created, "Created"),
    (TicketState.gone, "Deleted"),
    (TicketState.unlinked, "Unlinked"),
)

SWITCHES = {"on": (True, "Switched on."), "off": (False, "Switched off.")}


@dataclass(frozen=True, slots=True)
class TrackerRow:
    """A tracker as the list shows it. ``states`` counts its tickets by state."""

    tracker: Tracker
    title: str
    states: dict[str, int]


async def _rows(request: Request, product_id: UUID | None) -> list[TrackerRow]:
    async with guard.database(request).transaction() as connection:
        listed = await trackers.list_trackers(connection, product_id)
    async with guard.database(request).transaction() as connection:
        counts = await count_by_tracker(connection)
    return [
        TrackerRow(tracker, _type_title(tracker), counts.get(tracker.id, {})) for tracker in listed
    ]


def _type_title(tracker: Tracker) -> str:
    """How people call its type; the bare name where the type is not installed any more."""
    definition = registry.trackers().get(tracker.type)
    return definition.title if definition else tracker.type


@router.get("/trackers")
async def trackers_page(
    request: Request,
    user: Viewer,
    state: Word = "",
    tracker: Word = "",
    cursor: Cursor = None,
) -> Response:
    """Every tracker in a sentence, and the tickets."""
    return await _page(request, user, state, tracker, cursor)


async def _page(
    request: Request,
    user: SessionUser,
    state: str = "",
    tracker: str = "",
    cursor: str | None = None,
    checked: tuple[UUID, list[Finding]] | None = None,
) -> Response:
    frame = await rendering.shell(request)
    rows = await _rows(request, frame.product_id)
    chosen = next((row.tracker.id for row in rows if str(row.tracker.id) == tracker), None)
    async with guard.database(request).transaction() as connection:
        tickets = await list_tickets(
            connection,
            product_id=frame.product_id,
            state=state if state in TICKET_STATES else None,
            tracker_id=chosen,
            cursor=cursor or None,
            limit=TICKETS_PER_PAGE,
        )
    return await rendering.page(
        request,
        user,
        "trackers.html",
        frame=frame,
        rows=rows,
        tickets=tickets.items,
        cursor=tickets.next_cursor,
        first=not cursor,
        state=state,
        states=TICKET_TABS,
        tracker=tracker,
        checked=checked,
    )


@router.get("/trackers/new")
async def new_tracker_page(request: Request, user: Admin, type: Word = "") -> Response:
    """Choose a kind of tracker, then say where it is and how to get in."""
    if type and type not in registry.trackers():
        return RedirectResponse("/trackers/new", status_code=303)
    return await _new(request, user, type)


async def _new(
    request: Request,
    user: SessionUser,
    type: str,
    *,
    act: Act | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    definition = registry.trackers().get(type)
    form = act.form if act else None
    title = ""
    settings: list[FormField] = []
    credentials: list[FormField] = []
    if definition:
        title = definition.title
        settings = forms.fields(definition.settings, SETTING_FIELD_PREFIX)
        credentials = forms.fields(definition.credentials, CREDENTIAL_FIELD_PREFIX)
    return await rendering.page(
        request,
        user,
        "tracker_new.html",
        code=status,
        types=[(name, each_type.title) for name, each_type in registry.trackers().items()],
        chosen=definition,
        guide=new_tracker_guide(definition) if definition else "",
        settings=forms.refilled(settings, form),
        credentials=forms.refilled(credentials, form),
        name=act.text("name", TRACKER_NAME_MAX_CHARACTERS) if act else title,
        kinds=act.texts("kinds") if act else ["bug", "feature"],
        product=act.text("product") if act else "",
        error=error,
    )


@router.post("/trackers/new")
async def create_tracker(act: Administering) -> Response:
    """Connect a tracker; the check that follows says whether it works."""
    type = act.text("type")
    try:
        definition = tracker_type(type)
        settings = _typed(act, definition.settings, SETTING_FIELD_PREFIX)
        credentials = _typed(act, definition.credentials, CREDENTIAL_FIELD_PREFIX)
        async with act.database.transaction() as connection:
            product = await products.find_product(connection, act.text("product"))
            await trackers.create_tracker(
                connection,
                act.request.app.state.vault,
                product.id,
                type,
                act.text("name"),
                settings,
                credentials,
                act.texts("kinds"),
            )
    except RelayError as refused:
        if refused.status >= 500:
            raise
        return await _new(
            act.request, act.user, type, act=act, error=refused.detail, status=refused.status
        )
    return act.done(
        "Connected. Run the check to see whether everything is allowed.", to="/trackers"
    )


def _typed(act: Act, model: type[BaseModel], prefix: str) -> dict[str, Any]:
    return forms.typed(act.form, forms.fields(model, prefix), prefix)


@router.post("/trackers/{tracker_id}/check")
async def check(act: Administering, tracker_id: UUID) -> Response:
    """Ask the tracker whether we may do what we need to do, and show what it said."""
    state = act.request.app.state
    async with act.database.transaction() as connection:
        findings = await trackers.check_tracker(
            connection, state.vault, tracker_id, network=state.settings.network
        )
    async with act.database.transaction() as connection:
        await trackers.mark_checked(connection, tracker_id, datetime.now(UTC))
    return await _page(act.request, act.user, checked=(tracker_id, findings))


@router.get("/trackers/{tracker_id}")
async def tracker_page(request: Request, user: Admin, tracker_id: UUID) -> Response:
    """A tracker's settings, and a place for new credentials."""
    return await _edit(request, user, tracker_id)


async def _edit(
    request: Request,
    user: SessionUser,
    tracker_id: UUID,
    *,
    act: Act | None = None,
    error: str = "",
    code: int = 200,
) -> Response:
    async with guard.database(request).transaction() as connection:
        tracker = await trackers.get_tracker(connection, tracker_id)
        vault = request.app.state.vault
        base_url = guard.settings(request).base_url
        following = await tracker_following(connection, vault, tracker, base_url)
    definition = tracker_type(tracker.type)
    settings = forms.fields(definition.settings, SETTING_FIELD_PREFIX, tracker.settings)
    form = act.form if act else None
    return await rendering.page(
        request,
        user,
        "tracker.html",
        code=code,
        tracker=tracker,
        definition=definition,
        settings=forms.refilled(settings, form),
        credentials=[
            replace(field, required=False)
            for field in forms.fields(definition.credentials, CREDENTIAL_FIELD_PREFIX)
        ],
        name=act.text("name", TRACKER_NAME_MAX_CHARACTERS) if act else tracker.name,
        kinds=act.texts("kinds") if act else tracker.kinds.split(","),
        guide=tracker_guide(tracker, base_url),
        error=error,
        **page_values(following),
    )


@router.post("/trackers/{tracker_id}/settings")
async def save(act: Administering, tracker_id: UUID) -> Response:
    """Change a tracker's name, settings and kinds; credentials only where new ones were typed."""
    try:
        async with act.database.transaction() as connection:
            tracker = await trackers.get_tracker(connection, tracker_id)
            definition = tracker_type(tracker.type)
            settings = _typed(act, definition.settings, SETTING_FIELD_PREFIX)
            credentials = _typed(act, definition.credentials, CREDENTIAL_FIELD_PREFIX)
            await trackers.update_tracker(
                connection,
                act.request.app.state.vault,
                tracker_id,
                name=act.text("name"),
                settings=settings,
                credentials=credentials or None,
                kinds=act.texts("kinds"),
            )
    except (Invalid, Conflict) as refused:
        return await _edit(
            act.request, act.user, tracker_id, act=act, error=refused.detail, code=refused.status
        )
    return act.done("Saved. Run the check to see whether everything is allowed.", to="/trackers")


@router.post("/trackers/{tracker_id}")
async def change(act: Administering, tracker_id: UUID) -> Response:
    """Switch a tracker on or off, end a pause, or confirm another account."""
    enabled, answer = SWITCHES.get(act.text("enabled"), (None, "It is tried again now."))
    async with act.database.transaction() as connection:
        await trackers.update_tracker(
            connection,
            act.request.app.state.vault,
            tracker_id,
            enabled=enabled,
            confirm_account=act.text("account") == "confirm",
        )
    return act.done(answer)


@router.post("/tickets/{ticket_id}/retry")
async def retry(act: Acting, ticket_id: UUID) -> Response:
    """Try a blocked ticket again now."""
    await retry_ticket(act.database, ticket_id)
    return act.done("It is tried again now.")
