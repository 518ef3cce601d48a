"""Asks Bluesky for what mentions, answers or quotes your account, and searches for words.

1. Sign in to Bluesky as your team's account and open **Settings → Privacy and security → App
   passwords → Add App Password**. Leave *Allow access to your direct messages* off.
2. Enter the account's handle and that password here; never the account's own password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx

from integrations import payload
from integrations.list_readers import ListReader, check_by, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, moment_of, objects
from integrations.poll_contract import KnownComment, PolledItem, Polling, Rechecked
from integrations.polling import PollAnswer, Query, ask, read_json, refusal, request, unreadable
from integrations.sources.bluesky.sessions import (
    EXPIRED_ERRORS,
    BlueskyCredentials,
    forget_access,
    session_of,
)
from integrations.sources.bluesky.settings import Settings

BLUESKY_PAGE_POSTS = 100
_NOTIFICATIONS = "what mentions you"
_ADDRESSED_REASONS = ("mention", "reply", "quote")
_POSTS_AT_ONCE = 25


class BlueskyReader(ListReader[Settings]):
    """Reads an account's notifications and searches."""

    title = "Bluesky"
    remedy = "Enter the account's handle and an app password that it has not revoked."

    async def answer(
        self,
        url: str,
        params: Query | None = None,
        *,
        question: Mapping[str, Any] | None = None,
    ) -> PollAnswer:
        """An answer to the account; a token that ran out early is renewed once."""
        for _ in range(2):
            session = await session_of(self.settings, self.credentials, self._post)
            if session is None:
                raise unreadable(self.title)
            response = await request(
                self.http, self.title, url, params=params, headers=session.headers, expected=(400,)
            )
            value = read_json(self.title, response)
            if response.status_code != httpx.codes.BAD_REQUEST:
                return PollAnswer(value, response.headers)
            if not isinstance(value, dict) or str(value.get("error")) not in EXPIRED_ERRORS:
                break
            forget_access(self.settings, self.credentials)
        raise refusal(self.title, response)

    async def _post(self, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Any:
        return (await ask(self.http, self.title, url, headers=headers, question=body)).value

    async def streams(self) -> Sequence[str]:
        words = [" ".join(word.split()) for word in self.settings.words.split(",")]
        return [_NOTIFICATIONS, *(f"search:{word}" for word in words if word)]

    def subject(self, name: str) -> str:
        return name.partition(":")[2] or "Notifications"

    async def page(self, stream: Stream) -> ListPage:
        """A page, the newest first by the network's own time."""
        parts: list[tuple[str, str | int]] = [("limit", BLUESKY_PAGE_POSTS)]
        parts += [("cursor", stream.page)] if stream.page else []
        is_search = stream.name != _NOTIFICATIONS
        method = "app.bsky.notification.listNotifications"
        if is_search:
            method = "app.bsky.feed.searchPosts"
            parts += [("q", stream.name.partition(":")[2]), ("sort", "latest")]
        else:
            parts += [("reasons", reason) for reason in _ADDRESSED_REASONS]
        answer = await self.answer_object(f"{self.settings.xrpc(method)}?{urlencode(parts)}")
        listed = answer.get("posts" if is_search else "notifications")
        if not isinstance(listed, list):
            raise unreadable(self.title)
        rows = []
        for post in objects(listed):
            moment = str(post.get("indexedAt") or "")
            rows.append(Row(post_item(post), f"{moment}.{post.get('cid')}", moment_of(moment)))
        following = answer.get("cursor")
        return ListPage(rows, following if isinstance(following, str) and listed else "")


def post_item(post: Mapping[str, Any]) -> PolledItem:
    """A post, or the notification of one, without pictures of people."""
    reason = post.get("reason")
    is_post = not isinstance(reason, str) or reason in _ADDRESSED_REASONS
    author = post.get("author")
    shown = {name: post.get(name) for name in ("uri", "cid", "record", "likeCount", "indexedAt")}
    if isinstance(author, dict):
        fields = ("did", "handle", "displayName", "labels")
        shown["author"] = {name: author[name] for name in fields if name in author}
    return json_item({"event": "post" if is_post else reason, "post": shown})


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """A post is gone where it is missing while its author is shown and has not blocked us."""
    reader = BlueskyReader(settings, credentials, http)
    uris = urlencode([("uris", comment.external_id) for comment in sought])
    answer = await reader.answer_object(f"{settings.xrpc('app.bsky.feed.getPosts')}?{uris}")
    if not isinstance(answer.get("posts"), list):
        raise unreadable(reader.title)
    posts = {str(post.get("uri")): post for post in objects(answer["posts"])}
    missing = [one.external_id for one in sought if one.external_id not in posts]
    items = [post_item(post) for post in posts.values()]
    if not missing:
        return Rechecked(items)
    authors = {uri: uri.removeprefix("at://").partition("/")[0] for uri in missing}
    query = urlencode([("actors", did) for did in sorted(set(authors.values()))])
    shown = await reader.answer_object(f"{settings.xrpc('app.bsky.actor.getProfiles')}?{query}")
    seen = {str(one.get("did")) for one in objects(shown.get("profiles")) if not _is_blocked(one)}
    gone = frozenset(uri for uri, did in authors.items() if did in seen)
    hidden = len(missing) - len(gone)
    unseen = f"{hidden} posts of accounts that are not shown to ours." if hidden else ""
    return Rechecked(items, gone, unseen)


def _is_blocked(profile: Mapping[str, Any]) -> bool:
    viewer = profile.get("viewer")
    return isinstance(viewer, dict) and bool(viewer.get("blockedBy") or viewer.get("blocking"))


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.joined("bluesky", settings.service_url, str(credentials.get("handle") or ""))


BLUESKY_POLLING: Polling[Settings] = Polling(
    credentials=BlueskyCredentials,
    begin=begin_lists,
    poll=poll_by(BlueskyReader),
    check=check_by(BlueskyReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=120,  # 3,000 in 5 minutes for an address
    burst=30,
    recheck=_recheck,
    recheck_most=_POSTS_AT_ONCE,
)
"""How an account is polled. Posts are never edited there."""
