"""Finds what a command names: by id, or by name where that says enough."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from app.models.product import Product
    from app.models.source import Source
    from app.models.tracker import Tracker
    from app.setup.accounts import User
    from app.setup.api_tokens import ApiToken
    from app.storage.db import Connection

T = TypeVar("T")


def as_id(text: str) -> uuid.UUID | None:
    """The id, or None for something that is a name."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def chosen(rows: Sequence[T], wanted: str, what: str, *fields: str) -> T:
    """The one row that ``wanted`` names, by id or by one of ``fields``. Raises NotFound, or
    Conflict for several."""
    from app.errors import Conflict, NotFound

    number = as_id(wanted)
    found: list[Any] = [
        row for row in rows if number is not None and getattr(row, "id", None) == number
    ]
    for field in fields:
        found = found or [
            row for row in rows if str(getattr(row, field)).lower() == wanted.strip().lower()
        ]
    if not found:
        raise NotFound(
            f"No {what} is named {wanted!r}: `relay {what} list` shows them.",
            reason=f"{what}_not_found",
        )
    if len(found) > 1:
        raise Conflict(
            f"Several products have a {what} named {wanted!r}: name the product with --product, or "
            "give the id.",
            reason="name_ambiguous",
        )
    one: T = found[0]
    return one


async def product(session: AsyncSession, wanted: str) -> Product:
    """The product with this id, slug or name."""
    from app.setup.products import list_products

    return chosen(await list_products(session), wanted, "product", "slug", "name")


async def product_or_only(session: AsyncSession, wanted: str | None) -> Product:
    """The product that is named; without a name the only one there is. Raises Invalid
    (``product_missing``)."""
    from app.errors import Invalid
    from app.setup.products import list_products

    if wanted is not None:
        return await product(session, wanted)
    known = await list_products(session)
    if len(known) != 1:
        remedy = "name one with --product" if known else "make one with `relay product add NAME`"
        raise Invalid(f"There are {len(known)} products: {remedy}.", reason="product_missing")
    return known[0]


async def product_id(session: AsyncSession, wanted: str | None) -> uuid.UUID | None:
    """The id of the product that is named, or None where none is."""
    return (await product(session, wanted)).id if wanted is not None else None


async def source(session: AsyncSession, wanted: str, of: str | None) -> Source:
    """The source with this id or name, in the product ``of`` where it is given."""
    from app.setup.sources import list_sources

    return chosen(
        await list_sources(session, await product_id(session, of)), wanted, "source", "name"
    )


async def tracker(session: AsyncSession, wanted: str, of: str | None) -> Tracker:
    """The tracker with this id or name, in the product ``of`` where it is given."""
    from app.setup.trackers import list_trackers

    return chosen(
        await list_trackers(session, await product_id(session, of)), wanted, "tracker", "name"
    )


async def user(c: Connection, wanted: str) -> User:
    """The user with this id or address."""
    from app.setup.accounts import list_users

    return chosen(await list_users(c), wanted, "user", "email")


async def token(c: Connection, wanted: str) -> ApiToken:
    """The token with this id or name, one that still works before one that was revoked."""
    from app.setup.api_tokens import list_tokens

    tokens = await list_tokens(c)
    live = [each for each in tokens if each.revoked_at is None]
    return chosen(
        live if any(each.name == wanted for each in live) else tokens, wanted, "token", "name"
    )


async def ticket(c: Connection, wanted: str) -> uuid.UUID:
    """The id of the ticket with this id, start of an id, or key in its tracker. Raises NotFound,
    Conflict."""
    from app.errors import Conflict, NotFound

    rows = await c.execute(
        "select id from ticket where remote_key = %(wanted)s or starts_with(id::text, "
        "lower(%(wanted)s)) limit 2",
        {"wanted": wanted.strip().lstrip("#") or "-"},
    )
    found = [row["id"] async for row in rows]
    if not found:
        raise NotFound(
            f"No ticket is named {wanted!r}: `relay ticket list` shows them.",
            reason="ticket_not_found",
        )
    if len(found) > 1:
        raise Conflict(
            f"Several tickets are named {wanted!r}: give the whole id.", reason="name_ambiguous"
        )
    number: uuid.UUID = found[0]
    return number
