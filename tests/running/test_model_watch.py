"""A worker hears of another model in force, and holds back what could not find its theme."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.config import Settings
from app.judging.model_in_force import choose_model, model_in_force, set_rereading
from app.models.states import ModelChoice, Rereading
from app.running.model_watch import ModelWatch
from app.storage.db import Database


async def choose(database: Database, choice: ModelChoice) -> None:
    async with database.transaction() as connection:
        await choose_model(connection, choice, "command")


async def test_it_takes_up_what_is_chosen_and_holds_until_themes_are_read(
    database: Database, tmp_path: Path
) -> None:
    watch = ModelWatch(Settings(data_dir=tmp_path), database, poll_seconds=0.01)
    await watch.begin()
    assert watch.take().model == "default"
    assert watch.choice is ModelChoice.default
    assert not watch.held()
    await choose(database, ModelChoice.multilingual)
    await asyncio.wait_for(watch.until_changed(), 30)
    assert watch.held()
    assert watch.choice is ModelChoice.default, "until it takes the other up"
    assert watch.take().model == "multilingual"
    assert not watch.changed()
    assert watch.held()
    async with database.transaction() as connection:
        await set_rereading(connection, ModelChoice.multilingual, Rereading.rest)
    looking = asyncio.create_task(watch.until_changed())
    async with asyncio.timeout(30):
        while watch.held():
            await asyncio.sleep(0.01)
    looking.cancel()


async def test_a_model_that_a_setting_names_is_put_in_force(
    database: Database, tmp_path: Path
) -> None:
    watch = ModelWatch(Settings(data_dir=tmp_path, model="multilingual"), database)
    await watch.begin()
    assert watch.take().model == "multilingual"
    assert watch.held()
    async with database.transaction() as connection:
        chosen = await model_in_force(connection)
    assert (chosen.choice, chosen.chosen_by) == (ModelChoice.multilingual, "setting")


async def test_another_encoder_of_the_settings_is_left_alone(
    database: Database, tmp_path: Path
) -> None:
    await choose(database, ModelChoice.multilingual)
    watch = ModelWatch(Settings(data_dir=tmp_path, encoder="some/model"), database)
    await watch.begin()
    assert watch.choice is None
    assert not watch.held()
    assert not watch.changed()
    assert watch.take().model == ""
