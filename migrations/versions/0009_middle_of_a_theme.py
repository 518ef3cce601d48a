"""Every theme keeps the mean of its latest comments' vectors, which tells who belongs there more
steadily than one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FILL = """
    insert into theme_middle (theme_id, model, comments, middle)
    select t.id, n.model, n.comments, n.middle
    from theme t cross join lateral (
        select latest.model, count(*) as comments, avg(latest.embedding)::halfvec(384) as middle
        from (
            select e.model, e.embedding from comment c join comment_embedding e on e.comment_id =
                c.id
            where c.theme_id = t.id and c.deleted_at is null order by c.created_at desc,
                c.id desc limit 32
        ) latest
        group by latest.model order by count(*) desc, latest.model limit 1
    ) n
"""


def upgrade() -> None:
    op.create_table(
        "theme_middle",
        sa.Column(
            "theme_id", sa.Uuid(), sa.ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("middle", HALFVEC(384), nullable=False),
    )
    op.execute(FILL)


def downgrade() -> None:
    op.drop_table("theme_middle")
