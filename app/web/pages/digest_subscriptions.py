"""Who gets digests and alerts, and the way out that a mail carries."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.digests.asked_for import ask_for_digest
from app.digests.subscriptions import (
    NewSubscription,
    Subscription,
    add_subscription,
    delete_subscription,
    end_by_token,
    list_subscriptions,
    read_subscription,
    subscription_of_token,
)
from app.errors import Invalid, NotFound
from app.models.states import DispatchChannel, Frequency, Role
from app.setup.login_sessions import SessionUser
from app.storage.db import Connection
from app.web import digest_words, guard, rendering
from app.web.guard import Acting, Viewer
from app.web.params import identifier
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/digests/subscriptions")
async def subscriptions_page(request: Request, user: Viewer) -> Response:
    """An administrator sees every subscription, others their own."""
    everybody = user.role == Role.admin
    async with guard.database(request).transaction() as connection:
        subscriptions = await list_subscriptions(
            connection, user_id=None if everybody else user.user_id
        )
    return await rendering.page(
        request,
        user,
        "digest_subscriptions.html",
        subscriptions=subscriptions,
        digest_words=digest_words,
        everybody=everybody,
        channels=[
            (channel.value, digest_words.CHANNEL_NAMES[channel])
            for channel in DispatchChannel
            if everybody or channel is DispatchChannel.email
        ],
        weekdays=list(enumerate(digest_words.WEEKDAYS)),
        mail_server=guard.settings(request).mail_server,
    )


@router.post("/digests/subscriptions")
async def subscribe(act: Acting) -> Response:
    """Subscribe: members their own address, administrators whomever they name."""
    channel, frequency = act.text("channel") or DispatchChannel.email, act.text("frequency")
    if channel not in set(DispatchChannel) or frequency not in set(Frequency):
        raise Invalid("Choose by which way and how often.", reason="digest_time_invalid")
    address = act.text("to", 2_000) or act.user.email
    is_own = channel == DispatchChannel.email and address == act.user.email
    if not is_own and act.user.role != Role.admin:
        raise Invalid(
            "You can subscribe your own address; an administrator subscribes chats and others.",
            reason="digest_address_invalid",
        )
    new = NewSubscription(
        channel=DispatchChannel(channel),
        address=address,
        product_id=identifier(act.text("product_id")),
        user_id=act.user.user_id if is_own else None,
        signing_secret=act.text("signing_secret", 500),
        digests=act.text("digests") == "on",
        alerts=act.text("alerts") == "on",
        frequency=Frequency(frequency),
        weekday=_whole(act.text("weekday")),
        hour=_whole(act.text("hour")),
        time_zone=act.text("time_zone") or "UTC",
        created_by=act.actor,
    )
    async with act.database.transaction() as connection:
        await add_subscription(connection, guard.vault(act.request), new, datetime.now(UTC))
    return act.done("Subscribed. “Send one now” shows what it looks like.")


@router.post("/digests/subscriptions/{subscription_id}/now")
async def send_now(act: Acting, subscription_id: uuid.UUID) -> Response:
    """Send the digest of the newest period that is over, whatever it says."""
    now = datetime.now(UTC)
    async with act.database.transaction() as connection:
        chosen = await _own(connection, act.user, subscription_id)
        await ask_for_digest(connection, chosen.id, now)
    return act.done("It goes out within ten seconds. What became of it stands on this page.")


@router.post("/digests/subscriptions/{subscription_id}/remove")
async def remove(act: Acting, subscription_id: uuid.UUID) -> Response:
    """Send nothing more there."""
    async with act.database.transaction() as connection:
        chosen = await _own(connection, act.user, subscription_id)
        await delete_subscription(connection, chosen.id)
    return act.done(f"Nothing more goes to {chosen.shown}.")


@router.get("/digests/off/{token}")
async def ask_to_end(request: Request, token: str) -> Response:
    """Asks once more, because programs that look at mails follow their links."""
    async with guard.database(request).transaction() as connection:
        await subscription_of_token(connection, guard.vault(request), token)
    return rendering.bare(request, "digest_off.html", ended=False)


@router.post("/digests/off/{token}")
async def end(request: Request, token: str) -> Response:
    """One click of a mail program, or the button: the link itself is the permission."""
    async with guard.database(request).transaction() as connection:
        await end_by_token(connection, guard.vault(request), token)
    return rendering.bare(request, "digest_off.html", ended=True)


async def _own(
    connection: Connection, user: SessionUser, subscription_id: uuid.UUID
) -> Subscription:
    """A subscription that this user may change. Raises NotFound."""
    chosen = await read_subscription(connection, subscription_id)
    if user.role != Role.admin and chosen.user_id != user.user_id:
        raise NotFound("There is no such subscription of yours.", reason="subscription_not_found")
    return chosen


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1
