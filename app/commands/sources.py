"""`relay source`: the connected channels of a product, and how to set the platform up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.named_values import pairs
from app.commands.options import AsJson, OfProduct, Yes, perform
from app.commands.secrets_in import ask_secret

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.sources import Source
    from integrations.tracker_contract import Finding

app = typer.Typer(no_args_is_help=True, help="Sources: the channels we listen to.")

Named = Annotated[str, typer.Argument(help="Name or id.")]
AskSecret = Annotated[
    bool,
    typer.Option(
        "--ask-secret", help="The platform made the secret: type it unseen, or pipe it in."
    ),
]
ON_CARD = ("name", "platform", "id", "enabled", "webhook_url", "settings")


@app.command()
def add(
    name: str,
    platform: Annotated[str, typer.Option(help="discourse, generic, github, slack ...")],
    product: OfProduct = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting as name=value; repeatable.")
    ] = None,
    ask: AskSecret = False,
    as_json: AsJson = False,
) -> None:
    """Connect a channel and print how to set the platform up."""
    from app.setup.platforms import platform as known
    from app.setup.sources import create_source

    definition = known(platform)
    chosen = pairs(settings or [], "--set")
    secret_of_platform = None
    if definition.sends and (ask or definition.new_secret is None):
        secret_of_platform = ask_secret(f"Secret from {definition.title}")

    async def work(services: Services) -> dict[str, Any]:
        async with services.database.transaction() as connection:
            of = await finding.product_or_only(connection, product)
            source, secret = await create_source(
                connection, services.vault, of.id, platform, name, chosen, secret_of_platform
            )
            return described(services, source, [secret] if secret else [])

    shown = perform(work)
    if as_json:
        output.as_json(shown)
        return
    output.done(f"Source {shown['name']} made. Now set the platform up:")
    _guide(shown)


@app.command("list")
def list_(product: OfProduct = None, as_json: AsJson = False) -> None:
    """Show every source with its health."""
    from app.queries.health import SourceHealth, sources

    async def work(services: Services) -> list[SourceHealth]:
        async with services.database.transaction() as connection:
            of = await finding.product_id(connection, product)
        async with services.database.transaction() as connection:
            return await sources(connection, of)

    rows = perform(work)
    if as_json:
        output.as_json(rows)
        return
    output.table(
        [
            "source",
            "platform",
            "status",
            "last delivery",
            "deliveries 24 h",
            "comments 24 h",
            "failed",
            "id",
        ],
        [
            (
                source.name,
                source.platform,
                source.status,
                output.ago(source.last_delivery_at),
                source.deliveries_24h,
                source.comments_24h,
                source.failed,
                source.source_id,
            )
            for source in rows
        ],
        empty="No sources yet: relay source add NAME --platform PLATFORM",
    )


@app.command()
def show(source: Named, product: OfProduct = None, as_json: AsJson = False) -> None:
    """Print a source's set-up steps with its real webhook address and secret."""
    from app.setup.sources import active_secrets

    async def work(services: Services) -> dict[str, Any]:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            secrets = await active_secrets(connection, services.vault, row.id)
        return described(services, row, secrets)

    shown = perform(work)
    if as_json:
        output.as_json(shown)
        return
    output.card({name: value for name, value in shown.items() if name in ON_CARD})
    output.say("")
    _guide(shown)


@app.command()
def check(source: Named, product: OfProduct = None, as_json: AsJson = False) -> None:
    """Look whether a source is set up and speaks; exit code 1 where something is wrong."""
    from app.running.checks import source_findings

    async def work(services: Services) -> list[Finding]:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
        return await source_findings(services, row)

    output.findings(perform(work), as_json)


@app.command("try")
def try_settings_on(
    source: Named,
    product: OfProduct = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting as name=value; repeatable.")
    ] = None,
    delivery: Annotated[
        int | None, typer.Option(help="A delivery's number; left out: the newest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what settings make of a delivery that was received; nothing is saved."""
    from app.intake.trying import Tried, try_settings
    from app.setup.fields import checked_fields, still_declared
    from app.setup.platforms import platform

    changed = pairs(settings or [], "--set")

    async def work(services: Services) -> Tried:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            model = platform(row.platform).settings
            merged = {**still_declared(model, row.settings), **changed}
            checked = checked_fields(model, merged, "settings")
            return await try_settings(connection, row.id, checked, delivery)

    tried = perform(work)
    if as_json:
        output.as_json({"outcome": tried.outcome, "comments": tried.comments})
        return
    output.card({"delivery": tried.delivery_id, "outcome": tried.outcome, "why": tried.detail})
    output.table(
        ["what", "id", "author", "text"],
        [
            (
                comment.type,
                comment.external_id,
                comment.author.handle if comment.author else "",
                comment.text[:200],
            )
            for comment in tried.comments
        ],
        empty="Nothing is read of it.",
    )


@app.command("test")
def try_way_in(source: Named, product: OfProduct = None, as_json: AsJson = False) -> None:
    """Send a signed test to a source's real address; exit code 1 where it does not get through."""
    from app.setup.way_in import TriedWayIn, send_test_event

    async def work(services: Services) -> TriedWayIn:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
        return await send_test_event(
            services.database,
            services.vault,
            row.id,
            base_url=services.settings.base_url,
            network=services.settings.network,
        )

    result = perform(work)
    if as_json:
        output.as_json(result)
    elif result.arrived:
        output.done(result.detail)
        output.hint("It does not count as feedback.")
    else:
        output.say(result.detail)
    if not result.arrived:
        raise typer.Exit(1)


@app.command()
def rotate(
    source: Named,
    product: OfProduct = None,
    ask: AskSecret = False,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="The platform uses the newest secret: accept no other one."),
    ] = False,
) -> None:
    """Give a source a second secret, so that the platform can be changed without losing a
    delivery."""
    from app.setup.sources import retire_old_secret, rotate_secret

    secret_of_platform = ask_secret("Secret") if ask and not finish else None

    async def work(services: Services) -> tuple[str, str | None]:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            if finish:
                await retire_old_secret(connection, row.id)
                return row.name, None
            return row.name, await rotate_secret(
                connection, services.vault, row.id, secret_of_platform
            )

    name, secret = perform(work)
    if secret is None:
        output.done(f"Source {name} accepts its newest secret only.")
        return
    output.done(f"Source {name} accepts a second secret:")
    output.say(secret)
    output.hint(
        f"Store it on the platform, then end the old one: relay source rotate {name} --finish"
    )


@app.command("set")
def set_(
    source: Named,
    product: OfProduct = None,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting as name=value; repeatable.")
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Listen to it, or not.")
    ] = None,
) -> None:
    """Change what is given, such as --set keep_private=true."""
    from app.setup.fields import still_declared
    from app.setup.platforms import platform
    from app.setup.sources import update_source

    changed = pairs(settings or [], "--set")

    async def work(services: Services) -> str:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            stored = still_declared(platform(row.platform).settings, row.settings)
            merged = {**stored, **changed} if changed else None
            await update_source(connection, row.id, name=name, settings=merged, enabled=enabled)
            return row.name

    output.done(f"Source {perform(work)} is changed.")


@app.command()
def remove(source: Named, product: OfProduct = None, yes: Yes = False) -> None:
    """Delete a source with its deliveries and comments; tickets stay."""
    from app.setup.sources import delete_source

    if not yes:
        typer.confirm(
            f"Delete {source} with all its deliveries and comments?", abort=True, err=True
        )

    async def work(services: Services) -> str:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            await delete_source(connection, row.id)
            return row.name

    output.done(f"Source {perform(work)} is deleted.")


def described(services: Services, source: Source, secrets: list[str]) -> dict[str, Any]:
    """A source with its address, secrets (newest first) and set-up steps."""
    from app.setup.platforms import platform
    from app.setup.sources import guide, webhook_url

    base = services.settings.base_url
    secret = secrets[0] if secrets else "none: run `relay source rotate`"
    sends = platform(source.platform).sends
    return {
        "id": source.id,
        "product_id": source.product_id,
        "name": source.name,
        "platform": source.platform,
        "enabled": source.enabled,
        "settings": source.settings,
        "webhook_url": webhook_url(base, source.id) if sends else "",
        "secrets": secrets,
        "guide": guide(source, base, secret),
        "public": bool(services.settings.public_url) or not sends,
    }


def _guide(shown: dict[str, Any]) -> None:
    output.markdown(shown["guide"])
    if not shown["public"]:
        output.hint(
            "This address works on this machine alone: set RELAY_PUBLIC_URL to the one that "
            "platforms reach."
        )
