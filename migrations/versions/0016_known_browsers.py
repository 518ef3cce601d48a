"""Wrong passwords are counted for each known browser, and for all others together, also for
addresses that nobody has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_failure",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "browser"),
    )
    op.create_index("ix_login_failure_last_at", "login_failure", ["last_at"])
    op.execute(
        "insert into login_failure (account, attempts, last_at, locked_until)"
        " select id::text, failed_logins, now(), locked_until from user_account"
        " where failed_logins > 0"
    )
    op.drop_column("user_account", "locked_until")
    op.drop_column("user_account", "failed_logins")


def downgrade() -> None:
    op.add_column(
        "user_account",
        sa.Column("failed_logins", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "user_account", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(
        "update user_account u set failed_logins = f.attempts, locked_until = f.locked_until"
        " from login_failure f where f.account = u.id::text and f.browser = ''"
    )
    op.drop_index("ix_login_failure_last_at", "login_failure")
    op.drop_table("login_failure")
