"""Finds what a command names: by id, or by name where that says enough."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from app.setup.accounts import User
    from app.setup.api_tokens import ApiToken
    from app.setup.products import Product
    from app.setup.sources import Source
    from app.setup.trackers import Tracker
    from app.storage.db import Connection

Row = TypeVar("Row")


def as_id(text: str) -> uuid.UUID | None:
    """The id, or None for something that is a name."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def chosen(rows: Sequence[Row], name: str, noun: str, *fields: str) -> Row:
    """The one row that ``name`` names, by id or else by the first of ``fields`` that holds it.
    Raises NotFound, or Conflict for several."""
    from app.errors import Conflict, NotFound

    matches = _matches(rows, name, fields)
    if not matches:
        raise NotFound(
            f"No {noun} is named {name!r}: `relay {noun} list` shows them.",
            reason=f"{noun}_not_found",
        )
    if len(matches) > 1:
        raise Conflict(
            f"Several products have a {noun} named {name!r}: name the product with --product, or "
            "give the id.",
            reason="name_ambiguous",
        )
    return matches[0]


def _matches(rows: Sequence[Row], name: str, fields: Sequence[str]) -> list[Row]:
    number = as_id(name)
    if number is not None:
        by_id = [row for row in rows if getattr(row, "id", None) == number]
        if by_id:
            return by_id
    for field in fields:
        by_field = [row for row in rows if str(getattr(row, field)).lower() == name.strip().lower()]
        if by_field:
            return by_field
    return []


async def product(connection: Connection, name: str) -> Product:
    """The product with this id, slug or name."""
    from app.setup.products import list_products

    return chosen(await list_products(connection), name, "product", "slug", "name")


async def product_or_only(connection: Connection, name: str | None) -> Product:
    """The product that is named; without a name the only one there is. Raises Invalid
    (``product_missing``)."""
    from app.errors import Invalid
    from app.setup.products import list_products

    if name is not None:
        return await product(connection, name)
    products = await list_products(connection)
    if len(products) == 1:
        return products[0]
    remedy = "name one with --product" if products else "make one with `relay product add NAME`"
    raise Invalid(f"There are {len(products)} products: {remedy}.", reason="product_missing")


async def product_id(connection: Connection, name: str | None) -> uuid.UUID | None:
    """The id of the product that is named, or None where none is."""
    if name is None:
        return None
    return (await product(connection, name)).id


async def source(connection: Connection, name: str, of_product: str | None) -> Source:
    """The source with this id or name, in the product where one is named."""
    from app.setup.sources import list_sources

    sources = await list_sources(connection, await product_id(connection, of_product))
    return chosen(sources, name, "source", "name")


async def source_id(
    connection: Connection, name: str | None, of_product: str | None
) -> uuid.UUID | None:
    """The id of the source that is named, or None where none is."""
    return None if name is None else (await source(connection, name, of_product)).id


async def tracker(connection: Connection, name: str, of_product: str | None) -> Tracker:
    """The tracker with this id or name, in the product where one is named."""
    from app.setup.trackers import list_trackers

    trackers = await list_trackers(connection, await product_id(connection, of_product))
    return chosen(trackers, name, "tracker", "name")


async def user(connection: Connection, email: str) -> User:
    """The user with this id or address."""
    from app.setup.accounts import list_users

    return chosen(await list_users(connection), email, "user", "email")


async def token(connection: Connection, name: str) -> ApiToken:
    """The token with this id or name, one that still works before one that was revoked."""
    from app.setup.api_tokens import list_tokens

    tokens = await list_tokens(connection)
    working = [row for row in tokens if row.revoked_at is None]
    if any(row.name == name for row in working):
        return chosen(working, name, "token", "name")
    return chosen(tokens, name, "token", "name")


async def ticket(connection: Connection, name: str) -> uuid.UUID:
    """The id of the ticket with this id, start of an id, or key in its tracker. Raises NotFound,
    Conflict."""
    from app.errors import Conflict, NotFound
    from app.queries.tickets import find_ticket_ids

    # No id starts with "-": a blank name must not match every ticket.
    ticket_ids = await find_ticket_ids(connection, name.strip().lstrip("#") or "-")
    if not ticket_ids:
        raise NotFound(
            f"No ticket is named {name!r}: `relay ticket list` shows them.",
            reason="ticket_not_found",
        )
    if len(ticket_ids) > 1:
        raise Conflict(
            f"Several tickets are named {name!r}: give the whole id.", reason="name_ambiguous"
        )
    return ticket_ids[0]


async def theme(connection: Connection, name: str) -> uuid.UUID:
    """The theme with this id, or whose id begins like this. Raises NotFound, Conflict."""
    from app.errors import Conflict, NotFound
    from app.queries.themes import themes_named

    # No id starts with "-": a blank name must not match every theme.
    theme_ids = await themes_named(connection, name.strip() or "-")
    if not theme_ids:
        raise NotFound(
            f"No theme has the id {name!r}: `relay theme list` shows them.",
            reason="theme_not_found",
        )
    if len(theme_ids) > 1:
        raise Conflict(
            f"Several themes begin with {name!r}: give more of the id.", reason="name_ambiguous"
        )
    return theme_ids[0]


async def reply(connection: Connection, name: str) -> uuid.UUID:
    """The answer with this id, or whose id begins like this. Raises NotFound, Conflict."""
    from app.errors import Conflict, NotFound
    from app.queries.replies import replies_named

    # No id starts with "-": a blank name must not match every answer.
    reply_ids = await replies_named(connection, name.strip() or "-")
    if not reply_ids:
        raise NotFound(
            f"No answer has the id {name!r}: `relay reply list` shows them.",
            reason="reply_not_found",
        )
    if len(reply_ids) > 1:
        raise Conflict(
            f"Several answers begin with {name!r}: give the whole id.", reason="name_ambiguous"
        )
    return reply_ids[0]
