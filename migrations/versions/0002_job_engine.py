"""The job engine's tables, in a schema of their own.

The SQL is the installed procrastinate's; the comment of the schema keeps its version, from which a
later migration applies that library's own upgrade scripts.
"""

from __future__ import annotations

from importlib.metadata import version

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create schema procrastinate")
    op.execute("set local search_path to procrastinate")
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("set local search_path to default")
    op.execute(f"comment on schema procrastinate is 'procrastinate {version('procrastinate')}'")


def downgrade() -> None:
    op.execute("drop schema procrastinate cascade")
