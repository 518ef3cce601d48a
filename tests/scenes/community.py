"""The sample community, delivered to a product: every webhook of it, stored as its door would."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.demo import sending
from app.demo.community import DemoComment
from app.demo.scene import DEMO_SOURCES
from app.demo.sending import SourceAddress
from app.setup.products import create_product
from app.setup.sources import create_source
from app.storage.db import Database
from app.storage.vault import Vault, new_key

EPOCH = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
INSERT_DELIVERY = """
    insert into delivery (product_id, source_id, dedup_key, headers, body)
    values (%s, %s, gen_random_uuid()::text, %s, %s) returning id
"""
SELECT_THEMES = """
    select v.delivery_id as delivery, c.theme_id from comment c join comment_version v
      on v.source_id = c.source_id and v.external_id = c.external_id and v.type = 'created'
    where c.theme_id is not null
"""


async def deliver_community(
    database: Database, product_name: str, comments: Sequence[DemoComment]
) -> dict[int, str]:
    """Store the deliveries for a new product; returns the comment's key by the delivery that
    brought it."""
    vault = Vault(new_key())
    keys: dict[int, str] = {}
    async with database.transaction() as connection:
        product = await create_product(connection, product_name)
        sources = {}
        for name, platform in DEMO_SOURCES.items():
            fields, secret = sending.settings(platform), secrets.token_urlsafe(32)
            source, _ = await create_source(
                connection, vault, product.id, platform, name, fields, secret
            )
            sources[name] = SourceAddress(str(source.id), platform, secret)
    async with database.transaction() as connection:
        for request in sending.requests(comments, EPOCH, lambda: EPOCH, sources):
            headers = json.dumps(dict(request.headers))
            values = [product.id, sources[request.source_name].id, headers, request.body]
            cursor = await connection.execute(INSERT_DELIVERY, values)
            delivery: Any = await cursor.fetchone()
            keys.setdefault(delivery["id"], request.comment_key)
    return keys


async def places_of(database: Database, keys: Mapping[int, str]) -> dict[str, frozenset[str]]:
    """For each comment that is in a theme the keys of all that are in it."""
    async with database.transaction() as connection:
        rows = await (await connection.execute(SELECT_THEMES)).fetchall()
    themes: dict[Any, set[str]] = defaultdict(set)
    for row in rows:
        if row["delivery"] in keys:
            themes[row["theme_id"]].add(keys[row["delivery"]])
    return {key: frozenset(theme) for theme in themes.values() for key in theme}
