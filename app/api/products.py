"""Products: what a team builds, and the policy by which its themes become tickets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from app.api.access import Admin, DatabaseOf, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.product import ProductIn, ProductOut, ProductPatch
from app.setup import products
from app.setup.products import Product

router = APIRouter(route_class=LimitedRoute, prefix="/products", tags=["products"])
ProductId = Annotated[
    UUID, Path(description="The product's `id`.", examples=["0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001"])
]


@router.get(
    "",
    operation_id="list_products",
    summary="List products",
    response_model=list[ProductOut],
    responses=refusals(),
)
async def list_all(caller: Reader, database: DatabaseOf) -> list[Product]:
    """Every product, by name."""
    async with database.transaction() as connection:
        return await products.list_products(connection)


@router.post(
    "",
    operation_id="create_product",
    summary="Add a product",
    status_code=201,
    response_model=ProductOut,
    responses=refusals("name_taken", "name_invalid", "name_length", body=True),
)
async def create(caller: Admin, database: DatabaseOf, body: ProductIn) -> Product:
    """Add a product. Its policy is `review` unless you say otherwise."""
    async with database.transaction() as connection:
        return await products.create_product(connection, **body.model_dump())


@router.get(
    "/{product_id}",
    operation_id="read_product",
    summary="Read a product",
    response_model=ProductOut,
    responses=refusals("product_not_found"),
)
async def read(caller: Reader, database: DatabaseOf, product_id: ProductId) -> Product:
    """A product with its policy."""
    async with database.transaction() as connection:
        return await products.get_product(connection, product_id)


@router.patch(
    "/{product_id}",
    operation_id="update_product",
    summary="Change a product",
    response_model=ProductOut,
    responses=refusals("product_not_found", "name_length", body=True),
)
async def update(
    caller: Admin, database: DatabaseOf, product_id: ProductId, body: ProductPatch
) -> Product:
    """Change the fields that are given. When the policy `hold` ends, what waited is pushed."""
    async with database.transaction() as connection:
        return await products.update_product(connection, product_id, **body.model_dump())


@router.delete(
    "/{product_id}",
    operation_id="delete_product",
    summary="Delete a product",
    status_code=204,
    responses=refusals("product_not_found", writes=True),
)
async def delete(caller: Admin, database: DatabaseOf, product_id: ProductId) -> None:
    """Delete a product with its sources, comments and themes. Tickets in trackers stay."""
    async with database.transaction() as connection:
        await products.delete_product(connection, product_id)
