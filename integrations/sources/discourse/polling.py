"""Asks a forum for its posts, from the newest back to a moment or to the last one that was seen.

1. As an administrator open **Admin → Advanced → API keys** and choose **Add API Key**.
2. Description: the name of this service; User Level: **Single User**, and an account that may read
   what you want to follow, no more. Scope: **Granular**, and under *posts* and *topics* tick what
   reads; **Read-only** does as well.
3. Save, copy the key, and enter it here with the name of that account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.poll_contract import Poll, PollError, Polling
from integrations.polling import unreadable
from integrations.sources.discourse.calls import (
    FORUM_TITLE,
    Categories,
    as_delivery,
    ask_forum,
    read_categories,
)
from integrations.sources.discourse.rechecking import recheck_posts
from integrations.sources.discourse.settings import Settings

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
    answer = await ask_forum(settings, credentials, "/posts.json", http, params)
    posts = _posts(answer)
    new_posts = [post for post in posts if post["id"] > walk.floor]
    if new_posts and walk.categories is None:
        walk = await _with_categories(settings, credentials, http, walk)
    wanted_posts = [post for post in new_posts if not _is_older(post, walk.since)]
    seen = Categories(frozenset(walk.categories or ()), frozenset(walk.restricted))
    items = [as_delivery(settings, post, seen) for post in wanted_posts]
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
            "page_repeated", f"{FORUM_TITLE} answers with the same page again and again."
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
        raise unreadable(FORUM_TITLE)
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
    seen = await read_categories(settings, credentials, http)
    update = {"categories": sorted(seen.named), "restricted": sorted(seen.restricted)}
    return walk.model_copy(update=update)


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    findings: list[Finding] = []
    for subject, path, detail in (
        ("Posts", "/posts.json", "The key reads the newest posts."),
        ("Categories", "/site.json", "The key reads which categories are not for everybody."),
    ):
        try:
            await ask_forum(settings, credentials, path, http, {})
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
    recheck=recheck_posts,
    recheck_most=20,
)
"""How a forum is polled. Edits are seen where a post is walked over again, and deletions where it
is looked at again."""
