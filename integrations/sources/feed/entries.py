"""Entries of a feed, as comments of ours."""

from __future__ import annotations

import hashlib
import json

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.feed.settings import Settings
from integrations.text.html import html_to_text

FEED_IGNORED = {"entry.empty": "The entry has neither a title nor words."}


class Entry(payload.Shape):
    """What we read of an entry. ``html`` is its words, ``about`` the id of what it answers."""

    id: payload.Identifier
    title: payload.Line = ""
    link: payload.Url = ""
    html: payload.Text = ""
    author: payload.Line = ""
    published: payload.Time = None
    updated: payload.Time = None
    about: payload.OptionalId = ""


class Delivery(payload.Shape):
    """One entry, the feed's own name, and when it was fetched."""

    entry: Entry
    feed_title: payload.Line = ""
    fetched_at: payload.Time = None


def event(inbound: Inbound) -> str:
    """``entry``, or ``entry.empty`` for one that says nothing."""
    body = inbound.json()
    name, entry = payload.name(body.get("type")), body.get("entry")
    if name == "entry" and isinstance(entry, dict):
        return name if entry.get("title") or entry.get("html") else "entry.empty"
    return name


def delivery_id(inbound: Inbound) -> str | None:
    """The hash of the entry: fetched again, it is the same one until it changes."""
    body = inbound.json()
    entry = body.get("entry")
    if not isinstance(entry, dict):
        return None
    written_out = json.dumps(entry, sort_keys=True, ensure_ascii=True)
    return payload.delivery_key("entry", hashlib.sha256(written_out.encode()).hexdigest())


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The entry as one comment: its title, an empty line and its words.

    Versions order by the entry's own time of change, then by when it was fetched: many feeds
    change their words and not their times.
    """
    delivery = payload.read(Delivery, inbound.json())
    entry = delivery.entry
    changed_at = entry.updated or entry.published
    if delivery.fetched_at is None:
        raise PayloadError("wrong_shape", "fetched_at is missing.")
    html, extras = payload.cut(entry.html)
    is_edited = bool(entry.updated and entry.published and entry.updated > entry.published)
    return [
        CommentEvent(
            EventType.edited if is_edited else EventType.created,
            entry.id,
            version=payload.version(changed_at, payload.version(delivery.fetched_at)),
            thread_id=entry.about or entry.id,
            thread_title=entry.title,
            permalink=entry.link,
            author=_author(delivery, settings),
            text=_text(entry.title, html_to_text(html)),
            created_at=entry.published or changed_at,
            edited_at=entry.updated if is_edited else None,
            parent_id=entry.about,
            opens_thread=not entry.about,
            extras=extras,
        )
    ]


def _text(title: str, words: str) -> str:
    """The title and the words; a title that repeats how the words begin is left out."""
    beginning = title.removesuffix("...").removesuffix("…").strip()
    if not title or " ".join(words.split()).startswith(beginning):
        return words
    return f"{title}\n\n{words}".strip()


def _author(delivery: Delivery, settings: Settings) -> AuthorRef:
    """Who wrote it, by name: feeds have no ids. A feed that names nobody speaks with one voice."""
    name = delivery.entry.author or delivery.feed_title or "feed"
    staff = {entry.strip().lower() for entry in settings.staff.split(",") if entry.strip()}
    return AuthorRef(name.lower(), handle=name, is_staff=name.lower() in staff)
