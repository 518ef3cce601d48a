"""Products: what a team builds, and the policy by which its themes become tickets."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from app.errors import Conflict, Invalid, NotFound
from app.models.states import Boldness, Policy
from app.setup.digests import digest
from app.setup.fields import checked_name
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one

SLUG_MAX_CHARACTERS = 40
NEUTRAL_SLUG_DIGITS = 6
"""Hexadecimal digits that tell products apart whose names have no Latin letter."""

SELECT_PRODUCTS = """
    select id, slug, name, policy, auto_min_people, auto_min_confidence, count_staff, boldness,
           created_at
    from product order by name
"""
SELECT_PRODUCT = """
    select id, slug, name, policy, auto_min_people, auto_min_confidence, count_staff, boldness,
           created_at
    from product where id = %s
"""
SELECT_PRODUCT_BY_SLUG = """
    select id, slug, name, policy, auto_min_people, auto_min_confidence, count_staff, boldness,
           created_at
    from product where slug = %s
"""
LOCK_PRODUCT_POLICY = "select policy from product where id = %s for no key update"
INSERT_PRODUCT = """
    insert into product
        (id, slug, name, policy, auto_min_people, auto_min_confidence, count_staff, boldness)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (slug) do nothing
    returning id, slug, name, policy, auto_min_people, auto_min_confidence, count_staff, boldness,
              created_at
"""
UPDATE_PRODUCT = """
    update product
    set name = coalesce(%(name)s, name), policy = coalesce(%(policy)s, policy),
        auto_min_people = coalesce(%(people)s, auto_min_people),
        auto_min_confidence = coalesce(%(confidence)s, auto_min_confidence),
        count_staff = coalesce(%(staff)s, count_staff),
        boldness = coalesce(%(boldness)s, boldness)
    where id = %(id)s
    returning id, slug, name, policy, auto_min_people, auto_min_confidence, count_staff, boldness,
              created_at
"""
DELETE_PRODUCT = "delete from product where id = %s"
# The ledger is the tickets' room: this goes along, so that the policy and what follows from it are
# one transaction.
RESCHEDULE_TICKETS = """
    update ticket set due_at = %s
    where product_id = %s and state in ('pending', 'creating')
      and rule_id is null and reason <> 'held_by_rule'
"""


@dataclass(frozen=True, slots=True)
class Product:
    """What a team builds, and the policy by which its themes become tickets.

    ``policy``: ``review`` (a person approves), ``auto`` (themes with at least ``auto_min_people``
    people and ``auto_min_confidence`` are approved by themselves) or ``hold`` (nothing is pushed).
    ``count_staff``: whether the replies of staff make themes as well. ``boldness``: how much joins
    themes without being asked about.
    """

    id: uuid.UUID
    slug: str
    name: str
    policy: Policy
    auto_min_people: int
    auto_min_confidence: float
    count_staff: bool
    boldness: Boldness
    created_at: datetime


def slug_of(name: str) -> str:
    """A name as it stands in labels and on the command line: lower case, digits and hyphens. Empty
    where it has none of the Latin letters and digits."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_MAX_CHARACTERS].strip("-")


def _slug(chosen: str | None, name: str) -> str:
    """The slug that was chosen, or one made of the name: of one in another script a neutral word
    and a digest, so that names that differ do not collide. Raises Invalid."""
    if not chosen:
        return slug_of(name) or f"product-{digest(name.casefold())[:NEUTRAL_SLUG_DIGITS]}"
    if not slug_of(chosen):
        raise Invalid("A slug needs at least one Latin letter or digit.", reason="name_invalid")
    return slug_of(chosen)


async def list_products(connection: Connection) -> list[Product]:
    """Products by name."""
    return await fetch_all(connection, SELECT_PRODUCTS, of=Product)


async def get_product(connection: Connection, product_id: uuid.UUID) -> Product:
    """The product. Raises NotFound."""
    product = await fetch_one(connection, SELECT_PRODUCT, [product_id], of=Product)
    if product is None:
        raise _product_not_found()
    return product


async def find_product(connection: Connection, slug: str) -> Product:
    """The product with this slug. Raises NotFound."""
    product = await fetch_one(connection, SELECT_PRODUCT_BY_SLUG, [slug], of=Product)
    if product is None:
        raise NotFound(
            f"No product is named {slug}; `relay product list` shows them.",
            reason="product_not_found",
        )
    return product


async def create_product(
    connection: Connection,
    name: str,
    *,
    slug: str | None = None,
    policy: str = Policy.review,
    auto_min_people: int = 2,
    auto_min_confidence: float = 0.6,
    count_staff: bool = False,
    boldness: str = Boldness.balanced,
) -> Product:
    """A new product. Raises Invalid, Conflict (``name_taken``)."""
    name = checked_name(name)
    short = _slug(slug, name)
    check_policy(policy, auto_min_people, auto_min_confidence)
    _check_boldness(boldness)
    values = [
        uuid.uuid4(),
        short,
        name,
        policy,
        auto_min_people,
        auto_min_confidence,
        count_staff,
        boldness,
    ]
    product = await fetch_one(connection, INSERT_PRODUCT, values, of=Product)
    if product is None:
        raise Conflict(f"There is a product named {short} already.", reason="name_taken")
    return product


async def update_product(
    connection: Connection,
    product_id: uuid.UUID,
    *,
    name: str | None = None,
    policy: str | None = None,
    auto_min_people: int | None = None,
    auto_min_confidence: float | None = None,
    count_staff: bool | None = None,
    boldness: str | None = None,
) -> Product:
    """Change what is given. Tickets that waited because of the policy ``hold`` become due when it
    ends."""
    before = await fetch_one(connection, LOCK_PRODUCT_POLICY, [product_id])
    if before is None:
        raise _product_not_found()
    check_policy(policy, auto_min_people, auto_min_confidence)
    _check_boldness(boldness)
    values = {
        "id": product_id,
        "name": None if name is None else checked_name(name),
        "policy": policy,
        "people": auto_min_people,
        "confidence": auto_min_confidence,
        "staff": count_staff,
        "boldness": boldness,
    }
    product = await fetch_one(connection, UPDATE_PRODUCT, values, of=Product)
    assert product is not None  # its row is locked
    is_on_hold = product.policy == Policy.hold
    if is_on_hold != (before["policy"] == Policy.hold):
        due_at = None if is_on_hold else datetime.now(UTC)
        await connection.execute(RESCHEDULE_TICKETS, [due_at, product_id])
    return product


async def delete_product(connection: Connection, product_id: uuid.UUID) -> None:
    """Delete a product with sources, comments and themes. Tickets in trackers stay."""
    deleted = await connection.execute(DELETE_PRODUCT, [product_id])
    if deleted.rowcount == 0:
        raise _product_not_found()


def check_policy(policy: str | None, people: int | None, confidence: float | None) -> None:
    """Raises Invalid for a value that cannot be; None is one that stays."""
    if policy is not None and policy not in list(Policy):
        raise Invalid(f"A policy is one of {', '.join(Policy)}.", reason="policy_invalid")
    if people is not None and not 1 <= people <= 10_000:
        raise Invalid(
            "The least number of people is between 1 and 10,000.", reason="threshold_invalid"
        )
    if confidence is not None and not 0 <= confidence <= 1:
        raise Invalid("The least confidence is between 0 and 1.", reason="threshold_invalid")


def _check_boldness(boldness: str | None) -> None:
    """Raises Invalid for a word that nobody knows; None is what stays."""
    if boldness is not None and boldness not in list(Boldness):
        raise Invalid(f"Boldness is one of {', '.join(Boldness)}.", reason="boldness_invalid")


def _product_not_found() -> NotFound:
    return NotFound("There is no product with this id.", reason="product_not_found")
