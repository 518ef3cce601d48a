"""A forum names what is answered by its number in the thread; here it is the id of that comment."""

from __future__ import annotations

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.places import Place, discourse, place_of, post


async def answered(place: Place) -> dict[str, str]:
    return {row["external_id"]: row["parent_id"] for row in await place.standing()}


async def test_a_number_becomes_the_id_of_what_stands_there(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await place.send(discourse("post_created"), post(1))
    await place.send(discourse("post_created"), post(2))
    await place.send(discourse("post_created"), post(3, reply_to_post_number=2))
    await place.send(discourse("post_created"), post(1, id=900, topic_id=8))
    await place.send(discourse("post_created"), post(2, id=901, topic_id=8))
    await place.work()
    assert await answered(place) == {"101": "", "102": "", "103": "102", "900": "", "901": ""}


async def test_an_answer_that_arrives_first_learns_it_later(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await place.send(discourse("post_created"), post(3, reply_to_post_number=2))
    await place.work()
    assert await answered(place) == {"103": ""}
    await place.send(discourse("post_created"), post(2))
    await place.work()
    assert await answered(place) == {"102": "", "103": "102"}


async def test_a_post_that_moves_away_answers_what_stands_in_its_new_topic(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await place.send(discourse("post_created"), post(1))
    await place.send(discourse("post_created"), post(2, reply_to_post_number=1))
    await place.send(discourse("post_created"), post(1, id=900, topic_id=8))
    await place.work()
    assert (await answered(place))["102"] == "101"
    moved = post(2, reply_to_post_number=1, topic_id=8, updated_at="2026-11-02T12:00:00Z")
    await place.send(discourse("post_edited"), moved)
    await place.work()
    assert (await answered(place))["102"] == "900"
