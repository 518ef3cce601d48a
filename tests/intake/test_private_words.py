"""Private words are not stored, and what becomes private later is taken back."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.config import Settings
from app.setup.sources import create_source
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.forum import Forum, open_forum

SECRET = "zebulon"
INSERT_SENT = """
    insert into delivery (product_id, source_id, dedup_key, headers, body, received_at)
    values (%s, %s, gen_random_uuid(), %s, %s, now() + make_interval(secs => %s)) returning id
"""


@dataclass
class Place:
    """A source of a platform, and what was sent to it."""

    forum: Forum
    source_id: uuid.UUID
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def send(self, headers: dict[str, str], body: Any) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        values = [self.forum.product_id, self.source_id, json.dumps(headers), raw]
        (row,) = await self.forum.rows(INSERT_SENT, *values, next(self.numbers))
        delivery_id: int = row["id"]
        return delivery_id

    async def work(self) -> None:
        await self.forum.work()

    async def standing(self) -> list[dict[str, Any]]:
        return await self.forum.rows(
            "select * from comment where deleted_at is null order by external_id"
        )

    async def delivery(self, delivery_id: int) -> dict[str, Any]:
        (row,) = await self.forum.rows("select * from delivery where id = %s", delivery_id)
        return row

    async def everything(self) -> str:
        """All that is stored of what was said, in lower case."""
        parts = []
        tables = ("comment", "comment_version", "delivery", "author", "theme", "theme_face")
        for table in (*tables, "activity"):
            for row in await self.forum.rows(f"select t.* from {table} t"):
                parts += [
                    bytes(value).decode("utf-8", "replace")
                    if isinstance(value, bytes | memoryview)
                    else str(value)
                    for value in row.values()
                ]
        return "\n".join(parts).lower()


async def place_of(
    database: Database, settings: Settings, vault: Vault, platform: str, **chosen: Any
) -> Place:
    forum = await open_forum(database, settings, vault)
    async with database.session() as session:
        source, _ = await create_source(
            session, vault, forum.product_id, platform, platform, chosen, "0123456789abcdef"
        )
    return Place(forum, source.id)


def discourse(name: str) -> dict[str, str]:
    kind = name.partition("_")[0]
    return {
        "x-discourse-event": name,
        "x-discourse-event-type": kind,
        "x-discourse-instance": "https://forum.example",
    }


def post(number: int, text: str = "export crashes always", **fields: Any) -> dict[str, Any]:
    return {
        "post": {
            "id": 100 + number,
            "post_number": number,
            "topic_id": 7,
            "topic_slug": "halp",
            "topic_title": "halp",
            "topic_archetype": "regular",
            "category_id": 5,
            "version": 1,
            "user_id": 40 + number,
            "username": f"user{number}",
            "name": f"User {number}",
            "avatar_template": f"/letters/user{number}.png",
            "raw": text,
            "created_at": "2026-11-02T09:00:00Z",
            "updated_at": "2026-11-02T09:00:00Z",
            **fields,
        }
    }


def topic(**fields: Any) -> dict[str, Any]:
    return {"topic": {"id": 7, "title": "halp", "slug": "halp", "archetype": "regular", **fields}}


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
    named = {"name": "Vera Lind", "username": "vera.lind", "user_id": 50}
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
    named = {"name": "Vera Lind", "username": "vera.lind", "user_id": 50, "avatar_template": avatar}
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
