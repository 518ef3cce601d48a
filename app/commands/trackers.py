"""`relay tracker`: where a product's tickets go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.named_values import pairs
from app.commands.options import AsJson, OfProduct, Yes, perform
from app.commands.secrets_in import credentials as read_credentials

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.trackers import Tracker
    from integrations.tracker_contract import Finding

app = typer.Typer(no_args_is_help=True, help="Trackers: where the tickets go.")

Named = Annotated[str, typer.Argument(help="Name or id.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="A setting as name=value; repeatable.")
]
Plain = Annotated[
    list[str] | None,
    typer.Option("--credential", help="A credential that is no secret (email=...); repeatable."),
]
Variables = Annotated[
    list[str] | None,
    typer.Option("--credential-env", help="A secret from a variable: token=VARIABLE; repeatable."),
]
EVERY_KIND = "bug,feature"
TRACKER_KINDS = "gitea, github, gitlab, jira, linear or webhook."
Kinds = Annotated[
    str | None, typer.Option(help="Which themes it takes: bug, request or bug,request.")
]


@app.command()
def add(
    name: str,
    type_: Annotated[
        str, typer.Option("--type", help="gitea, github, gitlab, jira, linear or webhook.")
    ],
    product: OfProduct = None,
    settings: Settings = None,
    plain: Plain = None,
    variables: Variables = None,
    kinds: Kinds = EVERY_KIND,
    as_json: AsJson = False,
) -> None:
    """Connect a tracker. Secrets are typed unseen, piped in, or taken from variables."""
    from app.setup.platforms import tracker_type
    from app.setup.tracker_hooks import new_tracker_guide
    from app.setup.trackers import create_tracker

    type_of_tracker = tracker_type(type_)
    if sys.stdin.isatty() and not as_json:
        output.say(f"How to get into {type_of_tracker.title}:")
        output.markdown(new_tracker_guide(type_of_tracker))
    model = type_of_tracker.credentials
    chosen = pairs(settings or [], "--set")
    secret = read_credentials(
        model, pairs(plain or [], "--credential"), pairs(variables or [], "--credential-env")
    )

    async def work(services: Services) -> Tracker:
        async with services.database.transaction() as connection:
            of = await finding.product_or_only(connection, product)
            takes = (kinds or EVERY_KIND).split(",")
            return await create_tracker(
                connection, services.vault, of.id, type_, name, chosen, secret, takes
            )

    tracker = perform(work)
    if as_json:
        output.as_json(fields(tracker))
        return
    output.done(f"Tracker {tracker.name} made; it takes {kinds_in_words(tracker.kinds)}.")
    output.hint(f"Next: relay tracker check {tracker.name!r}")


@app.command("list")
def list_(product: OfProduct = None, as_json: AsJson = False) -> None:
    """Show every tracker."""
    from app.setup.trackers import list_trackers

    async def work(services: Services) -> list[Tracker]:
        async with services.database.transaction() as connection:
            return await list_trackers(connection, await finding.product_id(connection, product))

    rows = perform(work)
    if as_json:
        output.as_json([fields(tracker) for tracker in rows])
        return
    output.table(
        ["tracker", "type", "kinds", "enabled", "trouble", "id"],
        [
            (
                tracker.name,
                tracker.type,
                kinds_in_words(tracker.kinds),
                tracker.enabled,
                tracker.reason,
                tracker.id,
            )
            for tracker in rows
        ],
        empty="No trackers yet: relay tracker add NAME --type TYPE",
    )


@app.command()
def show(tracker: Named, product: OfProduct = None, as_json: AsJson = False) -> None:
    """Show one tracker without its credentials, its webhook's address and secret, and how its type
    is set up."""
    from app.setup.tracker_hooks import read_hook, tracker_guide, tracker_hook_url

    async def work(services: Services) -> tuple[Tracker, dict[str, Any], str]:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
            hook = await read_hook(connection, services.vault, row.id)
        base_url = services.settings.base_url
        webhook = {
            "webhook": tracker_hook_url(base_url, row.id),
            "webhook_secret": hook.secret,
            "heard_at": hook.heard_at,
            "compared_at": hook.compared_at,
        }
        return row, webhook, tracker_guide(row, base_url, hook.secret)

    row, webhook, guide = perform(work)
    if as_json:
        output.as_json({**fields(row), **webhook})
        return
    output.card({**fields(row), **webhook})
    output.say("")
    output.markdown(guide)


@app.command()
def register(tracker: Named, product: OfProduct = None) -> None:
    """Let the tracker send its changes here, where its account may add webhooks."""
    from app.setup.tracker_hooks import register_hook

    async def work(services: Services) -> str:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
        await register_hook(
            services.database,
            services.vault,
            row.id,
            base_url=services.settings.base_url,
            network=services.settings.network,
        )
        return row.name

    output.done(f"Tracker {perform(work)} tells of changes from now on.")


@app.command("status-map")
def status_map(
    tracker: Named,
    product: OfProduct = None,
    means: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="status=open, in_progress, done, declined, duplicate or ignore; repeatable.",
        ),
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option(help="A status that means again what we take it for.")
    ] = None,
    again: Annotated[
        str | None,
        typer.Option(
            help="What is done when people speak again of what was shipped: nothing, comment, "
            "reopen or new_ticket."
        ),
    ] = None,
    announces: Annotated[
        bool | None,
        typer.Option(
            "--announce/--no-announce", help="Whether tickets get a comment at thresholds."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a tracker's statuses mean here; without options, show it."""
    from app.setup.status_words import status_key
    from app.setup.trackers import update_tracker

    async def work(services: Services) -> Tracker:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
            removed = {status_key(name) for name in unset or []}
            remaining = {name: word for name, word in row.status_map.items() if name not in removed}
            chosen = {**remaining, **pairs(means or [], "--set")} if means or unset else None
            return await update_tracker(
                connection,
                services.vault,
                row.id,
                status_map=chosen,
                recurrence=again,
                announces=announces,
            )

    row = perform(work)
    if as_json:
        shown = {"recurrence": row.recurrence, "announces": row.announces}
        output.as_json({"status_map": row.status_map, **shown})
        return
    output.table(
        ["status", "means"], sorted(row.status_map.items()), empty="No status has another meaning."
    )
    output.say(f"When people speak again of what was shipped: {row.recurrence}.")
    output.say(f"Comments at thresholds: {'yes' if row.announces else 'no'}.")


@app.command()
def check(tracker: Named, product: OfProduct = None, as_json: AsJson = False) -> None:
    """Ask the tracker whether credentials, permissions and required fields are right; exit code 1
    where not."""
    from app.running.checks import tracker_findings

    async def work(services: Services) -> list[Finding]:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
        return await tracker_findings(services, row)

    output.findings(perform(work), as_json)


@app.command("set")
def set_(
    tracker: Named,
    product: OfProduct = None,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    settings: Settings = None,
    credentials: Annotated[
        bool, typer.Option("--credentials", help="Ask for the secrets again.")
    ] = False,
    plain: Plain = None,
    variables: Variables = None,
    kinds: Kinds = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Push to it, or not.")
    ] = None,
    confirm_account: Annotated[
        bool,
        typer.Option("--confirm-account", help="Its credentials may belong to another account."),
    ] = False,
) -> None:
    """Change what is given; a pause after an error ends, so that what waits is tried again."""
    from app.setup.fields import still_declared
    from app.setup.platforms import tracker_type
    from app.setup.trackers import update_tracker

    changed = pairs(settings or [], "--set")
    open_ones = pairs(plain or [], "--credential")
    from_variables = pairs(variables or [], "--credential-env")

    async def current(services: Services) -> Tracker:
        async with services.database.transaction() as connection:
            return await finding.tracker(connection, tracker, product)

    row = perform(current)
    stored = still_declared(tracker_type(row.type).settings, row.settings)
    secret: dict[str, Any] | None = None
    if credentials or open_ones or from_variables:
        secret = read_credentials(tracker_type(row.type).credentials, open_ones, from_variables)

    async def work(services: Services) -> Tracker:
        async with services.database.transaction() as connection:
            return await update_tracker(
                connection,
                services.vault,
                row.id,
                name=name,
                settings={**stored, **changed} if changed else None,
                credentials=secret,
                kinds=kinds.split(",") if kinds else None,
                enabled=enabled,
                confirm_account=confirm_account,
            )

    output.done(f"Tracker {perform(work).name} is changed.")


@app.command()
def remove(tracker: Named, product: OfProduct = None, yes: Yes = False) -> None:
    """Forget a tracker and our record of its tickets; the tickets themselves stay."""
    from app.setup.trackers import delete_tracker

    if not yes:
        typer.confirm(f"Forget {tracker} and the record of its tickets?", abort=True, err=True)

    async def work(services: Services) -> str:
        async with services.database.transaction() as connection:
            row = await finding.tracker(connection, tracker, product)
            await delete_tracker(connection, row.id)
            return row.name

    output.done(f"Tracker {perform(work)} is forgotten.")


def fields(tracker: Tracker) -> dict[str, Any]:
    """A tracker as it is shown: everything but the credentials."""
    return {
        "id": tracker.id,
        "product_id": tracker.product_id,
        "name": tracker.name,
        "type": tracker.type,
        "kinds": tracker.kinds,
        "enabled": tracker.enabled,
        "settings": tracker.settings,
        "status_map": tracker.status_map,
        "recurrence": tracker.recurrence,
        "paused_until": tracker.paused_until,
        "reason": tracker.reason,
        "detail": tracker.detail,
    }


def kinds_in_words(kinds: str) -> str:
    """Stored kinds as people call them: ``bug,feature`` are bugs and requests."""
    return " and ".join({"bug": "bugs", "feature": "requests"}[kind] for kind in kinds.split(","))
