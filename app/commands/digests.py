"""`relay digest`: a week or a day in five numbers and some lists."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform

if TYPE_CHECKING:
    from app.digests.digest import Digest
    from app.digests.periods import DigestPeriod
    from app.digests.reading import DigestScope
    from app.running.runtime import Services
    from app.storage.db import Connection


class ShowsByItself(TyperGroup):
    """`relay digest 2026-W49` is `relay digest show 2026-W49`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name where none was typed."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=ShowsByItself, help="Digests: a week or a day in five numbers and lists.")
PeriodName = Annotated[
    str | None,
    typer.Argument(help="2026-W49 or 2026-12-01; the newest week that is over where left out."),
]
ZoneName = Annotated[str, typer.Option("--tz", help="Where days begin, such as Europe/Berlin.")]


@app.command()
def show(
    period: PeriodName = None,
    product: OfProduct = None,
    tz: ZoneName = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show a digest, of one product or of all."""
    from app.digests.plain_text import as_text
    from app.digests.reading import read_digest  # noqa: F401 - loaded before the database opens

    digest = perform(lambda services: read(services, period, product, tz))
    if as_json:
        # Plain words for what the classes compute, as the API has them.
        written = asdict(digest) | {"period": digest.period.key}
        for figure, fields in zip(digest.figures, written["figures"], strict=True):
            fields["change"] = figure.change
        output.as_json(written)
        return
    output.say(output.printable(as_text(digest).rstrip()))


async def read(services: Services, period: str | None, product: str | None, tz: str) -> Digest:
    """The digest that the options ask for."""
    from app.digests.reading import read_digest

    now = datetime.now(UTC)
    async with services.database.transaction() as connection:
        scope = await scope_named(connection, product)
        return await read_digest(connection, scope, period_named(period, tz, now), now)


def period_named(period: str | None, tz: str, now: datetime) -> DigestPeriod:
    """The period of an argument. Raises Invalid."""
    from app.digests.periods import Frequency, last_ended, read_period

    return read_period(period, tz) if period else last_ended(Frequency.weekly, now, tz)


async def scope_named(connection: Connection, product: str | None) -> DigestScope:
    """Whose digest the option asks for."""
    from app.digests.reading import DigestScope
    from app.queries.products import read_product_choice

    product_id = await finding.product_id(connection, product)
    if product_id is None:
        return DigestScope(None, None)
    return DigestScope(await read_product_choice(connection, product_id), product_id)
