"""Products: what a team builds, and the policy by which its themes become tickets."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

from sqlmodel import select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import Conflict, Invalid, NotFound
from app.models.product import Product
from app.models.states import Boldness, Policy
from app.setup.fields import checked_name

RESCHEDULE_TICKETS = text("""
    update ticket set due_at = :due_at
    where product_id = :product_id and state in ('pending', 'creating')
""")
"""The ledger is the tickets' room and SQL; this goes over the session, so that the policy and what
follows from it are one transaction."""


def slug_of(name: str) -> str:
    """A name as it stands in labels and on the command line: lower case, digits and hyphens."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    if not slug:
        raise Invalid(
            "Give the product a name with at least one Latin letter or digit.",
            reason="name_invalid",
        )
    return slug


async def list_products(session: AsyncSession) -> list[Product]:
    """Products by name."""
    return list((await session.exec(select(Product).order_by(Product.name))).all())


async def get_product(session: AsyncSession, product_id: uuid.UUID) -> Product:
    """The product. Raises NotFound."""
    product = await session.get(Product, product_id)
    if product is None:
        raise NotFound("There is no product with this id.", reason="product_not_found")
    return product


async def find_product(session: AsyncSession, slug: str) -> Product:
    """The product with this slug. Raises NotFound."""
    product = (await session.exec(select(Product).where(Product.slug == slug))).first()
    if product is None:
        raise NotFound(
            f"No product is named {slug}; `relay product list` shows them.",
            reason="product_not_found",
        )
    return product


async def create_product(
    session: AsyncSession,
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
    product = Product(slug=slug_of(slug or name), name=checked_name(name), policy=policy)
    product.auto_min_people, product.auto_min_confidence = auto_min_people, auto_min_confidence
    product.count_staff, product.boldness = count_staff, boldness
    _check_policy(product)
    same_slug = await session.exec(select(Product.id).where(Product.slug == product.slug))
    if same_slug.first() is not None:
        raise Conflict(f"There is a product named {product.slug} already.", reason="name_taken")
    session.add(product)
    await session.flush()
    await session.refresh(product)
    return product


async def update_product(
    session: AsyncSession,
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
    product = await get_product(session, product_id)
    was_on_hold = product.policy == Policy.hold
    if name is not None:
        product.name = checked_name(name)
    for field, value in (
        ("policy", policy),
        ("auto_min_people", auto_min_people),
        ("auto_min_confidence", auto_min_confidence),
        ("count_staff", count_staff),
        ("boldness", boldness),
    ):
        if value is not None:
            setattr(product, field, value)
    _check_policy(product)
    session.add(product)
    await session.flush()
    is_on_hold = product.policy == Policy.hold
    if is_on_hold != was_on_hold:
        due_at = None if is_on_hold else datetime.now(UTC)
        values = {"due_at": due_at, "product_id": product_id}
        connection = await session.connection()
        await connection.execute(RESCHEDULE_TICKETS, values)
    return product


async def delete_product(session: AsyncSession, product_id: uuid.UUID) -> None:
    """Delete a product with sources, comments and themes. Tickets in trackers stay."""
    await session.delete(await get_product(session, product_id))
    await session.flush()


def _check_policy(product: Product) -> None:
    if product.policy not in list(Policy):
        raise Invalid(f"A policy is one of {', '.join(Policy)}.", reason="policy_invalid")
    if product.boldness not in list(Boldness):
        raise Invalid(f"Boldness is one of {', '.join(Boldness)}.", reason="boldness_invalid")
    if not 1 <= product.auto_min_people <= 10_000:
        raise Invalid(
            "The least number of people is between 1 and 10,000.", reason="threshold_invalid"
        )
    if not 0 <= product.auto_min_confidence <= 1:
        raise Invalid("The least confidence is between 0 and 1.", reason="threshold_invalid")
