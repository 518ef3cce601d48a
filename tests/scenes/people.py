"""A generated community of accounts on several platforms, of which some are one human."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.storage.db import Connection
from app.themes.counts import recount
from tests.scenes.reading import NOW, add_comment, add_product, add_source, add_theme, one

ADD_ACCOUNT = """
    insert into author (product_id, realm, external_id, handle, name, is_staff, identities)
    values (%s, %s, %s, %s, %s, %s, %s) returning id
"""
KINDS = ("question", "question", "bug", "feature", "praise")


async def add_account(
    c: Connection,
    product: uuid.UUID,
    handle: str,
    realm: str = "discourse",
    *,
    name: str = "",
    staff: bool = False,
    identities: tuple[str, ...] = (),
) -> int:
    """An account; its id on the platform is its handle."""
    values = [product, realm, handle, handle, name, staff, list(identities)]
    return int(str((await one(c, ADD_ACCOUNT, *values))["id"]))


@dataclass(frozen=True)
class Said:
    """A comment as it was generated; ``theme`` None where it is in none."""

    id: int
    by: int | None
    theme: uuid.UUID | None
    thread: str
    at: datetime
    kind: str
    deleted: bool


@dataclass
class Crowd:
    """Accounts that speak in themes and threads of one source."""

    product: uuid.UUID
    source: uuid.UUID
    accounts: list[int]
    themes: list[uuid.UUID]
    said: list[Said] = field(default_factory=list)
    staff: set[int] = field(default_factory=set)


async def add_crowd(c: Connection, seed: int, comments: int = 150, days: int = 300) -> Crowd:
    """A product in which twelve accounts speak of five themes; two of them are staff."""
    rng = random.Random(seed)
    product = await add_product(c, f"crowd-{uuid.uuid4().hex[:8]}")
    source = await add_source(c, product)
    accounts = [
        await add_account(c, product, f"h{number}", rng.choice(["discourse", "github"]))
        for number in range(10)
    ]
    staff = {await add_account(c, product, f"team{number}", staff=True) for number in range(2)}
    themes = [await add_theme(c, product, f"Theme {number}") for number in range(5)]
    crowd = Crowd(product, source, [*accounts, *staff], themes, staff=staff)
    for number in range(comments):
        said = Said(
            0,
            rng.choice([*crowd.accounts, None]),
            rng.choice([*themes, None]),
            rng.choice(["", *(f"t{thread}" for thread in range(25))]),
            NOW - timedelta(seconds=rng.randrange(60, days * 86_400)),
            rng.choice(KINDS),
            rng.random() < 0.1,
        )
        comment_id = await add_comment(
            c,
            product,
            source,
            f"Comment {number}",
            author_id=said.by,
            theme_id=said.theme,
            thread_id=said.thread,
            created_at=said.at,
            kind=said.kind,
            deleted_at=NOW if said.deleted else None,
        )
        crowd.said.append(
            Said(comment_id, said.by, said.theme, said.thread, said.at, said.kind, said.deleted)
        )
    await recount(c, themes)
    return crowd
