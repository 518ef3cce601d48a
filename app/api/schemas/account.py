"""Tokens and users as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr, field_validator

from app.api.schemas.base import In, Out, Word, example


class TokenIn(In):
    """A new token."""

    name: Annotated[Word, Field(min_length=1, max_length=100)]
    scopes: Annotated[list[Literal["read", "triage", "admin"]], Field(min_length=1, max_length=3)]

    model_config = In.model_config | example({"name": "weekly report", "scopes": ["read"]})


class TokenOut(Out):
    """A token without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="Its first characters, to tell tokens apart.")
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    model_config = Out.model_config | example(
        {
            "id": "b3a7b1b6-0d0a-4c0e-8a27-0f5d0a9ca001",
            "name": "weekly report",
            "prefix": "relay_Xk3fQ2",
            "scopes": ["read"],
            "created_at": "2026-11-20T12:00:00Z",
            "last_used_at": None,
            "revoked_at": None,
        }
    )

    @field_validator("scopes", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value


class TokenCreatedOut(Out):
    """A new token with its secret, which is shown this once."""

    token: TokenOut
    secret: str = Field(description="Keep it: it cannot be read again.")


class UserIn(In):
    """A new user of the dashboard."""

    email: Annotated[Word, Field(min_length=3, json_schema_extra={"format": "email"})]
    name: Word = ""
    password: SecretStr = Field(min_length=10, max_length=1000)
    role: Literal["admin", "member"] = "member"

    model_config = In.model_config | example(
        {
            "email": "ada@example.org",
            "name": "Ada",
            "password": "a long passphrase",
            "role": "member",
        }
    )


class PasswordIn(In):
    """A new password; every session of the user ends."""

    password: SecretStr = Field(min_length=10, max_length=1000)

    model_config = In.model_config | example({"password": "another long passphrase"})


class UserOut(Out):
    """A user of the dashboard."""

    id: UUID
    email: str
    name: str
    role: Literal["admin", "member"]
    locked_until: datetime | None
    created_at: datetime

    model_config = Out.model_config | example(
        {
            "id": "1f0f6a42-52cf-4b6c-8a2f-2a6f9b7fa001",
            "email": "ada@example.org",
            "name": "Ada",
            "role": "member",
            "locked_until": None,
            "created_at": "2026-11-20T12:00:00Z",
        }
    )
