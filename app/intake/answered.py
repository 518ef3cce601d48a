"""What a comment answers, where the platform names it by its number in the thread."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from app.storage.db import Connection

# Both ways: an answer may arrive before what it answers. One that another batch writes just now is
# left to that batch, so that no two batches wait for each other.
NAME_WHAT_IS_ANSWERED = """
    with told as (
        select c.id, c.source_id, c.thread_id, c.position, c.answers_position
        from unnest(%t::uuid[], %t::text[]) as n(source_id, external_id)
        join comment c on c.source_id = n.source_id and c.external_id = n.external_id
    ), pair as (
        select answer.id, answered.external_id from told answer
        join comment answered on answered.source_id = answer.source_id
            and answered.thread_id = answer.thread_id
            and answered.position = answer.answers_position
        where answer.answers_position > 0
        union
        select answer.id, answered.external_id from told
        join comment answered on answered.id = told.id
        join comment answer on answer.source_id = told.source_id
            and answer.thread_id = told.thread_id and answer.answers_position = told.position
        where told.position > 0
    ), free as (
        select c.id, pair.external_id from comment c join pair on pair.id = c.id
        where c.parent_id <> pair.external_id
        order by c.id for no key update of c skip locked
    )
    update comment c set parent_id = free.external_id from free where c.id = free.id
"""


async def name_what_is_answered(
    connection: Connection, keys: Sequence[tuple[uuid.UUID, str]]
) -> None:
    """Give those of a batch's comments, each a source and an id there, that answer a number the id
    of what stands there in their thread, and the same to those that waited for one of them."""
    if keys:
        sources, names = zip(*keys, strict=True)
        await connection.execute(NAME_WHAT_IS_ANSWERED, [list(sources), list(names)])
