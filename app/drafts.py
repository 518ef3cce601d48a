"""What a theme's ticket should say now, from the theme and its comments."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import asdict

from app.db import Connection
from integrations.contract import Draft, Quote

QUOTES = 5
THREADS = 200

_THEME = """
    select t.id, t.title, t.kind, t.people, t.mentions, t.first_seen, t.last_seen, t.created_at, p.name, p.slug
    from theme t join product p on p.id = t.product_id where t.id = %s
"""
# The best quotes: one per person, newest words of those that were liked most, not too short to say anything.
_QUOTES = """
    select * from (
        select distinct on (coalesce(a.person_id::text, 'a' || c.author_id, 'c' || c.id))
               c.id, c.text, c.platform, c.permalink, c.created_at, c.likes, c.fingerprint,
               coalesce(nullif(a.name, ''), nullif(a.handle, ''), 'somebody') as author,
               least(length(c.text), 280) as substance
        from comment c left join author a on a.id = c.author_id
        where c.theme_id = %s and c.deleted_at is null
        order by coalesce(a.person_id::text, 'a' || c.author_id, 'c' || c.id), c.likes desc,
                 least(length(c.text), 280) desc, c.id
    ) best order by likes desc, substance desc, id
    limit 50
"""
_THREADS = """
    select max(c.thread_title) as title, min(c.permalink) as permalink
    from comment c where c.theme_id = %s and c.deleted_at is null and c.permalink <> ''
    group by c.source_id, case when c.thread_id = '' then c.permalink else c.thread_id end
    order by max(c.created_at) desc, min(c.permalink) limit %s
"""
_PLATFORMS = "select distinct platform from comment where theme_id = %s and deleted_at is null order by platform"


async def load_draft(connection: Connection, theme_id: uuid.UUID, marker: str, base_url: str) -> Draft:
    """The draft of a theme's ticket; raw text everywhere, the tracker neutralises it."""
    theme = await (await connection.execute(_THEME, [theme_id])).fetchone()
    assert theme is not None  # tickets go with their theme
    quotes = []
    seen: set[str] = set()
    for row in await (await connection.execute(_QUOTES, [theme_id])).fetchall():
        if row["fingerprint"] and row["fingerprint"] in seen:
            continue  # the same words twice say nothing new
        seen.add(row["fingerprint"])
        quotes.append(Quote(row["text"], row["author"], row["platform"], row["permalink"], row["created_at"]))
    threads = await (await connection.execute(_THREADS, [theme_id, THREADS])).fetchall()
    platforms = await (await connection.execute(_PLATFORMS, [theme_id])).fetchall()
    return Draft(
        marker=marker,
        title=theme["title"],
        kind=theme["kind"],
        product=theme["name"],
        people=theme["people"],
        mentions=theme["mentions"],
        first_seen=theme["first_seen"] or theme["created_at"],
        last_seen=theme["last_seen"] or theme["created_at"],
        quotes=quotes[:QUOTES],
        threads=[(row["title"], row["permalink"]) for row in threads],
        labels=labels(theme["kind"], theme["slug"], [row["platform"] for row in platforms]),
        theme_url=f"{base_url}/themes/{theme_id}",
    )


def labels(kind: str, product: str, platforms: list[str]) -> list[str]:
    """The labels that are ours: ``kind:bug``, ``product:tidewater``, ``platform:slack``."""
    named = [f"kind:{kind}", f"product:{product}", *(f"platform:{platform}" for platform in platforms)]
    return [re.sub(r"[^a-z0-9._:-]+", "-", label.lower())[:50] for label in named]


def digest(draft: Draft) -> str:
    """A short name of everything a draft says: the ticket is current while it stays the same."""
    return hashlib.sha256(json.dumps(asdict(draft), default=str, sort_keys=True).encode()).hexdigest()[:32]
