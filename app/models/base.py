"""Column shapes that every table shares."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


def new_id() -> uuid.UUID:
    """A random id for rows that people and trackers see."""
    return uuid.uuid4()


def utc_now() -> Any:
    """A column that the database fills with the time of the transaction."""
    return Field(
        default=None,
        sa_type=sa.DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": sa.func.now()},
    )


def moment(*, index: bool = False) -> Any:
    """A point in time (UTC) that may be missing."""
    return Field(default=None, sa_type=sa.DateTime(timezone=True), nullable=True, index=index)


def documents() -> Any:
    """A JSON array of objects, ``[]`` where there are none."""
    return Field(
        default_factory=list,
        sa_type=JSONB,
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'[]'::jsonb")},
    )


def document() -> Any:
    """A JSON object, ``{}`` when nothing is known."""
    return Field(
        default_factory=dict,
        sa_type=JSONB,
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'{}'::jsonb")},
    )


def word(default: str = "") -> Any:
    """A text column with a default on both sides."""
    return Field(
        default=default,
        nullable=False,
        sa_type=sa.Text,
        sa_column_kwargs={"server_default": sa.text(f"'{default}'")},
    )


def number(default: int = 0) -> Any:
    """A whole number with a default on both sides."""
    return Field(
        default=default, nullable=False, sa_column_kwargs={"server_default": sa.text(str(default))}
    )


def big_number() -> Any:
    """A bigint that may be missing: the id of a row that may be gone before this one."""
    return Field(default=None, sa_type=sa.BigInteger, nullable=True)


def serial_id() -> Any:
    """A bigint that the database counts up."""
    return Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True))


def reference(
    target: str, *, index: bool = True, nullable: bool = False, cascade: bool = True
) -> Any:
    """A foreign key; rows go with what they belong to, or lose the reference."""
    return Field(
        default=None,
        sa_column=sa.Column(
            sa.ForeignKey(target, ondelete="CASCADE" if cascade else "SET NULL"),
            index=index,
            nullable=nullable,
        ),
    )


def holds_only(column: str, words: type[StrEnum], *, name: str) -> sa.CheckConstraint:
    """The constraint ``name`` that lets a column hold nothing but the words of an enum."""
    allowed = ", ".join(f"'{word.value}'" for word in words)
    return sa.CheckConstraint(f"{column} in ({allowed})", name=name)


Json = dict[str, Any]
Moment = datetime | None
