"""Walks over a platform's lists, page by page: what most platforms have in place of events.

A platform says which lists there are (``streams``) and reads one page of one of them; the rest is
the same for all: where a walk ends, where the next one begins, what is left out because it was seen
before, and that nothing is lost when a walk is interrupted between two pages.

A list is read from the newest back (a channel, a timeline), until something older than the walk or
something of the walk before; or forward by the time of the last change, from where the walk before
ended.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from integrations.poll_contract import Poll, PolledItem, PollError

NOTES_MAX = 500
"""How much a walk remembers of threads, the newest last."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a list. ``mark`` orders the list as text, the newest greatest; ``moment`` is when
    it was written, or changed in a list that goes forward."""

    item: PolledItem
    mark: str
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page. ``following`` is what the platform calls the next one, blank at the list's end.

    ``threads`` are lists that are read once, behind this page. ``notes``: what is to be remembered
    of some of them, such as how many answers they have.
    """

    rows: Sequence[Row]
    following: str = ""
    threads: Sequence[str] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """What is asked for: the list's name, the page in it (blank for the first), and where reading
    may stop: at ``since``, and at the mark ``floor`` that the walk before reached."""

    name: str
    page: str
    since: datetime | None
    floor: str
    notes: Mapping[str, str]


class ListWalk(BaseModel):
    """A cursor. ``floors`` are the marks that earlier walks reached, ``tops`` those of this one;
    ``threads`` are read before the next of ``streams``, from ``thread_page``."""

    since: datetime | None = None
    floors: dict[str, str] = {}
    tops: dict[str, str] = {}
    notes: dict[str, str] = {}
    streams: list[str] | None = None
    place: int = 0
    page: str = ""
    threads: list[str] = []
    thread_page: str = ""

    def text(self) -> str:
        """The cursor as it is stored."""
        return self.model_dump_json(exclude_defaults=True)


Streams = Callable[[], Awaitable[Sequence[str]]]
ReadPage = Callable[[Stream], Awaitable[ListPage]]


def begin_lists(since: datetime | None) -> str:
    """The cursor of a walk over all lists since a moment."""
    return ListWalk(since=since).text()


async def walk_lists(
    title: str, cursor: str, streams: Streams, read_page: ReadPage, *, newest_first: bool = True
) -> Poll:
    """The next page of a walk. Raises what the platform's functions raise, and PollError
    ``page_repeated``."""
    walk = ListWalk.model_validate_json(cursor)
    if walk.streams is None:
        walk.streams = list(dict.fromkeys(await streams()))
    if walk.place >= len(walk.streams) and not walk.threads:
        return Poll([], _begun_again(walk).text(), done=True)
    in_thread = bool(walk.threads)
    name = walk.threads[0] if in_thread else walk.streams[walk.place]
    page_name = walk.thread_page if in_thread else walk.page
    floor = "" if in_thread else walk.floors.get(name, "")
    page = await read_page(Stream(name, page_name, walk.since, floor, dict(walk.notes)))
    if page.following and page.following == page_name:
        raise PollError("page_repeated", f"{title} answers with the same page again and again.")
    # Going forward, two changes of one second may stand on both sides of a page's end.
    rows = [
        row
        for row in page.rows
        if not _is_older(row, walk.since) and (not newest_first or row.mark > floor)
    ]
    ends = not page.following or (newest_first and bool(page.rows) and not rows)
    _advance(walk, name, page, ends=ends, in_thread=in_thread)
    moments = [row.moment for row in page.rows if row.moment is not None]
    reached = (min if newest_first else max)(moments, default=None)
    done = walk.place >= len(walk.streams) and not walk.threads
    following = _begun_again(walk) if done else walk
    return Poll([row.item for row in rows], following.text(), done=done, reached=reached)


def _is_older(row: Row, since: datetime | None) -> bool:
    return since is not None and row.moment is not None and row.moment < since


def _advance(walk: ListWalk, name: str, page: ListPage, *, ends: bool, in_thread: bool) -> None:
    following = "" if ends else page.following
    if in_thread:
        walk.thread_page = following
        walk.threads = walk.threads[1:] if ends else walk.threads
    else:
        marks = [row.mark for row in page.rows]
        walk.tops[name] = max([walk.tops.get(name, ""), *marks])
        walk.page = following
        walk.place += 1 if ends else 0
    walk.threads += [thread for thread in page.threads if thread not in walk.threads]
    walk.notes = dict([*walk.notes.items(), *page.notes.items()][-NOTES_MAX:])


def _begun_again(walk: ListWalk) -> ListWalk:
    """The walk over what is new since this one. A list that was read to its end without a row is
    read in full again."""
    reached = {name: mark for name, mark in walk.tops.items() if mark}
    floors = {
        name: max(mark, walk.floors.get(name, ""))
        for name, mark in (walk.floors | reached).items()
        if name in (walk.streams or [])
    }
    return ListWalk(since=walk.since, floors=floors, notes=walk.notes)


def json_item(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> PolledItem:
    """A delivery of ours, for a platform that has no webhook of that shape."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    sent = {"content-type": "application/json", **(headers or {})}
    return PolledItem(sent, content.encode("utf-8", "replace"))


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing where it is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def moment_of(value: Any) -> datetime | None:
    """An ISO 8601 time of an answer, or None."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def numbered(value: Any, width: int = 20) -> str:
    """A number as a mark that sorts as text."""
    return str(value).zfill(width)
