"""Asks a forum for its posts, from the newest back to a moment or to the last one that was seen.

1. As an administrator open **Admin → Advanced → API keys** and choose **Add API Key**.
2. Description: the name of this service; User Level: **Single User**, and an account that may read
   what you want to follow, no more. Scope: **Granular**, and under *posts* and *topics* tick what
   reads; **Read-only** does as well.
3. Save, copy the key, and enter it here with the name of that account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.poll_contract import Poll, PolledItem, PollError, Polling
from integrations.polling import ask, forbidden, unreadable
from integrations.sources.discourse.settings import Settings

_FORUM_TITLE = "Discourse"
POSTS_WINDOW = 50
"""Older versions answer with the posts of so many ids, however few of them are public."""
EMPTY_WINDOWS_MAX = 200


class DiscourseCredentials(BaseModel):
    """What lets us read a forum."""

    model_config = SECRETIVE

    api_key: Token = Field(description="A key of the forum's API.")
    api_username: str = Field(
        min_length=1, max_length=100, description="The account that the key belongs to."
    )


class _Walk(BaseModel):
    """A cursor: posts up to ``before`` are next, down to those that are older than ``since`` or not
    above ``floor``. ``top`` is the highest id of this walk; ``restricted`` are the categories that
    not everybody reads, ``categories`` all that the account sees."""

    since: datetime | None = None
    floor: int = 0
    before: int = 0
    top: int = 0
    empty_windows: int = 0
    categories: list[int] | None = None
    restricted: list[int] = []


def _begin(since: datetime | None) -> str:
    return _Walk(since=since).model_dump_json(exclude_defaults=True)


async def _poll(
    settings: Settings, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
) -> Poll:
    """The next posts. Ids fall as one goes back, so no page can be skipped when others are
    written meanwhile."""
    walk = _Walk.model_validate_json(cursor)
    params = {"before": walk.before} if walk.before else {}
    answer = await _ask(settings, credentials, "/posts.json", http, params)
    posts = _posts(answer)
    new_posts = [post for post in posts if post["id"] > walk.floor]
    if new_posts and walk.categories is None:
        walk = await _with_categories(settings, credentials, http, walk)
    wanted_posts = [post for post in new_posts if not _is_older(post, walk.since)]
    items = [_item(settings, post, walk) for post in wanted_posts]
    times = [moment for post in posts if (moment := _written_at(post)) is not None]
    walk = _next(walk, posts)
    all_older = bool(posts) and not wanted_posts
    done = all_older or walk.before <= walk.floor or walk.empty_windows > EMPTY_WINDOWS_MAX
    following = _Walk(floor=max(walk.top, walk.floor)) if done else walk
    cursor = following.model_dump_json(exclude_defaults=True)
    return Poll(items, cursor, done=done, reached=min(times, default=None))


def _next(walk: _Walk, posts: list[dict[str, Any]]) -> _Walk:
    ids = [post["id"] for post in posts]
    lowest = min(ids, default=walk.before or 1)
    if walk.before and lowest > walk.before:
        raise PollError(
            "page_repeated", f"{_FORUM_TITLE} answers with the same page again and again."
        )
    before = lowest - 1 if ids else max(walk.before - POSTS_WINDOW, 0)
    return walk.model_copy(
        update={
            "before": before,
            "top": max([walk.top, *ids]),
            "empty_windows": 0 if ids else walk.empty_windows + 1,
        }
    )


def _posts(answer: Any) -> list[dict[str, Any]]:
    listed = answer.get("latest_posts") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise unreadable(_FORUM_TITLE)
    return [
        post
        for post in listed
        if isinstance(post, dict) and isinstance(post.get("id"), int) and post["id"] > 0
    ]


def _written_at(post: Mapping[str, Any]) -> datetime | None:
    """When a post was written; one without a readable time counts as new."""
    try:
        written_at = datetime.fromisoformat(str(post.get("created_at")))
    except ValueError:
        return None
    return written_at if written_at.tzinfo else written_at.replace(tzinfo=UTC)


def _is_older(post: Mapping[str, Any], since: datetime | None) -> bool:
    written_at = _written_at(post)
    return since is not None and written_at is not None and written_at < since


async def _with_categories(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient, walk: _Walk
) -> _Walk:
    """The walk with the categories that the account sees, and which of them are not for all."""
    site = await _ask(settings, credentials, "/site.json", http, {})
    listed = site.get("categories") if isinstance(site, dict) else None
    categories = [one for one in listed or [] if isinstance(one, dict)]
    return walk.model_copy(
        update={
            "categories": [one["id"] for one in categories if isinstance(one.get("id"), int)],
            "restricted": [one["id"] for one in categories if one.get("read_restricted") is True],
        }
    )


def _item(settings: Settings, post: Mapping[str, Any], walk: _Walk) -> PolledItem:
    """The post as a webhook sends it. This list holds no private messages; a category that the
    site does not name is not for everybody."""
    category = post.get("category_id")
    named = walk.categories is not None and category in walk.categories
    restricted = category is not None and (category in walk.restricted or not named)
    is_edited = isinstance(post.get("version"), int) and post["version"] > 1
    name = "post_edited" if is_edited else "post_created"
    sent = {**post, "topic_archetype": "regular", "read_restricted": restricted}
    headers = {
        "x-discourse-event-type": "post",
        "x-discourse-event": name,
        "x-discourse-instance": settings.base_url,
        "content-type": "application/json",
    }
    body = json.dumps({"post": sent}, ensure_ascii=False, separators=(",", ":"))
    return PolledItem(headers, body.encode("utf-8", "replace"))


async def _ask(
    settings: Settings,
    credentials: Mapping[str, Any],
    path: str,
    http: httpx.AsyncClient,
    params: Mapping[str, int],
) -> Any:
    if not settings.base_url:
        raise PollError(
            "address_missing",
            "Enter the forum's address (base_url) in this source's settings, so that it can be "
            "asked.",
            needs_person=True,
        )
    headers = {
        "Api-Key": str(credentials.get("api_key", "")),
        "Api-Username": quote(str(credentials.get("api_username", "")), safe=""),
        "Accept": "application/json",
    }
    answer = await ask(http, _FORUM_TITLE, settings.base_url + path, params=params, headers=headers)
    value = answer.value
    if isinstance(value, dict) and value.get("errors"):  # some proxies turn its 403 into a 200
        raise forbidden(_FORUM_TITLE, "an account that may read, and the scopes posts and topics")
    return value


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    findings: list[Finding] = []
    for subject, path, detail in (
        ("Posts", "/posts.json", "The key reads the newest posts."),
        ("Categories", "/site.json", "The key reads which categories are not for everybody."),
    ):
        try:
            await _ask(settings, credentials, path, http, {})
        except PollError as error:
            remedy = "Make a key as the guide says: read-only, or with the scopes posts and topics."
            return [*findings, Finding(subject, False, error.detail, remedy)]
        findings.append(Finding(subject, True, detail))
    return findings


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.joined("discourse", settings.base_url.lower())


DISCOURSE_POLLING: Polling[Settings] = Polling(
    credentials=DiscourseCredentials,
    begin=_begin,
    poll=_poll,
    check=_check,
    account=_account,
    guide=__doc__,
    calls_per_minute=60,  # max_admin_api_reqs_per_minute as it is shipped
)
"""How a forum is polled. Edits are seen where a post is walked over again; deletions are not."""
