"""A product owns sources, trackers and themes; everything else is keyed by it."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import Moment, holds_only, new_id, number, utc_now, word
from app.models.states import Boldness, Policy


class Product(SQLModel, table=True):
    """What a team builds, and the policy by which its themes become tickets.

    ``policy``: ``review`` (a person approves), ``auto`` (themes with at least ``auto_min_people``
    people and ``auto_min_confidence`` are approved by themselves) or ``hold`` (nothing is pushed).
    ``count_staff``: whether the replies of staff make themes as well. ``boldness``: how much joins
    themes by itself.
    """

    __tablename__ = "product"
    __table_args__ = (
        holds_only("policy", Policy, name="product_policy"),
        holds_only("boldness", Boldness, name="product_boldness"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(unique=True, sa_type=sa.Text)
    name: str = Field(sa_type=sa.Text)
    policy: str = word(Policy.review)
    auto_min_people: int = number(2)
    auto_min_confidence: float = Field(
        default=0.6, nullable=False, sa_column_kwargs={"server_default": sa.text("0.6")}
    )
    count_staff: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    boldness: str = word(Boldness.balanced)
    created_at: Moment = utc_now()
