"""`relay digest`: a week or a day in five numbers and some lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform, require_one_of

if TYPE_CHECKING:
    from uuid import UUID

    from app.digests.digest import Digest
    from app.digests.subscriptions import Subscription
    from app.running.runtime import Services


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
    from app.digests.data import digest_data
    from app.digests.message import digest_message
    from app.digests.plain_text import as_text

    digest = perform(reader(period, product, tz))
    written = digest_data(digest)
    if as_json:
        output.as_json(written)
        return
    output.say(output.printable(as_text(digest_message(digest, written)).rstrip()))


@app.command()
def send(
    to: Annotated[str, typer.Option(help="An address of mail, or the id of a subscription.")],
    period: PeriodName = None,
    product: OfProduct = None,
    tz: ZoneName = "UTC",
) -> None:
    """Send a digest now, whatever it says, and say whether it arrived."""
    from app.digests.asked_for import send_to_address, send_to_subscription
    from app.digests.sending import SendDigests

    subscription_id = finding.as_id(to)
    read = reader(period, product, tz)

    async def work(services: Services) -> str:
        settings = services.settings
        sender = SendDigests(
            services.database,
            services.vault,
            settings.network,
            settings.base_url,
            settings.mail_server,
        )
        now = datetime.now(UTC)
        if subscription_id is not None:
            return await send_to_subscription(sender, subscription_id, period, now)
        return await send_to_address(sender, await read(services), to)

    output.done(perform(work))


@app.command()
def subscribe(
    channel: Annotated[str, typer.Option(help="email, slack, discord, teams or webhook.")],
    to: Annotated[str, typer.Option(help="The address of mail; that of a webhook is asked.")] = "",
    product: OfProduct = None,
    daily: Annotated[bool, typer.Option("--daily", help="Every day in place of a week.")] = False,
    alerts: Annotated[bool, typer.Option("--alerts", help="Spikes and silence as well.")] = False,
    weekday: Annotated[int, typer.Option(min=0, max=6, help="0 is Monday.")] = 0,
    hour: Annotated[int, typer.Option(min=0, max=23)] = 8,
    tz: ZoneName = "UTC",
) -> None:
    """Let somebody have digests. What the address of a webhook or its secret holds is typed unseen
    or piped in."""
    from app.commands.secrets_in import ask_secret
    from app.digests.subscriptions import NewSubscription, add_subscription
    from app.models.states import DispatchChannel, Frequency

    require_one_of(channel, DispatchChannel, "--channel")
    if channel == DispatchChannel.email and not to:
        raise typer.BadParameter("Name the address of mail.", param_hint="--to")
    address = to if channel == DispatchChannel.email else ask_secret("Address of the webhook")
    secret = ask_secret("Secret") if channel == DispatchChannel.webhook else ""

    async def work(services: Services) -> UUID:
        async with services.database.transaction() as connection:
            new = NewSubscription(
                channel=DispatchChannel(channel),
                address=address,
                product_id=await finding.product_id(connection, product),
                signing_secret=secret,
                alerts=alerts,
                frequency=Frequency.daily if daily else Frequency.weekly,
                weekday=weekday,
                hour=hour,
                time_zone=tz,
                created_by="command line",
            )
            return await add_subscription(connection, services.vault, new, datetime.now(UTC))

    output.done(f"Subscribed as {perform(work)}.")


@app.command()
def subscriptions(product: OfProduct = None, as_json: AsJson = False) -> None:
    """Show who gets digests, and what became of the last sending."""
    from app.digests.subscriptions import list_subscriptions

    async def work(services: Services) -> list[Subscription]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            return await list_subscriptions(connection, product_id=product_id)

    rows = perform(work)
    if as_json:
        output.as_json(rows)
        return
    output.table(
        ["to", "by", "of", "how often", "alerts", "last", "says", "id"],
        [
            (
                row.shown,
                row.channel.value,
                row.product or "all products",
                row.frequency.value if row.digests else "",
                row.alerts,
                row.last_state.value if row.last_state else "never",
                row.last_detail,
                str(row.id),
            )
            for row in rows
        ],
        empty="Nobody gets digests: `relay digest subscribe`.",
        cut="says",
    )


@app.command()
def unsubscribe(
    subscription: Annotated[str, typer.Argument(help="Its id, as `digest subscriptions` shows.")],
) -> None:
    """End a subscription."""
    from app.digests.subscriptions import delete_subscription

    subscription_id = finding.as_id(subscription)
    if subscription_id is None:
        raise typer.BadParameter("Name the id of a subscription.", param_hint="SUBSCRIPTION")

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            await delete_subscription(connection, subscription_id)

    perform(work)
    output.done("Nothing more is sent there.")


def reader(
    period: str | None, product: str | None, tz: str
) -> Callable[[Services], Awaitable[Digest]]:
    """Reads the digest that the options ask for. Raises Invalid."""
    from app.digests.composing import scope_of
    from app.digests.periods import last_ended, read_period
    from app.digests.reading import read_digest
    from app.models.states import Frequency

    async def read(services: Services) -> Digest:
        now = datetime.now(UTC)
        digest_period = read_period(period, tz) if period else last_ended(Frequency.weekly, now, tz)
        async with services.database.transaction() as connection:
            scope = await scope_of(connection, await finding.product_id(connection, product))
            return await read_digest(connection, scope, digest_period, now)

    return read
