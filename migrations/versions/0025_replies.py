"""Answers travel back into the threads where people asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _word(name: str, default: str = "") -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=sa.text(f"'{default}'"), nullable=False)


def _number(name: str, default: int = 0) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), server_default=sa.text(str(default)), nullable=False)


def _flag(name: str, default: sa.sql.expression.ColumnElement[bool]) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), server_default=default, nullable=False)


def _belongs_to(name: str, target: str, *, is_key: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey(target, ondelete="CASCADE")
    return sa.Column(name, sa.Uuid(), key, nullable=False, primary_key=is_key)


MEANINGS = "('acknowledged', 'planned', 'shipped', 'declined', 'need_detail', 'free')"


def upgrade() -> None:
    op.add_column("author", _moment("no_replies_at"))
    op.add_column("ticket", _moment("drafted_since"))
    op.create_table(
        "source_replies",
        _belongs_to("source_id", "source.id", is_key=True),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        _flag("enabled", sa.true()),
        _flag("automatic", sa.false()),
        _number("per_hour"),
        _moment("paused_until"),
        _word("reason"),
        _word("detail"),
        _number("sent"),
        _moment("sent_from"),
        _now("created_at"),
    )
    op.create_table(
        "reply_policy",
        _belongs_to("product_id", "product.id", is_key=True),
        _number("wait_minutes", 30),
        _word("drafted", "planned,shipped,declined"),
        _word("automatic"),
        _number("quiet_from"),
        _number("quiet_until"),
        _word("time_zone", "UTC"),
        _word("disclosure"),
    )
    op.create_table(
        "reply_template",
        _belongs_to("product_id", "product.id", is_key=True),
        sa.Column("platform", sa.Text(), primary_key=True),
        sa.Column("meaning", sa.Text(), primary_key=True),
        _word("text"),
        sa.CheckConstraint(f"meaning in {MEANINGS}", name="reply_template_meaning"),
    )
    _create_replies()


def _create_replies() -> None:
    op.create_table(
        "reply",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _belongs_to("product_id", "product.id"),
        sa.Column("theme_id", sa.Uuid(), sa.ForeignKey("theme.id", ondelete="CASCADE")),
        _belongs_to("source_id", "source.id"),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), sa.ForeignKey("comment.id", ondelete="SET NULL")),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _word("state", "draft"),
        _word("reason"),
        _word("detail"),
        _flag("automatic", sa.false()),
        _word("author", "system"),
        _word("decided_by"),
        _number("attempts"),
        _moment("due_at"),
        _moment("called_at"),
        _moment("posted_at"),
        _word("external_id"),
        _word("permalink"),
        _now("created_at"),
        sa.CheckConstraint(f"meaning in {MEANINGS}", name="reply_meaning"),
        sa.CheckConstraint(
            "state in ('draft', 'approved', 'sending', 'posted', 'skipped')", name="reply_state"
        ),
    )
    op.create_index("ix_reply_theme_id", "reply", ["theme_id"])
    op.create_index(
        "reply_once",
        "reply",
        ["theme_id", "source_id", "thread", "meaning"],
        unique=True,
        postgresql_where=sa.text("meaning not in ('free', 'need_detail')"),
    )
    op.create_index(
        "reply_due",
        "reply",
        ["source_id", "due_at"],
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_index(
        "reply_queue", "reply", ["product_id", "state", sa.text("created_at desc"), "id"]
    )
    op.create_index(
        "reply_posted",
        "reply",
        ["source_id", "thread"],
        postgresql_where=sa.text("state = 'posted'"),
    )
    op.create_index("reply_of_comment", "reply", ["comment_id"])


def downgrade() -> None:
    for table in ("reply", "reply_template", "reply_policy", "source_replies"):
        op.drop_table(table)
    op.drop_column("ticket", "drafted_since")
    op.drop_column("author", "no_replies_at")
