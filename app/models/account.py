"""Who may look and act: users with sessions, and API tokens."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import Moment, holds_only, moment, new_id, number, reference, utc_now, word
from app.models.states import Role


class User(SQLModel, table=True):
    """Somebody who signs in to the dashboard. ``role``: ``admin`` or ``member``."""

    __tablename__ = "user_account"
    __table_args__ = (holds_only("role", Role, name="user_role"),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    email: str = Field(unique=True, sa_type=sa.Text)
    name: str = word()
    password_hash: str = Field(sa_type=sa.Text)
    role: str = word(Role.member)
    created_at: Moment = utc_now()


class LoginFailure(SQLModel, table=True):
    """Attempts to sign in without success: of ``account`` (a user's id, or a stand-in for addresses
    that nobody has) in a known ``browser``, or in all others together (empty)."""

    __tablename__ = "login_failure"

    account: str = Field(primary_key=True, sa_type=sa.Text)
    browser: str = Field(
        primary_key=True, sa_type=sa.Text, sa_column_kwargs={"server_default": sa.text("''")}
    )
    attempts: int = number(0)
    last_at: datetime = Field(sa_type=sa.DateTime(timezone=True), index=True)
    locked_until: Moment = moment()


class LoginSession(SQLModel, table=True):
    """A signed-in browser. The cookie holds a random value, the row its SHA-256."""

    __tablename__ = "login_session"

    id_hash: str = Field(primary_key=True, sa_type=sa.Text)
    user_id: uuid.UUID = reference("user_account.id")
    csrf: str = Field(sa_type=sa.Text)
    created_at: Moment = utc_now()
    expires_at: Moment = moment(index=True)


class ApiToken(SQLModel, table=True):
    """A bearer token of the REST API. Only its SHA-256 and first characters are kept. ``scopes`` is
    space-separated."""

    __tablename__ = "api_token"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=sa.Text)
    prefix: str = Field(sa_type=sa.Text)
    token_hash: str = Field(unique=True, sa_type=sa.Text)
    scopes: str = word("read")
    created_at: Moment = utc_now()
    last_used_at: Moment = moment()
    revoked_at: Moment = moment()
