"""`relay migrate`, `status`, `doctor` and `secret-key`: keeping an installation healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, configure_logs, perform, settings

if TYPE_CHECKING:
    from app.running.runtime import Services
    from integrations.tracker_contract import Finding


def migrate(
    to: Annotated[
        str, typer.Option("--to", help="A version, or 'base' for an empty database.")
    ] = "head",
    down: Annotated[
        bool, typer.Option("--down", help="Allow to go back, which may lose data.")
    ] = False,
) -> None:
    """Bring the database to the version of this program."""
    from app.errors import Invalid
    from app.running.runtime import database_url, upgrade
    from app.storage import migrate as migrations
    from app.storage.revisions import revisions

    if to == "base" and not down:
        raise Invalid(
            "This deletes every table: add --down if you mean it.", reason="downgrade_unconfirmed"
        )
    configure_logs("warning")
    with database_url(settings()) as url:
        old, _ = revisions(url)
        if down:
            migrations.downgrade(url, to)
        else:
            upgrade(url, to)
        new, newest = revisions(url)
    if old == new:
        output.done(f"The database is at {new or 'base'} already.")
    else:
        output.done(
            f"The database went from {old or 'empty'} to {new or 'empty'} (newest: {newest})."
        )


def status(product: OfProduct = None, as_json: AsJson = False) -> None:
    """Show what waits in each stage and for how long, the sources' health, and tickets by state."""
    from app.queries import health, tickets

    async def work(services: Services) -> dict[str, Any]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
        async with services.database.transaction() as connection:
            return {
                "stages": await health.stages(connection, product_id),
                "sources": await health.sources(connection, product_id),
                "tickets": await tickets.count_by_state(connection, product_id),
            }

    state = perform(work)
    if as_json:
        output.as_json(state)
        return
    output.table(
        ["stage", "waiting", "oldest", "failed"],
        [
            (
                stage.stage,
                stage.waiting,
                output.duration(stage.oldest_seconds) if stage.waiting else "",
                stage.failed,
            )
            for stage in state["stages"]
        ],
    )
    output.table(
        ["source", "platform", "status", "last delivery", "deliveries 24 h", "failed", "unknown"],
        [
            (
                source.name,
                source.platform,
                source.status,
                output.ago(source.last_delivery_at),
                source.deliveries_24h,
                source.failed,
                source.unknown,
            )
            for source in state["sources"]
        ],
        empty="No sources yet: relay source add NAME --platform PLATFORM",
    )
    output.table(["tickets", "count"], list(state["tickets"].items()), empty="No tickets yet.")


def doctor(as_json: AsJson = False) -> None:
    """Look at database, migrations, clock, keys, model, disk and trackers; exit code 1 where
    something is wrong."""
    import asyncio

    from app.running import doctor as examination

    configure_logs("error")
    chosen = settings()

    def run(url: str) -> list[Finding]:
        return asyncio.run(examination.findings(chosen, url))

    findings = [*examination.examine(chosen, run), *examination.surroundings(chosen)]
    output.findings(findings, as_json)


def secret_key() -> None:
    """Print a new key for RELAY_SECRET_KEY; put it before the older ones, separated by commas."""
    from app.storage.vault import new_key

    output.say(new_key())


def print_version(is_given: bool) -> None:
    """Print the program's version alone and end: `relay --version`."""
    if is_given:
        from importlib.metadata import version

        typer.echo(version("feedback-relay"))
        raise typer.Exit


def version(as_json: AsJson = False) -> None:
    """Print the versions of this program and of what it stands on."""
    import importlib.metadata as metadata
    import platform

    names = (
        "feedback-relay",
        "fastapi",
        "uvicorn",
        "psycopg",
        "pgvector",
        "procrastinate",
        "openvino",
    )
    versions = {name: metadata.version(name) for name in names}
    versions["python"] = platform.python_version()
    if as_json:
        output.as_json(versions)
    else:
        output.card(versions)
