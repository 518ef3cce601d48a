"""What is known of the humans behind accounts: which are one, notes, what they weigh."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import (
    Moment,
    documents,
    holds_only,
    moment,
    number,
    reference,
    serial_id,
    utc_now,
    word,
)
from app.models.states import LinkBasis, LinkState


class AccountLink(SQLModel, table=True):
    """Two accounts that are, may be, or are not one human; at most one row for a pair.

    ``basis`` says who found that: a ``verified`` identifier, the ``staff``, or ``signs`` that speak
    for it. ``signs`` is that evidence, ``why`` the word of whoever decided last. Who is one person
    follows from the rows whose state is ``linked``; ``author.person_id`` repeats it.
    """

    __tablename__ = "account_link"
    __table_args__ = (
        sa.UniqueConstraint("low_id", "high_id", name="account_link_once"),
        sa.CheckConstraint("low_id < high_id", name="account_link_ordered"),
        sa.Index("account_link_waiting", "product_id", "state", "id"),
        holds_only("state", LinkState, name="account_link_state"),
        holds_only("basis", LinkBasis, name="account_link_basis"),
    )

    id: int = serial_id()
    product_id: uuid.UUID = reference("product.id", index=False)
    low_id: int = reference("author.id", index=False)
    high_id: int = reference("author.id")
    state: str = word(LinkState.proposed)
    basis: str = word(LinkBasis.signs)
    signs: list[dict[str, Any]] = documents()
    why: str = word()
    created_at: Moment = utc_now()
    decided_at: Moment = moment()
    decided_by: str = word()


class PersonNote(SQLModel, table=True):
    """What the team wrote down about whoever is behind an account."""

    __tablename__ = "person_note"

    id: int = serial_id()
    author_id: int = reference("author.id")
    text: str = Field(sa_type=sa.Text)
    written_by: str = word()
    created_at: Moment = utc_now()


class HelpScore(SQLModel, table=True):
    """Whom a person helped, when it was counted last: ``people`` in all, ``score`` by weight.
    ``author_id`` is the lowest of their accounts then."""

    __tablename__ = "help_score"

    author_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger, sa.ForeignKey("author.id", ondelete="CASCADE"), primary_key=True
        )
    )
    product_id: uuid.UUID = reference("product.id")
    score: float = Field(nullable=False)
    people: int = number(0)
    counted_at: Moment = utc_now()


class AccountWeight(SQLModel, table=True):
    """What the team's own books say of an account: its plan, its customer, and how much it
    weighs."""

    __tablename__ = "account_weight"
    __table_args__ = (sa.CheckConstraint("weight >= 0", name="account_weight_positive"),)

    author_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger, sa.ForeignKey("author.id", ondelete="CASCADE"), primary_key=True
        )
    )
    product_id: uuid.UUID = reference("product.id")
    plan: str = word()
    customer: str = word()
    weight: float = Field(
        default=1.0, nullable=False, sa_column_kwargs={"server_default": sa.text("1")}
    )
    set_by: str = word()
    set_at: Moment = utc_now()
