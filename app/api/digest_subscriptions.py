"""Who gets digests and alerts."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.api.access import Admin, DatabaseOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.digests import SubscriptionIn, SubscriptionOut
from app.digests.asked_for import ask_for_digest
from app.digests.subscriptions import (
    NewSubscription,
    Subscription,
    add_subscription,
    delete_subscription,
    list_subscriptions,
    read_subscription,
)
from app.queries.products import read_product_choice

router = APIRouter(route_class=LimitedRoute, prefix="/digest-subscriptions", tags=["digests"])
SubscriptionId = Annotated[uuid.UUID, Path(description="The subscription's `id`.")]


@router.get(
    "",
    operation_id="list_digest_subscriptions",
    summary="List who gets digests",
    response_model=list[SubscriptionOut],
    responses=refusals(),
)
async def listed(
    caller: Admin,
    database: DatabaseOf,
    product_id: Annotated[
        uuid.UUID | None, Query(description="Only those that hear of this product.")
    ] = None,
) -> list[Subscription]:
    """Every subscription with what became of its last sending; addresses of webhooks are never
    answered."""
    async with database.transaction() as connection:
        return await list_subscriptions(connection, product_id=product_id)


@router.post(
    "",
    operation_id="subscribe_to_digests",
    summary="Subscribe to digests and alerts",
    status_code=201,
    response_model=SubscriptionOut,
    responses=refusals(
        "product_not_found",
        "digest_address_invalid",
        "digest_nothing_chosen",
        "digest_secret_invalid",
        "timezone_unknown",
        "too_many_subscriptions",
        body=True,
    ),
)
async def subscribe(
    caller: Admin, database: DatabaseOf, vault: VaultOf, body: SubscriptionIn
) -> Subscription:
    """Send digests, alerts or both to an address of mail, a chat or a program."""
    fields = body.model_dump() | {"signing_secret": body.signing_secret.get_secret_value()}
    new = NewSubscription(created_by=caller.actor, **fields)
    async with database.transaction() as connection:
        if body.product_id is not None:
            await read_product_choice(connection, body.product_id)
        added = await add_subscription(connection, vault, new, datetime.now(UTC))
        return await read_subscription(connection, added)


@router.post(
    "/{subscription_id}/send",
    operation_id="send_digest_now",
    summary="Send a digest now",
    status_code=202,
    response_model=SubscriptionOut,
    responses=refusals("subscription_not_found", writes=True),
)
async def send(
    caller: Admin, database: DatabaseOf, subscription_id: SubscriptionId
) -> Subscription:
    """A worker sends the digest of the newest period that is over, whatever it says."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        await ask_for_digest(connection, subscription_id, now)
        return await read_subscription(connection, subscription_id)


@router.delete(
    "/{subscription_id}",
    operation_id="unsubscribe_from_digests",
    summary="End a subscription",
    status_code=204,
    responses=refusals("subscription_not_found", writes=True),
)
async def unsubscribe(caller: Admin, database: DatabaseOf, subscription_id: SubscriptionId) -> None:
    """Nothing more is sent, and what was sent is forgotten."""
    async with database.transaction() as connection:
        await delete_subscription(connection, subscription_id)
