"""What a theme's ticket should say now, from the theme and its comments."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from app.models.states import Visibility
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.quotes import QuotedComment, read_face, read_quoted, theme_quotes
from app.themes.visibility import hidden_from
from app.tickets.evidence import Evidence, gather_evidence
from app.tickets.shown_part import shown_part
from classifiers.texts.personal import redact, redact_name
from integrations import registry
from integrations.tracker_contract import Draft, Quote

TICKET_QUOTES_MAX = 5
TICKET_THREADS_MAX = 200
LABEL_MAX_CHARACTERS = 50
UNNAMED_PLATFORM = "generic"
"""What comments are from that a program of one's own sent."""

SELECT_TICKET_THEME = """
    select t.title, t.title_by, t.kind, t.people, t.mentions,
           coalesce(t.first_seen, t.created_at) as first_seen,
           coalesce(t.last_seen, t.created_at) as last_seen, p.name as product, p.slug,
           exists (select from comment c where c.theme_id = t.id and c.deleted_at is null
                     and c.visibility = any(%(hidden)s::text[])) as withheld
    from theme t join product p on p.id = t.product_id where t.id = %(theme)s
"""
SELECT_TICKET_THREADS = """
    select max(c.thread_title) as title, min(c.permalink) as permalink,
           min(c.created_at) as created_at, max(c.platform) as platform, max(s.name) as source
    from comment c join source s on s.id = c.source_id
    where c.theme_id = %(theme)s and c.deleted_at is null and c.permalink <> ''
      and c.visibility <> all(%(hidden)s::text[])
    group by c.source_id, case when c.thread_id = '' then c.permalink else c.thread_id end
    order by max(c.created_at) desc, min(c.permalink) limit %(most)s
"""
SELECT_TICKET_PLATFORMS = """
    select distinct platform from comment
    where theme_id = %(theme)s and deleted_at is null
      and visibility <> all(%(hidden)s::text[])
    order by platform
"""


@dataclass(frozen=True, slots=True)
class TicketTheme:
    """A theme as its ticket needs it; ``slug`` is its product's. ``withheld``: somebody in it wrote
    what the ticket may not show."""

    title: str
    title_by: str
    kind: str
    people: int
    mentions: int
    first_seen: datetime
    last_seen: datetime
    product: str
    slug: str
    withheld: bool


@dataclass(frozen=True, slots=True)
class TicketThread:
    """A thread that speaks of the theme, since ``created_at``."""

    title: str
    permalink: str
    created_at: datetime
    platform: str
    source: str


@dataclass(frozen=True, slots=True)
class TicketPlatform:
    """A platform that comments of the theme are from."""

    platform: str


async def load_draft(
    connection: Connection,
    theme_id: uuid.UUID,
    marker: str,
    base_url: str,
    *,
    shown: Visibility = Visibility.public,
    standing_title: str = "",
) -> Draft:
    """The draft of a theme's ticket, personal data that shows by its shape redacted; the tracker
    neutralises. Of comments that are more private than ``shown`` nothing is in it;
    ``standing_title`` is to be replaced where it tells of one."""
    hidden = hidden_from(shown)
    values = {"theme": theme_id, "hidden": hidden, "most": TICKET_THREADS_MAX}
    theme = await fetch_one(connection, SELECT_TICKET_THEME, values, of=TicketTheme)
    assert theme is not None  # tickets go with their theme
    face = await read_face(connection, theme_id)
    evidence = await gather_evidence(connection, theme_id, hidden)
    quoted = await _quoted(connection, theme_id, evidence, shown, hidden)
    threads = await fetch_all(connection, SELECT_TICKET_THREADS, values, of=TicketThread)
    platforms = await fetch_all(connection, SELECT_TICKET_PLATFORMS, values, of=TicketPlatform)
    draft = Draft(
        marker=marker,
        title=redact(theme.title),
        kind=theme.kind,
        product=theme.product,
        people=theme.people,
        mentions=theme.mentions,
        first_seen=theme.first_seen,
        last_seen=theme.last_seen,
        quotes=[quote_of(comment) for comment in quoted],
        facts=evidence.facts,
        often=evidence.often,
        logs=evidence.logs,
        workarounds=evidence.workarounds,
        files=evidence.files,
        threads=[shown_thread(thread) for thread in threads],
        labels=labels(theme.kind, theme.slug, [row.platform for row in platforms]),
        theme_url=f"{base_url}/themes/{theme_id}",
        phrases=[redact(phrase) for phrase in face.phrases] if face else (),
        summary=redact(face.summary) if face else "",
        summary_by=face.summary_by if face else "",
    )
    if not theme.withheld:
        return draft
    part = await shown_part(
        connection,
        theme_id,
        hidden,
        titled_by=face.comment_id if face else None,
        title=theme.title,
        title_by=theme.title_by,
        kind=theme.kind,
    )
    title = redact(part.title)
    stays = standing_title == title or part.holds(standing_title)
    return replace(
        draft,
        title=title,
        former_title="" if stays else standing_title,
        people=part.people,
        mentions=part.mentions,
        first_seen=part.first_seen or theme.first_seen,
        last_seen=part.last_seen or theme.last_seen,
        phrases=[phrase for phrase in draft.phrases if part.says(phrase)],
        summary="",
        summary_by="",
    )


async def _quoted(
    connection: Connection,
    theme_id: uuid.UUID,
    evidence: Evidence,
    shown: Visibility,
    hidden: Sequence[str],
) -> list[QuotedComment]:
    """Comments that differ, the report that says most to a developer before all others."""
    members = await theme_quotes(connection, theme_id, TICKET_QUOTES_MAX, shown=shown)
    ids = [member.id for member in members]
    if evidence.report is not None:
        ids = [evidence.report, *(one for one in ids if one != evidence.report)]
    return await read_quoted(connection, ids[:TICKET_QUOTES_MAX], hidden)


def shown_thread(thread: TicketThread) -> tuple[str, str]:
    """A thread as a ticket lists it; one without a title is called by its place and day."""
    if thread.title.strip():
        return redact(thread.title), thread.permalink
    began = thread.created_at
    return f"{place_of(thread)}, {began.day} {began:%B %Y}", thread.permalink


def quote_of(member: QuotedComment) -> Quote:
    """A comment as its ticket quotes it."""
    return Quote(
        text=redact(member.text),
        author=redact_name(member.author),
        platform=place_of(member),
        permalink=member.permalink,
        created_at=member.created_at,
        thread=redact(member.thread_title),
    )


def place_of(member: QuotedComment | TicketThread) -> str:
    """Where somebody said it, for people: the platform's name, or our own source's where the
    platform has none."""
    platform = registry.sources().get(member.platform)
    if platform is None or member.platform == UNNAMED_PLATFORM:
        return member.source
    return platform.title


def labels(kind: str, product: str, platforms: Sequence[str]) -> list[str]:
    """The labels that are ours: ``kind:bug``, ``product:tidewater``, ``platform:slack``. A program
    of one's own is no platform that a label tells anything by."""
    plain_labels = [f"kind:{kind}", f"product:{product}"]
    plain_labels += [f"platform:{one}" for one in platforms if one != UNNAMED_PLATFORM]
    return [plain_label(label) for label in plain_labels]


def plain_label(label: str) -> str:
    """A label as every tracker takes it: small letters, digits and ``._:-``."""
    return re.sub(r"[^a-z0-9._:-]+", "-", label.lower())[:LABEL_MAX_CHARACTERS]


def digest(draft: Draft) -> str:
    """A short name of everything a draft says: the ticket is current while it stays the same."""
    says = {name: value for name, value in asdict(draft).items() if name != "former_title"}
    for name in ("followed", "earlier", "intro", "fields"):  # as hashes were before them
        if not says[name]:
            del says[name]
    content = json.dumps(says, default=str, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]
