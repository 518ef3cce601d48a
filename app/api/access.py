"""Who calls, and whether their token allows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from starlette.requests import Request

from app.config import Settings
from app.errors import Forbidden, Unauthorized
from app.setup.api_tokens import token_holder
from app.storage.db import Database
from app.storage.vault import Vault

BEARER_SCHEME = HTTPBearer(
    scheme_name="token",
    bearerFormat="relay_...",
    auto_error=False,
    description="A token made with `relay token add` or `POST /tokens`. Scopes: `read`, `triage` "
    "(decide; implies read) and `admin` (set up; implies both).",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a valid token. ``actor`` is how the activity log names them."""

    actor: str
    scopes: frozenset[str]


def database_of(request: Request) -> Database:
    """The database of this app."""
    database: Database = request.app.state.database
    return database


def vault_of(request: Request) -> Vault:
    """The vault of this app."""
    vault: Vault = request.app.state.vault
    return vault


def settings_of(request: Request) -> Settings:
    """The settings of this app."""
    settings: Settings = request.app.state.settings
    return settings


DatabaseOf = Annotated[Database, Depends(database_of)]
VaultOf = Annotated[Vault, Depends(vault_of)]
SettingsOf = Annotated[Settings, Depends(settings_of)]


async def caller(
    needed: SecurityScopes,
    database: DatabaseOf,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER_SCHEME)],
) -> Caller:
    """The caller. Raises Unauthorized without a valid token, Forbidden (``scope_missing``) without
    the scope."""
    if credentials is None:
        raise Unauthorized(
            "Send a token as `Authorization: Bearer relay_...`; make one with `relay token add`.",
            reason="token_missing",
        )
    async with database.transaction() as connection:
        holder = await token_holder(connection, credentials.credentials, datetime.now(UTC))
    missing = sorted(set(needed.scopes) - holder.scopes)
    if missing:
        raise Forbidden(
            f"This needs a token with the scope {missing[0]}; make one with `relay token add`.",
            reason="scope_missing",
        )
    return Caller(f"token:{holder.name}", holder.scopes)


Reader = Annotated[Caller, Security(caller, scopes=["read"])]
Decider = Annotated[Caller, Security(caller, scopes=["triage"])]
Admin = Annotated[Caller, Security(caller, scopes=["admin"])]
