"""`relay reply rules` and `relay reply template`: how a product answers, and in which words."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.reply_policies import ReplyRules, Template

Meanings = Annotated[
    str | None,
    typer.Option(help="Separated by commas: acknowledged, planned, shipped, declined; or none."),
]


def rules(
    product: OfProduct = None,
    drafted: Meanings = None,
    automatic: Meanings = None,
    wait_minutes: Annotated[
        int | None, typer.Option(help="Minutes between a change of status and a draft.")
    ] = None,
    quiet_from: Annotated[int | None, typer.Option(help="An hour of the day, 0 to 23.")] = None,
    quiet_until: Annotated[
        int | None, typer.Option(help="An hour of the day; the same as --quiet-from for none.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Of the quiet hours, such as Europe/Berlin.")
    ] = None,
    disclosure: Annotated[
        str | None, typer.Option(help="The line below every answer; blank for the usual one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how a product answers, or change what is given."""
    from app.setup.reply_policies import reply_rules, set_reply_rules

    entered: dict[str, Any] = {
        "drafted": _meanings(drafted),
        "automatic": _meanings(automatic),
        "wait_minutes": wait_minutes,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "time_zone": time_zone,
        "disclosure": disclosure,
    }
    changes = {name: value for name, value in entered.items() if value is not None}

    async def work(services: Services) -> ReplyRules:
        async with services.database.transaction() as connection:
            product_id = (await finding.product_or_only(connection, product)).id
            standing = await reply_rules(connection, product_id)
            if not changes:
                return standing
            return await set_reply_rules(connection, product_id, replace(standing, **changes))

    now = perform(work)
    if as_json:
        output.as_json(now)
        return
    output.card(asdict(now))


def template(
    meaning: Annotated[
        str | None,
        typer.Argument(help="acknowledged, planned, shipped, declined or need_detail."),
    ] = None,
    product: OfProduct = None,
    platform: Annotated[
        str, typer.Option(help="Only for sources of this platform, such as discourse.")
    ] = "",
    text: Annotated[
        str | None,
        typer.Option(
            help="What is said, with {title}, {ticket} and {product}; - reads it from standard "
            "input; blank for the usual words."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a product says in its answers, or change it for one meaning."""
    from app.errors import Invalid
    from app.setup.reply_policies import reply_templates, set_reply_template

    if (meaning is None) != (text is None):
        raise Invalid(
            "Name a meaning and give its --text to change it; give neither to see all.",
            reason="template_unclear",
        )
    words = sys.stdin.read() if text == "-" else text

    async def work(services: Services) -> list[Template]:
        async with services.database.transaction() as connection:
            product_id = (await finding.product_or_only(connection, product)).id
            if meaning is not None and words is not None:
                await set_reply_template(connection, product_id, platform, meaning, words)
            return await reply_templates(connection, product_id)

    templates = perform(work)
    if as_json:
        output.as_json(templates)
        return
    output.table(
        ["says", "platform", "text"],
        [(one.meaning, one.platform or "every other", one.text) for one in templates],
        empty="The usual words are said: see docs/replies.md.",
        cut="text",
    )


def _meanings(entered: str | None) -> str | None:
    """Nothing where ``none`` is said, so that a blank value is no accident."""
    if entered is None:
        return None
    names = [name.strip().lower() for name in entered.split(",") if name.strip()]
    return "" if names == ["none"] else ",".join(names)
