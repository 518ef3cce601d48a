"""Themes that may be the same, in tests: pairs, and clusters of pairs that hang together."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.storage.db import Connection
from tests.scenes.reading import add_author, add_comment, add_product, add_source, add_theme, one

ADD_PAIR = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)
    values (%s, %s, %s, %s, %s) returning id
"""
JOIN_AT, SUGGEST_AT = 0.8, 0.35


@dataclass(frozen=True)
class Cluster:
    """Themes in the order in which they were made, and the suggestions that link them."""

    product: uuid.UUID
    source: uuid.UUID
    themes: Sequence[uuid.UUID]
    suggestions: Sequence[int]


async def add_pair(
    connection: Connection,
    product: uuid.UUID,
    theme: uuid.UUID,
    other: uuid.UUID,
    score: float = 0.6,
    **evidence: Any,
) -> int:
    """An open suggestion that two themes are the same."""
    shown = {"verdict": "merge", "score": score, "join_at": JOIN_AT, "suggest_at": SUGGEST_AT}
    row = await one(
        connection, ADD_PAIR, product, theme, other, score, json.dumps({**shown, **evidence})
    )
    return int(str(row["id"]))


async def add_said(
    connection: Connection,
    product: uuid.UUID,
    source: uuid.UUID,
    title: str,
    authors: Sequence[str],
    **columns: Any,
) -> uuid.UUID:
    """A theme in which each of these people said something."""
    visibility = columns.pop("visibility", "public")
    moment = {"created_at": columns.pop("said_at")} if "said_at" in columns else {}
    theme = await add_theme(
        connection,
        product,
        title,
        people=len(authors),
        mentions=len(authors),
        visibility=visibility,
        **columns,
    )
    for author in authors:
        author_id = await author_of(connection, product, author)
        await add_comment(
            connection,
            product,
            source,
            f"{title}, says {author}",
            theme_id=theme,
            author_id=author_id,
            visibility=visibility,
            **moment,
        )
    return theme


async def author_of(connection: Connection, product: uuid.UUID, handle: str) -> int:
    """The author of this name, made where there is none."""
    row = await (
        await connection.execute(
            "select id from author where product_id = %s and handle = %s", [product, handle]
        )
    ).fetchone()
    return int(row["id"]) if row else await add_author(connection, product, handle)


async def add_cluster(connection: Connection, themes: int = 3, **columns: Any) -> Cluster:
    """A product in which each theme may be the same as the one before it; two people speak of the
    first, one of each other, and nobody of two."""
    product = await add_product(connection)
    source = await add_source(connection, product)
    made = [
        await add_said(
            connection,
            product,
            source,
            f"Export fails in way {number}",
            ["ann", "bob"] if number == 0 else [f"person{number}"],
            **columns,
        )
        for number in range(themes)
    ]
    suggestions = [
        await add_pair(connection, product, later, earlier, 0.7 - number / 100)
        for number, (earlier, later) in enumerate(pairwise(made))
    ]
    return Cluster(product, source, made, suggestions)
