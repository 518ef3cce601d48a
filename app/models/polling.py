"""How a source is asked for what it does not send, and how far that is."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import (
    Moment,
    holds_only,
    moment,
    number,
    reference,
    serial_id,
    utc_now,
    word,
)
from app.models.states import HistoryState, RecheckRing


def _counter() -> int:
    counter: int = Field(
        default=0,
        sa_column=sa.Column(sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )
    return counter


class SourcePoll(SQLModel, table=True):
    """A source that is polled. ``cursor`` is where the next poll begins, blank before the first.

    ``interval_seconds`` is 0 for the platform's pace. ``due_at``: when it is polled next. One
    worker at a time has the lease ``lease_id`` until ``lease_until``. ``paused_until`` holds every
    call back; ``reason`` and ``detail`` say why, and ``failures`` counts those in a row.
    ``credentials_end_at``: when what lets us in ends, where the platform or a person said so.
    ``looked_back_at``: when the last days were last walked over again. ``comments`` counts what
    polls brought, ``missed`` what of it the webhook had not.
    """

    __tablename__ = "source_poll"
    __table_args__ = (sa.Index("source_poll_due", "due_at"),)

    source_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    )
    credentials: bytes | None = Field(default=None, sa_type=sa.LargeBinary, nullable=True)
    credentials_end_at: Moment = moment()
    enabled: bool = Field(
        default=True, nullable=False, sa_column_kwargs={"server_default": sa.true()}
    )
    interval_seconds: int = number(0)
    cursor: str = word()
    due_at: Moment = utc_now()
    lease_id: uuid.UUID | None = Field(default=None, nullable=True)
    lease_until: Moment = moment()
    paused_until: Moment = moment()
    reason: str = word()
    detail: str = word()
    failures: int = number(0)
    polled_at: Moment = moment()
    looked_back_at: Moment = moment()
    comments: int = _counter()
    missed: int = _counter()
    missed_at: Moment = moment()
    created_at: Moment = utc_now()


class SourceHistory(SQLModel, table=True):
    """The fetching of what was written since ``since``; one at a time runs for a source.

    ``reached_at``: how far it is. ``comments`` counts what is new, ``repeated`` what was there.
    """

    __tablename__ = "source_history"
    __table_args__ = (
        sa.Index(
            "source_history_running",
            "source_id",
            unique=True,
            postgresql_where=sa.text("state = 'running'"),
        ),
        holds_only("state", HistoryState, name="source_history_state"),
    )

    id: int = serial_id()
    source_id: uuid.UUID = reference("source.id")
    since: Moment = moment()
    state: str = word(HistoryState.running)
    cursor: str = Field(sa_type=sa.Text)
    reached_at: Moment = moment()
    pages: int = _counter()
    comments: int = _counter()
    repeated: int = _counter()
    started_at: Moment = utc_now()
    finished_at: Moment = moment()


class SourceRecheck(SQLModel, table=True):
    """How far the comments of one ring were looked at again: ``thread_id`` and ``comment_id`` are
    the last one that was, blank and 0 between two rounds.

    ``due_at``: when the next few are. ``began_at`` and ``ended_at``: this round's beginning, and
    the end of the last whole one. Comments up to ``floor_id`` are left alone: they were written
    elsewhere, before the source's settings named another server. ``edited`` and ``gone`` count what
    no event had told. ``reason`` and ``detail`` say what could not be looked at.
    """

    __tablename__ = "source_recheck"
    __table_args__ = (holds_only("ring", RecheckRing, name="source_recheck_ring"),)

    source_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    )
    ring: str = Field(primary_key=True, sa_type=sa.Text)
    thread_id: str = word()
    comment_id: int = _counter()
    floor_id: int = _counter()
    due_at: Moment = utc_now()
    began_at: Moment = moment()
    ended_at: Moment = moment()
    edited: int = _counter()
    gone: int = _counter()
    reason: str = word()
    detail: str = word()
    failures: int = number(0)


class PollAccount(SQLModel, table=True):
    """What a platform lets one account call, shared by all workers. ``free_at``: when the next call
    may leave; ``paused_until``: it asked for a pause."""

    __tablename__ = "poll_account"

    key: str = Field(primary_key=True, sa_type=sa.Text)
    free_at: Moment = utc_now()
    paused_until: Moment = moment()
