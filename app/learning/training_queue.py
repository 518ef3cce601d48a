"""Asks a worker to train a product, and finds the products that have new labels."""

from __future__ import annotations

import uuid

from app.judging.product_models import GROUPING, KIND
from app.storage.db import Connection
from app.tickets.ledger import QUEUE

TRAIN_TASK = "train"
NEW_LABELS = 10
PAUSE_HOURS = 20

DEFER = """
    select procrastinate.procrastinate_defer_jobs_v1(array[row(
        %(queue)s, %(task)s, 0, null, null,
        jsonb_build_object('product_id', %(product)s::text, 'what', %(what)s::text, 'actor', %(actor)s::text), null
    )::procrastinate.procrastinate_job_to_defer_v1])
"""
WAITING = """
    select distinct args ->> 'what' as what from procrastinate.procrastinate_jobs
    where status in ('todo', 'doing') and task_name = %s and args ->> 'product_id' = %s::text
"""
# Counted are labels that still stand and came after those the last try saw; the last try was not
# today.
DUE = """
    select l.product_id, count(*) as fresh
    from {table} l
    join activity a on a.id = l.activity_id and a.undone_by is null
    left join lateral (
        select last_label, trained_at from product_model m
        where m.product_id = l.product_id and m.what = %(what)s order by number desc limit 1
    ) tried on true
    where l.id > coalesce(tried.last_label, 0)
      and coalesce(tried.trained_at, '-infinity') < now() - make_interval(hours => %(pause)s)
    group by l.product_id
    having count(*) >= %(new)s and (select count(*) from {table} x where x.product_id = l.product_id) >= %(least)s
"""
# What a product learned rests when the shipped model has changed under it; one try on the new model
# brings it back.
RESTING = """
    select m.product_id from product_model m
    where m.what = %(what)s and m.status = 'active' and m.base <> %(base)s
      and not exists (
        select 1 from product_model n where n.product_id = m.product_id and n.what = m.what and n.base = %(base)s
      )
      and (select count(*) from {table} x where x.product_id = m.product_id) >= %(least)s
"""
TABLES = {KIND: "kind_label", GROUPING: "pair_label"}


async def ask_for_training(
    connection: Connection, product_id: uuid.UUID, what: str, actor: str
) -> bool:
    """Defer a training unless one waits or runs; returns whether one was deferred."""
    if what in await being_trained(connection, product_id):
        return False
    values = {
        "queue": QUEUE,
        "task": TRAIN_TASK,
        "product": product_id,
        "what": what,
        "actor": actor,
    }
    await connection.execute(DEFER, values)
    return True


async def being_trained(connection: Connection, product_id: uuid.UUID) -> set[str]:
    """What of this product waits for training or is in it."""
    cursor = await connection.execute(WAITING, [TRAIN_TASK, product_id])
    return {row["what"] for row in await cursor.fetchall()}


async def due_for_training(
    connection: Connection, what: str, least: int, base: str
) -> set[uuid.UUID]:
    """Products with at least ten new labels since the last try and no try within 20 hours, and
    those whose version in force rests because it is not of this ``base``; all have ``least``
    labels."""
    values = {"what": what, "pause": PAUSE_HOURS, "new": NEW_LABELS, "least": least, "base": base}
    found: set[uuid.UUID] = set()
    for query in (DUE, RESTING):
        cursor = await connection.execute(query.format(table=TABLES[what]), values)
        found.update(row["product_id"] for row in await cursor.fetchall())
    return found
