"""A source is one connected channel of a platform, with its secrets."""

from __future__ import annotations

import uuid
from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import Json, Moment, document, moment, new_id, reference, utc_now


class Source(SQLModel, table=True):
    """One connected channel. ``settings`` has the shape that the platform's source declares."""

    __tablename__ = "source"
    __table_args__ = (sa.UniqueConstraint("product_id", "name", name="source_name"),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    product_id: uuid.UUID = reference("product.id")
    platform: str = Field(sa_type=sa.Text)
    name: str = Field(sa_type=sa.Text)
    settings: Json = document()
    enabled: bool = Field(
        default=True, nullable=False, sa_column_kwargs={"server_default": sa.true()}
    )
    created_at: Moment = utc_now()


class RefusedRequest(SQLModel, table=True):
    """How often requests to a source were refused on a day, for which reason and from which address
    (``origin``, blank for senders that are counted together). Nothing that they held is kept."""

    __tablename__ = "refused_request"

    source_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    )
    day: date = Field(primary_key=True)
    reason: str = Field(primary_key=True, sa_type=sa.Text)
    origin: str = Field(primary_key=True, sa_type=sa.Text)
    count: int = Field(sa_type=sa.BigInteger, nullable=False)
    first_at: Moment = utc_now()
    last_at: Moment = utc_now()


class SourceSecret(SQLModel, table=True):
    """A signing secret, encrypted. At most two are active: a secret can be rotated without losing a
    delivery."""

    __tablename__ = "source_secret"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    source_id: uuid.UUID = reference("source.id")
    ciphertext: bytes = Field(sa_type=sa.LargeBinary)
    created_at: Moment = utc_now()
    retired_at: Moment = moment()
