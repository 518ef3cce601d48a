"""Digests that are sent, and what is sent at once: spikes and silent sources."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import (
    Moment,
    holds_only,
    moment,
    new_id,
    number,
    reference,
    serial_id,
    utc_now,
    word,
)
from app.models.states import DispatchChannel, DispatchState, Frequency, SpikeSort, SpikeState


def _switch(default: bool) -> bool:
    value = sa.true() if default else sa.false()
    switch: bool = Field(
        default=default, nullable=False, sa_column_kwargs={"server_default": value}
    )
    return switch


class DigestSubscription(SQLModel, table=True):
    """Who gets what: digests of ``product_id``, or of all products, every day or week at ``hour``
    in ``time_zone`` (weekly ones on ``weekday``, 0 for Monday), and ``alerts`` at once.

    ``address`` is encrypted, ``shown`` what may be read of it; ``signing_secret`` signs what a
    webhook gets. ``next_at``: when the next digest is due.
    """

    __tablename__ = "digest_subscription"
    __table_args__ = (
        holds_only("channel", DispatchChannel, name="digest_subscription_channel"),
        holds_only("frequency", Frequency, name="digest_subscription_frequency"),
        sa.CheckConstraint("weekday between 0 and 6", name="digest_subscription_weekday"),
        sa.CheckConstraint("hour between 0 and 23", name="digest_subscription_hour"),
        sa.Index(
            "digest_subscription_due", "next_at", postgresql_where=sa.text("next_at is not null")
        ),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    product_id: uuid.UUID | None = reference("product.id", nullable=True)
    user_id: uuid.UUID | None = reference("user_account.id", nullable=True)
    channel: str = Field(sa_type=sa.Text)
    address: bytes = Field(sa_type=sa.LargeBinary)
    shown: str = word()
    signing_secret: bytes | None = Field(default=None, sa_type=sa.LargeBinary, nullable=True)
    digests: bool = _switch(True)
    alerts: bool = _switch(False)
    frequency: str = word(Frequency.weekly)
    weekday: int = number(0)
    hour: int = number(8)
    time_zone: str = word("UTC")
    enabled: bool = _switch(True)
    next_at: Moment = moment()
    created_by: str = word()
    created_at: Moment = utc_now()


class Dispatch(SQLModel, table=True):
    """One sending to one subscription, written before anything is called. ``about`` is what is
    told: a period (``2026-W49``), a spike (``spike:12``), or ``now:`` and a key. Once for ever.

    ``due_at``: when it is to be sent; ``called_at``: when the call went out.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        holds_only("state", DispatchState, name="dispatch_state"),
        sa.Index("dispatch_once", "subscription_id", "about", unique=True),
        sa.Index(
            "dispatch_due",
            "due_at",
            postgresql_where=sa.text("state in ('pending', 'sending')"),
        ),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    subscription_id: uuid.UUID = reference("digest_subscription.id", index=False)
    about: str = Field(sa_type=sa.Text)
    state: str = word(DispatchState.pending)
    reason: str = word()
    detail: str = word()
    attempts: int = number(0)
    due_at: datetime = utc_now()
    called_at: Moment = moment()
    sent_at: Moment = moment()
    created_at: Moment = utc_now()


class Spike(SQLModel, table=True):
    """Far more people than usual spoke of a theme or with a phrase on ``day``, or far fewer were
    heard from a source. ``subject`` is the theme's or source's id, or the phrase.

    ``people`` were counted where ``expected`` are usual; ``chance`` is how likely that is by
    itself. ``escalates``: the theme had been ignored. ``ended_at``: a silence is over.
    """

    __tablename__ = "spike"
    __table_args__ = (
        holds_only("sort", SpikeSort, name="spike_sort"),
        holds_only("state", SpikeState, name="spike_state"),
        sa.Index("spike_subject", "product_id", "sort", "subject", sa.text("found_at desc")),
        sa.Index("spike_open", "product_id", sa.text("found_at desc"), "id"),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id", index=False)
    sort: str = Field(sa_type=sa.Text)
    subject: str = Field(sa_type=sa.Text)
    theme_id: uuid.UUID | None = reference("theme.id", nullable=True)
    source_id: uuid.UUID | None = reference("source.id", nullable=True)
    day: date
    people: int = number(0)
    expected: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    chance: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    escalates: bool = _switch(False)
    state: str = word(SpikeState.open)
    found_at: Moment = utc_now()
    ended_at: Moment = moment()
    acknowledged_at: Moment = moment()
    acknowledged_by: str = word()
