"""Posts and comments of Reddit ("things"), as comments of ours.

Authors are known by their names within one source alone: Reddit's rules forbid to match its people
with anything outside.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.reddit.settings import REDDIT_SITE, Settings
from integrations.text.html import html_to_text
from integrations.text.markdown import markdown_to_text

REDDIT_EVENTS = {"t1": "comment", "t3": "post", "feed": "feed_entry"}
REDDIT_IGNORED = {
    "more": "It stands for comments that are listed elsewhere.",
    "t4": "A private message to our account.",
    "t5": "A subreddit is no comment.",
}
REDDIT_GONE_VERSION = "9999-12-31T23:59:59.999999Z.2"
"""What was deleted does not come back: it is behind every edit."""
_GONE_WORDS = frozenset({"[deleted]", "[removed]"})
_NOBODY = "[deleted]"
_REDDIT_BOTS = frozenset({"automoderator"})
_CLOSED_SUBREDDITS = frozenset({"private", "employees_only", "gold_only", "user_private"})


def _edited(value: object) -> object:
    return None if isinstance(value, bool) else value


class Thing(payload.Shape):
    """What we read of a post (``t3_``) or a comment (``t1_``)."""

    name: payload.Identifier
    author: payload.Line = ""
    body: payload.Text = ""
    title: payload.Line = ""
    selftext: payload.Text = ""
    url: payload.Url = ""
    link_id: payload.OptionalId = ""
    link_title: payload.Line = ""
    parent_id: payload.OptionalId = ""
    permalink: payload.Line = ""
    created_utc: payload.UnixTime = None
    edited: Annotated[payload.UnixTime, BeforeValidator(_edited)] = None
    score: payload.Count = 0
    distinguished: payload.Line = ""
    removed_by_category: payload.Line = ""


class FeedEntry(payload.Shape):
    """What we read of an entry of a personal feed."""

    id: payload.Identifier
    title: payload.Line = ""
    author: payload.Line = ""
    html: payload.Text = ""
    link: payload.Url = ""
    written: payload.Time = None


def event(inbound: Inbound) -> str:
    """``comment``, ``post``, ``feed_entry``, or Reddit's own name of the kind."""
    kind = payload.name(inbound.json().get("kind"))
    return REDDIT_EVENTS.get(kind, kind)


def delivery_id(inbound: Inbound) -> str | None:
    """The thing with the time of its last edit; None, for the body's hash, where it has none."""
    body = inbound.json()
    inner = body.get("data")
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    words = inner.get("body", inner.get("selftext"))
    is_gone = isinstance(words, str) and words in _GONE_WORDS
    changed = "gone" if is_gone else str(inner.get("edited") or 0)[:40]
    return payload.delivery_key(inner["name"], changed)


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read a subreddit."""
    inner = inbound.json().get("data")
    kind = inner.get("subreddit_type") if isinstance(inner, dict) else None
    if not isinstance(kind, str):
        return Visibility.unknown
    return Visibility.private if kind in _CLOSED_SUBREDDITS else Visibility.public


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The thing as one comment, or its deletion."""
    inner: Any = inbound.json().get("data")
    if event(inbound) == "feed_entry":
        return [_of_feed(payload.read(FeedEntry, inner), settings)]
    thing = payload.read(Thing, inner)
    is_post = event(inbound) == "post"
    words = thing.selftext if is_post else thing.body
    if words in _GONE_WORDS or thing.removed_by_category:
        return [CommentEvent(EventType.deleted, thing.name, version=REDDIT_GONE_VERSION)]
    raw, extras = payload.cut(words)
    text = markdown_to_text(raw)
    if is_post:
        text = f"{thing.title}\n\n{text}".strip()
    thread = thing.name if is_post else thing.link_id or thing.name
    parent = "" if is_post else thing.parent_id
    changed_at = thing.edited or thing.created_utc
    return [
        CommentEvent(
            EventType.edited if thing.edited else EventType.created,
            thing.name,
            version=payload.version(changed_at, "1" if thing.edited else "0"),
            thread_id=thread,
            thread_title=thing.title if is_post else thing.link_title,
            permalink=_permalink(thing),
            author=_author(thing.author, settings, thing.distinguished),
            text=text,
            created_at=thing.created_utc,
            edited_at=thing.edited,
            parent_id=parent,
            opens_thread=is_post,
            likes=thing.score,
            extras=extras,
            visibility=visibility(inbound, settings),
        )
    ]


def _of_feed(entry: FeedEntry, settings: Settings) -> CommentEvent:
    """A feed tells of no edits, answers or scores: an entry is written once."""
    html, extras = payload.cut(entry.html)
    is_post = entry.id.startswith("t3_")
    text = html_to_text(html).removesuffix("[link] [comments]").strip()
    text = f"{entry.title}\n\n{text}".strip() if is_post else text
    return CommentEvent(
        EventType.created,
        entry.id,
        version=payload.version(entry.written, "0"),
        thread_id=entry.id,
        thread_title=entry.title,
        permalink=entry.link,
        author=_author(entry.author.removeprefix("/u/"), settings),
        text=text,
        created_at=entry.written,
        opens_thread=is_post,
        extras=extras,
        visibility=Visibility.public,
    )


def _author(name: str, settings: Settings, distinguished: str = "") -> AuthorRef:
    name = name or _NOBODY
    staff = {one.lower() for one in payload.listed(settings.staff)}
    is_staff = distinguished in ("moderator", "admin") or name.lower() in staff
    is_bot = name.lower() in _REDDIT_BOTS
    return AuthorRef(name.lower(), handle=name, is_staff=is_staff, is_bot=is_bot)


def _permalink(thing: Thing) -> str:
    """The address that Reddit gives; older comments have none, and are found by their ids."""
    path = thing.permalink
    if not path and thing.link_id:
        path = f"/comments/{thing.link_id.removeprefix('t3_')}/-/{thing.name.removeprefix('t1_')}/"
    return payload.web_address(REDDIT_SITE + path) if path.startswith("/") else ""
