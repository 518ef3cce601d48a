"""A theme is one bug or one request: the deduplicated group of comments, with its history."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from pgvector.sqlalchemy import HALFVEC
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
from app.models.ids import ordered_id
from app.models.states import DecidedBy, SuggestionState, ThemeStatus, Visibility


class Theme(SQLModel, table=True):
    """One bug or one request.

    ``status``: ``triage`` (waits for a decision), ``accepted`` (has or gets a ticket), ``ignored``
    or ``merged`` (into ``merged_into``). ``version`` counts changes, so that two people do not
    decide over each other. ``people``, ``mentions``, ``copies`` (of another's words),
    ``first_seen``, ``last_seen``, ``confidence`` and ``sentiment`` are kept from its comments, and
    so is ``visibility``, that of the most private of them.
    ``compared_at`` is the ``changed_at`` up to which it was compared with other themes;
    ``looked_at`` is when a theme of one comment was last held against all others.
    ``policy_due_at``: when the product's policy is applied to it, empty where nothing has changed.
    """

    __tablename__ = "theme"
    __table_args__ = (
        sa.Index("theme_queue", "product_id", "status", sa.text("people desc"), sa.text("id")),
        sa.Index("theme_recent", "product_id", sa.text("last_seen desc"), sa.text("id")),
        sa.Index(
            "theme_face_due",
            "product_id",
            postgresql_where=sa.text("face_seen is distinct from changed_at"),
        ),
        sa.Index(
            "theme_to_compare",
            "product_id",
            "changed_at",
            postgresql_where=sa.text("compared_at is distinct from changed_at"),
        ),
        sa.Index(
            "theme_policy_due",
            "policy_due_at",
            postgresql_where=sa.text("policy_due_at is not null"),
        ),
        holds_only("status", ThemeStatus, name="theme_status"),
        holds_only("visibility", Visibility, name="theme_visibility"),
        sa.CheckConstraint(
            "kind in ('bug', 'feature', 'question', 'praise', 'other')", name="theme_kind"
        ),
    )

    id: uuid.UUID = Field(default_factory=ordered_id, primary_key=True)
    product_id: uuid.UUID = reference("product.id", index=False)
    kind: str = Field(sa_type=sa.Text)
    kind_by: str = word(DecidedBy.model)
    title: str = word()
    title_by: str = word(DecidedBy.model)
    status: str = word(ThemeStatus.triage)
    status_reason: str = word()
    merged_into: uuid.UUID | None = reference("theme.id", nullable=True, cascade=False)
    version: int = number(1)
    people: int = number(0)
    mentions: int = number(0)
    copies: int = number(0)
    confidence: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    sentiment: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    first_seen: Moment = moment()
    last_seen: Moment = moment()
    decided_at: Moment = moment()
    created_at: Moment = utc_now()
    changed_at: Moment = utc_now()
    face_seen: Moment = moment()
    compared_at: Moment = moment()
    looked_at: Moment = moment()
    policy_due_at: Moment = moment()
    visibility: str = word(Visibility.unknown)


class ThemeMiddle(SQLModel, table=True):
    """The mean vector of a theme's latest ``comments``, apart from the theme so that lists of
    themes read little.

    ``model`` names the space of the vectors, as with a comment's.
    """

    __tablename__ = "theme_middle"

    theme_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True)
    )
    model: str = Field(sa_type=sa.Text)
    comments: int = Field(nullable=False)
    middle: list[float] = Field(sa_column=sa.Column(HALFVEC(384), nullable=False))


class ThemeSuggestion(SQLModel, table=True):
    """Two themes that may be the same; a person decides.

    ``state``: ``open``, ``accepted``, ``rejected``, or ``withdrawn`` by the pass that proposes
    merges. ``later_until``: until when somebody put it behind all others.
    """

    __tablename__ = "theme_suggestion"
    __table_args__ = (
        sa.UniqueConstraint("theme_id", "other_id", name="theme_suggestion_once"),
        sa.Index(
            "theme_suggestion_open",
            "product_id",
            sa.text("score desc"),
            "id",
            postgresql_where=sa.text("state = 'open'"),
        ),
        holds_only("state", SuggestionState, name="theme_suggestion_state"),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id")
    theme_id: uuid.UUID = reference("theme.id", index=False)
    other_id: uuid.UUID = reference("theme.id")
    score: float = Field(default=0.0, nullable=False)
    evidence: Json = document()
    state: str = word(SuggestionState.open)
    later_until: Moment = moment()
    created_at: Moment = utc_now()


class Separation(SQLModel, table=True):
    """A person said that this comment does not belong to this theme: it is never joined there
    again."""

    __tablename__ = "separation"

    comment_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger, sa.ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
        )
    )
    theme_id: uuid.UUID = Field(
        sa_column=sa.Column(
            sa.ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, index=True
        )
    )
    created_at: Moment = utc_now()


class Activity(SQLModel, table=True):
    """What happened to a theme, by whom, with what it takes to undo it. Rows are only ever added.

    ``actor`` is ``system``, ``user:<email>`` or ``token:<name>``. ``before`` holds what undo
    restores; ``undone_by`` is the activity that undid it.
    """

    __tablename__ = "activity"
    __table_args__ = (sa.Index("activity_by_theme", "theme_id", sa.text("id desc")),)

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id")
    theme_id: uuid.UUID | None = reference("theme.id", index=False, nullable=True)
    at: Moment = utc_now()
    actor: str = word("system")
    verb: str = Field(sa_type=sa.Text)
    detail: Json = document()
    before: Json = document()
    undone_by: int | None = reference("activity.id", index=False, nullable=True, cascade=False)
