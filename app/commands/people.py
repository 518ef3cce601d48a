"""`relay user` and `relay token`: who may look and act."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import AsJson, Yes, perform
from app.commands.secrets_in import ask_secret

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.accounts import User
    from app.setup.api_tokens import ApiToken

users = typer.Typer(no_args_is_help=True, help="Users of the dashboard.")
tokens = typer.Typer(no_args_is_help=True, help="Tokens of the REST API.")

Generate = Annotated[bool, typer.Option("--generate", help="Make a password and print it once.")]


def _password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(12)
    return ask_secret("Password", confirm=True)


def _show_once(password: str) -> None:
    output.say(f"Password: {password}")
    output.hint("It is shown this once; only a hash is kept. Hand it over by a secret channel.")


@users.command("add")
def add_user(
    email: str,
    name: Annotated[str, typer.Option(help="How the dashboard calls this person.")] = "",
    role: Annotated[str, typer.Option(help="admin or member.")] = "member",
    generate: Generate = False,
) -> None:
    """Make a user. The password is typed unseen, piped in, or made with --generate."""
    from app.errors import Invalid
    from app.models.states import Role
    from app.setup.accounts import create_user

    if role not in tuple(Role):
        raise Invalid("A role is admin or member.", reason="role_invalid")
    password = _password(generate)

    async def work(services: Services) -> User:
        async with services.database.transaction() as connection:
            return await create_user(connection, email, name, password, Role(role))

    added = perform(work)
    output.done(f"User {added.email} may sign in as {added.role}.")
    if generate:
        _show_once(password)


@users.command("list")
def list_users(as_json: AsJson = False) -> None:
    """Show every user."""
    from app.setup.accounts import list_users as listed

    async def work(services: Services) -> list[User]:
        async with services.database.transaction() as connection:
            return await listed(connection)

    shown: list[dict[str, Any]] = [
        {
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "locked_until": user.locked_until,
            "id": user.id,
        }
        for user in perform(work)
    ]
    if as_json:
        output.as_json(shown)
    else:
        output.table(
            ["email", "name", "role", "locked until", "id"],
            [tuple(user.values()) for user in shown],
            empty="No users yet: relay user add you@example.org --role admin",
        )


@users.command("password")
def password(
    email: Annotated[str, typer.Argument(help="Address or id.")], generate: Generate = False
) -> None:
    """Set a new password; it lifts a lock and ends the user's sessions."""
    from app.setup.accounts import set_password

    new = _password(generate)

    async def work(services: Services) -> str:
        async with services.database.transaction() as connection:
            user = await finding.user(connection, email)
            await set_password(connection, user.id, new)
            return user.email

    output.done(f"User {perform(work)} has a new password.")
    if generate:
        _show_once(new)


@users.command("remove")
def remove_user(
    email: Annotated[str, typer.Argument(help="Address or id.")], yes: Yes = False
) -> None:
    """Remove a user; the last administrator stays."""
    from app.setup.accounts import delete_user

    if not yes:
        typer.confirm(f"Remove {email}?", abort=True, err=True)

    async def work(services: Services) -> str:
        async with services.database.transaction() as connection:
            user = await finding.user(connection, email)
            await delete_user(connection, user.id)
            return user.email

    output.done(f"User {perform(work)} is removed.")


@tokens.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="Who or what uses it.")],
    scopes: Annotated[
        list[str] | None, typer.Option("--scope", help="read, triage or admin; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it this once."""
    from app.setup.api_tokens import create_token

    async def work(services: Services) -> tuple[ApiToken, str]:
        async with services.database.transaction() as connection:
            return await create_token(connection, name, scopes or ["read"])

    token, clear = perform(work)
    if as_json:
        output.as_json({**fields(token), "token": clear})
        return
    output.hint(f"Token {token.name} ({token.scopes}); it is shown this once:")
    output.say(clear)


@tokens.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """Show every token, without what signs in."""
    from app.setup.api_tokens import list_tokens as listed

    async def work(services: Services) -> list[ApiToken]:
        async with services.database.transaction() as connection:
            return await listed(connection)

    rows = perform(work)
    if as_json:
        output.as_json([fields(token) for token in rows])
        return
    output.table(
        ["token", "starts with", "scopes", "made", "last used", "revoked", "id"],
        [
            (
                token.name,
                token.prefix,
                token.scopes,
                token.created_at,
                output.ago(token.last_used_at),
                token.revoked_at,
                token.id,
            )
            for token in rows
        ],
        empty="No tokens yet: relay token add NAME --scope read",
    )


@tokens.command("revoke")
def revoke(token: Annotated[str, typer.Argument(help="Name or id.")]) -> None:
    """End a token."""
    from app.setup.api_tokens import revoke_token

    async def work(services: Services) -> str:
        async with services.database.transaction() as connection:
            row = await finding.token(connection, token)
            await revoke_token(connection, row.id)
            return row.name

    output.done(f"Token {perform(work)} is revoked.")


def fields(token: ApiToken) -> dict[str, Any]:
    """A token as it is shown: everything but its hash."""
    return {
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": token.scopes.split(),
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }
