"""A forum for tests: a product with one generic source, and people who post there through signed
webhooks."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.config import Settings
from app.jobs.stages import drain, stages
from app.setup.products import Product, create_product
from app.setup.sources import create_source
from app.storage.db import Connection, Database
from app.storage.vault import Vault
from classifiers.contract import Enricher, Grouper
from integrations import registry
from integrations.signatures import sign
from tests.scenes.small_model import SmallEnricher, SmallGrouper

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
ME = "user:ann@example.com"
"""The actor of decisions in tests."""
INSERT_DELIVERY = """
    insert into delivery (product_id, source_id, dedup_key, body)
    values (%s, %s, gen_random_uuid(), %s)
"""


@dataclass
class Forum:
    """The source's address and secret, and what was posted so far."""

    database: Database
    settings: Settings
    product_id: uuid.UUID
    source_id: uuid.UUID
    secret: str
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def comment(self, text: str, *, author: str = "ann", **fields: Any) -> dict[str, Any]:
        """A comment of the generic shape; every call gets a new id and a later time unless told
        otherwise."""
        number = next(self.numbers)
        return {
            "id": str(number),
            "thread": {"id": "t1", "title": "Talk", "url": "https://forum.example/t1"},
            "url": f"https://forum.example/t1/{number}",
            "author": {"id": author, "handle": author},
            "text": text,
            "created_at": (START + timedelta(minutes=number)).isoformat(),
            **fields,
        }

    def request(
        self, data: Any, type_: str = "comment.created", **body: Any
    ) -> tuple[dict[str, str], bytes]:
        """Signed headers and body of one delivery."""
        content = json.dumps({"type": type_, "data": data, **body}).encode()
        return self.signed(content), content

    def signed(
        self, content: bytes, *, secret: str | None = None, at: datetime | None = None
    ) -> dict[str, str]:
        """Headers that sign ``content`` now, or at another time, or with another secret."""
        moment = int((at or datetime.now(UTC)).timestamp())
        signature = registry.source("generic").signature
        return {
            **sign(
                signature,
                secret or self.secret,
                content,
                id=f"msg_{uuid.uuid4().hex}",
                timestamp=moment,
            ),
            "content-type": "application/json",
        }

    async def post(
        self, client: httpx.AsyncClient, data: Any, type_: str = "comment.created"
    ) -> httpx.Response:
        """Deliver comments and return the answer."""
        headers, content = self.request(data, type_)
        return await client.post(f"/hooks/{self.source_id}", headers=headers, content=content)

    async def post_comment(
        self, client: httpx.AsyncClient, text: str, *, author: str = "ann", **fields: Any
    ) -> dict[str, Any]:
        """Send one comment through the door, expect 202, return what was sent."""
        comment = self.comment(text, author=author, **fields)
        answer = await self.post(client, comment)
        assert answer.status_code == 202, answer.text
        return comment

    async def deliver(self, *bodies: Any) -> None:
        """Store deliveries as the door would have, each a body of bytes or an object for JSON."""
        contents = [
            body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies
        ]
        async with self.database.transaction() as connection:
            await connection.cursor().executemany(
                INSERT_DELIVERY,
                [(self.product_id, self.source_id, content) for content in contents],
            )

    async def deliver_comments(
        self, *comments: dict[str, Any], event: str = "comment.created"
    ) -> None:
        """Store one delivery about each comment."""
        await self.deliver(*({"type": event, "data": comment} for comment in comments))

    async def say(
        self, text: str, author: str = "ann", *, event: str = "comment.created", **fields: Any
    ) -> dict[str, Any]:
        """Store a delivery about one comment, past the door; returns the comment."""
        comment = self.comment(text, author=author, **fields)
        await self.deliver_comments(comment, event=event)
        return comment

    async def work(self, enricher: Enricher | None = None, grouper: Grouper | None = None) -> int:
        """Run every stage until nothing waits; returns the rows taken."""
        models = enricher or SmallEnricher(), grouper or SmallGrouper()
        return await drain(stages(self.database, *models, self.settings))

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the database holds."""
        async with self.database.transaction() as connection:
            return await (await connection.execute(query, values or None)).fetchall()

    async def change(self, statement: str, *values: Any) -> None:
        """Write to the database past the service."""
        async with self.database.transaction() as connection:
            await connection.execute(statement, values or None)

    async def themes(self) -> list[dict[str, Any]]:
        """Themes that are not merged, biggest first."""
        return await self.rows(
            "select * from theme where status <> 'merged' order by people desc, title"
        )


async def open_forum(database: Database, settings: Settings, vault: Vault, **product: Any) -> Forum:
    """A forum on a fresh product."""
    async with database.transaction() as connection:
        made: Product = await create_product(connection, product.pop("name", "Tide"), **product)
        source, secret = await create_source(connection, vault, made.id, "generic", "forum", {})
    return Forum(database, settings, made.id, source.id, secret)


async def scalar(connection: Connection, query: str, *values: Any) -> Any:
    """The one value a query returns."""
    row = await (await connection.execute(query, values or None)).fetchone()
    return None if row is None else next(iter(row.values()))
