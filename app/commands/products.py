"""`relay product`: what a team builds, and the policy by which its themes become tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import AsJson, perform

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.products import Product
    from integrations.tracker_contract import Finding

app = typer.Typer(no_args_is_help=True, help="Products: what a team builds, and its policy.")

Policy = Annotated[
    str | None,
    typer.Option(
        help="review: a person decides; auto: numbers decide; "
        "hold: people decide, and tickets wait."
    ),
]
People = Annotated[
    int | None, typer.Option("--min-people", help="People that a theme needs under auto.")
]
Confidence = Annotated[
    float | None, typer.Option("--min-confidence", help="Confidence (0 to 1) it needs under auto.")
]
CountStaff = Annotated[
    bool | None, typer.Option("--count-staff/--no-staff", help="Whether staff comments count.")
]

Boldness = Annotated[
    str | None,
    typer.Option(
        help="careful, balanced or bold: how much joins themes without being asked about."
    ),
]


@app.command()
def add(
    name: str,
    slug: Annotated[
        str | None, typer.Option(help="Its name in labels and on the command line.")
    ] = None,
    policy: Policy = "review",
    people: People = 2,
    confidence: Confidence = 0.6,
    staff: CountStaff = False,
    boldness: Boldness = "balanced",
    as_json: AsJson = False,
) -> None:
    """Make a product."""
    from app.setup.products import create_product

    async def work(services: Services) -> Product:
        async with services.database.transaction() as connection:
            return await create_product(
                connection,
                name,
                slug=slug,
                policy=policy or "review",
                auto_min_people=2 if people is None else people,
                auto_min_confidence=0.6 if confidence is None else confidence,
                count_staff=bool(staff),
                boldness=boldness or "balanced",
            )

    product = perform(work)
    if as_json:
        output.as_json(fields(product))
        return
    output.done(f"Product {product.slug} made, with the policy {product.policy}.")
    output.hint(f"Next: relay source add NAME --platform PLATFORM --product {product.slug}")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show every product."""
    from app.setup.products import list_products

    async def work(services: Services) -> list[Product]:
        async with services.database.transaction() as connection:
            return await list_products(connection)

    rows = perform(work)
    if as_json:
        output.as_json([fields(product) for product in rows])
        return
    output.table(
        ["product", "name", "policy", "people", "confidence", "staff count", "made"],
        [
            (
                product.slug,
                product.name,
                product.policy,
                product.auto_min_people,
                product.auto_min_confidence,
                product.count_staff,
                product.created_at,
            )
            for product in rows
        ],
        empty="No products yet: relay product add NAME",
    )


@app.command()
def show(
    product: Annotated[str, typer.Argument(help="Name or id.")], as_json: AsJson = False
) -> None:
    """Show one product with its sources and trackers."""
    from app.setup.sources import list_sources
    from app.setup.trackers import list_trackers

    async def work(services: Services) -> dict[str, Any]:
        async with services.database.transaction() as connection:
            row = await finding.product(connection, product)
            sources = await list_sources(connection, row.id)
            trackers = await list_trackers(connection, row.id)
        return {
            **fields(row),
            "sources": [f"{source.name} ({source.platform})" for source in sources],
            "trackers": [f"{tracker.name} ({tracker.type})" for tracker in trackers],
        }

    shown = perform(work)
    if as_json:
        output.as_json(shown)
        return
    for connected in ("sources", "trackers"):
        shown[connected] = ", ".join(shown[connected])
    output.card(shown)


@app.command("set")
def set_(
    product: Annotated[str, typer.Argument(help="Name or id.")],
    name: Annotated[
        str | None, typer.Option(help="A new name; labels keep the old short one.")
    ] = None,
    policy: Policy = None,
    people: People = None,
    confidence: Confidence = None,
    staff: CountStaff = None,
    boldness: Boldness = None,
) -> None:
    """Change a product's name or policy."""
    from app.setup.products import update_product

    async def work(services: Services) -> Product:
        async with services.database.transaction() as connection:
            row = await finding.product(connection, product)
            return await update_product(
                connection,
                row.id,
                name=name,
                policy=policy,
                auto_min_people=people,
                auto_min_confidence=confidence,
                count_staff=staff,
                boldness=boldness,
            )

    changed = perform(work)
    output.done(
        f"Product {changed.slug}: policy {changed.policy}; under auto at least "
        f"{changed.auto_min_people} people and a confidence of {changed.auto_min_confidence:g}."
    )


@app.command()
def check(
    product: Annotated[str, typer.Argument(help="Name or id.")], as_json: AsJson = False
) -> None:
    """Look whether everything a product needs is there and works; exit code 1 where something is
    wrong."""
    from app.running.checks import product_findings

    async def work(services: Services) -> list[Finding]:
        async with services.database.transaction() as connection:
            row = await finding.product(connection, product)
        return await product_findings(services, row)

    output.findings(perform(work), as_json)


def fields(product: Product) -> dict[str, Any]:
    """A product as JSON shows it."""
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name,
        "policy": product.policy,
        "auto_min_people": product.auto_min_people,
        "auto_min_confidence": product.auto_min_confidence,
        "count_staff": product.count_staff,
        "boldness": product.boldness,
        "created_at": product.created_at,
    }
