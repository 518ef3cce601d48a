"""What a theme's ticket should say now, from the theme and its comments."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import asdict

from app.storage.db import Connection
from app.themes.quotes import MemberRow, read_face, theme_quotes
from classifiers.texts.personal import redact
from integrations import registry
from integrations.tracker_contract import Draft, Quote

QUOTES = 5
THREADS = 200

_THEME = """
    select t.id, t.title, t.kind, t.people, t.mentions, t.first_seen, t.last_seen, t.created_at, p.name, p.slug
    from theme t join product p on p.id = t.product_id where t.id = %s
"""
_THREADS = """
    select max(c.thread_title) as title, min(c.permalink) as permalink
    from comment c where c.theme_id = %s and c.deleted_at is null and c.permalink <> ''
    group by c.source_id, case when c.thread_id = '' then c.permalink else c.thread_id end
    order by max(c.created_at) desc, min(c.permalink) limit %s
"""
_PLATFORMS = "select distinct platform from comment where theme_id = %s and deleted_at is null order by platform"


async def load_draft(
    connection: Connection, theme_id: uuid.UUID, marker: str, base_url: str
) -> Draft:
    """The draft of a theme's ticket, personal data that shows by its shape redacted; the tracker
    neutralises."""
    theme = await (await connection.execute(_THEME, [theme_id])).fetchone()
    assert theme is not None  # tickets go with their theme
    face = await read_face(connection, theme_id)
    quotes = [
        Quote(redact(row.text), row.author, _place(row), row.permalink, row.created_at)
        for row in await theme_quotes(connection, theme_id, QUOTES)
    ]
    threads = await (await connection.execute(_THREADS, [theme_id, THREADS])).fetchall()
    platforms = await (await connection.execute(_PLATFORMS, [theme_id])).fetchall()
    return Draft(
        marker=marker,
        title=redact(theme["title"]),
        kind=theme["kind"],
        product=theme["name"],
        people=theme["people"],
        mentions=theme["mentions"],
        first_seen=theme["first_seen"] or theme["created_at"],
        last_seen=theme["last_seen"] or theme["created_at"],
        quotes=quotes,
        threads=[(redact(row["title"]), row["permalink"]) for row in threads],
        labels=labels(theme["kind"], theme["slug"], [row["platform"] for row in platforms]),
        theme_url=f"{base_url}/themes/{theme_id}",
        phrases=face.phrases if face else (),
        summary=face.summary if face else "",
        summary_by=face.summary_by if face else "",
    )


def _place(row: MemberRow) -> str:
    """Where somebody said it, for people: the platform's name, or our own source's where the
    platform has none."""
    known = registry.sources().get(row.platform)
    return row.source if row.platform == "generic" or known is None else known.title


def labels(kind: str, product: str, platforms: list[str]) -> list[str]:
    """The labels that are ours: ``kind:bug``, ``product:tidewater``, ``platform:slack``."""
    named = [
        f"kind:{kind}",
        f"product:{product}",
        *(f"platform:{platform}" for platform in platforms),
    ]
    return [re.sub(r"[^a-z0-9._:-]+", "-", label.lower())[:50] for label in named]


def digest(draft: Draft) -> str:
    """A short name of everything a draft says: the ticket is current while it stays the same."""
    return hashlib.sha256(
        json.dumps(asdict(draft), default=str, sort_keys=True).encode()
    ).hexdigest()[:32]
