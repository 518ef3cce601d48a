"""What Discourse says of whole topics and accounts is carried out wherever they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.places import discourse, place_of, post, topic

SECRET = "zebulon"


async def test_only_named_categories_are_public(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(
        database, settings, vault, "discourse", public_categories="support, 6", login_required=True
    )
    await place.send(discourse("post_created"), post(1, category_slug="Support"))
    await place.send(discourse("post_created"), post(2, category_id=6))
    await place.send(discourse("post_created"), post(3, SECRET, category_id=9, topic_id=8))
    await place.work()
    standing = await place.standing()
    assert [(row["external_id"], row["visibility"]) for row in standing] == [
        ("101", "members"),
        ("102", "members"),
    ]


async def test_a_deleted_topic_takes_its_replies_along(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    for number in (1, 2, 3):
        await place.send(discourse("post_created"), post(number, f"{SECRET} export crashes"))
    await place.work()
    await place.send(discourse("topic_destroyed"), topic())
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()
    again = post(1, updated_at="2026-11-02T12:00:00Z")
    await place.send(discourse("post_recovered"), again)
    await place.send(discourse("topic_recovered"), topic())
    await place.work()
    assert [row["external_id"] for row in await place.standing()] == ["101"]


async def test_a_retitled_topic_is_retitled_here(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await place.send(discourse("post_created"), post(1))
    await place.work()
    await place.send(discourse("topic_edited"), topic(title="PDF export", slug="pdf-export"))
    await place.work()
    (comment,) = await place.standing()
    assert comment["thread_title"] == "PDF export"
    assert comment["permalink"] == "https://forum.example/t/pdf-export/7/1"


async def test_a_renamed_account_is_renamed_wherever_it_is_stored(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    named: dict[str, Any] = {"name": "Vera Lind", "username": "vera.lind", "user_id": 50}
    await place.send(discourse("post_created"), post(1, **named))
    await place.work()
    user = {"user": {"id": 50, "username": "vera", "name": "Vera Berg", "email": "v@example.com"}}
    number = await place.send(discourse("user_updated"), user)
    await place.work()
    (author,) = await place.forum.rows("select handle, name from author")
    assert (author["handle"], author["name"]) == ("vera", "Vera Berg")
    stored = await place.everything()
    assert "lind" not in stored
    assert "v@example.com" not in stored
    delivery = await place.delivery(number)
    assert (delivery["stage"], delivery["reason"]) == ("parsed", "not_kept")


@pytest.mark.parametrize(
    ("event", "user"),
    [
        ("user_updated", {"id": 50, "username": "anon777", "name": None}),
        ("user_anonymized", {"id": 50, "username": "anon777", "name": None}),
        ("user_destroyed", {"id": 50, "username": "vera.lind", "name": "Vera Lind"}),
    ],
)
async def test_a_forgotten_account_leaves_its_texts_and_no_name(
    database: Database, settings: Settings, vault: Vault, event: str, user: dict[str, Any]
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    avatar = "/user_avatar/forum.example/vera.lind/1.png"
    named: dict[str, Any] = {
        "name": "Vera Lind",
        "username": "vera.lind",
        "user_id": 50,
        "avatar_template": avatar,
    }
    first = await place.send(discourse("post_created"), post(1, **named))
    await place.work()
    await place.send(discourse(event), {"user": user})
    await place.work()
    stored = await place.everything()
    assert "vera" not in stored
    (comment,) = await place.standing()
    assert comment["text"] == "export crashes always"
    # What was sent before that, and comes once more, does not bring the name back.
    again = post(2, **named)
    await place.send(discourse("post_created"), again)
    await place.work()
    (author,) = await place.forum.rows("select handle, name from author")
    assert "vera" not in f"{author['handle']} {author['name']}".lower()
    assert b"export crashes" in bytes((await place.delivery(first))["body"])
