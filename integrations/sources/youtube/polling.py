"""Asks YouTube for the comments below a channel's videos.

1. Open https://console.cloud.google.com, choose or make a project, and under **APIs & Services →
   Library** switch on **YouTube Data API v3**. It costs nothing.
2. **APIs & Services → Credentials → Create credentials → API key**. Restrict it to that API.
3. Copy the key and enter it here.

A project has 10,000 units of quota a day, and a page of comments costs one. This service spends
at most 5,800 of them by asking and stops there; what is left pays for answers, of which each costs
50. When another program spends the rest, it waits until the quota is full again, at midnight in
California.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.entered_tokens import SECRETIVE, Token
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, moment_of, objects
from integrations.poll_contract import KnownComment, PolledItem, PollError, Polling, Rechecked
from integrations.polling import PollAnswer, Query, limited, unreadable
from integrations.sources.youtube.settings import Settings

YOUTUBE_PAGE_COMMENTS = 100
_YOUTUBE_RECHECK_COMMENTS = 50
_QUOTA_WAIT_SECONDS = 3_600.0
_THREADS = "threads"


class YouTubeCredentials(BaseModel):
    """What lets us read."""

    model_config = SECRETIVE

    api_key: Token = Field(description="An API key of a Google Cloud project.")


class YouTubeReader(ListReader[Settings]):
    """Reads a channel: all its threads, the newest first, and the replies of those that have more
    than before."""

    title = "YouTube"
    needed = "an API key that is not restricted to another API or to other addresses"
    remedy = "Check the channel's ID, and that YouTube Data API v3 is switched on for the key."

    def headers(self) -> Mapping[str, str]:
        return {"X-Goog-Api-Key": str(self.credentials.get("api_key", ""))}

    async def answer(
        self,
        url: str,
        params: Query | None = None,
        *,
        question: Mapping[str, Any] | None = None,
    ) -> PollAnswer:
        try:
            return await super().answer(url, params, question=question)
        except PollError as error:
            # A key that is wrong is a 400; a quota that is spent is full again once a day.
            if error.reason == "rate_limited" and (error.retry_after or 0) <= 60:
                raise limited(self.title, _QUOTA_WAIT_SECONDS) from None
            raise

    async def streams(self) -> Sequence[str]:
        if not self.settings.channel.startswith("UC"):
            raise missing_setting(
                "Enter the channel's ID (UC...) in this source's settings, so that it can be asked."
            )
        return [_THREADS]

    def subject(self, name: str) -> str:
        return "Comments"

    async def page(self, stream: Stream) -> ListPage:
        if stream.name == _THREADS:
            return await self._threads(stream)
        video, _, parent = stream.name.partition("|")
        params = self._params("snippet", stream.page) | {"parentId": parent}
        answer = await self.answer_object(f"{self.settings.api()}/comments", params)
        rows = [_row(comment, video) for comment in self.items(answer)]
        return ListPage(rows, _following(answer))

    async def _threads(self, stream: Stream) -> ListPage:
        params = self._params("snippet", stream.page) | {
            "allThreadsRelatedToChannelId": self.settings.channel,
            "order": "time",
        }
        answer = await self.answer_object(f"{self.settings.api()}/commentThreads", params)
        rows, threads, notes = [], [], {}
        for thread in self.items(answer):
            snippet = thread.get("snippet")
            top = snippet.get("topLevelComment") if isinstance(snippet, dict) else None
            if not isinstance(snippet, dict) or not isinstance(top, dict):
                raise unreadable(self.title)
            number, video = str(top.get("id") or ""), str(snippet.get("videoId") or "")
            rows.append(_row(top, video))
            replies = str(payload.count(snippet.get("totalReplyCount")))
            if replies != stream.notes.get(number, "0"):
                threads.append(f"{video}|{number}")
                notes[number] = replies
        return ListPage(rows, _following(answer), threads=threads, notes=notes)

    def _params(self, part: str, page: str) -> dict[str, str | int]:
        params: dict[str, str | int] = {
            "part": part,
            "maxResults": YOUTUBE_PAGE_COMMENTS,
            "textFormat": "plainText",
        }
        return params | ({"pageToken": page} if page else {})

    def items(self, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of an answer."""
        if not isinstance(answer.get("items"), list):
            raise unreadable(self.title)
        return objects(answer["items"])


def _following(answer: Mapping[str, Any]) -> str:
    following = answer.get("nextPageToken")
    return following if isinstance(following, str) else ""


def _row(comment: Mapping[str, Any], video: str) -> Row:
    written = comment.get("snippet")
    published = str(written.get("publishedAt") or "") if isinstance(written, dict) else ""
    return Row(comment_item(comment, video), published, moment_of(published))


def comment_item(comment: Mapping[str, Any], video: str) -> PolledItem:
    """A comment with the video below which it stands, without pictures."""
    snippet = comment.get("snippet")
    shown = {
        name: value
        for name, value in (snippet.items() if isinstance(snippet, dict) else ())
        if not name.startswith(("authorProfile", "viewer", "image"))
    }
    return json_item({**comment, "snippet": {"videoId": video, **shown}})


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """A comment is gone where it is missing while its video shows comments."""
    reader = YouTubeReader(settings, credentials, http)
    ids = ",".join(comment.external_id for comment in sought)
    params: dict[str, str | int] = {"part": "snippet", "id": ids, "textFormat": "plainText"}
    answer = await reader.answer_object(f"{settings.api()}/comments", params)
    videos = {comment.external_id: str(comment.extras.get("video") or "") for comment in sought}
    rows = {str(one.get("id")): one for one in reader.items(answer)}
    items = [comment_item(one, videos.get(number, "")) for number, one in rows.items()]
    missing: dict[str, set[str]] = defaultdict(set)
    for number, video in videos.items():
        if number not in rows and video:
            missing[video].add(number)
    gone: set[str] = set()
    unseen = ""
    for video, numbers in missing.items():
        question: dict[str, str | int] = {"part": "id", "videoId": video, "maxResults": 1}
        try:
            reader.items(await reader.answer_object(f"{settings.api()}/commentThreads", question))
        except PollError as error:
            if error.reason not in ("source_not_there", "source_forbidden"):
                raise
            unseen = f"The comments of video {video} are not shown any more."
        else:
            gone |= numbers
    return Rechecked(items, frozenset(gone), unseen)


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    key = str(credentials.get("api_key", ""))
    return payload.fingerprinted("youtube", settings.api_url, key)


YOUTUBE_POLLING: Polling[Settings] = Polling(
    credentials=YouTubeCredentials,
    begin=begin_lists,
    poll=poll_by(YouTubeReader),
    check=check_by(YouTubeReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=4,  # 5,760 of the 10,000 units of a day
    burst=40,
    interval_seconds=600.0,
    recheck=_recheck,
    recheck_most=_YOUTUBE_RECHECK_COMMENTS,
)
"""How a channel is polled: within a part of the day's quota."""
