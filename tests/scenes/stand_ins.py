"""Stand-ins for platforms that are polled: a real socket, pages, limits, and every way to fail.

A stand-in answers by path. ``faults`` are met one after the other by the requests that come, before
the paths are asked; ``asked`` is what was requested. ``credentials`` is a header that must come.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from app.running.http_limits import HttpLimits
from tests.scenes.sockets import served

Headers = dict[str, str]
START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Reply:
    """One answer. ``broken``: the connection ends in the middle of it."""

    body: Any = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    broken: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


HTML = Reply(b"<!doctype html><title>Sign in</title>", headers={"content-type": "text/html"})
BROKEN = Reply(b"x" * 100, broken=True)
THROTTLED = Reply({"errors": ["slow down"]}, 429)
UNAUTHORIZED = Reply({"errors": ["wrong key"]}, 401)
FAILED = Reply(b"", 502)
NOT_FOUND = Reply({"errors": ["It could not be found."], "error_type": "not_found"}, 404)
INVALID_ACCESS = Reply({"errors": ["Not permitted."], "error_type": "invalid_access"}, 403)


def throttled(seconds: int) -> Reply:
    return Reply({"errors": ["slow down"]}, 429, {"retry-after": str(seconds)})


@dataclass(frozen=True)
class Asked:
    """What was requested."""

    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes
    query_lists: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class StandIn:
    """A platform's API. ``answer`` maps a request to a reply; None is a 404."""

    answer: Callable[[Asked], Reply | None] = lambda _: None
    credentials: tuple[str, str] | None = None
    faults: list[Reply | None] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        query_lists = parse_qs(scope["query_string"].decode())
        query = {name: values[-1] for name, values in query_lists.items()}
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        request = Asked(scope["path"], query, headers, body, query_lists)
        self.asked.append(request)
        reply = self.faults.pop(0) if self.faults else None
        if reply is None and self.credentials and not self._lets_in(request):
            reply = UNAUTHORIZED
        await _send(send, reply or self.answer(request) or Reply({"errors": ["none"]}, 404))

    def _lets_in(self, request: Asked) -> bool:
        assert self.credentials is not None
        name, value = self.credentials
        return request.headers.get(name) == value


async def _send(send: Any, reply: Reply) -> None:
    content = reply.content
    headers = {"content-type": "application/json", **reply.headers}
    length = len(content) + (1_000 if reply.broken else 0)
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    sent.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": sent})
    await send({"type": "http.response.body", "body": content, "more_body": reply.broken})
    if reply.broken:
        raise ConnectionError("the stand-in hangs up")


@contextmanager
def standing(stand_in: StandIn) -> Iterator[str]:
    """The address of a stand-in while it is served."""
    with served(stand_in, HttpLimits()) as port:
        yield f"http://127.0.0.1:{port}"


@dataclass
class StandInForum(StandIn):
    """A Discourse forum. ``window``: its list holds the posts of so many ids, as older versions
    answer; else the newest so many. ``restricted`` are categories that not everybody reads, and
    ``unseen`` those that the account does not see."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    per_page: int = 50
    window: int = 0
    restricted: tuple[int, ...] = ()
    unseen: tuple[int, ...] = ()
    sees_deleted: bool = False

    def __post_init__(self) -> None:
        self.credentials = ("api-key", "a-key")
        self.answer = self._answer

    def write(self, text: str, *, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
        number = max((post["id"] for post in self.posts), default=0) + 1
        moment = (at or START + timedelta(minutes=number)).isoformat()
        post = {
            "id": number,
            "post_number": number,
            "post_type": 1,
            "topic_id": 7,
            "topic_slug": "halp",
            "topic_title": "halp",
            "category_id": 5,
            "version": 1,
            "user_id": 40 + number % 7,
            "username": f"user{number % 7}",
            "raw": text,
            "cooked": f"<p>{text}</p>",
            "created_at": moment,
            "updated_at": moment,
            **fields,
        }
        self.posts.append(post)
        return post

    def _answer(self, request: Asked) -> Reply | None:
        if request.path == "/site.json":
            ids = {post["category_id"] for post in self.posts} | {1, 5, *self.restricted}
            listed = [
                {"id": one, "read_restricted": one in self.restricted}
                for one in sorted(ids - set(self.unseen))
            ]
            return Reply({"categories": listed})
        if topic := re.fullmatch(r"/t/(\d+)(/posts)?\.json", request.path):
            return self._topic(int(topic[1]), request, only_listed=bool(topic[2]))
        if single := re.fullmatch(r"/posts/(\d+)\.json", request.path):
            return self._seen([post for post in self.posts if post["id"] == int(single[1])])
        if request.path != "/posts.json":
            return None
        before = int(request.query.get("before") or 0) or 10**12
        listed = [post for post in self.posts if post["id"] <= before]
        listed.sort(key=lambda post: -post["id"])
        if self.window:
            start = min(before, listed[0]["id"] if listed else before)
            listed = [post for post in listed if post["id"] > start - self.window]
        return Reply({"latest_posts": listed[: self.per_page]})

    def _topic(self, topic_id: int, request: Asked, *, only_listed: bool) -> Reply:
        """A topic with its first posts, or those of its posts that are asked for."""
        posts = [post for post in self.posts if post["topic_id"] == topic_id]
        shown = self._seen(posts)
        if shown.status != 200:
            return shown
        first = posts[0]
        posts = [post for post in posts if self.sees_deleted or not post.get("deleted_at")]
        if only_listed:
            ids = request.query_lists["post_ids[]"]
            stream = [post for post in posts if str(post["id"]) in ids]
            return Reply({"post_stream": {"posts": [_in_topic(post) for post in stream]}})
        stream = posts[: self.per_page]
        return Reply(
            {
                "title": first["topic_title"],
                "slug": first["topic_slug"],
                "category_id": first["category_id"],
                "archetype": "regular",
                "post_stream": {"posts": [_in_topic(post) for post in stream]},
            }
        )

    def _seen(self, posts: list[dict[str, Any]]) -> Reply:
        """The first of these, or what the forum says instead."""
        posts = [post for post in posts if self.sees_deleted or not post.get("deleted_at")]
        if not posts:
            return NOT_FOUND
        return INVALID_ACCESS if posts[0]["category_id"] in self.unseen else Reply(posts[0])


def _in_topic(post: dict[str, Any]) -> dict[str, Any]:
    """A post as its topic lists it, which does not say again what the topic says."""
    return {key: post[key] for key in post if key not in ("topic_title", "category_id")}


def pages_asked(stand_in: StandIn, pattern: str) -> int:
    """How many requests went to a path."""
    return sum(1 for request in stand_in.asked if re.fullmatch(pattern, request.path))
