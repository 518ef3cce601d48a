"""What people's decisions teach: labels of kind and of grouping, and the versions of a product's
own models."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import (
    Json,
    Moment,
    big_number,
    document,
    holds_only,
    moment,
    reference,
    serial_id,
    utc_now,
    word,
)
from app.models.base import number as count
from app.models.states import Learned, ModelChoice, ModelStatus, Rereading


def _weight() -> float:
    """How much a label counts: 1 where a person said it, less where they only let it stand."""
    weight: float = Field(
        default=1.0, nullable=False, sa_column_kwargs={"server_default": sa.text("1")}
    )
    return weight


class ModelInForce(SQLModel, table=True):
    """The only row: which model reads comments, and how far old ones have been read again."""

    __tablename__ = "model_in_force"
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="model_in_force_once"),
        holds_only("choice", ModelChoice, name="model_in_force_choice"),
        holds_only("rereading", Rereading, name="model_in_force_rereading"),
    )

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"server_default": sa.text("1")})
    choice: str = word(ModelChoice.default)
    rereading: str = word(Rereading.done)
    chosen_by: str = word()
    chosen_at: Moment = utc_now()


class KindLabel(SQLModel, table=True):
    """A person's word on the kind of one version of a comment. A label whose activity was undone
    does not count.

    ``was`` and ``confidence`` are what the model had said. The text is read from the comment's
    versions, so that it goes when its author deletes it. ``theme_id`` is the theme at that time:
    its comments are held out together.
    """

    __tablename__ = "kind_label"
    __table_args__ = (
        sa.UniqueConstraint("activity_id", "comment_id", name="kind_label_once"),
        sa.Index("kind_label_by_product", "product_id", "id"),
        sa.CheckConstraint(
            "kind in ('bug', 'feature', 'question', 'praise', 'other')", name="kind_label_kind"
        ),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id", index=False)
    comment_id: int = reference("comment.id")
    activity_id: int = reference("activity.id", index=False)
    theme_id: uuid.UUID | None = Field(default=None, nullable=True)
    version: str = word()
    kind: str = Field(sa_type=sa.Text)
    was: str = word()
    confidence: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    weight: float = _weight()
    created_at: Moment = utc_now()


class PairLabel(SQLModel, table=True):
    """A person's word on whether a comment says the same as a theme. It outlives later merges and
    edits.

    ``near`` has the versions of the theme's nearest comments by their id; ``score``, ``join_at``,
    ``suggest_at`` and ``size`` (the class of text) are what ``judge``, the grouper of that time,
    gave. Pairs of one activity share its weight and are held out together.
    """

    __tablename__ = "pair_label"
    __table_args__ = (
        sa.UniqueConstraint("activity_id", "comment_id", "same", name="pair_label_once"),
        sa.Index("pair_label_by_product", "product_id", "id"),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id", index=False)
    comment_id: int = reference("comment.id")
    activity_id: int = reference("activity.id", index=False)
    version: str = word()
    near: Json = document()
    same: bool = Field(nullable=False)
    score: float = Field(nullable=False)
    join_at: float = Field(nullable=False)
    suggest_at: float = Field(nullable=False)
    size: str = word()
    judge: str = word()
    weight: float = _weight()
    created_at: Moment = utc_now()


class ProductModel(SQLModel, table=True):
    """One version of what a product's labels changed: of its ``kind`` head, or of its ``grouping``
    thresholds.

    ``status``: ``candidate`` (a person may promote it), ``active`` (one at most), ``retired`` or
    ``rejected``, with a ``reason`` in one word and a ``detail`` in a sentence. ``base`` is the
    shipped model it corrects; under another one it is not used. ``weights`` are the arrays of a
    head (``.npz``); ``settings`` everything small. ``last_label`` is the newest label it saw.
    ``scores`` hold what was measured on labels kept out of the fit, before and after.
    """

    __tablename__ = "product_model"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "what", "number", name="product_model_once"),
        sa.Index(
            "product_model_active",
            "product_id",
            "what",
            unique=True,
            postgresql_where=sa.text("status = 'active'"),
        ),
        holds_only("what", Learned, name="product_model_what"),
        holds_only("status", ModelStatus, name="product_model_status"),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id", index=False)
    what: str = Field(sa_type=sa.Text)
    number: int = count(1)
    base: str = word()
    weights: bytes = Field(default=b"", sa_type=sa.LargeBinary, nullable=False)
    settings: Json = document()
    status: str = word(ModelStatus.candidate)
    reason: str = word()
    detail: str = word()
    labels: int = count(0)
    last_label: int | None = big_number()
    scores: Json = document()
    trained_at: Moment = utc_now()
    trained_by: str = word("system")
    activated_at: Moment = moment()
