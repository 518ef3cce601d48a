"""The group step: every bug and request finds its theme. Serial per product: no two comments miss
each other."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
import structlog
from psycopg import sql
from structlog.contextvars import bound_contextvars

from app.judging.product_models import own_grouper
from app.metrics import STAGE_ROWS
from app.storage.advisory import AdvisoryLock, lock_if_free
from app.storage.db import Connection, Database, is_away
from app.storage.rows import fetch_all
from app.themes.counts import recount
from app.themes.placing import SELECT_WAITING, WaitingComment, decide_places, write_places
from app.themes.word_shares import count_grown
from classifiers.contract import Grouper

log = structlog.get_logger(__name__)

SELECT_WAITING_PRODUCTS = "select distinct product_id from comment where stage = 'enriched'"
# What arrived before and is on its way yet, in whichever worker's hands, comes first: so workers
# make no difference. What a worker failed at once keeps nobody waiting any more, and neither does
# what is read again.
CLAIM_WAITING_COMMENTS = sql.SQL("""
    with earliest as materialized (
        select least(
            (select id from delivery
             where stage = 'received' and attempts <= 1 order by id limit 1),
            (select delivery_id from comment
             where stage = 'parsed' and attempts <= 1 and grouped_at is null
             order by delivery_id limit 1)
        ) as on_its_way
    )
    {waiting}
    where c.product_id = %s and c.stage = 'enriched'
      and c.delivery_id < coalesce(
          (select on_its_way from earliest), 9223372036854775807) is not false
    order by c.delivery_id, c.id limit %s for update of c
""").format(waiting=sql.SQL(SELECT_WAITING))
# A theme of one comment was compared with everything when that comment came.
MARK_COMPARED = """
    update theme set compared_at = changed_at where id = any(%s::uuid[]) and mentions = 1
"""
# Whether it is accepted is for `triage.policy`, which looks at it after this transaction.
MARK_POLICY_DUE = """
    update theme t set policy_due_at = now() from product p
    where t.id = any(%s::uuid[]) and p.id = t.product_id
      and (p.policy = 'auto' or exists (
          select 1 from routing_rule r where r.product_id = p.id and r.policy = 'auto'))
      and t.status = 'triage'
"""
SET_COMMENT_ASIDE = """
    update comment
    set stage = 'failed', reason = 'not_storable', detail = 'It could not be grouped; see the log.'
    where id = %s
"""


async def group_batch(
    database: Database, grouper: Grouper, *, limit: int, refresh_seconds: float
) -> int:
    """Group up to ``limit`` comments of every product that nobody else is grouping; returns how
    many were done."""
    async with database.transaction() as connection:
        rows = await fetch_all(connection, SELECT_WAITING_PRODUCTS)
    products = [row["product_id"] for row in rows]
    rooms = await count_grown(database, products)
    grouped = 0
    for product_id in products:
        step = _Step(database, grouper, product_id, refresh_seconds)
        with bound_contextvars(stage="group", product=str(product_id)):
            try:
                grouped += await step.batch(min(limit, rooms.get(product_id, limit)))
            except (psycopg.Error, ValueError) as error:
                if _passes_by_itself(error):
                    raise
                log.exception("group_batch_failed")
                grouped += await step.one_by_one(limit)
    return grouped


@dataclass(frozen=True, slots=True)
class _Step:
    """Groups the waiting comments of one product, in the order in which they came: that of their
    deliveries, however these were shared out among workers."""

    database: Database
    grouper: Grouper
    product_id: uuid.UUID
    refresh_seconds: float

    async def batch(self, limit: int) -> int:
        """Group up to ``limit`` comments in one transaction; 0 also where somebody else is at
        it."""
        async with self.database.transaction() as connection:
            comments = await self._claim(connection, limit)
            await self._group(connection, comments)
        return _counted(comments)

    async def one_by_one(self, limit: int) -> int:
        """After a batch failed: the comment that cannot be grouped is set aside with a reason, the
        others go on."""
        for number in range(limit):
            async with self.database.transaction() as connection:
                comments = await self._claim(connection, 1)
                if not comments:
                    return number
                with bound_contextvars(comment=comments[0].id):
                    grouped = await self._group_or_set_aside(connection, comments)
            if grouped:
                _counted(comments)
        return limit

    async def _group_or_set_aside(
        self, connection: Connection, comments: Sequence[WaitingComment]
    ) -> bool:
        """Group one comment; where that fails, set that very comment aside under the same lock."""
        try:
            async with connection.transaction():
                await self._group(connection, comments)
        except (psycopg.Error, ValueError) as error:
            if _passes_by_itself(error):
                raise
            log.exception("comment_not_grouped")
            await connection.execute(SET_COMMENT_ASIDE, [comments[0].id])
            STAGE_ROWS.labels("group", "failed").inc()
            return False
        return True

    async def _claim(self, connection: Connection, limit: int) -> list[WaitingComment]:
        """The next comments, none where another worker groups this product."""
        if not await lock_if_free(connection, AdvisoryLock.group, self.product_id):
            return []
        values = [self.product_id, limit]
        return await fetch_all(
            connection, CLAIM_WAITING_COMMENTS, values, of=WaitingComment, binary=True
        )

    async def _group(self, connection: Connection, comments: Sequence[WaitingComment]) -> None:
        if not comments:
            return
        grouper = await own_grouper(connection, self.product_id, self.grouper)
        batch = await decide_places(connection, grouper, self.product_id, comments)
        await write_places(connection, self.product_id, batch)
        # What was taken back goes from its ticket at once, however busy the theme is.
        bereft = {
            comment.theme_id for comment in comments if comment.deleted_at and comment.theme_id
        }
        ids = [comment.id for comment in comments]
        await recount(connection, bereft, comments=ids)
        regrouped = [comment.id for comment in comments if comment.theme_id is not None]
        touched = batch.touched - bereft
        await recount(connection, touched, comments=regrouped, refresh_seconds=self.refresh_seconds)
        await connection.execute(MARK_COMPARED, [batch.new_themes])
        await connection.execute(MARK_POLICY_DUE, [sorted(batch.touched)])


def _counted(comments: Sequence[WaitingComment]) -> int:
    STAGE_ROWS.labels("group", "grouped").inc(len(comments))
    return len(comments)


def _passes_by_itself(error: Exception) -> bool:
    """Whether the same comments may well be grouped at the next try: the database is away, or broke
    a deadlock."""
    return is_away(error) or isinstance(error, psycopg.OperationalError)
