"""Reads comments again after a change of model, by and by, in a worker that goes on serving.

Comments in themes come first. Until they are through, new comments wait for their theme
(``held``): the themes that say the same could not be found, and new ones would be opened beside
them. What has no theme follows while all goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from app.judging.model_in_force import model_in_force, set_rereading
from app.learning.reenriching import reread_batch
from app.models.states import ModelChoice, Rereading
from app.storage.db import Connection, Database
from app.storage.rows import fetch_one
from classifiers.contract import Enricher

log = structlog.get_logger(__name__)

REREAD_BATCH_SIZE = 64
"""Small, because what comes in waits for the batch in hand."""
REREAD_AT_ONCE = 2_000
"""Comments that one job reads; the next one goes on."""

# Between the choice and the moment a worker heard of it, it may have read comments with the model
# before. Those that wait for their theme are read anew before any is grouped.
SEND_WAITING_BACK = """
    update comment c set stage = 'parsed' from comment_embedding e
    where e.comment_id = c.id and c.stage = 'enriched' and c.deleted_at is null
      and e.model <> %s
"""
COUNT_READ = """
    select count(*) as comments, count(*) filter (where e.model <> %(space)s) as waiting,
           count(*) filter (where e.model <> %(space)s and c.theme_id is not null) as in_themes
    from comment_embedding e join comment c on c.id = e.comment_id
    where c.deleted_at is null
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Of ``comments`` with a vector, how many another model has read, and how many of those are
    ``in_themes``."""

    comments: int
    waiting: int
    in_themes: int


async def progress(connection: Connection, space: str) -> Progress:
    """How far comments have been read by the model whose vectors are of ``space``."""
    row = await fetch_one(connection, COUNT_READ, {"space": space}, of=Progress)
    return row or Progress(0, 0, 0)


async def reread_some(
    database: Database,
    enricher: Enricher,
    choice: ModelChoice,
    *,
    at_once: int = REREAD_AT_ONCE,
) -> int:
    """Read up to ``at_once`` comments again with ``enricher``, the model of this ``choice``, where
    a change of model left any; returns how many.

    Nothing is done where another model is in force by now. It can end at any moment and starts
    again where it was. Raises DatabaseAway.
    """
    async with database.transaction() as connection:
        chosen = await model_in_force(connection)
    if chosen.choice is not choice or chosen.rereading is Rereading.done:
        return 0
    done = 0
    for state, following in (
        (Rereading.themes, Rereading.rest),
        (Rereading.rest, Rereading.done),
    ):
        if chosen.rereading is Rereading.rest and state is Rereading.themes:
            continue
        last_id = 0
        while batch := await reread_batch(
            database,
            enricher,
            last_id=last_id,
            themed=state is Rereading.themes,
            limit=REREAD_BATCH_SIZE,
        ):
            last_id = batch.last_id
            done += batch.comments
            if done >= at_once:
                return done
        async with database.transaction() as connection:
            if state is Rereading.themes:
                await connection.execute(SEND_WAITING_BACK, [enricher.space])
            await set_rereading(connection, chosen.choice, following)
        log.info("reread", state=following.value, comments=done)
    return done
