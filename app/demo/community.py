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

DEMO_PRODUCT = "Tidewater"
COMMUNITY_DAYS = 60
"""The comments spread over this many days before the epoch."""

COMMUNITY_FILE = Path(__file__).with_name("community.jsonl")
DELIVERY_NAMESPACE = uuid.UUID("5d3c0b0e-9f0a-4b5e-8a53-6f0f5d9a7c11")
NIGHT_EFFORT, WEEKEND_EFFORT = 0.25, 0.4
"""How much people write then, compared with a weekday's noon."""
AWAKE_HOURS = range(7, 22)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Truth:
    """What a comment really is. ``theme`` is None where it names neither a bug nor a request."""

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

    ``revision`` counts the comment's events from 0. ``old_text`` is the text until now (blank for
    a new comment). ``changed_at`` is when the comment was last written or edited, this event
    included. ``opener`` is the first comment of the thread. Times are UTC, in whole seconds.
    """

    comment: DemoComment
    type: EventType
    revision: int
    at: datetime
    created_at: datetime
    changed_at: datetime
    text: str
    old_text: str
    opener: DemoComment
    opened_at: datetime
    parent: DemoComment | None
    parent_at: datetime | None

    @property
    def delivery(self) -> uuid.UUID:
        """Names the delivery: the same at every replay."""
        return uuid.uuid5(DELIVERY_NAMESPACE, f"{self.comment.key}:{self.revision}")


def load() -> list[DemoComment]:
    """The community's comments, the oldest first."""
    positions: dict[tuple[str, str], int] = {}
    comments = []
    for number, line in enumerate(COMMUNITY_FILE.read_text(encoding="utf-8").splitlines(), start=1):
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
        changed_at, old_text = created_at, ""
        written = Later(EventType.created, comment.offset, comment.text)
        for revision, later in enumerate((written, *comment.later)):
            at = moment(epoch, later.offset)
            if later.type is not EventType.deleted:
                changed_at = at
            happened.append(
                DemoEvent(
                    comment=comment,
                    type=later.type,
                    revision=revision,
                    at=at,
                    created_at=created_at,
                    changed_at=changed_at,
                    text=later.text,
                    old_text=old_text,
                    opener=opener,
                    opened_at=moment(epoch, opener.offset),
                    parent=parent,
                    parent_at=moment(epoch, parent.offset) if parent else None,
                )
            )
            old_text = later.text
    return sorted(happened, key=lambda event: (event.at, event.comment.number, event.revision))


def moment(epoch: datetime, offset: int) -> datetime:
    """The time ``offset`` seconds before ``epoch``, shifted so that nights and weekends (UTC) are
    quiet.

    The shift keeps the order: a larger offset is never later. Beyond COMMUNITY_DAYS there is none.
    """
    anchor = epoch.replace(microsecond=0)
    effort = _effort(anchor)
    share_of_effort = offset / (COMMUNITY_DAYS * 86_400) * effort[-1]
    hour = bisect_right(effort, share_of_effort) - 1
    if hour >= len(effort) - 1:
        return anchor - timedelta(seconds=offset)
    part = (share_of_effort - effort[hour]) / (effort[hour + 1] - effort[hour])
    return anchor - timedelta(seconds=int((hour + part) * 3600))


@lru_cache(maxsize=4)
def _effort(epoch: datetime) -> tuple[float, ...]:
    """How much is written between each full hour before the epoch and the epoch."""
    hours = (epoch - timedelta(hours=hour) for hour in range(1, COMMUNITY_DAYS * 24 + 1))
    return tuple(accumulate(map(_effort_of_hour, hours), initial=0.0))


def _effort_of_hour(at: datetime) -> float:
    by_day = 1.0 if at.hour in AWAKE_HOURS else NIGHT_EFFORT
    by_week = WEEKEND_EFFORT if at.weekday() >= SATURDAY else 1.0
    return by_day * by_week
