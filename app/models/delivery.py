"""A delivery is one received request, kept raw; its stage is the queue of the parse step."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import (
    Json,
    Moment,
    document,
    holds_only,
    moment,
    number,
    reference,
    serial_id,
    utc_now,
    word,
)
from app.models.states import DeliveryStage, Visibility


class Delivery(SQLModel, table=True):
    """One received webhook request or polled page.

    ``stage``: ``received`` (waits) -> ``parsed``, ``ignored`` (on purpose, ``reason`` says why),
    ``unknown`` (an event nobody listed) or ``failed`` (``reason`` and ``detail`` say why; it can be
    replayed). ``taken_back`` is the reason of one whose body was emptied, because its author
    deleted or changed what it said. ``visibility``: who may read all of it where it was written.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("source_id", "dedup_key", name="delivery_once"),
        sa.Index("delivery_waiting", "id", postgresql_where=sa.text("stage = 'received'")),
        sa.Index("delivery_by_source", "source_id", sa.text("id desc")),
        sa.Index("delivery_by_time", "received_at", postgresql_using="brin"),
        sa.Index(
            "delivery_troubled",
            "stage",
            sa.text("id desc"),
            postgresql_where=sa.text("stage in ('failed', 'unknown')"),
        ),
        holds_only("stage", DeliveryStage, name="delivery_stage"),
        holds_only("visibility", Visibility, name="delivery_visibility"),
    )

    id: int = serial_id()
    product_id: uuid.UUID = Field(nullable=False)
    source_id: uuid.UUID = reference("source.id", index=False)
    dedup_key: str = Field(sa_type=sa.Text)
    received_at: Moment = utc_now()
    method: str = word("POST")
    headers: Json = document()
    query: Json = document()
    body: bytes = Field(sa_type=sa.LargeBinary)
    event: str = word()
    stage: str = word(DeliveryStage.received)
    attempts: int = number(0)
    lease_until: Moment = moment()
    finished_at: Moment = moment()
    reason: str = word()
    detail: str = word()
    visibility: str = word(Visibility.unknown)


class PrivateScope(SQLModel, table=True):
    """A thread (``kind`` is ``thread``) or a ``place`` that is private since a moment: what was
    written there until then is private, even if it arrives later. A ``gone thread`` or ``gone
    place`` was deleted at that moment, with what was written there until then."""

    __tablename__ = "private_scope"

    source_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    )
    kind: str = Field(primary_key=True, sa_type=sa.Text)
    key: str = Field(primary_key=True, sa_type=sa.Text)
    since: Moment = utc_now()


class DeliveryRepeat(SQLModel, table=True):
    """A delivery that spoke of a comment in a version which another one had brought: its body holds
    the comment's words too."""

    __tablename__ = "delivery_repeat"

    source_id: uuid.UUID = Field(primary_key=True)
    external_id: str = Field(primary_key=True, sa_type=sa.Text)
    delivery_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger,
            sa.ForeignKey("delivery.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        )
    )
