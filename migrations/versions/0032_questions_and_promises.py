"""People look after questions, and after what was promised."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _word(name: str, default: str = "") -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=sa.text(f"'{default}'"), nullable=False)


def _refers(name: str, target: str, kind: sa.types.TypeEngine[object]) -> sa.Column[object]:
    return sa.Column(name, kind, sa.ForeignKey(target, ondelete="SET NULL"), nullable=True)


def upgrade() -> None:
    op.create_index(
        "comment_in_thread",
        "comment",
        ["source_id", "thread_id", "created_at", "id"],
        postgresql_where=sa.text("thread_id <> '' and deleted_at is null"),
        postgresql_include=["author_id"],
    )
    op.create_index(
        "comment_questions",
        "comment",
        ["created_at", "id"],
        postgresql_where=sa.text("kind = 'question' and deleted_at is null"),
        postgresql_include=["product_id"],
    )
    op.create_table(
        "question",
        sa.Column(
            "comment_id",
            sa.BigInteger(),
            sa.ForeignKey("comment.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "product_id", sa.Uuid(), sa.ForeignKey("product.id", ondelete="CASCADE"), nullable=False
        ),
        _refers("assignee_id", "user_account.id", sa.Uuid()),
        _moment("assigned_at"),
        _refers("like_id", "comment.id", sa.BigInteger()),
        _word("linked_by"),
        _moment("linked_at"),
    )
    for column in ("product_id", "assignee_id", "like_id"):
        op.create_index(f"ix_question_{column}", "question", [column])
    op.create_table(
        "promise",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "product_id", sa.Uuid(), sa.ForeignKey("product.id", ondelete="CASCADE"), nullable=False
        ),
        _refers("theme_id", "theme.id", sa.Uuid()),
        _refers("comment_id", "comment.id", sa.BigInteger()),
        _refers("reply_id", "reply.id", sa.Uuid()),
        _word("made_to"),
        sa.Column("words", sa.Text(), nullable=False),
        _word("promised_by"),
        sa.Column("due_on", sa.Date(), nullable=True),
        _word("state", "open"),
        _moment("settled_at"),
        _word("settled_by"),
        _word("evidence"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("state in ('open', 'kept', 'withdrawn')", name="promise_state"),
    )
    op.create_index("promise_due", "promise", ["product_id", "state", "due_on", "id"])
    for column in ("theme_id", "comment_id", "reply_id"):
        op.create_index(f"ix_promise_{column}", "promise", [column])


def downgrade() -> None:
    op.drop_table("promise")
    op.drop_table("question")
    op.drop_index("comment_questions", "comment")
    op.drop_index("comment_in_thread", "comment")
