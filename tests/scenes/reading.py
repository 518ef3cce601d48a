"""Rows for the tests of the reading side and the API, written as the worker leaves them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from app.storage.db import Connection

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def one(c: Connection, query: str, *values: object) -> dict[str, object]:
    """The one row of a query."""
    row = await (await c.execute(query, values)).fetchone()
    assert row is not None
    return dict(row)


async def add_product(c: Connection, slug: str = "atlas", **columns: Any) -> uuid.UUID:
    """A product."""
    product_id = uuid.uuid4()
    await c.execute(
        "insert into product (id, slug, name, policy) values (%s, %s, %s, %s)",
        (product_id, slug, columns.get("name", slug.title()), columns.get("policy", "review")),
    )
    return product_id


async def add_source(
    c: Connection,
    product_id: uuid.UUID,
    name: str = "Forum",
    platform: str = "discourse",
    enabled: bool = True,
) -> uuid.UUID:
    """A source without secrets."""
    source_id = uuid.uuid4()
    await c.execute(
        "insert into source (id, product_id, platform, name, enabled) values (%s, %s, %s, %s, %s)",
        (source_id, product_id, platform, name, enabled),
    )
    return source_id


async def add_author(
    c: Connection, product_id: uuid.UUID, handle: str, *, staff: bool = False
) -> int:
    """An author, unique by handle."""
    row = await one(
        c,
        "insert into author (product_id, realm, external_id, handle, is_staff) values (%s, "
        "'discourse', %s, %s, %s)"
        " returning id",
        product_id,
        handle,
        handle,
        staff,
    )
    return int(str(row["id"]))


async def add_theme(
    c: Connection, product_id: uuid.UUID, title: str = "Export crashes", **columns: Any
) -> uuid.UUID:
    """A theme; columns as in the table."""
    theme_id = uuid.uuid4()
    values = {
        "kind": "bug",
        "status": "triage",
        "people": 1,
        "mentions": 1,
        "confidence": 0.8,
        "first_seen": NOW,
        "last_seen": NOW,
        "created_at": NOW,
        "version": 1,
        "merged_into": None,
        "visibility": "public",
        **columns,
    }
    await c.execute(
        "insert into theme (id, product_id, title, kind, status, people, mentions, confidence, "
        "first_seen, last_seen,"
        " created_at, version, merged_into, visibility) values (%(id)s, %(product)s, %(title)s, "
        "%(kind)s, "
        "%(status)s, %(people)s,"
        " %(mentions)s, %(confidence)s, %(first_seen)s, %(last_seen)s, %(created_at)s, "
        "%(version)s, %(merged_into)s, %(visibility)s)",
        {"id": theme_id, "product": product_id, "title": title, **values},
    )
    return theme_id


async def add_comment(
    c: Connection,
    product_id: uuid.UUID,
    source_id: uuid.UUID,
    text: str = "The export crashes.",
    **columns: Any,
) -> int:
    """A grouped comment; columns as in the table. ``vector`` adds an embedding (shorter ones are
    padded)."""
    vector = columns.pop("vector", None)
    values = {
        "external_id": uuid.uuid4().hex,
        "platform": "discourse",
        "author_id": None,
        "theme_id": None,
        "kind": "bug",
        "language": "en",
        "stage": "grouped",
        "sentiment": 0.0,
        "created_at": NOW,
        "received_at": NOW,
        "deleted_at": None,
        "thread_title": "",
        "permalink": "https://forum.example.org/t/1/1",
        "likes": 0,
        "delivery_id": None,
        "reason": "",
        **columns,
    }
    names = ["product_id", "source_id", "text", *values]
    marks = ", ".join(["%s"] * len(names))
    row = await one(
        c,
        f"insert into comment ({', '.join(names)}) values ({marks}) returning id",
        product_id,
        source_id,
        text,
        *values.values(),
    )
    comment_id = int(str(row["id"]))
    if vector is not None:
        full = np.zeros(384)
        full[: len(vector)] = vector
        full /= np.linalg.norm(full)
        await c.execute(
            "insert into comment_embedding (comment_id, product_id, model, live, embedding)"
            " values (%s, %s, 'm', true, %s::halfvec)",
            (comment_id, product_id, "[" + ",".join(f"{x:.6f}" for x in full) + "]"),
        )
    return comment_id


async def add_delivery(
    c: Connection, product_id: uuid.UUID, source_id: uuid.UUID, **columns: Any
) -> int:
    """A received delivery; columns as in the table."""
    values = {
        "dedup_key": uuid.uuid4().hex,
        "received_at": NOW,
        "body": b"{}",
        "stage": "parsed",
        "event": "post_created",
        "reason": "",
        "detail": "",
        "headers": {},
        "query": {},
        **columns,
    }
    adapted = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
    names = ["product_id", "source_id", *values]
    row = await one(
        c,
        f"insert into delivery ({', '.join(names)}) values ({', '.join(['%s'] * len(names))}) "
        "returning id",
        product_id,
        source_id,
        *adapted,
    )
    return int(str(row["id"]))


async def add_tracker(c: Connection, product_id: uuid.UUID, name: str = "Repository") -> uuid.UUID:
    """A tracker whose credentials nobody can read."""
    tracker_id = uuid.uuid4()
    await c.execute(
        "insert into tracker (id, product_id, type, name, credentials) values (%s, %s, 'github', "
        "%s, 'x')",
        (tracker_id, product_id, name),
    )
    return tracker_id


async def add_ticket(
    c: Connection,
    product_id: uuid.UUID,
    theme_id: uuid.UUID,
    tracker_id: uuid.UUID,
    **columns: Any,
) -> uuid.UUID:
    """A row of the ledger."""
    ticket_id = uuid.uuid4()
    values = {"state": "created", "due_at": None, "reason": "", "created_at": NOW, **columns}
    names = ["id", "product_id", "theme_id", "tracker_id", "marker", *values]
    await c.execute(
        f"insert into ticket ({', '.join(names)}) values ({', '.join(['%s'] * len(names))})",
        (ticket_id, product_id, theme_id, tracker_id, f"relay-{ticket_id}", *values.values()),
    )
    return ticket_id


def ago(**span: float) -> datetime:
    """A moment before NOW."""
    return NOW - timedelta(**span)
