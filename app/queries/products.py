"""Reading what a page's frame and the demo say of products."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.errors import NotFound
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one

SELECT_PRODUCT_CHOICES = "select id, slug, name from product order by name, id"
SELECT_PRODUCT_CHOICE = "select id, slug, name from product where id = %s"
COUNT_OF_PRODUCT = """
    select (select count(*) from comment where product_id = %(product)s) as comments,
           (select count(distinct author_id) from comment
             where product_id = %(product)s) as authors,
           (select count(*) from theme
             where product_id = %(product)s and status <> 'merged') as themes,
           (select count(*) from ticket
             where product_id = %(product)s and state = 'created') as tickets
"""
COUNT_SETTLED_TICKETS = """
    select count(*) filter (where state in ('created', 'blocked', 'gone')) as settled,
           count(*) as planned, count(*) filter (where state = 'blocked') as blocked
    from ticket where product_id = %s and state <> 'cancelled'
"""


@dataclass(frozen=True, slots=True)
class ProductChoice:
    """A product as the switcher shows it."""

    id: UUID
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class ProductTotals:
    """What became of a product's comments; ``tickets`` are those that were created."""

    comments: int
    authors: int
    themes: int
    tickets: int


@dataclass(frozen=True, slots=True)
class TicketProgress:
    """How many of the ``planned`` tickets are ``settled``: created, or ``blocked`` until a person
    looks."""

    settled: int
    planned: int
    blocked: int


async def list_product_choices(connection: Connection) -> list[ProductChoice]:
    """Every product, by name."""
    return await fetch_all(connection, SELECT_PRODUCT_CHOICES, of=ProductChoice)


async def product_totals(connection: Connection, product_id: UUID) -> ProductTotals:
    """Comments, authors, themes and tickets of a product."""
    totals = await fetch_one(
        connection, COUNT_OF_PRODUCT, {"product": product_id}, of=ProductTotals
    )
    assert totals is not None
    return totals


async def ticket_progress(connection: Connection, product_id: UUID) -> TicketProgress:
    """How far a product's tickets are."""
    progress = await fetch_one(connection, COUNT_SETTLED_TICKETS, [product_id], of=TicketProgress)
    assert progress is not None
    return progress


async def read_product_choice(connection: Connection, product_id: UUID) -> ProductChoice:
    """One product as the switcher shows it. Raises NotFound."""
    choice = await fetch_one(connection, SELECT_PRODUCT_CHOICE, [product_id], of=ProductChoice)
    if choice is None:
        raise NotFound("There is no product with this id.", reason="product_not_found")
    return choice
