"""`relay suggestion`: themes that may be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform

if TYPE_CHECKING:
    from app.queries.pairs import PairRow
    from app.running.runtime import Services

app = typer.Typer(no_args_is_help=True, help="Suggestions: themes that may be the same.")


@app.command("list")
def list_(
    product: OfProduct = None,
    limit: Annotated[
        int, typer.Option(min=1, max=200, help="The likeliest, at most so many.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """Show pairs of themes that may be the same, the likeliest first; those that were put off come
    last."""
    from app.queries.pairs import list_pairs

    async def work(services: Services) -> list[PairRow]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            return (await list_pairs(connection, product_id, limit=limit)).items

    pairs = perform(work)
    if as_json:
        output.as_json(pairs)
        return
    output.table(
        ["likely", "people", "theme", "and", "put off", "id"],
        [
            (
                f"{pair.score:.0%}",
                f"{pair.theme_people} + {pair.other_people}",
                pair.theme_title,
                pair.other_title,
                f"until {pair.later_until:%Y-%m-%d}" if pair.later_until else "",
                str(pair.id),
            )
            for pair in pairs
        ],
        empty="Nothing may be the same.",
        cut="theme",
    )
