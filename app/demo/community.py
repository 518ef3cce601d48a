"""The sample community: what invented people wrote about an invented notes app, and when.

``community.jsonl`` holds one comment a line. ``truth`` in it (theme, kind, person, language) is
what a careful reader would say; it serves tests and reports and is never sent.
"""

from __future__ import annotations

import json
import uuid
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from integrations.source_contract import EventType

PRODUCT = "Tidewater"
DAYS = 60
"""The comments spread over this many days before the epoch."""

_FILE = Path(__file__).with_name("community.jsonl")
_IDS = uuid.UUID("5d3c0b0e-9f0a-4b5e-8a53-6f0f5d9a7c11")
_NIGHT, _WEEKEND = 0.25, 0.4  # how much people write then, compared with a weekday's noon


@dataclass(frozen=True, slots=True)
class Truth:
    """What a comment really is. ``theme`` is None where it names neither a bug nor a request;
    ``person`` the human."""

    theme: str | None
    kind: str
    person: str
    language: str


@dataclass(frozen=True, slots=True)
class Later:
    """An edit or a deletion, ``offset`` seconds before the epoch. ``text`` is the new one."""

    type: EventType
    offset: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class DemoComment:
    """One comment, marked up as its platform does it.

    ``number`` counts from 1 over the community, ``position`` from 1 within the thread. ``offset``
    is in seconds before the epoch. ``parent`` is the key of the comment that it answers. GitHub's
    thread ids are ``issues/<number>`` and ``discussions/<number>``; Slack's is the channel.
    """

    key: str
    number: int
    platform: str
    thread_id: str
    thread_title: str
    position: int
    handle: str
    name: str
    staff: bool
    offset: int
    text: str
    parent: str
    likes: int
    later: tuple[Later, ...]
    truth: Truth


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """One thing that happened to one comment: what a platform sends one delivery about.

    ``revision`` counts the comment's events from 0. ``before`` is the text until now (blank for a
    new comment). ``changed_at`` is when the comment was last written or edited, this event
    included. ``opener`` is the first comment of the thread. Times are UTC, in whole seconds.
    """

    comment: DemoComment
    type: EventType
    revision: int
    at: datetime
    created_at: datetime
    changed_at: datetime
    text: str
    before: str
    opener: DemoComment
    opened_at: datetime
    parent: DemoComment | None
    parent_at: datetime | None

    @property
    def delivery(self) -> uuid.UUID:
        """Names the delivery: the same at every replay."""
        return uuid.uuid5(_IDS, f"{self.comment.key}:{self.revision}")


def load() -> list[DemoComment]:
    """The community's comments, the oldest first."""
    positions: dict[tuple[str, str], int] = {}
    comments = []
    for number, line in enumerate(_FILE.read_text(encoding="utf-8").splitlines(), start=1):
        record = json.loads(line)
        thread = record["platform"], record["thread"]["id"]
        positions[thread] = positions.get(thread, 0) + 1
        comments.append(
            DemoComment(
                key=record["key"],
                number=number,
                platform=record["platform"],
                thread_id=record["thread"]["id"],
                thread_title=record["thread"]["title"],
                position=positions[thread],
                handle=record["author"]["handle"],
                name=record["author"]["name"],
                staff=record["author"].get("staff", False),
                offset=record["offset"],
                text=record["text"],
                parent=record.get("parent", ""),
                likes=record.get("likes", 0),
                later=tuple(
                    Later(EventType(later["event"]), later["offset"], later.get("text", ""))
                    for later in record.get("later", [])
                ),
                truth=Truth(**record["truth"]),
            )
        )
    return comments


def events(comments: Sequence[DemoComment], epoch: datetime) -> list[DemoEvent]:
    """Everything that happened before ``epoch`` (an aware time), oldest first; a comment's events
    stay in order."""
    by_key = {comment.key: comment for comment in comments}
    openers: dict[tuple[str, str], DemoComment] = {}
    happened = []
    for comment in comments:
        opener = openers.setdefault((comment.platform, comment.thread_id), comment)
        parent = by_key.get(comment.parent)
        created_at = moment(epoch, comment.offset)
        changed_at, before = created_at, ""
        for revision, later in enumerate(
            (Later(EventType.created, comment.offset, comment.text), *comment.later)
        ):
            at = moment(epoch, later.offset)
            changed_at = changed_at if later.type is EventType.deleted else at
            happened.append(
                DemoEvent(
                    comment=comment,
                    type=later.type,
                    revision=revision,
                    at=at,
                    created_at=created_at,
                    changed_at=changed_at,
                    text=later.text,
                    before=before,
                    opener=opener,
                    opened_at=moment(epoch, opener.offset),
                    parent=parent,
                    parent_at=moment(epoch, parent.offset) if parent else None,
                )
            )
            before = later.text
    return sorted(happened, key=lambda event: (event.at, event.comment.number, event.revision))


def moment(epoch: datetime, offset: int) -> datetime:
    """The time ``offset`` seconds before ``epoch``, shifted so that nights and weekends (UTC) are
    quiet.

    The shift keeps the order: a larger offset is never later. Beyond the DAYS there is none.
    """
    anchor = epoch.replace(microsecond=0)
    effort = _effort(anchor)
    wanted = offset / (DAYS * 86_400) * effort[-1]
    hour = bisect_right(effort, wanted) - 1
    if hour >= len(effort) - 1:
        return anchor - timedelta(seconds=offset)
    part = (wanted - effort[hour]) / (effort[hour + 1] - effort[hour])
    return anchor - timedelta(seconds=int((hour + part) * 3600))


@lru_cache(maxsize=4)
def _effort(epoch: datetime) -> tuple[float, ...]:
    """How much is written between each full hour before the epoch and the epoch."""
    hours = [epoch - timedelta(hours=hour) for hour in range(1, DAYS * 24 + 1)]
    weights = [
        (1 if 7 <= h.hour < 22 else _NIGHT) * (_WEEKEND if h.weekday() >= 5 else 1) for h in hours
    ]
    return tuple(accumulate(weights, initial=0.0))
