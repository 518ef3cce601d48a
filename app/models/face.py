"""A theme's face: where its title comes from, its key phrases, and what a configured language model
wrote."""

from __future__ import annotations

import uuid
from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import Moment, number, utc_now, word


class ThemeFace(SQLModel, table=True):
    """``comment_id`` is the comment that gave the title, ``fingerprint`` its words then,
    ``mentions`` the theme's then.

    ``summary`` is by the language model named in ``summary_by``. ``asked`` counts the theme's
    mentions when the model was last asked.
    """

    __tablename__ = "theme_face"

    theme_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True),
    )
    comment_id: int | None = Field(default=None, sa_type=sa.BigInteger, nullable=True, index=True)
    fingerprint: str = word()
    mentions: int = number(0)
    phrases: list[str] = Field(
        default_factory=list,
        sa_column=sa.Column(sa.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    )
    summary: str = word()
    summary_by: str = word()
    asked: int = number(0)


class WrittenAnswer(SQLModel, table=True):
    """What the language model answered to a question, by the question's hash: the same one is never
    asked twice.

    ``reason`` is empty for an answer that was accepted.
    """

    __tablename__ = "written_answer"

    question: str = Field(primary_key=True, sa_type=sa.Text)
    model: str = word()
    title: str = word()
    summary: str = word()
    reason: str = word()
    answered_at: Moment = utc_now()


class WrittenDay(SQLModel, table=True):
    """How often the language model was called on a day (UTC)."""

    __tablename__ = "written_day"

    day: date = Field(primary_key=True, sa_type=sa.Date)
    calls: int = number(0)
