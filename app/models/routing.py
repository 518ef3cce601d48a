"""Rules that say which tracker takes a theme, and who accepts it."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import Json, Moment, document, holds_only, new_id, number, reference, utc_now
from app.models.states import Policy


class RoutingRule(SQLModel, table=True):
    """One rule of a product's list: the first one that matches a theme decides about it; where none
    does, the product's own policy decides.

    ``position`` counts from 1. ``filters`` say what it matches (``setup.routing_filters``).
    ``tracker_id`` is where its tickets go; empty for every tracker that takes the theme's kind.
    ``contents`` are templates of what its tickets say (``setup.ticket_contents``).
    ``policy`` and the two thresholds are as those of the product.
    """

    __tablename__ = "routing_rule"
    __table_args__ = (
        sa.Index("routing_rule_order", "product_id", "position"),
        sa.UniqueConstraint("product_id", "name", name="routing_rule_name"),
        holds_only("policy", Policy, name="routing_rule_policy"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    product_id: uuid.UUID = reference("product.id", index=False)
    position: int = number(1)
    name: str = Field(sa_type=sa.Text)
    filters: Json = document()
    tracker_id: uuid.UUID | None = reference("tracker.id", nullable=True)
    policy: str = Field(sa_type=sa.Text)
    auto_min_people: int = number(2)
    auto_min_confidence: float = Field(
        default=0.6, nullable=False, sa_column_kwargs={"server_default": sa.text("0.6")}
    )
    contents: Json = document()
    created_at: Moment = utc_now()
