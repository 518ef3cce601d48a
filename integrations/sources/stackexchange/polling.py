"""Asks Stack Exchange for questions with certain tags, their answers and their comments.

1. Nothing is needed for 300 calls a day, which is enough for a tag in which little is written:
   press **Save** with the field left blank.
2. For 10,000 calls a day open https://stackapps.com/apps/oauth/register, give the application any
   name and your own domain, and copy the **Key**. It costs nothing, and is no secret.
3. Enter the key here.

Without a key a list is read to its 25th page and no further, so history ends there.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, objects
from integrations.poll_contract import KnownComment, PolledItem, Polling, Rechecked
from integrations.polling import (
    PollAnswer,
    Query,
    limited,
    read_json,
    refusal,
    request,
    unauthorized,
    unreadable,
)
from integrations.sources.stackexchange.settings import Settings

POSTS_PER_PAGE = 100
_PAGES_WITHOUT_KEY = 25
_QUOTA_SPENT_SECONDS = 3_600.0
_WAIT_IN_WORDS = re.compile(r"in (\d{1,7}) seconds")
_THROTTLED_ERROR = 502
_waits: dict[str, float] = {}
"""Until when an account is to be left alone, by the answers that this process had."""


class StackExchangeCredentials(BaseModel):
    """What makes the daily quota larger."""

    key: str = Field(
        default="", max_length=100, pattern=r"^[!-~]*$", description="The key of an application."
    )


class StackExchangeReader(ListReader[Settings]):
    """Reads a site. A stream is a tag, or ``answers``, ``comments`` of posts by their numbers."""

    title = "Stack Exchange"
    remedy = "Check the site and the tags in the settings, and the application's key."

    async def answer(
        self,
        url: str,
        params: Query | None = None,
        *,
        question: Mapping[str, Any] | None = None,
    ) -> PollAnswer:
        """An answer. It says itself how long to wait before the next one, and a refusal of any kind
        is a 400."""
        account = _account(self.settings, self.credentials)
        if (wait := _waits.get(account, 0.0) - time.monotonic()) > 0:
            raise limited(self.title, wait)
        key = str(self.credentials.get("key") or "")
        sent = {"site": self.settings.site, "filter": "withbody", **(params or {})}
        sent |= {"key": key} if key else {}
        response = await request(self.http, self.title, url, params=sent, expected=(400,))
        value = read_json(self.title, response)
        if not isinstance(value, dict):
            raise unreadable(self.title)
        if response.status_code == httpx.codes.BAD_REQUEST:
            raise self._refusal(value, response)
        spent = value.get("quota_remaining") == 0
        seconds = _QUOTA_SPENT_SECONDS if spent else payload.count(value.get("backoff"))
        if seconds:
            _waits[account] = time.monotonic() + seconds
        return PollAnswer(value, response.headers)

    def _refusal(self, value: Mapping[str, Any], response: httpx.Response) -> Exception:
        words = str(value.get("error_message") or "")
        if value.get("error_id") == _THROTTLED_ERROR:
            named = _WAIT_IN_WORDS.search(words)
            return limited(self.title, float(named[1]) if named else None)
        if "key" in words:
            return unauthorized(self.title)
        return refusal(self.title, response)

    async def streams(self) -> Sequence[str]:
        tags = payload.listed(self.settings.tags)
        if not tags or not self.settings.site.strip():
            raise missing_setting("Name the site and its tags in this source's settings.")
        return [f"tag|{tag}" for tag in tags]

    def subject(self, name: str) -> str:
        return f"Tag {name.partition('|')[2]}"

    async def rows(self, path: str, params: Query) -> tuple[list[dict[str, Any]], bool]:
        """The rows of a page, and whether there is another one."""
        answer = await self.answer_object(f"{self.settings.api()}/{path}", params)
        if not isinstance(answer.get("items"), list):
            raise unreadable(self.title)
        return objects(answer["items"]), answer.get("has_more") is True

    async def page(self, stream: Stream) -> ListPage:
        kind, _, inner = stream.name.partition("|")
        number = int(stream.page or 1)
        params: dict[str, str | int] = {"pagesize": POSTS_PER_PAGE, "page": number}
        if kind == "tag":
            return await self._questions(stream, inner, params)
        host, ids = inner.split("|")
        parents = dict(pair.split("=") for pair in ids.split(";"))
        path = "questions/{}/answers" if kind == "answers" else "posts/{}/comments"
        listed, more = await self.rows(path.format(";".join(parents)), params)
        rows, answers = [], {}
        for post in listed:
            parent = str(post.get("question_id" if kind == "answers" else "post_id") or "")
            question = {"id": parents.get(parent, ""), "host": host}
            rows.append(_row(kind.removesuffix("s"), post, question))
            answers[str(post.get("answer_id"))] = question["id"]
        threads = [_of_posts("comments", host, answers)] if kind == "answers" and answers else []
        return ListPage(rows, str(number + 1) if more else "", threads=threads)

    async def _questions(self, stream: Stream, tag: str, params: dict[str, str | int]) -> ListPage:
        """Questions by their last activity, with the answers and comments of those that are new."""
        params |= {"tagged": tag, "sort": "activity", "order": "desc"}
        if stream.since is not None:
            params["min"] = int(stream.since.timestamp())
        questions, more = await self.rows("questions", params)
        rows, fresh, host = [], {}, ""
        for question in questions:
            address = payload.web_address(str(question.get("link") or ""))
            host = urlsplit(address).hostname or host
            number = str(question.get("question_id") or "")
            shown = {"id": number, "title": question.get("title"), "host": host}
            row = _row("question", question, shown, "last_activity_date")
            rows.append(row)
            if row.mark > stream.floor and number:
                fresh[number] = number
        threads = [_of_posts(kind, host, fresh) for kind in ("answers", "comments") if fresh]
        page = int(stream.page or 1)
        more = more and (bool(self.credentials.get("key")) or page < _PAGES_WITHOUT_KEY)
        return ListPage(rows, str(page + 1) if more else "", threads=threads)


def _of_posts(kind: str, host: str, questions: Mapping[str, str]) -> str:
    """The stream of what belongs to posts, each with the number of its question."""
    pairs = ";".join(f"{post}={question}" for post, question in questions.items())
    return f"{kind}|{host}|{pairs}"


def _row(
    kind: str,
    post: Mapping[str, Any],
    question: Mapping[str, Any],
    time_field: str = "creation_date",
) -> Row:
    seconds = post.get(time_field)
    moment = datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    number = post.get(f"{kind}_id")
    return Row(post_item(kind, post, question), f"{payload.count(seconds):012}.{number}", moment)


def post_item(kind: str, post: Mapping[str, Any], question: Mapping[str, Any]) -> PolledItem:
    """A post with its question."""
    return json_item(
        {"kind": kind, "post": {"id": post.get(f"{kind}_id"), **post}, "question": question}
    )


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """Everything on a site is public: what its API does not list is deleted."""
    reader = StackExchangeReader(settings, credentials, http)
    by_path: dict[str, dict[str, KnownComment]] = defaultdict(dict)
    for comment in sought:
        kind, _, number = comment.external_id.partition(":")
        if number.isdigit():
            by_path["comments" if kind == "comment" else "posts"][number] = comment
    items, gone = [], set()
    for path, comments in by_path.items():
        id_field = "comment_id" if path == "comments" else "post_id"
        params: dict[str, str | int] = {"pagesize": POSTS_PER_PAGE}
        posts, _ = await reader.rows(f"{path}/{';'.join(comments)}", params)
        listed = {str(post.get(id_field)): post for post in posts}
        for number, comment in comments.items():
            if number not in listed:
                gone.add(comment.external_id)
                continue
            kind = comment.external_id.partition(":")[0]
            post = {**listed[number], f"{kind}_id": listed[number].get(id_field)}
            question = {"id": comment.thread_id.partition(":")[2]}
            items.append(post_item(kind, post, question))
    return Rechecked(items, frozenset(gone))


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    key = str(credentials.get("key") or "")
    return payload.fingerprinted("stackexchange", settings.api_url, key)


STACKEXCHANGE_POLLING: Polling[Settings] = Polling(
    credentials=StackExchangeCredentials,
    begin=begin_lists,
    poll=poll_by(StackExchangeReader),
    check=check_by(StackExchangeReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=6,  # 10,000 a day; without a key the answers say when 300 are spent
    burst=30,
    interval_seconds=900.0,
    recheck=_recheck,
    recheck_most=100,
)
"""How a site is polled. ``backoff`` and what is left of the quota are obeyed."""
