"""Calls of a forum's API, and its posts in the shape of its webhooks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from integrations.poll_contract import PolledItem, PollError
from integrations.polling import Query, forbidden, read_json, request
from integrations.sources.discourse.settings import Settings

FORUM_TITLE = "Discourse"


@dataclass(frozen=True, slots=True)
class Categories:
    """The categories that the account sees, and which of them not everybody reads."""

    named: frozenset[int]
    restricted: frozenset[int]


async def ask_forum(
    settings: Settings,
    credentials: Mapping[str, Any],
    path: str,
    http: httpx.AsyncClient,
    params: Query | None = None,
) -> Any:
    """The JSON at a path. Raises PollError."""
    response = await forum_response(settings, credentials, path, http, params)
    value = read_json(FORUM_TITLE, response)
    if isinstance(value, dict) and value.get("errors"):  # some proxies turn its 403 into a 200
        raise forbidden(FORUM_TITLE, "an account that may read, and the scopes posts and topics")
    return value


async def forum_response(
    settings: Settings,
    credentials: Mapping[str, Any],
    path: str,
    http: httpx.AsyncClient,
    params: Query | None = None,
    expected: Collection[int] = (),
) -> httpx.Response:
    """The answer at a path, which may have one of the ``expected`` statuses. Raises PollError."""
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
    url = settings.base_url + path
    return await request(
        http, FORUM_TITLE, url, params=params or None, headers=headers, expected=expected
    )


async def read_categories(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> Categories:
    """The categories that the account sees. Raises PollError."""
    site = await ask_forum(settings, credentials, "/site.json", http)
    listed = site.get("categories") if isinstance(site, dict) else None
    categories = [one for one in listed or [] if isinstance(one, dict)]
    numbered = [one for one in categories if isinstance(one.get("id"), int)]
    return Categories(
        frozenset(one["id"] for one in numbered),
        frozenset(one["id"] for one in numbered if one.get("read_restricted") is True),
    )


def as_delivery(
    settings: Settings, post: Mapping[str, Any], seen: Categories, archetype: str = "regular"
) -> PolledItem:
    """The post as a webhook sends it. A category that the site does not name is not for
    everybody."""
    category = post.get("category_id")
    restricted = category is not None and (
        category in seen.restricted or category not in seen.named
    )
    is_edited = isinstance(post.get("version"), int) and post["version"] > 1
    name = "post_edited" if is_edited else "post_created"
    sent = {**post, "topic_archetype": archetype, "read_restricted": restricted}
    headers = {
        "x-discourse-event-type": "post",
        "x-discourse-event": name,
        "x-discourse-instance": settings.base_url,
        "content-type": "application/json",
    }
    body = json.dumps({"post": sent}, ensure_ascii=False, separators=(",", ":"))
    return PolledItem(headers, body.encode("utf-8", "replace"))
