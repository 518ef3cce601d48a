"""Comments below videos of YouTube, as comments of ours."""

from __future__ import annotations

import re

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.youtube.settings import Settings
from integrations.text.html import html_to_text

_MARKED_UP = re.compile(r"<(?:br|a|b|i|s)\b|&(?:#\d+|[a-z]+);", re.IGNORECASE)

YOUTUBE_IGNORED = {
    "commentThread": "A thread is read comment by comment.",
    "video": "A video is not a comment.",
    "channel": "A channel is not a comment.",
}


class ChannelId(payload.Shape):
    """Who wrote."""

    value: payload.Identifier


class Snippet(payload.Shape):
    """What we read of a comment."""

    videoId: payload.OptionalId = ""  # noqa: N815 - YouTube's name
    parentId: payload.OptionalId = ""  # noqa: N815
    textDisplay: payload.Text = ""  # noqa: N815
    textOriginal: payload.Text = ""  # noqa: N815
    authorDisplayName: payload.Line = ""  # noqa: N815
    authorChannelId: ChannelId | None = None  # noqa: N815
    likeCount: payload.Count = 0  # noqa: N815
    publishedAt: payload.Time = None  # noqa: N815
    updatedAt: payload.Time = None  # noqa: N815


class YouTubeComment(payload.Shape):
    """A comment."""

    id: payload.Identifier
    snippet: Snippet


def event(inbound: Inbound) -> str:
    """``comment``, ``reply``, or what else YouTube calls it."""
    body = inbound.json()
    kind = payload.name(body.get("kind")).removeprefix("youtube#")
    snippet = body.get("snippet")
    is_reply = isinstance(snippet, dict) and bool(snippet.get("parentId"))
    return "reply" if kind == "comment" and is_reply else kind


def delivery_id(inbound: Inbound) -> str | None:
    """The comment with the time of its last change."""
    body = inbound.json()
    snippet = body.get("snippet")
    changed = snippet.get("updatedAt") if isinstance(snippet, dict) else None
    if not isinstance(body.get("id"), str) or not isinstance(changed, str):
        return None
    return payload.delivery_key(event(inbound), body["id"], changed[:40])


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The comment; what it opens or answers is told by its parent."""
    comment = payload.read(YouTubeComment, inbound.json())
    snippet = comment.snippet
    thread = snippet.parentId or comment.id
    words = snippet.textOriginal or snippet.textDisplay
    if not snippet.textOriginal and _MARKED_UP.search(words):
        words = html_to_text(words)
    text, extras = payload.cut(words)
    is_edited = snippet.updatedAt is not None and snippet.updatedAt != snippet.publishedAt
    address = f"https://www.youtube.com/watch?v={snippet.videoId}&lc={comment.id}"
    return [
        CommentEvent(
            EventType.edited if is_edited else EventType.created,
            comment.id,
            version=payload.version(
                snippet.updatedAt or snippet.publishedAt, "1" if is_edited else "0"
            ),
            thread_id=thread,
            permalink=payload.web_address(address) if snippet.videoId else "",
            author=_author(snippet, settings),
            text=text,
            created_at=snippet.publishedAt,
            edited_at=snippet.updatedAt if is_edited else None,
            parent_id=snippet.parentId,
            opens_thread=not snippet.parentId,
            likes=snippet.likeCount,
            extras={**extras, "video": snippet.videoId},
            visibility=Visibility.public,
            place=payload.joined("video", snippet.videoId) if snippet.videoId else "",
        )
    ]


def _author(snippet: Snippet, settings: Settings) -> AuthorRef:
    """A comment of a deleted channel names nobody."""
    if snippet.authorChannelId is None:
        name = snippet.authorDisplayName or "nobody"
        return AuthorRef(payload.joined("name", name), handle=name)
    number = snippet.authorChannelId.value
    own = {settings.channel, *payload.listed(settings.staff)}
    return AuthorRef(number, snippet.authorDisplayName or number, is_staff=number in own)
