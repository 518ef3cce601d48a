"""A source is one connected channel of a platform, with its secrets."""

from __future__ import annotations

import uuid

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


class SourceSecret(SQLModel, table=True):
    """A signing secret, encrypted. At most two are active: a secret can be rotated without losing a
    delivery."""

    __tablename__ = "source_secret"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    source_id: uuid.UUID = reference("source.id")
    ciphertext: bytes = Field(sa_type=sa.LargeBinary)
    created_at: Moment = utc_now()
    retired_at: Moment = moment()
