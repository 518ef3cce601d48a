"""Asks for a feed, conditionally, and follows its older pages where it has any (RFC 5005)."""

from __future__ import annotations

import calendar
import io
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import anyio.to_thread
import httpx
from pydantic import BaseModel

from integrations import payload
from integrations.contract import Finding
from integrations.poll_contract import Poll, PolledItem, PollError, Polling
from integrations.polling import request
from integrations.sources.feed.settings import Settings

FEED_ENTRIES_MAX = 2_000
FEED_PAGES_MAX = 500
_FEED_TITLE = "The feed"
_OLDER = ("next", "prev-archive")
_DECLARES_ENTITIES = (b"<!entity", "<!entity".encode("utf-16-le"), "<!entity".encode("utf-16-be"))


class _Walk(BaseModel):
    """A cursor. ``next_url`` is an older page, blank for the feed itself; ``etag`` and
    ``modified`` are what the feed said of the page that was read last."""

    since: datetime | None = None
    next_url: str = ""
    pages: int = 0
    etag: str = ""
    modified: str = ""


def _begin(since: datetime | None) -> str:
    return _Walk(since=since, pages=1).model_dump_json(exclude_defaults=True)


async def _poll(
    settings: Settings, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
) -> Poll:
    """The entries of the feed, or of an older page of it, that are not older than the walk."""
    walk = _Walk.model_validate_json(cursor)
    headers = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9"}
    if not walk.next_url:
        headers |= {"If-None-Match": walk.etag} if walk.etag else {}
        headers |= {"If-Modified-Since": walk.modified} if walk.modified else {}
    url = walk.next_url or _address(settings)
    response = await request(http, _FEED_TITLE, url, headers=headers, anywhere=True)
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return Poll([], cursor, done=True)
    feed = await _read(response)
    moments = [moment for entry in feed.entries if (moment := _changed_at(entry)) is not None]
    recent = [entry for entry in feed.entries if not _is_older(entry, walk.since)]
    fetched_at = datetime.now(UTC)
    items = [_item(feed.feed, entry, fetched_at) for entry in recent[:FEED_ENTRIES_MAX]]
    reached = min(moments, default=None)
    older_url = _older_page(feed.feed, url) if walk.pages else ""
    if older_url and recent and walk.pages < FEED_PAGES_MAX:
        update = {"next_url": older_url, "pages": walk.pages + 1}
        following = walk.model_copy(update=update)
        return Poll(items, following.model_dump_json(exclude_defaults=True), reached=reached)
    etag, modified = walk.etag, walk.modified
    if not walk.next_url:
        etag = response.headers.get("etag", "")
        modified = response.headers.get("last-modified", "")
    following = _Walk(since=walk.since, etag=etag, modified=modified)
    cursor = following.model_dump_json(exclude_defaults=True)
    return Poll(items, cursor, done=True, reached=reached)


def _address(settings: Settings) -> str:
    if not settings.url:
        raise PollError(
            "address_missing",
            "Enter the address of the feed in this source's settings.",
            needs_person=True,
        )
    return settings.url


async def _read(response: httpx.Response) -> Any:
    """The feed, read in a thread: a big one takes a while. Raises PollError for what is none, and
    for one that declares entities, which could make a little of it a lot."""
    body = response.content
    if any(mark in body.lower() for mark in _DECLARES_ENTITIES):
        raise PollError(
            "feed_refused",
            "The feed declares XML entities, with which a small file can fill the memory; it is "
            "not read. Ask its maker to leave them out.",
            needs_person=True,
        )
    headers = {"content-type": response.headers.get("content-type", "")}
    headers["content-location"] = str(response.url)

    def parsed() -> Any:
        import feedparser

        return feedparser.parse(io.BytesIO(body), response_headers=headers)

    feed = await anyio.to_thread.run_sync(parsed)
    if not feed.get("version") and not feed.entries:
        raise PollError(
            "source_unreadable",
            "What is at this address is no RSS or Atom feed: a page of HTML, perhaps. Check the "
            "address; it is asked again later.",
        )
    return feed


def _older_page(feed: Any, url: str) -> str:
    """The address of the page with older entries, on the same host; blank where there is none."""
    for link in feed.get("links", []):
        if link.get("rel") in _OLDER:
            target = urljoin(url, str(link.get("href") or ""))
            same_host = urlsplit(target)[:2] == urlsplit(url)[:2]
            return target if same_host and target != url else ""
    return ""


def _moment(entry: Any, name: str) -> datetime | None:
    """A time of an entry, as the library read it. Asked for one that is missing, it would give
    another one."""
    key = f"{name}_parsed"
    if key not in entry:
        return None
    value = entry[key]
    if not isinstance(value, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _changed_at(entry: Any) -> datetime | None:
    return _moment(entry, "updated") or _moment(entry, "published")


def _is_older(entry: Any, since: datetime | None) -> bool:
    changed_at = _changed_at(entry)
    return since is not None and changed_at is not None and changed_at < since


def _item(feed: Any, entry: Any, fetched_at: datetime) -> PolledItem:
    """The entry as our own JSON: no feed sends webhooks."""
    contents = [part.get("value") or "" for part in entry.get("content", [])]
    html = max([*contents, entry.get("summary") or ""], key=len)
    title, link = entry.get("title") or "", entry.get("link") or ""
    published, updated = _moment(entry, "published"), _moment(entry, "updated")
    reference = entry.get("thr_in-reply-to") or {}
    written_out = {
        "id": entry.get("id") or link or payload.fingerprinted("entry", f"{title}\n{html}"),
        "title": title,
        "link": link,
        "html": html,
        "author": entry.get("author") or "",
        "published": published.isoformat() if published else None,
        "updated": updated.isoformat() if updated else None,
        "about": reference.get("ref") or "" if isinstance(reference, dict) else "",
    }
    body = {
        "type": "entry",
        "entry": written_out,
        "feed_title": feed.get("title") or "",
        "fetched_at": fetched_at.isoformat(),
    }
    return PolledItem({"content-type": "application/json"}, json.dumps(body).encode())


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    try:
        response = await request(http, _FEED_TITLE, _address(settings), anywhere=True)
        feed = await _read(response)
    except PollError as error:
        return [Finding("Feed", False, error.detail, "Correct the address in its settings.")]
    return [Finding("Feed", True, f"It is read, and holds {len(feed.entries)} entries.")]


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.joined("feed", urlsplit(settings.url).netloc.lower())


FEED_POLLING: Polling[Settings] = Polling(
    credentials=None,
    begin=_begin,
    poll=_poll,
    check=_check,
    account=_account,
    guide="",
    calls_per_minute=30,
    interval_seconds=600.0,
)
"""How a feed is polled. That an entry left it means nothing; deletions are not seen."""
