"""What each boldness would have let join, from what was stored with a product's own comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.models.states import Boldness
from app.storage.db import Connection
from app.storage.rows import fetch_all

BOLDNESS_HISTORY_DAYS = 90

# The likelihoods that were asked at each boldness stand beside the likelihood of the theme that
# came closest; where nothing joins by itself, none stand there.
SELECT_BOLDNESS_HISTORY = """
    select c.product_id, count(*) as comments,
           count(*) filter (where score >= (bars ->> 'careful')::float) as careful,
           count(*) filter (where score >= (bars ->> 'balanced')::float) as balanced,
           count(*) filter (where score >= (bars ->> 'bold')::float) as bold
    from comment c
    cross join lateral (
        select (c.grouping ->> 'score')::float as score, c.grouping -> 'bars' as bars
    ) stored
    where c.product_id = any(%s::uuid[]) and c.grouping ? 'bars' and c.deleted_at is null
      and c.created_at > now() - make_interval(days => %s)
    group by c.product_id
"""


@dataclass(frozen=True, slots=True)
class BoldnessHistory:
    """Of so many ``comments`` how many would have joined at each boldness."""

    product_id: UUID
    comments: int
    careful: int
    balanced: int
    bold: int

    def of(self, boldness: Boldness) -> int:
        """How many at this one."""
        counts = {
            Boldness.careful: self.careful,
            Boldness.balanced: self.balanced,
            Boldness.bold: self.bold,
        }
        return counts[boldness]


async def boldness_history(
    connection: Connection, products: Sequence[UUID]
) -> dict[UUID, BoldnessHistory]:
    """By product, of those that have grouped comments lately."""
    values = [list(products), BOLDNESS_HISTORY_DAYS]
    rows = await fetch_all(connection, SELECT_BOLDNESS_HISTORY, values, of=BoldnessHistory)
    return {row.product_id: row for row in rows}
