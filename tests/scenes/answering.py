"""A forum whose people are answered: a Discourse source, whose answers go to the sandbox's forum,
and a tracker whose ticket was followed until it says something."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx

from app.config import Settings
from app.replies.drafting import draft_replies
from app.replies.ledger import Reply, read_reply
from app.replies.sending import SendReplies
from app.setup.products import create_product
from app.setup.reply_accounts import set_reply_credentials
from app.setup.reply_policies import ReplyRules, reply_rules, set_reply_rules
from app.setup.sources import create_source
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.network import Network
from integrations.sandbox.forum_post import ForumPost
from integrations.sandbox.server import SandboxServer
from tests.scenes.forum import Forum
from tests.scenes.pushing import Bench, sandbox_tracker

POSTED_AT = "2026-11-01T09:{minute:02}:00.000Z"
INSERT_POST = """
    insert into delivery (product_id, source_id, dedup_key, headers, body)
    values (%s, %s, gen_random_uuid(), %s, %s)
"""
KEY = "a-forum-key"


class Answering:
    """A product whose people write into topics of one forum."""

    def __init__(self, bench: Bench, settings: Settings) -> None:
        self.bench = bench
        self.forum = bench.forum
        self.settings = settings
        self.sender = self.sends()

    @property
    def posts(self) -> list[ForumPost]:
        """What stands in the forum of the sandbox."""
        return self.bench.sandbox.state.saved.posts

    def sends(self, **changes: Any) -> SendReplies:
        """Who sends answers; what was cut off is looked for at once."""
        values: dict[str, Any] = {"look_after_seconds": (0.0, 0.0), **changes}
        database, network = self.forum.database, Network(allow_private=True)
        return SendReplies(database, self.bench.vault, network, **values)

    def post(self, text: str, author: str, topic: int, **fields: Any) -> dict[str, Any]:
        """A post as the forum tells of it."""
        number = next(self.forum.numbers)
        moment = POSTED_AT.format(minute=number)
        return {
            "id": number,
            "topic_id": topic,
            "topic_slug": "talk",
            "topic_title": f"Talk {topic}",
            "topic_archetype": "regular",
            "post_number": number + 1,
            "post_type": 1,
            "version": 1,
            "user_id": sum(author.encode()) + 10,
            "username": author,
            "raw": text,
            "cooked": text,
            "created_at": moment,
            "updated_at": moment,
            **fields,
        }

    async def say(self, text: str, author: str, topic: int = 7, **fields: Any) -> dict[str, Any]:
        """Somebody posts, and it is understood."""
        post = self.post(text, author, topic, **fields)
        headers = {"x-discourse-event-type": "post", "x-discourse-event": "post_created"}
        await self.forum.change(
            INSERT_POST,
            self.forum.product_id,
            self.forum.source_id,
            json.dumps(headers),
            json.dumps({"post": post}).encode(),
        )
        await self.forum.work()
        return post

    async def theme_id(self) -> uuid.UUID:
        (row,) = await self.forum.rows("select id from theme")
        theme_id: uuid.UUID = row["id"]
        return theme_id

    async def status(self, status: str, minutes_ago: int = 60) -> None:
        """The tracker said so a while ago."""
        await self.forum.change(
            "update ticket set status = %s, status_since = now() - make_interval(mins => %s)",
            status,
            minutes_ago,
        )

    async def drafts(self) -> list[Reply]:
        """Draft what is to be told; every answer there is."""
        await draft_replies(self.forum.database)
        return await self.replies()

    async def replies(self) -> list[Reply]:
        """Every answer, the oldest first."""
        ids = await self.forum.rows("select id from reply order by created_at, thread, id")
        async with self.forum.database.transaction() as connection:
            return [await read_reply(connection, row["id"]) for row in ids]

    async def send(self) -> int:
        """One run, with waits and pauses taken as over."""
        await self.forum.change("update reply set due_at = now() where due_at is not null")
        await self.forum.change("update source_replies set paused_until = null")
        return await self.sender.run(self.forum.source_id)

    async def rules(self, **changes: Any) -> ReplyRules:
        """Change how the product answers."""
        async with self.forum.database.transaction() as connection:
            rules = await reply_rules(connection, self.forum.product_id)
            values = {name: getattr(rules, name) for name in rules.__dataclass_fields__}
            return await set_reply_rules(
                connection, self.forum.product_id, ReplyRules(**{**values, **changes})
            )

    def fail(self, **fault: Any) -> None:
        """Let the forum misbehave."""
        httpx.post(
            f"{self.bench.sandbox.url}/_sandbox/failures", json=fault, verify=False
        ).raise_for_status()


async def open_answering(
    database: Database,
    settings: Settings,
    vault: Vault,
    sandbox: SandboxServer,
    *,
    with_account: bool = True,
) -> Answering:
    """A product with one accepted theme of two topics, whose ticket was made."""
    async with database.transaction() as connection:
        product = await create_product(connection, "Tide")
        source, secret = await create_source(
            connection,
            vault,
            product.id,
            "discourse",
            "Community",
            {"base_url": f"{sandbox.url}/forum"},
        )
        if with_account:
            credentials = {"api_key": KEY, "api_username": "tide-team"}
            await set_reply_credentials(connection, vault, source.id, credentials)
    forum = Forum(database, settings, product.id, source.id, secret)
    async with database.transaction() as connection:
        tracker = await sandbox_tracker(connection, vault, forum, sandbox)
    scene = Answering(Bench(forum, vault, sandbox, tracker.id), settings)
    for author, topic in (("ann", 7), ("bob", 7), ("cid", 8)):
        await scene.say("export to pdf crashes", author, topic)
    await _accept(scene)
    await scene.bench.run()
    return scene


async def _accept(scene: Answering) -> None:
    from app.triage import decisions

    async with scene.forum.database.transaction() as connection:
        await decisions.accept(connection, await scene.theme_id(), actor="me", undo_seconds=0)
