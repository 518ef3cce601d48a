"""Sources: how each of them does, what it delivered, and connecting a new one."""

from __future__ import annotations

import json
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import Invalid, RelayError
from app.intake import replay
from app.models.states import DeliveryStage
from app.queries import deliveries, health, refusals
from app.setup import platforms, products, sources, way_in
from app.setup.login_sessions import SessionUser
from app.setup.sources import Source
from app.web import forms, guard, platform_words, rendering
from app.web.guard import Act, Admin, Administering, Viewer
from app.web.pages.replies import source_answering
from app.web.pages.source_polling import poll_shown
from app.web.params import Cursor, Word
from app.web.routes import PageRoute
from app.web.words import counted
from integrations import registry

router = APIRouter(route_class=PageRoute)
DELIVERIES_PER_PAGE = 30
SOURCE_NAME_MAX_CHARACTERS = 100
SOURCE_FIELD_PREFIX = "set_"
SECRET_STAND_IN = "the secret you were shown (rotate it to get a new one)"  # noqa: S105 - a sentence
BROKEN_STAGES = (DeliveryStage.failed, DeliveryStage.unknown)


@router.get("/sources")
async def sources_page(request: Request, user: Viewer) -> Response:
    """Every source with its health."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        rows = await health.sources(connection, frame.product_id)
    return await rendering.page(request, user, "sources.html", frame=frame, sources=rows)


@router.get("/sources/new")
async def new_source_page(request: Request, user: Admin, platform: Word = "") -> Response:
    """Choose a platform, then give it what it needs."""
    if platform and platform not in registry.sources():
        return RedirectResponse("/sources/new", status_code=303)
    return await _new(request, user, platform)


async def _new(
    request: Request,
    user: SessionUser,
    platform: str,
    *,
    act: Act | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    definition = registry.sources().get(platform)
    title, fields = "", []
    if definition:
        title, fields = definition.title, forms.fields(definition.settings, SOURCE_FIELD_PREFIX)
    return await rendering.page(
        request,
        user,
        "source_new.html",
        code=status,
        platforms=platform_words.offered(),
        chosen=definition,
        fields=forms.refilled(fields, act.form if act else None),
        name=act.text("name", SOURCE_NAME_MAX_CHARACTERS) if act else title,
        product=act.text("product") if act else "",
        error=error,
    )


@router.post("/sources/new")
async def create_source(act: Administering) -> Response:
    """Connect a source and show, this once, its secret with the steps to set it up."""
    platform = act.text("platform")
    state = act.request.app.state
    try:
        definition = platforms.platform(platform)
        settings = forms.typed(
            act.form, forms.fields(definition.settings, SOURCE_FIELD_PREFIX), SOURCE_FIELD_PREFIX
        )
        async with act.database.transaction() as connection:
            product = await products.find_product(connection, act.text("product"))
            source, secret = await sources.create_source(
                connection,
                state.vault,
                product.id,
                platform,
                act.text("name"),
                settings,
                act.text("secret") or None,
            )
    except RelayError as refused:
        if refused.status >= 500:
            raise
        return await _new(
            act.request, act.user, platform, act=act, error=refused.detail, status=refused.status
        )
    if not secret:
        done = "Connected. It is asked from now on; what it holds appears here in a moment."
        return act.done(done, to=f"/sources/{source.id}")
    return await _ready(act, source, secret, fresh=True)


async def _ready(act: Act, source: Source, secret: str, *, fresh: bool) -> Response:
    base = guard.settings(act.request).base_url
    return await rendering.page(
        act.request,
        act.user,
        "source_ready.html",
        source=source,
        secret=secret,
        url=sources.webhook_url(base, source.id),
        guide=sources.guide(source, base, secret),
        fresh=fresh,
    )


@router.get("/sources/{source_id}")
async def source_page(
    request: Request,
    user: Viewer,
    source_id: UUID,
    stage: Word = "",
    reason: Word = "",
    event: Word = "",
    q: Word = "",
    cursor: Cursor = None,
) -> Response:
    """One source: its health, what it delivered and what became of it, and how it was set up."""
    async with guard.database(request).transaction() as connection:
        source = await sources.get_source(connection, source_id)
    async with guard.database(request).transaction() as connection:
        state = (await health.sources(connection, source_id=source_id))[0]
        secrets = await health.count_active_secrets(connection, source_id)
        answering = await source_answering(connection, source)
        polled = await poll_shown(connection, source)
        refused = await refusals.list_refusals(connection, source_id)
        events = await deliveries.list_events(connection, source_id)
        counts = await deliveries.count_deliveries(connection, source_id=source_id)
        delivered = await deliveries.list_deliveries(
            connection,
            source_id=source_id,
            stage=stage or None,
            reason=reason or None,
            event=event or None,
            text=q or None,
            cursor=cursor or None,
            limit=DELIVERIES_PER_PAGE,
        )
    base = guard.settings(request).base_url
    platform = registry.source(source.platform)
    return await rendering.page(
        request,
        user,
        "source.html",
        source=source,
        title=platform.title,
        state=state,
        answering=answering,
        refusals=refused,
        counts=counts,
        sends=platform.sends,
        **polled,
        makes_secrets=platform.new_secret is not None,
        secrets=secrets,
        broken=sum(count.count for count in counts if count.stage in BROKEN_STAGES),
        deliveries=delivered.items,
        cursor=delivered.next_cursor,
        first=not cursor,
        chosen={"stage": stage, "reason": reason, "event": event, "q": q},
        events=[(name, name) for name in events],
        fields=forms.fields(platform.settings, SOURCE_FIELD_PREFIX, source.settings),
        url=sources.webhook_url(base, source.id),
        guide=sources.guide(source, base, SECRET_STAND_IN),
    )


@router.get("/sources/{source_id}/deliveries/{delivery_id}")
async def delivery_page(
    request: Request, user: Viewer, source_id: UUID, delivery_id: int
) -> Response:
    """One received request as it came, shown and never run."""
    async with guard.database(request).transaction() as connection:
        delivery = await deliveries.read_delivery(connection, delivery_id)
    if delivery.row.source_id != source_id:
        return RedirectResponse(
            f"/sources/{delivery.row.source_id}/deliveries/{delivery_id}", status_code=303
        )
    return await rendering.page(
        request, user, "delivery.html", delivery=delivery, body=readable(delivery.body)
    )


def readable(body: str) -> str:
    """A JSON body with one field a line; anything else as it came."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
    return text.encode("utf-8", "backslashreplace").decode()


@router.post("/sources/{source_id}/replay")
async def replay_source(act: Administering, source_id: UUID) -> Response:
    """Read again what was chosen, or everything that failed or was unknown."""
    typed = {name: act.text(name) for name in ("stage", "reason", "event")}
    chosen = {name: value for name, value in {**typed, "text": act.text("q")}.items() if value}
    async with act.database.transaction() as connection:
        if chosen:
            count = await replay.replay_chosen(connection, source_id, **chosen)
        else:
            count = await replay.replay_failed(connection, source_id)
    return act.done(f"{counted(count, 'delivery', 'deliveries')} put back into the queue.")


@router.post("/sources/{source_id}/test")
async def test_way_in(act: Administering, source_id: UUID) -> Response:
    """Send a test to the source's address, and say what became of it."""
    state = act.request.app.state
    result = await way_in.send_test_event(
        act.database,
        state.vault,
        source_id,
        base_url=state.settings.base_url,
        network=state.settings.network,
    )
    if not result.arrived:
        raise Invalid(result.detail, reason="test_failed")
    return act.done(result.detail + " It does not count as feedback.")


@router.post("/deliveries/{delivery_id}/replay")
async def replay_one(act: Administering, delivery_id: int) -> Response:
    """Read one delivery again."""
    async with act.database.transaction() as connection:
        await replay.replay_delivery(connection, delivery_id)
    return act.done("Put back into the queue.")


@router.post("/sources/{source_id}/secret")
async def rotate(act: Administering, source_id: UUID) -> Response:
    """Make a second secret, shown this once; the one before stays valid until the next rotation."""
    async with act.database.transaction() as connection:
        source = await sources.get_source(connection, source_id)
        secret = await sources.rotate_secret(
            connection, act.request.app.state.vault, source_id, act.text("secret") or None
        )
    return await _ready(act, source, secret, fresh=False)


@router.post("/sources/{source_id}/secret/retire")
async def retire(act: Administering, source_id: UUID) -> Response:
    """Accept the newest secret only."""
    async with act.database.transaction() as connection:
        await sources.retire_old_secret(connection, source_id)
    return act.done("Only the newest secret is accepted now.")


@router.post("/sources/{source_id}")
async def change(act: Administering, source_id: UUID) -> Response:
    """Change a source's name and settings, or switch it on or off."""
    async with act.database.transaction() as connection:
        if switch := act.text("enabled"):
            await sources.update_source(connection, source_id, enabled=switch == "on")
            if switch == "on":
                return act.done("Switched on.")
            return act.done("Switched off: deliveries are refused from now on.")
        source = await sources.get_source(connection, source_id)
        fields = forms.fields(registry.source(source.platform).settings, SOURCE_FIELD_PREFIX)
        settings = forms.typed(act.form, fields, SOURCE_FIELD_PREFIX)
        await sources.update_source(connection, source_id, name=act.text("name"), settings=settings)
    return act.done("Saved.")
