"""Asks Reddit for the posts and comments of subreddits, by the keys of an app or by your own feed.

1. With keys, which Reddit has given out only after an approval since November 2025
   (https://www.reddit.com/prefs/apps): enter **Client id** and **Client secret** of a *script* app;
   a **Refresh token** is needed for subreddits that not everybody reads.
2. Without keys: sign in, open https://www.reddit.com/prefs/feeds and look at the address of any
   feed there: `user=` is the **Feed user**, `feed=` the **Feed key**. It brings what is new,
   without edits, deletions and scores, and no history beyond the newest hundred.
"""

from __future__ import annotations

import calendar
import io
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import anyio.to_thread
import httpx
from pydantic import BaseModel, Field, SecretStr

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE
from integrations.listing import (
    ListPage,
    Row,
    Stream,
    begin_lists,
    json_item,
    numbered,
    objects,
    walk_lists,
)
from integrations.poll_contract import Poll, PollError, Polling
from integrations.polling import ask, request, unreadable
from integrations.sources.reddit.settings import REDDIT_API, REDDIT_SITE, Settings
from integrations.sources.reddit.tokens import (
    REDDIT_AGENT,
    bearer,
    forget,
    remember,
    remembered,
    token_request,
)

_REDDIT_TITLE = "Reddit"
THINGS_PER_PAGE = 100
_SUBREDDIT_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


class RedditCredentials(BaseModel):
    """What lets us read: keys of an app, or the key of a personal feed."""

    model_config = SECRETIVE

    client_id: str = Field(default="", max_length=100, description="The app's id.")
    client_secret: SecretStr = Field(default=SecretStr(""), description="The app's secret.")
    refresh_token: SecretStr = Field(
        default=SecretStr(""), description="A refresh token of an account, for what is not public."
    )
    feed_user: str = Field(default="", max_length=100, description="The account of your own feed.")
    feed_key: SecretStr = Field(default=SecretStr(""), description="The key of your own feed.")


class _Reader:
    """Reads subreddits. A stream is the path of a list below ``r/``."""

    def __init__(
        self, settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._http = http

    @property
    def by_feed(self) -> bool:
        return not self._credentials.get("client_id") and bool(self._credentials.get("feed_key"))

    async def streams(self) -> Sequence[str]:
        """The lists of the subreddits in the settings."""
        entered = payload.listed(self._settings.subreddits)
        names = [name.lower().removeprefix("r/") for name in entered]
        names = [name for name in names if name and set(name) <= _SUBREDDIT_LETTERS]
        if not names:
            raise PollError(
                "address_missing",
                "Name the subreddits in this source's settings, so that they can be asked.",
                needs_person=True,
            )
        return [f"{name}/{part}" for name in names for part in ("new", "comments")]

    async def page(self, stream: Stream) -> ListPage:
        """One page of a list, the newest first."""
        if self.by_feed:
            return await self._feed(stream)
        params: dict[str, str | int] = {"limit": THINGS_PER_PAGE, "raw_json": 1}
        params |= {"after": stream.page} if stream.page else {}
        answer = await self._call(f"/r/{stream.name}", params)
        listing = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(listing, dict) or not isinstance(listing.get("children"), list):
            raise unreadable(_REDDIT_TITLE)
        rows = [row for child in objects(listing["children"]) if (row := _row(child)) is not None]
        after = listing.get("after")
        return ListPage(rows, after if isinstance(after, str) else "")

    async def _call(self, path: str, params: Mapping[str, str | int]) -> Any:
        token = remembered(self._settings, self._credentials) or await self._token()
        url = (self._settings.api_url or REDDIT_API) + path
        try:
            answer = await ask(self._http, _REDDIT_TITLE, url, params=params, headers=bearer(token))
        except PollError as error:
            if error.reason == "source_unauthorized":
                forget(self._settings, self._credentials)
            raise
        return answer.value

    async def _token(self) -> str:
        url, headers, form = token_request(self._settings, self._credentials)
        answer = await ask(self._http, _REDDIT_TITLE, url, headers=headers, form=form)
        if not (token := remember(self._settings, self._credentials, answer.value)):
            raise unreadable(_REDDIT_TITLE)
        return token

    async def _feed(self, stream: Stream) -> ListPage:
        """The newest entries of a personal feed; it has no further page."""
        params: dict[str, str | int] = {
            "feed": str(self._credentials.get("feed_key")),
            "user": str(self._credentials.get("feed_user", "")),
            "limit": THINGS_PER_PAGE,
        }
        url = f"{self._settings.site_url or REDDIT_SITE}/r/{stream.name}/.rss"
        headers = {"User-Agent": REDDIT_AGENT}
        response = await request(self._http, _REDDIT_TITLE, url, params=params, headers=headers)
        body = response.content

        def parsed() -> Any:
            import feedparser

            return feedparser.parse(io.BytesIO(body))

        if b"<!entity" in body.lower():
            raise unreadable(_REDDIT_TITLE)
        feed = await anyio.to_thread.run_sync(parsed)
        if not feed.get("version"):
            raise unreadable(_REDDIT_TITLE)
        return ListPage([row for entry in feed.entries if (row := _entry_row(entry)) is not None])


def _mark(name: str) -> str:
    """Ids count upwards, in 36 digits."""
    kind, _, digits = name.partition("_")
    try:
        return numbered(int(digits, 36)) if kind in ("t1", "t3") else ""
    except ValueError:
        return ""


def _row(child: Mapping[str, Any]) -> Row | None:
    inner = child.get("data")
    name = str(inner.get("name") or "") if isinstance(inner, dict) else ""
    if not isinstance(inner, dict) or not (mark := _mark(name)):
        return None
    return Row(json_item({"kind": child.get("kind"), "data": inner}), mark, _moment(inner))


def _moment(inner: Mapping[str, Any]) -> datetime | None:
    seconds = inner.get("created_utc")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 1e11 else None


def _entry_row(entry: Any) -> Row | None:
    name, written = str(entry.get("id") or ""), entry.get("updated_parsed")
    if not (mark := _mark(name)):
        return None
    moment = None
    if isinstance(written, time.struct_time):
        moment = datetime.fromtimestamp(calendar.timegm(written), UTC)
    contents = [str(part.get("value") or "") for part in entry.get("content", [])]
    body = {
        "id": name,
        "title": entry.get("title") or "",
        "author": entry.get("author") or "",
        "html": max([*contents, entry.get("summary") or ""], key=len),
        "link": entry.get("link") or "",
        "written": moment.isoformat() if moment else None,
    }
    return Row(json_item({"kind": "feed", "data": body}), mark, moment)


async def _poll(
    settings: Settings, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
) -> Poll:
    reader = _Reader(settings, credentials, http)
    return await walk_lists(_REDDIT_TITLE, cursor, reader.streams, reader.page)


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    reader, findings = _Reader(settings, credentials, http), []
    try:
        for name in await reader.streams():
            await reader.page(Stream(name, "", None, "", {}))
            findings.append(Finding(f"r/{name}", True, "It is read."))
    except PollError as error:
        remedy = "Check the names in the settings, and the keys of the app or of your feed."
        return [*findings, Finding("Reddit", False, error.detail, remedy)]
    return findings


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    own = [str(credentials.get(name, "")) for name in ("client_id", "feed_user", "feed_key")]
    return payload.fingerprinted("reddit", settings.api_url, "\n".join(own))


REDDIT_POLLING: Polling[Settings] = Polling(
    credentials=RedditCredentials,
    begin=begin_lists,
    poll=_poll,
    check=_check,
    account=_account,
    guide=__doc__,
    calls_per_minute=60,  # 100 for a client
)
"""How subreddits are polled: Reddit lists the newest thousand and no more."""
