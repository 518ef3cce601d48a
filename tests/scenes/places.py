"""A source of any platform for tests, past the door: what is sent there, and all that is stored."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from app.config import Settings
from app.setup.sources import create_source
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.forum import Forum, open_forum

INSERT_SENT = """
    insert into delivery (product_id, source_id, dedup_key, headers, body, received_at)
    values (%s, %s, gen_random_uuid(), %s, %s, now() + make_interval(secs => %s)) returning id
"""

ANY_SECRET = "0123456789abcdef" * 4
"""A secret that every platform takes, also those that want a public key or base64."""


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
    async with database.transaction() as connection:
        source, _ = await create_source(
            connection, vault, forum.product_id, platform, platform, chosen, ANY_SECRET
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
