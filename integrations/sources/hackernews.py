"""Follows what is written on Hacker News about your product. Nothing there has to be set up, and it
costs nothing.

1. Enter the name of your product in the settings, and other words by which people speak of it. A
   word that means other things too brings those as well: add one that tells them apart.
2. Enter the numbers of stories whose comments you want in full, such as your own *Show HN*: the
   `id` in the story's address.

Heard are stories and comments, from the beginning on, every five minutes, through the search that
Algolia runs for Hacker News. Edits and deletions are noticed when an item is looked at again.
There is no way to answer by a program: Hacker News wants people to speak there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, moment_of, objects
from integrations.poll_contract import KnownComment, PolledItem, Polling, Rechecked
from integrations.polling import ask, unreadable
from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import (
    AuthorRef,
    CommentEvent,
    EventType,
    KeepPrivate,
    Source,
)
from integrations.text.html import html_to_text

SEARCH_API = "https://hn.algolia.com/api/v1"
ITEMS_API = "https://hacker-news.firebaseio.com/v0"
HITS_PER_PAGE = 500
_STORY_NUMBERS = "story:"
_HIT_KINDS = ("comment", "story", "poll", "pollopt", "job")
_NOBODY_THERE = "[deleted]"


class Settings(BaseModel):
    """What a source of Hacker News needs to know."""

    words: str = Field(
        default="",
        description="Words or names to look for, separated by commas; several words in one entry "
        "have to stand together.",
    )
    stories: str = Field(
        default="",
        description="Numbers of stories whose comments are all read, separated by commas.",
    )
    staff: str = Field(
        default="",
        description="Names of the accounts that belong to your own team, separated by commas.",
    )
    search_url: payload.SettingAddress = Field(
        default="", description="Address of the search, where it is not Algolia's."
    )
    items_url: payload.SettingAddress = Field(
        default="", description="Address of the items, where it is not Hacker News' own."
    )
    keep_private: KeepPrivate = False


class Hit(payload.Shape):
    """What we read of a story or a comment, as the search gives it."""

    objectID: payload.Identifier  # noqa: N815 - the search's name
    author: payload.Line = ""
    title: payload.Line = ""
    story_id: payload.OptionalId = ""
    story_title: payload.Line = ""
    story_text: payload.Text = ""
    comment_text: payload.Text = ""
    parent_id: payload.OptionalId = ""
    created_at: payload.Time = None
    updated_at: payload.Time = None
    points: payload.Count = 0


def event(inbound: Inbound) -> str:
    """``comment``, ``story``, ``job`` ...: the tag of the hit that says its kind."""
    tags = inbound.json().get("_tags")
    listed = tags if isinstance(tags, list) else []
    named = next((tag for tag in listed if tag in _HIT_KINDS), "")
    return payload.name(named or next(iter(listed), ""))


def delivery_id(inbound: Inbound) -> str | None:
    """The item with what it says: the search tells no time of an edit."""
    body = inbound.json()
    if not isinstance(body.get("objectID"), str):
        return None
    words = "\n".join(str(body.get(name) or "") for name in ("title", "story_text", "comment_text"))
    return payload.delivery_key(payload.fingerprinted(event(inbound), body["objectID"][:40], words))


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The story or comment; a story's text is its title, an empty line and what it says."""
    hit = payload.read(Hit, inbound.json())
    is_story = event(inbound) != "comment"
    html, extras = payload.cut(hit.story_text if is_story else hit.comment_text)
    text = html_to_text(html)
    thread = hit.objectID if is_story else hit.story_id or hit.objectID
    staff = {name.lower() for name in payload.listed(settings.staff)}
    name = hit.author or _NOBODY_THERE
    return [
        CommentEvent(
            EventType.created,
            hit.objectID,
            version=payload.version(hit.updated_at or hit.created_at, "0"),
            thread_id=thread,
            thread_title=hit.title if is_story else hit.story_title,
            permalink=f"https://news.ycombinator.com/item?id={hit.objectID}"
            if hit.objectID.isdigit()
            else "",
            author=AuthorRef(name, handle=name, is_staff=name.lower() in staff),
            text=f"{hit.title}\n\n{text}".strip() if is_story else text,
            created_at=hit.created_at,
            parent_id="" if is_story else hit.parent_id,
            opens_thread=is_story,
            likes=hit.points,
            extras=extras,
            visibility=Visibility.public,
        )
    ]


class HackerNewsReader(ListReader[Settings]):
    """Reads searches: a stream is a phrase, or the number of a story."""

    title = "Hacker News"
    remedy = "Check the words and the numbers of stories in the settings."

    async def streams(self) -> Sequence[str]:
        phrases = [" ".join(phrase.split()) for phrase in self.settings.words.split(",")]
        numbers = [one for one in payload.listed(self.settings.stories) if one.isdigit()]
        names = [phrase for phrase in phrases if phrase]
        names += [_STORY_NUMBERS + number for number in numbers]
        if not names:
            raise missing_setting(
                "Enter words to look for, or numbers of stories, in this source's settings."
            )
        return names

    async def page(self, stream: Stream) -> ListPage:
        """A window of time that moves back: no search shows more than 1,000 items."""
        number = stream.name.removeprefix(_STORY_NUMBERS)
        is_story = number != stream.name
        params: dict[str, str | int] = {
            "query": "" if is_story else '"' + stream.name.replace('"', "") + '"',
            "tags": f"comment,story_{number}" if is_story else "(story,comment)",
            "hitsPerPage": HITS_PER_PAGE,
            "advancedSyntax": "true",
        }
        params |= {"numericFilters": f"created_at_i<={stream.page}"} if stream.page else {}
        url = f"{self.settings.search_url or SEARCH_API}/search_by_date"
        answer = await self.answer_object(url, params)
        if not isinstance(answer.get("hits"), list):
            raise unreadable(self.title)
        hits = objects(answer["hits"])
        rows = [
            Row(_item(hit), _mark(hit), moment_of(hit.get("created_at")))
            for hit in hits
            if hit.get("objectID")
        ]
        is_full = len(hits) >= payload.count(answer.get("hitsPerPage") or HITS_PER_PAGE)
        return ListPage(rows, str(hits[-1].get("created_at_i") or "") if is_full and hits else "")


def _mark(hit: Mapping[str, Any]) -> str:
    return f"{payload.count(hit.get('created_at_i')):012}.{hit.get('objectID')}"


def _item(hit: Mapping[str, Any]) -> PolledItem:
    return json_item({name: value for name, value in hit.items() if name != "_highlightResult"})


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """Hacker News says itself of an item that it is deleted, or dead: hidden by its moderators. An
    edit is as old as the answer that shows it."""
    items, gone = [], set()
    for comment in sought:
        if not comment.external_id.isdigit():
            continue
        url = f"{settings.items_url or ITEMS_API}/item/{comment.external_id}.json"
        answer = await ask(http, HackerNewsReader.title, url)
        item = answer.value
        if not isinstance(item, dict):
            continue
        if item.get("deleted") is True or item.get("dead") is True:
            gone.add(comment.external_id)
            continue
        items.append(_as_hit(item, comment, answer.headers.get("date", "")))
    return Rechecked(items, frozenset(gone))


def _as_hit(item: Mapping[str, Any], comment: KnownComment, sent_at: str) -> PolledItem:
    is_comment = item.get("type") == "comment"
    seconds = item.get("time")
    created_at = datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    hit = {
        "objectID": comment.external_id,
        "_tags": [item.get("type")],
        "author": item.get("by"),
        "title": item.get("title"),
        "comment_text" if is_comment else "story_text": item.get("text"),
        "story_id": comment.thread_id if is_comment else None,
        "parent_id": item.get("parent"),
        "created_at": created_at.isoformat() if created_at else None,
        "updated_at": parsedate_to_datetime(sent_at).isoformat() if sent_at else None,
        "points": item.get("score"),
    }
    return json_item({name: value for name, value in hit.items() if value is not None})


HACKERNEWS_POLLING: Polling[Settings] = Polling(
    credentials=None,
    begin=begin_lists,
    poll=poll_by(HackerNewsReader),
    check=check_by(HackerNewsReader),
    account=lambda settings, _: payload.joined("hackernews", settings.search_url),
    guide="",
    calls_per_minute=60,  # 10,000 an hour for an address
    burst=20,
    recheck=_recheck,
    recheck_most=50,
)

SOURCE: Source[Settings] = Source(
    name="hackernews",
    title="Hacker News",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset({"comment", "story"}),
    ignored={
        "job": "A job is not a comment.",
        "poll": "A poll's comments are read, where its number is named.",
        "pollopt": "What can be chosen in a poll is not a comment.",
    },
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    polling=HACKERNEWS_POLLING,
    no_replies="Hacker News has no way to answer by a program: answer there in person.",
    guide=__doc__,
    global_authors=True,
)
