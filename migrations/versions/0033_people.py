"""People: which accounts are one human, notes about them, and what they weigh."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def _word(name: str, default: str = "") -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=sa.text(f"'{default}'"), nullable=False)


def _now(name: str) -> sa.Column[object]:
    default = sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=False)


def _of(name: str, target: str, kind: sa.types.TypeEngine[object]) -> sa.Column[object]:
    return sa.Column(name, kind, sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    op.add_column(
        "author",
        sa.Column("identities", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index(
        "author_identified",
        "author",
        ["product_id"],
        postgresql_where=sa.text("identities <> '{}'"),
    )
    op.create_table(
        "account_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _of("product_id", "product.id", sa.Uuid()),
        _of("low_id", "author.id", sa.BigInteger()),
        _of("high_id", "author.id", sa.BigInteger()),
        _word("state", "proposed"),
        _word("basis", "signs"),
        sa.Column("signs", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        _word("why"),
        _now("created_at"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        _word("decided_by"),
        sa.UniqueConstraint("low_id", "high_id", name="account_link_once"),
        sa.CheckConstraint("low_id < high_id", name="account_link_ordered"),
        sa.CheckConstraint(
            "state in ('proposed', 'linked', 'refused', 'undone')", name="account_link_state"
        ),
        sa.CheckConstraint("basis in ('verified', 'staff', 'signs')", name="account_link_basis"),
    )
    op.create_index("account_link_waiting", "account_link", ["product_id", "state", "id"])
    op.create_index("ix_account_link_high_id", "account_link", ["high_id"])
    op.create_table(
        "person_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _of("author_id", "author.id", sa.BigInteger()),
        sa.Column("text", sa.Text(), nullable=False),
        _word("written_by"),
        _now("created_at"),
    )
    op.create_index("ix_person_note_author_id", "person_note", ["author_id"])
    op.create_table(
        "account_weight",
        sa.Column(
            "author_id",
            sa.BigInteger(),
            sa.ForeignKey("author.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        _of("product_id", "product.id", sa.Uuid()),
        _word("plan"),
        _word("customer"),
        sa.Column("weight", sa.Float(), server_default=sa.text("1"), nullable=False),
        _word("set_by"),
        _now("set_at"),
        sa.CheckConstraint("weight >= 0", name="account_weight_positive"),
    )
    op.create_index("ix_account_weight_product_id", "account_weight", ["product_id"])


def downgrade() -> None:
    op.drop_table("account_weight")
    op.drop_table("person_note")
    op.drop_table("account_link")
    op.drop_index("author_identified", "author")
    op.drop_column("author", "identities")
