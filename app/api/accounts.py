"""API tokens and users of the dashboard."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from app.api.access import Admin, DatabaseOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.account import PasswordIn, TokenCreatedOut, TokenIn, TokenOut, UserIn, UserOut
from app.models.states import Role
from app.setup import accounts, api_tokens
from app.setup.accounts import User
from app.setup.api_tokens import ApiToken

router = APIRouter(route_class=LimitedRoute)
TokenId = Annotated[
    UUID, Path(description="The token's `id`.", examples=["b3a7b1b6-0d0a-4c0e-8a27-0f5d0a9ca001"])
]
UserId = Annotated[
    UUID, Path(description="The user's `id`.", examples=["1f0f6a42-52cf-4b6c-8a2f-2a6f9b7fa001"])
]


@router.get(
    "/tokens",
    operation_id="list_tokens",
    summary="List tokens",
    tags=["tokens"],
    response_model=list[TokenOut],
    responses=refusals(),
)
async def list_tokens(caller: Admin, database: DatabaseOf) -> list[ApiToken]:
    """Every token without its secret, newest first, the revoked ones too."""
    async with database.transaction() as connection:
        return await api_tokens.list_tokens(connection)


@router.post(
    "/tokens",
    operation_id="create_token",
    summary="Make a token",
    tags=["tokens"],
    status_code=201,
    responses=refusals("name_missing", body=True),
)
async def create_token(caller: Admin, database: DatabaseOf, body: TokenIn) -> TokenCreatedOut:
    """Make a token. Its secret is in this answer only; we keep its SHA-256."""
    async with database.transaction() as connection:
        token, secret = await api_tokens.create_token(connection, body.name, body.scopes)
    return TokenCreatedOut(token=TokenOut.model_validate(token), secret=secret)


@router.delete(
    "/tokens/{token_id}",
    operation_id="revoke_token",
    summary="Revoke a token",
    tags=["tokens"],
    status_code=204,
    responses=refusals("token_not_found", writes=True),
)
async def revoke_token(caller: Admin, database: DatabaseOf, token_id: TokenId) -> None:
    """End a token at once. Doing so again changes nothing."""
    async with database.transaction() as connection:
        await api_tokens.revoke_token(connection, token_id)


@router.get(
    "/users",
    operation_id="list_users",
    summary="List users",
    tags=["users"],
    response_model=list[UserOut],
    responses=refusals(),
)
async def list_users(caller: Admin, database: DatabaseOf) -> list[User]:
    """Everybody who can sign in to the dashboard."""
    async with database.transaction() as connection:
        return await accounts.list_users(connection)


@router.post(
    "/users",
    operation_id="create_user",
    summary="Add a user",
    tags=["users"],
    status_code=201,
    response_model=UserOut,
    responses=refusals("email_taken", "email_invalid", "passwords_busy", body=True),
)
async def create_user(caller: Admin, database: DatabaseOf, body: UserIn) -> User:
    """Add somebody who can sign in to the dashboard."""
    async with database.transaction() as connection:
        return await accounts.create_user(
            connection, body.email, body.name, body.password.get_secret_value(), Role(body.role)
        )


@router.put(
    "/users/{user_id}/password",
    operation_id="set_user_password",
    summary="Set a user's password",
    tags=["users"],
    status_code=204,
    responses=refusals("user_not_found", "passwords_busy", body=True),
)
async def set_password(
    caller: Admin, database: DatabaseOf, user_id: UserId, body: PasswordIn
) -> None:
    """Set a password, lift a lock, and end every session of this user."""
    async with database.transaction() as connection:
        await accounts.set_password(connection, user_id, body.password.get_secret_value())


@router.delete(
    "/users/{user_id}",
    operation_id="delete_user",
    summary="Remove a user",
    tags=["users"],
    status_code=204,
    responses=refusals("user_not_found", "last_admin", writes=True),
)
async def delete_user(caller: Admin, database: DatabaseOf, user_id: UserId) -> None:
    """Remove somebody with their sessions. The last administrator stays."""
    async with database.transaction() as connection:
        await accounts.delete_user(connection, user_id)
