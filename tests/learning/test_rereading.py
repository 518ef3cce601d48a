"""After a change of model a worker reads old comments again by and by, and no theme is opened twice
meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import httpx
import numpy as np

from app.jobs.stages import drain, stages
from app.judging.model_in_force import choose_model, model_in_force, set_rereading
from app.learning.rereading import Progress, progress, reread_some
from app.models.states import ModelChoice, Rereading
from app.storage.db import Database
from classifiers.contract import Enrichment
from tests.scenes.forum import Forum
from tests.scenes.small_model import SmallEnricher, SmallGrouper

CHOSEN = ModelChoice.multilingual


class Other(SmallEnricher):
    """Another encoder, whose vectors are its own."""

    version = "other/1"
    space = "other"

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        return [replace(each, vector=np.roll(each.vector, 1)) for each in super().enrich(texts)]


async def choose(database: Database, choice: ModelChoice = CHOSEN) -> None:
    async with database.transaction() as connection:
        await choose_model(connection, choice, "command")


async def rereading(database: Database) -> Rereading:
    async with database.transaction() as connection:
        return (await model_in_force(connection)).rereading


async def test_it_goes_from_themes_to_the_rest_in_parts(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    for text in ("The export crashes", "The export crashes badly", "Only talk"):
        await forum.post_comment(client, text, author=text)
    await forum.work()
    before = await forum.rows("select id, theme_id, kind from comment order by id")
    await choose(database)
    assert await rereading(database) is Rereading.themes
    async with database.transaction() as connection:
        assert await progress(connection, "other") == Progress(3, 3, 2)
    assert await reread_some(database, Other(), CHOSEN, at_once=1) == 2, "a batch is not cut"
    assert await rereading(database) is Rereading.themes
    assert await reread_some(database, Other(), CHOSEN) == 1
    assert await rereading(database) is Rereading.done
    async with database.transaction() as connection:
        assert await progress(connection, "other") == Progress(3, 0, 0)
    assert await reread_some(database, Other(), CHOSEN) == 0
    assert await forum.rows("select id, theme_id, kind from comment order by id") == before
    assert await forum.rows("select distinct model from theme_middle") == [{"model": "other"}]


async def test_what_comes_meanwhile_waits_and_then_finds_its_theme(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    await forum.post_comment(client, "The export crashes", author="ann")
    await forum.work()
    await choose(database)
    waits = True
    chain = stages(database, Other(), SmallGrouper(), forum.settings, grouping_waits=lambda: waits)
    await forum.post_comment(client, "The export crashes", author="bob")
    await drain(chain)
    waiting = await forum.rows("select stage from comment order by id desc limit 1")
    assert waiting == [{"stage": "enriched"}]
    await reread_some(database, Other(), CHOSEN)
    waits = False
    await drain(chain)
    (theme,) = await forum.themes()
    assert theme["mentions"] == 2


async def test_what_a_late_worker_read_with_the_old_model_is_read_anew(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    await forum.post_comment(client, "The export crashes", author="ann")
    await forum.work()
    await choose(database)
    late = stages(
        database, SmallEnricher(), SmallGrouper(), forum.settings, grouping_waits=lambda: True
    )
    await forum.post_comment(client, "The export crashes", author="bob")
    await drain(late)
    await reread_some(database, Other(), CHOSEN)
    assert await forum.rows(
        "select stage, count(*) from comment group by stage order by stage"
    ) == [
        {"stage": "grouped", "count": 1},
        {"stage": "parsed", "count": 1},
    ]
    await drain(stages(database, Other(), SmallGrouper(), forum.settings))
    (theme,) = await forum.themes()
    assert theme["mentions"] == 2
    assert await forum.rows("select distinct model from comment_embedding") == [{"model": "other"}]


async def test_a_worker_with_another_model_reads_nothing_again(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    await forum.post_comment(client, "The export crashes")
    await forum.work()
    await choose(database)
    assert await reread_some(database, SmallEnricher(), ModelChoice.default) == 0
    assert await rereading(database) is Rereading.themes


async def test_the_way_back_reads_what_the_other_model_read(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    for text in ("The export crashes", "Please add a calendar"):
        await forum.post_comment(client, text, author=text)
    await forum.work()
    await choose(database)
    await reread_some(database, Other(), CHOSEN)
    await choose(database, ModelChoice.default)
    assert await rereading(database) is Rereading.themes
    assert await reread_some(database, SmallEnricher(), ModelChoice.default) == 2
    assert await forum.rows("select distinct model from comment_embedding") == [{"model": "small"}]


async def test_choosing_again_changes_nothing_and_an_older_reading_cannot_end_a_newer(
    database: Database,
) -> None:
    await choose(database, ModelChoice.default)
    assert await rereading(database) is Rereading.done
    await choose(database)
    async with database.transaction() as connection:
        await set_rereading(connection, ModelChoice.default, Rereading.done)
    assert await rereading(database) is Rereading.themes
