"""A digest that somebody asks for at once."""

from __future__ import annotations

import uuid
from datetime import datetime

from app.digests.composing import NOW_PREFIX
from app.digests.data import digest_data
from app.digests.digest import Digest
from app.digests.failures import SendFailed
from app.digests.ledger import write_dispatch
from app.digests.mail import Envelope
from app.digests.message import digest_message
from app.digests.periods import last_ended, read_period
from app.digests.sending import SendDigests
from app.digests.subscriptions import read_subscription, shown_address
from app.errors import Unavailable
from app.models.states import DispatchChannel, DispatchState
from app.storage.db import Connection


async def ask_for_digest(
    connection: Connection, subscription_id: uuid.UUID, now: datetime, key: str | None = None
) -> uuid.UUID:
    """Write down that a digest goes out now, of the newest period that is over unless ``key``
    names one. Raises NotFound, Invalid (``period_invalid``)."""
    chosen = await read_subscription(connection, subscription_id)
    if key is None:
        period = last_ended(chosen.frequency, now, chosen.time_zone)
    else:
        period = read_period(key, chosen.time_zone)
    about = f"{NOW_PREFIX}{uuid.uuid4().hex}:{period.key}"
    added = await write_dispatch(connection, subscription_id, about, now)
    assert added is not None
    return added


async def send_to_subscription(
    sender: SendDigests, subscription_id: uuid.UUID, key: str | None, now: datetime
) -> str:
    """Send one now, and say what became of it. Raises Unavailable where it did not arrive."""
    async with sender.database.transaction() as connection:
        dispatch_id = await ask_for_digest(connection, subscription_id, now, key)
    await sender.run(now, only=dispatch_id)
    async with sender.database.transaction() as connection:
        chosen = await read_subscription(connection, subscription_id)
    if chosen.last_state is DispatchState.sent:
        return f"Sent to {chosen.shown}."
    if chosen.last_state is DispatchState.pending and not chosen.last_reason:
        return f"A worker is sending right now: it goes to {chosen.shown} with the next ones."
    raise Unavailable(chosen.last_detail, reason=chosen.last_reason or "not_sent")


async def send_to_address(sender: SendDigests, digest: Digest, address: str) -> str:
    """Send a digest to an address of mail once. Raises Unavailable where it did not arrive, Invalid
    (``digest_address_invalid``)."""
    shown_address(DispatchChannel.email, address)
    message = digest_message(digest, digest_data(digest))
    try:
        await sender.send_by_mail(message, Envelope(address, uuid.uuid4()))
    except SendFailed as failure:
        raise Unavailable(failure.detail, reason=failure.reason) from failure
    return f"Sent to {address}."
