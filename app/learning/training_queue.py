"""Asks a worker to train a product, and finds the products that have new labels."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from app.models.states import Learned
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.tickets.ledger import QUEUE

TRAIN_TASK = "train"
NEW_LABELS_MIN = 10
TRAINING_PAUSE_HOURS = 20

DEFER_TRAINING = """
    select procrastinate.procrastinate_defer_jobs_v1(array[row(
        %(queue)s, %(task)s, 0, null, null,
        jsonb_build_object(
            'product_id', %(product)s::text, 'what', %(what)s::text, 'actor', %(actor)s::text
        ), null
    )::procrastinate.procrastinate_job_to_defer_v1])
"""
SELECT_TRAININGS = """
    select distinct args ->> 'what' as what from procrastinate.procrastinate_jobs
    where status in ('todo', 'doing') and task_name = %s and args ->> 'product_id' = %s::text
"""
# Counted are labels that still stand and came after those the last try saw; the last try was not
# today.
SELECT_PRODUCTS_WITH_NEW_LABELS = """
    select l.product_id
    from {table} l
    join activity a on a.id = l.activity_id and a.undone_by is null
    left join lateral (
        select last_label, trained_at from product_model m
        where m.product_id = l.product_id and m.what = %(what)s order by number desc limit 1
    ) tried on true
    where l.id > coalesce(tried.last_label, 0)
      and coalesce(tried.trained_at, '-infinity') < now() - make_interval(hours => %(pause)s)
    group by l.product_id
    having count(*) >= %(new)s
      and (select count(*) from {table} x where x.product_id = l.product_id) >= %(least)s
"""
# What a product learned rests when the shipped model has changed under it; one try on the new model
# brings it back.
SELECT_PRODUCTS_AT_REST = """
    select m.product_id from product_model m
    where m.what = %(what)s and m.status = 'active' and m.base <> %(base)s
      and not exists (
        select 1 from product_model n
        where n.product_id = m.product_id and n.what = m.what and n.base = %(base)s
      )
      and (select count(*) from {table} x where x.product_id = m.product_id) >= %(least)s
"""
LABEL_TABLES: Mapping[Learned, LiteralString] = {
    Learned.kind: "kind_label",
    Learned.grouping: "pair_label",
}


@dataclass(frozen=True, slots=True)
class _Training:
    what: Learned


@dataclass(frozen=True, slots=True)
class _Due:
    product_id: uuid.UUID


async def ask_for_training(
    connection: Connection, product_id: uuid.UUID, learned: Learned, actor: str
) -> bool:
    """Defer a training unless one waits or runs; returns whether one was deferred."""
    if learned in await being_trained(connection, product_id):
        return False
    values = {
        "queue": QUEUE,
        "task": TRAIN_TASK,
        "product": product_id,
        "what": learned,
        "actor": actor,
    }
    await connection.execute(DEFER_TRAINING, values)
    return True


async def being_trained(connection: Connection, product_id: uuid.UUID) -> set[Learned]:
    """What of this product waits for training or is in it."""
    values = [TRAIN_TASK, product_id]
    trainings = await fetch_all(connection, SELECT_TRAININGS, values, of=_Training)
    return {training.what for training in trainings}


async def due_for_training(
    connection: Connection, learned: Learned, least: int, base: str
) -> set[uuid.UUID]:
    """Products with at least ten new labels since the last try and no try within 20 hours, and
    those whose version in force rests because it is not of this ``base``; all have ``least``
    labels."""
    values = {
        "what": learned,
        "pause": TRAINING_PAUSE_HOURS,
        "new": NEW_LABELS_MIN,
        "least": least,
        "base": base,
    }
    product_ids: set[uuid.UUID] = set()
    for query in (SELECT_PRODUCTS_WITH_NEW_LABELS, SELECT_PRODUCTS_AT_REST):
        statement = query.format(table=LABEL_TABLES[learned])
        due = await fetch_all(connection, statement, values, of=_Due)
        product_ids.update(row.product_id for row in due)
    return product_ids
