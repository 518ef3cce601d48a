"""What people do for a community: questions they look after, and promises they made."""

from __future__ import annotations

import uuid
from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import Moment, holds_only, moment, reference, serial_id, utc_now, word
from app.models.states import PromiseState


class Question(SQLModel, table=True):
    """What somebody did about a comment that asks something; most questions have no row.

    ``assignee_id`` looks after it. ``like_id``: a question that was answered and says the same,
    ``linked_by`` said so.
    """

    __tablename__ = "question"

    comment_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger, sa.ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
        )
    )
    product_id: uuid.UUID = reference("product.id")
    assignee_id: uuid.UUID | None = reference("user_account.id", nullable=True, cascade=False)
    assigned_at: Moment = moment()
    like_id: int | None = reference("comment.id", nullable=True, cascade=False)
    linked_by: str = word()
    linked_at: Moment = moment()


class Promise(SQLModel, table=True):
    """What somebody of the team said that they would do: ``promised_by`` who, ``words`` what,
    ``due_on`` the last day, which may be open.

    To whom: whoever wrote ``comment_id``, or ``made_to`` where no comment is named. ``reply_id`` is
    the answer in which it was promised. Once kept, ``evidence`` is the address where that can be
    seen.
    """

    __tablename__ = "promise"
    __table_args__ = (
        sa.Index("promise_due", "product_id", "state", "due_on", "id"),
        holds_only("state", PromiseState, name="promise_state"),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id", index=False)
    theme_id: uuid.UUID | None = reference("theme.id", nullable=True, cascade=False)
    comment_id: int | None = reference("comment.id", nullable=True, cascade=False)
    reply_id: uuid.UUID | None = reference("reply.id", nullable=True, cascade=False)
    made_to: str = word()
    words: str = Field(sa_type=sa.Text)
    promised_by: str = word()
    due_on: date | None = Field(default=None, nullable=True)
    state: str = word(PromiseState.open)
    settled_at: Moment = moment()
    settled_by: str = word()
    evidence: str = word()
    created_at: Moment = utc_now()
