"""`relay source replies`: by whose account a source is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.named_values import pairs
from app.commands.options import AsJson, OfProduct, perform
from app.commands.secrets_in import ask_secret

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.reply_accounts import ReplyAccount
    from integrations.contract import Finding


def replies(
    source: Annotated[str, typer.Argument(help="Name or id.")],
    product: OfProduct = None,
    credentials: Annotated[
        list[str] | None,
        typer.Option("--credential", help="A credential as name=value; repeatable."),
    ] = None,
    ask: Annotated[
        str | None,
        typer.Option("--ask-secret", help="Name of a credential to type unseen, or to pipe in."),
    ] = None,
    automatic: Annotated[
        bool | None,
        typer.Option("--automatic/--by-hand", help="Let answers go out that nobody looked at."),
    ] = None,
    per_hour: Annotated[
        int | None, typer.Option(help="Answers an hour, at most; 0 for the platform's number.")
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Answer there, or not.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the credentials.")] = False,
    as_json: AsJson = False,
) -> None:
    """Enter by whose account a source is answered, or change how; shows what holds then."""
    from app.setup import reply_accounts

    entered = pairs(credentials or [], "--credential")
    if ask:
        entered[ask] = ask_secret(ask)

    async def work(services: Services) -> ReplyAccount | None:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            if forget:
                await reply_accounts.forget_reply_account(connection, row.id)
                return None
            if entered:
                await reply_accounts.set_reply_credentials(
                    connection, services.vault, row.id, entered
                )
            return await reply_accounts.update_reply_account(
                connection, row.id, enabled=enabled, automatic=automatic, per_hour=per_hour
            )

    account = perform(work)
    if account is None:
        output.done("The credentials are forgotten: nothing is answered there any more.")
        return
    if as_json:
        output.as_json(account)
        return
    shown: dict[str, Any] = {
        "enabled": account.enabled,
        "automatic": account.automatic,
        "per_hour": account.per_hour or "the platform's number",
        "trouble": f"{account.detail} ({account.reason})" if account.reason else "none",
    }
    output.card(shown)


def check_replies(
    source: Annotated[str, typer.Argument(help="Name or id.")],
    product: OfProduct = None,
    as_json: AsJson = False,
) -> None:
    """Ask a platform by whose account its people would be answered; posts nothing."""
    from app.setup import reply_accounts

    async def work(services: Services) -> list[Finding]:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            return await reply_accounts.check_replies(
                connection, services.vault, row.id, network=services.settings.network
            )

    output.findings(perform(work), as_json)
