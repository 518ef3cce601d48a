"""Follows the reviews of a game on Steam. Nothing has to be set up there, and it costs nothing.

1. Open the game's page in Steam's store and look at its address: the number behind `/app/` is the
   game's number.
2. Enter that number in the settings.

Heard are reviews in all languages, from the first one on, asked for every half hour; edits of the
last two days. Steam cannot be asked about single reviews, so deleted ones are not noticed; its
discussions cannot be read by a program. Developers answer reviews in Steam itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, objects
from integrations.poll_contract import Polling
from integrations.polling import unreadable
from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import (
    AuthorRef,
    CommentEvent,
    EventType,
    KeepPrivate,
    Source,
)
from integrations.text.bbcode import without_quotes

STEAM_API = "https://api.steampowered.com"
STEAM_PAGE_REVIEWS = 100
_FIRST_PAGE = "*"
_EMPTY_ONCE = "!"
_NEWEST, _ALL = 1, 0
_STEAM_MARK = re.compile(
    r"(?i)\[/?(?:b|u|i|h[1-3]|strike|spoiler|noparse|hr|list|olist|\*|code|table|tr|th|td"
    r"|url(?:=[^\]\n]{0,500})?)\]"
)


class Settings(BaseModel):
    """What a source of Steam needs to know."""

    app: str = Field(default="", max_length=20, description="The game's number on Steam.")
    api_url: payload.SettingAddress = Field(
        default="", description="Address of the API, where it is not Steam's own."
    )
    keep_private: KeepPrivate = False


class SteamAuthor(payload.Shape):
    """Who wrote; Steam tells no name."""

    steamid: payload.Identifier


class SteamReview(payload.Shape):
    """What we read of a review."""

    recommendationid: payload.Identifier
    author: SteamAuthor
    review: payload.Text = ""
    language: payload.Line = ""
    timestamp_created: payload.UnixTime = None
    timestamp_updated: payload.UnixTime = None
    voted_up: payload.Flag = False
    votes_up: payload.Count = 0


def event(inbound: Inbound) -> str:
    """``review``, or what else it is called."""
    return payload.name(inbound.json().get("event"))


def delivery_id(inbound: Inbound) -> str | None:
    """The review with the time of its last edit."""
    review = inbound.json().get("review")
    if not isinstance(review, dict):
        return None
    number, changed = review.get("recommendationid"), review.get("timestamp_updated")
    if not isinstance(number, str) or type(changed) is not int:
        return None
    return payload.delivery_key(event(inbound), number, str(changed)[:40])


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The review; whether it recommends the game stands beside its text."""
    body = inbound.json()
    review = payload.read(SteamReview, body.get("review"))
    text, extras = payload.cut(steam_text(review.review))
    written, changed = review.timestamp_created, review.timestamp_updated
    is_edited = changed is not None and changed != written
    app, number = payload.name(body.get("app")), review.author.steamid
    is_address = app.isdigit() and number.isdigit()
    address = f"https://steamcommunity.com/profiles/{number}/recommended/{app}/"
    return [
        CommentEvent(
            EventType.edited if is_edited else EventType.created,
            review.recommendationid,
            version=payload.version(changed or written, "1" if is_edited else "0"),
            thread_id=review.recommendationid,
            permalink=address if is_address else "",
            author=AuthorRef(number, handle=number),
            text=text,
            created_at=written,
            edited_at=changed if is_edited else None,
            opens_thread=True,
            likes=review.votes_up,
            extras={**extras, "recommended": review.voted_up, "language": review.language},
            visibility=Visibility.public,
        )
    ]


def steam_text(words: str) -> str:
    """The words without Steam's marks, and without what they quote."""
    return _STEAM_MARK.sub("", without_quotes(words)).strip()


class SteamReader(ListReader[Settings]):
    """Reads the reviews of one game."""

    title = "Steam"
    remedy = "Check the game's number in the settings."

    async def streams(self) -> Sequence[str]:
        if not self.settings.app.isdigit():
            raise missing_setting("Enter the game's number in this source's settings.")
        return [self.settings.app]

    def subject(self, name: str) -> str:
        return f"Game {name}"

    async def page(self, stream: Stream) -> ListPage:
        """A page, the newest first. Steam shows an empty one too early now and then: the next one
        is tried before the list counts as ended."""
        cursor = stream.page.removesuffix(_EMPTY_ONCE) or _FIRST_PAGE
        question = {
            "appid": int(stream.name),
            "filter": _NEWEST,
            "languages": ["all"],
            "review_type": _ALL,
            "purchase_type": 1,
            "num_per_page": STEAM_PAGE_REVIEWS,
            "filter_offtopic_activity": False,
            "cursor": cursor,
        }
        url = f"{self.settings.api_url or STEAM_API}/IUserReviewsService/GetAppReviews/v1/"
        answer = await self.answer_object(url, {"input_json": json.dumps(question)})
        response = answer.get("response")
        if not isinstance(response, dict) or not isinstance(response.get("reviews", []), list):
            raise unreadable(self.title)
        reviews = objects(response.get("reviews", []))
        following = str(response.get("cursor") or "")
        is_end = not following or following == cursor
        if not reviews:
            is_end = is_end or stream.page.endswith(_EMPTY_ONCE)
            following += _EMPTY_ONCE
        rows = [self._row(review) for review in reviews]
        return ListPage(rows, "" if is_end else following)

    def _row(self, review: Mapping[str, Any]) -> Row:
        item = json_item({"event": "review", "app": self.settings.app, "review": review})
        written = payload.count(review.get("timestamp_created"))
        moment = datetime.fromtimestamp(written, UTC)
        return Row(item, f"{written:012}.{review.get('recommendationid')}", moment)


STEAM_POLLING: Polling[Settings] = Polling(
    credentials=None,
    begin=begin_lists,
    poll=poll_by(SteamReader),
    check=check_by(SteamReader),
    account=lambda settings, _: payload.joined("steam", settings.api_url),
    guide="",
    calls_per_minute=30,
    interval_seconds=1_800.0,
)

SOURCE: Source[Settings] = Source(
    name="steam",
    title="Steam reviews",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset({"review"}),
    ignored={"developer_response": "What the developers answered is not feedback."},
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    polling=STEAM_POLLING,
    no_replies="Steam has no way to answer reviews by a program: answer on the review's page.",
    guide=__doc__,
    global_authors=True,
)
