"""Bearer tokens of the REST API: only the SHA-256 and the first characters of one are kept."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import Invalid, NotFound, Unauthorized
from app.setup.digests import digest
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from integrations.text.plain import sanitize

ALLOWED_BY_SCOPE: Mapping[str, frozenset[str]] = {
    "read": frozenset({"read"}),
    "triage": frozenset({"read", "triage"}),
    "admin": frozenset({"read", "triage", "admin"}),
}
"""What each scope allows: admin implies triage, triage implies read."""
PREFIX_CHARACTERS = 12
LAST_USE_PRECISION = timedelta(minutes=1)
"""A token in constant use must not cost a write with every request."""

INSERT_BEARER = """
    insert into api_token (id, name, prefix, token_hash, scopes) values (%s, %s, %s, %s, %s)
    returning id, name, prefix, scopes, created_at, last_used_at, revoked_at
"""
SELECT_BEARERS = """
    select id, name, prefix, scopes, created_at, last_used_at, revoked_at
    from api_token order by created_at desc, id
"""
SELECT_BEARER_BY_HASH = """
    select id, name, prefix, scopes, created_at, last_used_at, revoked_at
    from api_token where token_hash = %s
"""
NOTE_LAST_USE = "update api_token set last_used_at = %s where id = %s"
REVOKE_BEARER = "update api_token set revoked_at = coalesce(revoked_at, now()) where id = %s"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. ``scopes`` is space-separated."""

    id: uuid.UUID
    name: str
    prefix: str
    scopes: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who a bearer token belongs to. ``scopes`` holds everything it allows, the implied scopes
    too."""

    token_id: uuid.UUID
    name: str
    scopes: frozenset[str]


async def create_token(
    connection: Connection, name: str, scopes: Iterable[str]
) -> tuple[ApiToken, str]:
    """(the token's row, its clear text, which is shown once). Raises Invalid: ``scope_unknown``,
    ``name_missing``."""
    scope_names = sorted(set(scopes))
    if not scope_names or any(scope not in ALLOWED_BY_SCOPE for scope in scope_names):
        raise Invalid(
            f"Give at least one scope of: {', '.join(ALLOWED_BY_SCOPE)}.", reason="scope_unknown"
        )
    name = sanitize(name, 100).strip()
    if not name:
        raise Invalid("Give the token a name that says who uses it.", reason="name_missing")
    clear_text = f"relay_{secrets.token_urlsafe(32)}"
    prefix = clear_text[:PREFIX_CHARACTERS]
    values = (uuid.uuid4(), name, prefix, digest(clear_text), " ".join(scope_names))
    token = await fetch_one(connection, INSERT_BEARER, values, of=ApiToken)
    assert token is not None
    return token, clear_text


async def list_tokens(connection: Connection) -> list[ApiToken]:
    """Every token, newest first, the revoked ones too."""
    return await fetch_all(connection, SELECT_BEARERS, of=ApiToken)


async def token_holder(connection: Connection, clear_text: str, now: datetime) -> TokenHolder:
    """Who this token belongs to. Raises Unauthorized: ``token_invalid`` or ``token_revoked``."""
    token = await fetch_one(connection, SELECT_BEARER_BY_HASH, [digest(clear_text)], of=ApiToken)
    if token is None:
        raise Unauthorized(
            "This API token is not known; make one with `relay token add`.", reason="token_invalid"
        )
    if token.revoked_at is not None:
        raise Unauthorized("This API token was revoked; use another one.", reason="token_revoked")
    if token.last_used_at is None or token.last_used_at < now - LAST_USE_PRECISION:
        await connection.execute(NOTE_LAST_USE, [now, token.id])
    allowed = [ALLOWED_BY_SCOPE.get(scope, frozenset()) for scope in token.scopes.split()]
    return TokenHolder(token.id, token.name, frozenset[str]().union(*allowed))


async def revoke_token(connection: Connection, token_id: uuid.UUID) -> None:
    """End a token; doing so again changes nothing. Raises NotFound."""
    revoked = await connection.execute(REVOKE_BEARER, [token_id])
    if revoked.rowcount == 0:
        raise NotFound(
            "There is no such token; list the tokens to find the right id.",
            reason="token_not_found",
        )
