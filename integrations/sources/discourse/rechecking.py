"""Looks at posts of a forum again: topic by topic, and one by one where a post is missing in its
topic."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx

from integrations.poll_contract import KnownComment, PolledItem, Rechecked
from integrations.polling import read_json, refusal, unreadable
from integrations.sources.discourse.calls import (
    FORUM_TITLE,
    Categories,
    as_delivery,
    forum_response,
    read_categories,
)
from integrations.sources.discourse.settings import Settings
from integrations.sources.discourse.visibility import place

UNSEEN_TOPICS = (
    "Discourse no longer shows some topics of this source to the account, so nobody knows whether "
    "their posts were changed or deleted, and they stay: let the account read them, or take them "
    "out here."
)


class _Hidden(Exception):
    """The account may not see it."""


async def recheck_posts(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """The posts as they are now. One is gone where the forum says so of the post itself, and still
    shows its topic, or its category where the topic is gone as well."""
    seen = await read_categories(settings, credentials, http)
    topics: dict[str, list[KnownComment]] = defaultdict(list)
    for comment in sought:
        if comment.thread_id.isdecimal() and comment.external_id.isdecimal():
            topics[comment.thread_id].append(comment)
    look = _Look(settings, credentials, http, seen)
    for topic_id, comments in topics.items():
        await look.at_topic(topic_id, comments)
    return Rechecked(look.items, frozenset(look.gone), UNSEEN_TOPICS if look.is_hidden else "")


class _Look:
    """What was found so far. ``is_hidden``: something could not be looked at."""

    def __init__(
        self,
        settings: Settings,
        credentials: Mapping[str, Any],
        http: httpx.AsyncClient,
        seen: Categories,
    ) -> None:
        self.settings, self.credentials, self.http, self.seen = settings, credentials, http, seen
        self.items: list[PolledItem] = []
        self.gone: list[str] = []
        self.is_hidden = False

    async def at_topic(self, topic_id: str, comments: Sequence[KnownComment]) -> None:
        """Look at posts in the topic where they stood."""
        try:
            topic = await self._read(f"/t/{topic_id}.json?include_raw=true")
        except _Hidden:
            self.is_hidden = True
            return
        if topic is None:
            for comment in comments:
                if self._is_category_seen(comment):
                    await self._at_post(comment)
                else:
                    self.is_hidden = True
            return
        posts = await self._posts(topic_id, topic, comments)
        for comment in comments:
            if comment.external_id in posts:
                self._take(topic, posts[comment.external_id])
            else:
                await self._at_post(comment)

    async def _posts(
        self, topic_id: str, topic: Mapping[str, Any], comments: Sequence[KnownComment]
    ) -> dict[str, dict[str, Any]]:
        """The posts of a topic that we have, by their ids: its first ones came with it."""
        posts = _posts_of(topic)
        missing = [one.external_id for one in comments if one.external_id not in posts]
        if missing:
            ids = [("post_ids[]", external_id) for external_id in missing]
            query = urlencode([("include_raw", "true"), *ids])
            more = await self._read(f"/t/{topic_id}/posts.json?{query}")
            posts |= _posts_of(more or {})
        return posts

    async def _at_post(self, comment: KnownComment) -> None:
        """A post that is not where it stood: it was moved, or it is gone."""
        try:
            post = await self._read(f"/posts/{comment.external_id}.json")
            if post is None:
                self.gone.append(comment.external_id)
                return
            topic_id = str(post.get("topic_id"))
            topic = await self._read(f"/t/{topic_id}.json") if topic_id.isdecimal() else None
        except _Hidden:
            self.is_hidden = True
            return
        if topic is None:
            self.is_hidden = True
        else:
            self._take(topic, post)

    def _take(self, topic: Mapping[str, Any], post: Mapping[str, Any]) -> None:
        if post.get("deleted_at"):  # an account of staff sees what others do not
            self.gone.append(str(post["id"]))
            return
        of_topic = {
            "topic_title": topic.get("title"),
            "topic_slug": topic.get("slug"),
            "category_id": topic.get("category_id"),
        }
        archetype = str(topic.get("archetype") or "regular")
        sent = {**post, **{name: value for name, value in of_topic.items() if value is not None}}
        self.items.append(as_delivery(self.settings, sent, self.seen, archetype))

    def _is_category_seen(self, comment: KnownComment) -> bool:
        return any(comment.place == place({"category_id": one}) for one in self.seen.named)

    async def _read(self, path: str) -> dict[str, Any] | None:
        """The JSON at a path, None where the forum says that it is not there. Raises _Hidden."""
        expected = (403, 404, 410)
        response = await forum_response(
            self.settings, self.credentials, path, self.http, expected=expected
        )
        error = _error_type(response)
        if response.status_code == 403 and error == "invalid_access":
            raise _Hidden
        if response.status_code in (404, 410) and error == "not_found":
            return None
        if not response.is_success:
            raise refusal(FORUM_TITLE, response)
        value = read_json(FORUM_TITLE, response)
        if not isinstance(value, dict):
            raise unreadable(FORUM_TITLE)
        if value.get("errors"):  # some proxies turn its 403 into a 200
            raise _Hidden
        return value


def _error_type(response: httpx.Response) -> str:
    """What the forum calls its refusal; blank for an answer that is not the forum's own."""
    try:
        value = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    return str(value.get("error_type") or "") if isinstance(value, dict) else ""


def _posts_of(answer: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The posts of a topic's answer, by their ids. Raises PollError."""
    stream = answer.get("post_stream")
    listed = stream.get("posts") if isinstance(stream, dict) else None
    if not isinstance(listed, list):
        raise unreadable(FORUM_TITLE)
    return {
        str(post["id"]): post
        for post in listed
        if isinstance(post, dict) and isinstance(post.get("id"), int)
    }
