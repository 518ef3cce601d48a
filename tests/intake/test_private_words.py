"""Private words are not stored, and what becomes private later is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.places import discourse, place_of, post, topic

SECRET = "zebulon"

PRIVATE_DELIVERIES = {
    "discourse-message": (
        "discourse",
        discourse("post_created"),
        post(1, SECRET, topic_archetype="private_message"),
    ),
    "discourse-restricted": (
        "discourse",
        discourse("post_created"),
        post(1, SECRET, read_restricted=True),
    ),
    "discourse-whisper": ("discourse", discourse("post_created"), post(1, SECRET, post_type=4)),
    "discourse-unreadable": (
        "discourse",
        discourse("post_created"),
        {"post": {"topic_archetype": "private_message", "id": None, "raw": SECRET}},
    ),
    "discourse-title": (
        "discourse",
        discourse("topic_created"),
        topic(title=SECRET, archetype="private_message"),
    ),
    "github-private": (
        "github",
        {"x-github-event": "issues"},
        {
            "action": "opened",
            "issue": {"id": 1, "title": SECRET, "user": {"id": 1, "login": "a"}},
            "repository": {"full_name": "acme/in", "private": True},
        },
    ),
    "github-ignored-event": (
        "github",
        {"x-github-event": "push"},
        {"commits": [SECRET], "repository": {"full_name": "acme/in", "visibility": "internal"}},
    ),
    "github-unknown-event": (
        "github",
        {"x-github-event": "starship"},
        {"text": SECRET, "repository": {"full_name": "acme/in", "private": True}},
    ),
    "slack-channel": (
        "slack",
        {},
        {
            "team_id": "T1",
            "event": {
                "type": "message",
                "channel": "C1",
                "channel_type": "group",
                "user": "U1",
                "text": SECRET,
                "ts": "1793610000.000100",
            },
        },
    ),
    "slack-group-message": (
        "slack",
        {},
        {
            "team_id": "T1",
            "event": {
                "type": "message",
                "channel": "G1",
                "channel_type": "mpim",
                "user": "U1",
                "text": SECRET,
                "ts": "1793610000.000100",
            },
        },
    ),
    "generic": (
        "generic",
        {},
        {
            "type": "comment.created",
            "data": {
                "id": "1",
                "thread": {"id": "t"},
                "author": {"id": "a"},
                "text": SECRET,
                "visibility": "private",
            },
        },
    ),
}
KEPT = {name for name in PRIVATE_DELIVERIES if name.endswith(("message", "channel", "restricted"))}


@pytest.mark.parametrize("name", sorted(PRIVATE_DELIVERIES))
async def test_nothing_private_is_stored(
    database: Database, settings: Settings, vault: Vault, name: str
) -> None:
    platform, headers, body = PRIVATE_DELIVERIES[name]
    place = await place_of(database, settings, vault, platform)
    delivery = await place.delivery(await place.send(headers, body))
    await place.work()
    delivery = await place.delivery(delivery["id"])
    assert (delivery["stage"], delivery["reason"]) == ("ignored", "private_not_kept")
    assert bytes(delivery["body"]) == b""
    assert delivery["visibility"] == "private"
    assert await place.forum.rows("select id from comment") == []
    assert SECRET not in await place.everything()


@pytest.mark.parametrize("name", sorted(KEPT | {"github-private", "generic"}))
async def test_a_source_may_keep_private_words(
    database: Database, settings: Settings, vault: Vault, name: str
) -> None:
    platform, headers, body = PRIVATE_DELIVERIES[name]
    place = await place_of(database, settings, vault, platform, keep_private=True)
    await place.send(headers, body)
    await place.work()
    (comment,) = await place.standing()
    assert (comment["visibility"], SECRET in comment["text"]) == ("private", True)


async def test_of_several_comments_only_the_private_ones_go(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "generic")
    shared = {"thread": {"id": "t"}, "author": {"id": "a"}}
    data = [
        {"id": "1", "text": "export crashes", **shared},
        {"id": "2", "text": SECRET, "visibility": "private", **shared},
    ]
    number = await place.send({}, {"type": "comment.created", "data": data})
    await place.work()
    assert [row["external_id"] for row in await place.standing()] == ["1"]
    delivery = await place.delivery(number)
    assert (delivery["stage"], delivery["visibility"]) == ("parsed", "private")
    assert b"export crashes" in bytes(delivery["body"])
    assert SECRET not in await place.everything()


BECOMES_PRIVATE = {
    "topic": (discourse("topic_edited"), topic(archetype="private_message")),
    "flag": (discourse("topic_edited"), topic(private_message=True)),
    "moved": (discourse("topic_edited"), topic(category_id=9, read_restricted=True)),
    "post": (
        discourse("post_edited"),
        post(1, topic_archetype="private_message", updated_at="2026-11-02T12:00:00Z"),
    ),
    "category": (
        discourse("category_updated"),
        {"category": {"id": 5, "slug": "support", "read_restricted": True}},
    ),
}


@pytest.mark.parametrize("name", sorted(BECOMES_PRIVATE))
@pytest.mark.parametrize("together", [True, False])
async def test_a_topic_that_becomes_private_is_taken_back(
    database: Database, settings: Settings, vault: Vault, name: str, together: bool
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    for number in (1, 2):
        await place.send(discourse("post_created"), post(number, f"{SECRET} export crashes"))
    if not together:
        await place.work()
        assert len(await place.standing()) == 2
    headers, body = BECOMES_PRIVATE[name]
    await place.send(headers, body)
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()


async def test_an_older_delivery_of_a_private_topic_that_comes_late_is_not_kept(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse")
    await place.send(discourse("topic_edited"), topic(archetype="private_message"))
    await place.work()
    await place.send(discourse("post_created"), post(1, SECRET))
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()


async def test_with_the_switch_on_the_visibility_changes(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "discourse", keep_private=True)
    await place.send(discourse("post_created"), post(1))
    await place.work()
    (theme,) = await place.forum.themes()
    assert theme["visibility"] == "public"
    await place.send(discourse("topic_edited"), topic(archetype="private_message"))
    await place.work()
    (comment,) = await place.standing()
    assert comment["visibility"] == "private"
    (theme,) = await place.forum.themes()
    assert theme["visibility"] == "private"


def issue(**repository: Any) -> dict[str, Any]:
    return {
        "action": "opened",
        "issue": {
            "id": 1,
            "title": f"{SECRET} export crashes",
            "user": {"id": 1, "login": "a"},
            "created_at": "2026-11-02T09:00:00Z",
            "updated_at": "2026-11-02T09:00:00Z",
        },
        "repository": {"full_name": "acme/app", "private": False, **repository},
    }


@pytest.mark.parametrize("event", ["repository", "push"])
async def test_a_repository_that_becomes_private_takes_its_words_along(
    database: Database, settings: Settings, vault: Vault, event: str
) -> None:
    place = await place_of(database, settings, vault, "github")
    await place.send({"x-github-event": "issues"}, issue())
    await place.work()
    (comment,) = await place.standing()
    assert comment["visibility"] == "public"
    private = {"repository": {"full_name": "Acme/App", "private": True}}
    action = {"action": "privatized"} if event == "repository" else {}
    await place.send({"x-github-event": event}, {**action, **private})
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()


async def test_a_channel_that_is_converted_takes_its_words_along(
    database: Database, settings: Settings, vault: Vault
) -> None:
    place = await place_of(database, settings, vault, "slack")
    _, _, body = PRIVATE_DELIVERIES["slack-channel"]
    event = {**body["event"], "channel_type": "channel"}
    await place.send({}, {**body, "event": event})
    await place.work()
    (comment,) = await place.standing()
    assert comment["visibility"] == "members"
    notice = {"type": "message", "subtype": "channel_convert_to_private", "channel": "C1"}
    await place.send({}, {"team_id": "T1", "event": {**notice, "ts": "1793610009.000100"}})
    await place.work()
    assert await place.standing() == []
    assert SECRET not in await place.everything()
