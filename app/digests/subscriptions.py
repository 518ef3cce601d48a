"""Who gets digests and alerts, by which way and when."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from psycopg import sql

from app.digests.schedule import Schedule
from app.errors import Invalid, NotFound
from app.models.states import DispatchChannel, DispatchState, Frequency
from app.queries.periods import check_zone
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.storage.vault import SecretUnreadable, Vault
from integrations.signatures import STANDARD_WEBHOOKS, sign

SUBSCRIPTIONS_MOST = 500
OFF_PURPOSE = "digest-off:"
_SUBSCRIBED_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\]+@[^\s@<>(),;:\"\\]+", re.ASCII)

SUBSCRIPTION_COLUMNS = sql.SQL(
    """
    s.id, s.product_id, coalesce(p.name, '') as product, coalesce(p.slug, '') as product_slug,
    s.user_id, s.channel, s.shown, s.digests, s.alerts, s.frequency, s.weekday, s.hour, s.time_zone,
    s.enabled, s.next_at, s.created_at, coalesce(d.about, '') as last_about,
    d.state as last_state, coalesce(d.reason, '') as last_reason,
    coalesce(d.detail, '') as last_detail, coalesce(d.sent_at, d.called_at, d.created_at) as last_at
    from digest_subscription s left join product p on p.id = s.product_id
    left join lateral (
      select * from dispatch where subscription_id = s.id order by created_at desc, id limit 1
    ) d on true
    """
)
SELECT_SUBSCRIPTIONS = sql.SQL(
    "select {columns} where (%(user)s::uuid is null or s.user_id = %(user)s)"
    " and (%(product)s::uuid is null or s.product_id is null or s.product_id = %(product)s)"
    " order by p.name nulls first, s.channel, s.shown, s.id limit %(most)s"
).format(columns=SUBSCRIPTION_COLUMNS)
SELECT_SUBSCRIPTION = sql.SQL("select {columns} where s.id = %s").format(
    columns=SUBSCRIPTION_COLUMNS
)
INSERT_SUBSCRIPTION = """
    insert into digest_subscription
        (id, product_id, user_id, channel, address, shown, signing_secret, digests, alerts,
         frequency, weekday, hour, time_zone, next_at, created_by)
    values (%(id)s, %(product)s, %(user)s, %(channel)s, %(address)s, %(shown)s, %(secret)s,
            %(digests)s, %(alerts)s, %(frequency)s, %(weekday)s, %(hour)s, %(tz)s, %(next)s,
            %(by)s)
"""
DELETE_SUBSCRIPTION = "delete from digest_subscription where id = %s returning id"
END_SUBSCRIPTION = """
    update digest_subscription set enabled = false, next_at = null where id = %s returning id
"""
COUNT_SUBSCRIPTIONS = "select count(*) from digest_subscription"


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What somebody asks for. ``product_id`` None means all products; ``user_id`` is whose it is,
    None for one that the team shares. ``signing_secret`` is for a webhook alone."""

    channel: DispatchChannel
    address: str
    product_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    signing_secret: str = ""
    digests: bool = True
    alerts: bool = False
    frequency: Frequency = Frequency.weekly
    weekday: int = 0
    hour: int = 8
    time_zone: str = "UTC"
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as people see it: ``shown`` is what may be read of its address. What was sent
    last, or tried, stands in the fields that begin with ``last``."""

    id: uuid.UUID
    product_id: uuid.UUID | None
    product: str
    product_slug: str
    user_id: uuid.UUID | None
    channel: DispatchChannel
    shown: str
    digests: bool
    alerts: bool
    frequency: Frequency
    weekday: int
    hour: int
    time_zone: str
    enabled: bool
    next_at: datetime | None
    created_at: datetime
    last_about: str
    last_state: DispatchState | None
    last_reason: str
    last_detail: str
    last_at: datetime | None

    @property
    def schedule(self) -> Schedule:
        """When its digests are due."""
        return Schedule(self.frequency, self.weekday, self.hour, self.time_zone)


async def add_subscription(
    connection: Connection, vault: Vault, new: NewSubscription, now: datetime
) -> uuid.UUID:
    """Write a subscription down. Raises Invalid (``digest_address_invalid``,
    ``digest_nothing_chosen``, ``digest_time_invalid``, ``digest_secret_invalid``,
    ``too_many_subscriptions``, ``timezone_unknown``)."""
    if not new.digests and not new.alerts:
        raise Invalid(
            "Choose digests, alerts or both: nothing would be sent.",
            reason="digest_nothing_chosen",
        )
    if not (0 <= new.weekday <= 6 and 0 <= new.hour <= 23):
        raise Invalid(
            "A digest comes on a weekday from 0 (Monday) to 6, at an hour from 0 to 23.",
            reason="digest_time_invalid",
        )
    schedule = Schedule(new.frequency, new.weekday, new.hour, check_zone(new.time_zone))
    shown = shown_address(new.channel, new.address)
    _check_secret(new)
    if await fetch_value(connection, COUNT_SUBSCRIPTIONS) >= SUBSCRIPTIONS_MOST:
        raise Invalid(
            f"There are {SUBSCRIPTIONS_MOST} subscriptions already: remove one that nobody reads.",
            reason="too_many_subscriptions",
        )
    subscription_id = uuid.uuid4()
    values = {
        "id": subscription_id,
        "product": new.product_id,
        "user": new.user_id,
        "channel": new.channel,
        "address": vault.encrypt(new.address),
        "shown": shown,
        "secret": vault.encrypt(new.signing_secret) if new.signing_secret else None,
        "digests": new.digests,
        "alerts": new.alerts,
        "frequency": new.frequency,
        "weekday": new.weekday,
        "hour": new.hour,
        "tz": new.time_zone,
        "next": schedule.next_after(now) if new.digests else None,
        "by": new.created_by,
    }
    await connection.execute(INSERT_SUBSCRIPTION, values)
    return subscription_id


def shown_address(channel: DispatchChannel, address: str) -> str:
    """What may be read of an address: a mail address, and of a webhook the host alone, because
    whoever knows the rest can write there. Raises Invalid (``digest_address_invalid``)."""
    if channel is DispatchChannel.email:
        if len(address) > 254 or not _SUBSCRIBED_ADDRESS.fullmatch(address):
            raise Invalid(
                "An e-mail address is written like kim@example.org.",
                reason="digest_address_invalid",
            )
        return address
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("https", "http") and bool(parts.hostname) and len(address) <= 2000
    except ValueError:
        usable = False
    if not usable or any(mark.isspace() for mark in address):
        raise Invalid(
            "The address of a webhook begins with https://; copy it as a whole.",
            reason="digest_address_invalid",
        )
    return str(parts.hostname)


def _check_secret(new: NewSubscription) -> None:
    if new.channel is not DispatchChannel.webhook:
        return
    try:
        sign(STANDARD_WEBHOOKS, new.signing_secret, b"{}", "id", 1)
    except ValueError:
        raise Invalid(
            "A webhook is signed: give a secret as Standard Webhooks have it (whsec_ and base64).",
            reason="digest_secret_invalid",
        ) from None


async def list_subscriptions(
    connection: Connection,
    *,
    user_id: uuid.UUID | None = None,
    product_id: uuid.UUID | None = None,
) -> list[Subscription]:
    """Subscriptions of everybody or of one user; with ``product_id`` those that hear of it."""
    values = {"user": user_id, "product": product_id, "most": SUBSCRIPTIONS_MOST}
    return await fetch_all(connection, SELECT_SUBSCRIPTIONS, values, of=Subscription)


async def read_subscription(connection: Connection, subscription_id: uuid.UUID) -> Subscription:
    """One subscription. Raises NotFound (``subscription_not_found``)."""
    row = await fetch_one(connection, SELECT_SUBSCRIPTION, [subscription_id], of=Subscription)
    if row is None:
        raise _no_subscription()
    return row


async def delete_subscription(connection: Connection, subscription_id: uuid.UUID) -> None:
    """Forget a subscription and what was sent to it. Raises NotFound."""
    if await fetch_value(connection, DELETE_SUBSCRIPTION, [subscription_id]) is None:
        raise _no_subscription()


def off_token(vault: Vault, subscription_id: uuid.UUID) -> str:
    """What the link at the end of a mail carries: it ends this subscription and nothing else."""
    return vault.encrypt(f"{OFF_PURPOSE}{subscription_id}").decode()


async def end_by_token(connection: Connection, vault: Vault, token: str) -> None:
    """Send nothing more to the subscription of a mail's link; asked twice it is the same. Raises
    NotFound."""
    subscription_id = await subscription_of_token(connection, vault, token)
    await connection.execute(END_SUBSCRIPTION, [subscription_id])


async def subscription_of_token(connection: Connection, vault: Vault, token: str) -> uuid.UUID:
    """Whose link it is. Raises NotFound for one that we did not make, or that is of no use any
    more."""
    try:
        purpose = vault.decrypt(token.encode())
        subscription_id = uuid.UUID(purpose.removeprefix(OFF_PURPOSE))
    except (ValueError, SecretUnreadable):
        raise _no_subscription() from None
    if not purpose.startswith(OFF_PURPOSE):
        raise _no_subscription()
    return (await read_subscription(connection, subscription_id)).id


def _no_subscription() -> NotFound:
    return NotFound(
        "There is no such subscription; it was removed, or the link was cut off.",
        reason="subscription_not_found",
    )
