"""What goes back into the threads where people asked, and by whose account."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import (
    Moment,
    holds_only,
    moment,
    new_id,
    number,
    reference,
    utc_now,
    word,
)
from app.models.states import ReplyMeaning, ReplyState


class SourceReplies(SQLModel, table=True):
    """The account by which a source is answered; ``credentials`` are encrypted.

    ``automatic``: answers may go out there that no person looked at, where the product's policy
    says so as well. ``paused_until`` holds every answer back; ``reason`` and ``detail`` say what is
    wrong. ``sent`` counts the answers of the hour that began at ``sent_from``, of which there are
    ``per_hour`` at most (0 for the platform's number).
    """

    __tablename__ = "source_replies"

    source_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    )
    credentials: bytes = Field(sa_type=sa.LargeBinary)
    enabled: bool = Field(
        default=True, nullable=False, sa_column_kwargs={"server_default": sa.true()}
    )
    automatic: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    per_hour: int = number(0)
    paused_until: Moment = moment()
    reason: str = word()
    detail: str = word()
    sent: int = number(0)
    sent_from: Moment = moment()
    created_at: Moment = utc_now()


class ReplyPolicy(SQLModel, table=True):
    """How a product answers: how long a status waits before answers are drafted, which meanings are
    drafted (comma-separated) and which of them go out by themselves, the hours in which nothing
    does (``quiet_from`` to ``quiet_until`` in ``time_zone``; none where both are the same), and the
    line by which readers see that a program wrote."""

    __tablename__ = "reply_policy"

    product_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    )
    wait_minutes: int = number(30)
    drafted: str = word("planned,shipped,declined")
    automatic: str = word()
    quiet_from: int = number(0)
    quiet_until: int = number(0)
    time_zone: str = word("UTC")
    disclosure: str = word()


class ReplyTemplate(SQLModel, table=True):
    """What a product says in answers of one meaning, on one platform or (blank) on all others."""

    __tablename__ = "reply_template"
    __table_args__ = (holds_only("meaning", ReplyMeaning, name="reply_template_meaning"),)

    product_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    )
    platform: str = Field(primary_key=True, sa_type=sa.Text)
    meaning: str = Field(primary_key=True, sa_type=sa.Text)
    text: str = word()


class Reply(SQLModel, table=True):
    """One answer into one thread. The row is written before the platform is called, and its id is
    the key that makes the answer the same one again.

    ``thread`` is the thread's id at the source, or ``comment:<id>`` for a comment without one.
    ``comment_id`` is the comment that is answered. ``due_at``: when it is to be sent;
    ``called_at``: when the call went out whose outcome is not known. ``automatic``: no person
    looked at it.
    ``author``: who wrote the words, ``decided_by`` who approved or skipped it. Once posted,
    ``external_id`` and ``permalink`` say where it stands.
    """

    __tablename__ = "reply"
    __table_args__ = (
        # Once for ever, whatever became of it: also what was skipped is not drafted again.
        sa.Index(
            "reply_once",
            "theme_id",
            "source_id",
            "thread",
            "meaning",
            unique=True,
            postgresql_where=sa.text("meaning not in ('free', 'need_detail')"),
        ),
        sa.Index(
            "reply_due", "source_id", "due_at", postgresql_where=sa.text("due_at is not null")
        ),
        sa.Index("reply_queue", "product_id", "state", sa.text("created_at desc"), "id"),
        sa.Index(
            "reply_posted", "source_id", "thread", postgresql_where=sa.text("state = 'posted'")
        ),
        sa.Index("reply_of_comment", "comment_id"),
        holds_only("meaning", ReplyMeaning, name="reply_meaning"),
        holds_only("state", ReplyState, name="reply_state"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    product_id: uuid.UUID = reference("product.id", index=False)
    theme_id: uuid.UUID | None = reference("theme.id", nullable=True)
    source_id: uuid.UUID = reference("source.id", index=False)
    thread: str = Field(sa_type=sa.Text)
    comment_id: int | None = reference("comment.id", index=False, nullable=True, cascade=False)
    meaning: str = Field(sa_type=sa.Text)
    text: str = Field(sa_type=sa.Text)
    state: str = word(ReplyState.draft)
    reason: str = word()
    detail: str = word()
    automatic: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    author: str = word("system")
    decided_by: str = word()
    attempts: int = number(0)
    due_at: Moment = moment()
    called_at: Moment = moment()
    posted_at: Moment = moment()
    external_id: str = word()
    permalink: str = word()
    created_at: Moment = utc_now()
