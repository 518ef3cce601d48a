"""A comment is one message by one author in a thread; its stage is the queue of the enrich and
group steps."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlmodel import Field, SQLModel

from app.models.base import (
    Json,
    Moment,
    big_number,
    document,
    holds_only,
    moment,
    number,
    reference,
    serial_id,
    utc_now,
    word,
)
from app.models.states import CommentStage, DecidedBy, Tone, Visibility

SEARCH = (
    "to_tsvector('english', left(thread_title || ' ' || text, 20000))"
    " || array_to_tsvector(array[product_id::text])"
)
"""The product is a word of its comments, so that one index finds the rare words of one product
among all others."""


COUNTED = [
    "deleted_at",
    "source_id",
    "author_id",
    "kind",
    "kind_reason",
    "sentiment",
    "tone",
    "theme_id",
    "wording",
]
"""What the numbers of a period are made of: the index carries it, so that they need not read the
wide rows."""


class Person(SQLModel, table=True):
    """The human behind linked handles. An author that is linked to nobody counts as a person of its
    own."""

    __tablename__ = "person"

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id")
    name: str = word()
    created_at: Moment = utc_now()


class Author(SQLModel, table=True):
    """A handle on one platform. ``realm`` is where ``external_id`` is unique: a platform, or one
    source of it. ``named_at``: when the platform said what the account is called; what is older
    than that does not name it any more. ``no_replies_at``: when they said, or somebody said for
    them, that they want no answers of ours. ``identities``: what proves that an account of another
    realm is of the same human, as its platform vouches for it."""

    __tablename__ = "author"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "realm", "external_id", name="author_once"),
        sa.Index("author_identified", "product_id", postgresql_where=sa.text("identities <> '{}'")),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id", index=False)
    realm: str = Field(sa_type=sa.Text)
    external_id: str = Field(sa_type=sa.Text)
    handle: str = word()
    name: str = word()
    is_staff: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    is_bot: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    person_id: int | None = reference("person.id", nullable=True, cascade=False)
    named_at: Moment = moment()
    no_replies_at: Moment = moment()
    identities: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(sa.Text),
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )
    created_at: Moment = utc_now()


class Comment(SQLModel, table=True):
    """The current version of a comment and what we understood of it.

    ``stage``: ``parsed`` (waits for enrich) -> ``enriched`` (waits for group) -> ``grouped``; or
    ``failed`` with a reason. ``kind_by`` and ``theme_by`` say who decided: ``model`` or ``person``;
    a person's word is never overruled. ``grouping`` holds why it is in its theme: verdict, score,
    thresholds, nearest comments, words in common. ``other_kinds`` are what parts of it say beside
    ``kind``; ``tone`` is a hint for the community manager. Comments with the same ``wording`` were
    copied from one another; it is empty for a text so short that two people may well write it.
    ``visibility``: who may read it where it was written; ``place``: what becomes private there as a
    whole (a channel, a repository, a category).
    """

    __tablename__ = "comment"
    __table_args__ = (
        sa.UniqueConstraint("source_id", "external_id", name="comment_once"),
        sa.Index(
            "comment_to_enrich", "delivery_id", "id", postgresql_where=sa.text("stage = 'parsed'")
        ),
        sa.Index(
            "comment_to_group",
            "product_id",
            "delivery_id",
            "id",
            postgresql_where=sa.text("stage = 'enriched'"),
        ),
        sa.Index(
            "comment_by_theme",
            "theme_id",
            sa.text("created_at desc"),
            postgresql_where=sa.text("theme_id is not null"),
        ),
        sa.Index(
            "comment_by_product",
            "product_id",
            sa.text("created_at desc"),
            sa.text("id desc"),
            postgresql_include=COUNTED,
        ),
        sa.Index("comment_by_time", sa.text("created_at desc"), sa.text("id desc")),
        sa.Index(
            "comment_failed", "product_id", "id", postgresql_where=sa.text("stage = 'failed'")
        ),
        sa.Index("comment_by_delivery", "delivery_id"),
        sa.Index(
            "comment_by_thread",
            "source_id",
            "thread_id",
            sa.text("coalesce(delivery_id, 0::bigint)"),
            "id",
        ),
        sa.Index(
            "comment_opening",
            "source_id",
            "thread_id",
            postgresql_where=sa.text("opens_thread"),
        ),
        # What was said in a thread after a question, and by whom.
        sa.Index(
            "comment_in_thread",
            "source_id",
            "thread_id",
            "created_at",
            "id",
            postgresql_where=sa.text("thread_id <> '' and deleted_at is null"),
            postgresql_include=["author_id"],
        ),
        sa.Index(
            "comment_questions",
            "created_at",
            "id",
            postgresql_where=sa.text("kind = 'question' and deleted_at is null"),
            postgresql_include=["product_id"],
        ),
        sa.Index(
            "comment_by_fingerprint",
            "product_id",
            "fingerprint",
            "id",
            postgresql_where=sa.text("fingerprint <> ''"),
        ),
        sa.Index(
            "comment_search",
            "search",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        sa.Index(
            "comment_hostile",
            "product_id",
            sa.text("created_at desc"),
            postgresql_where=sa.text("tone <> ''"),
        ),
        holds_only("stage", CommentStage, name="comment_stage"),
        sa.CheckConstraint(
            "kind in ('', 'bug', 'feature', 'question', 'praise', 'other')", name="comment_kind"
        ),
        holds_only("tone", Tone, name="comment_tone"),
        holds_only("visibility", Visibility, name="comment_visibility"),
        sa.Index("comment_by_place", "source_id", "place", postgresql_where=sa.text("place <> ''")),
    )

    id: int = serial_id()
    product_id: uuid.UUID = Field(nullable=False)
    source_id: uuid.UUID = reference("source.id", index=False)
    delivery_id: int | None = big_number()
    external_id: str = Field(sa_type=sa.Text)
    version: str = word()
    platform: str = word()
    thread_id: str = word()
    thread_title: str = word()
    permalink: str = word()
    parent_id: str = word()
    opens_thread: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    position: int = number(0)
    answers_position: int = number(0)
    author_id: int | None = reference("author.id", nullable=True, cascade=False)
    text: str = word()
    likes: int = number(0)
    extras: Json = document()
    created_at: Moment = utc_now()
    edited_at: Moment = moment()
    deleted_at: Moment = moment()
    received_at: Moment = utc_now()
    stage: str = word(CommentStage.parsed)
    attempts: int = number(0)
    lease_until: Moment = moment()
    reason: str = word()
    detail: str = word()
    language: str = word()
    fingerprint: str = word()
    kind: str = word()
    kind_confidence: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    kind_scores: Json = document()
    kind_by: str = word(DecidedBy.model)
    kind_reason: str = word()
    other_kinds: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(sa.Text),
        nullable=False,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )
    tone: str = word()
    tone_confidence: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    wording: str = word()
    sentiment: float = Field(
        default=0.0, nullable=False, sa_column_kwargs={"server_default": sa.text("0")}
    )
    model_version: str = word()
    theme_id: uuid.UUID | None = reference("theme.id", index=False, nullable=True, cascade=False)
    theme_by: str = word(DecidedBy.model)
    grouping: Json = document()
    grouped_at: Moment = moment()
    visibility: str = word(Visibility.unknown)
    place: str = word()
    search: str | None = Field(
        default=None,
        sa_column=sa.Column(TSVECTOR, sa.Computed(SEARCH, persisted=True)),
    )


class CommentVersion(SQLModel, table=True):
    """Every version of a comment that ever arrived: what makes it the same one again, and the
    history of edits."""

    __tablename__ = "comment_version"
    __table_args__ = (
        sa.UniqueConstraint(
            "source_id", "external_id", "version", "type", name="comment_version_once"
        ),
    )

    id: int = serial_id()
    product_id: uuid.UUID = Field(nullable=False)
    source_id: uuid.UUID = reference("source.id", index=False)
    external_id: str = Field(sa_type=sa.Text)
    version: str = word()
    type: str = word("created")
    text: str = word()
    delivery_id: int | None = big_number()
    received_at: Moment = utc_now()


class CommentEmbedding(SQLModel, table=True):
    """A comment's unit vector, apart from the comment so that a search reads little.

    ``model`` names the space of the vector (``Enricher.space``): only vectors of one space are
    compared. ``live``: in an open theme.
    """

    __tablename__ = "comment_embedding"
    __table_args__ = (sa.Index("embedding_live", "product_id", postgresql_where=sa.text("live")),)

    comment_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger, sa.ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
        )
    )
    product_id: uuid.UUID = Field(nullable=False)
    model: str = Field(sa_type=sa.Text)
    live: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    embedding: list[float] = Field(sa_column=sa.Column(HALFVEC(384), nullable=False))


class WordShare(SQLModel, table=True):
    """In what ``share`` of a product's comments a common word occurs, and in about how many; a rare
    word has no row."""

    __tablename__ = "word_share"

    product_id: uuid.UUID = Field(
        sa_column=sa.Column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    )
    lexeme: str = Field(primary_key=True, sa_type=sa.Text)
    share: float = Field(nullable=False)
    comments: int = number(0)
    counted_at: Moment = utc_now()
