"""Listens to the posts of a Discourse forum. You need to be an administrator of the forum.

1. In Discourse open **Admin → Advanced → Webhooks** (older versions: **Admin → API → Webhooks**)
   and choose **New Webhook**.
2. Payload URL: `{webhook_url}`
3. Content Type: **application/json**
4. Secret: `{secret}`
5. Under **Which events should trigger this webhook?** choose **Select individual events** and tick,
   under **Post Event**, *post is created*, *post is edited*, *post is deleted* and *post is
   recovered*. Other events are ignored.
6. To follow only some categories or tags, choose them under **Triggered Categories** and
   **Triggered Tags**.
7. Leave **Check TLS certificate** on, tick **Active** and save.
8. Open the webhook and press **Ping**: the answer is 2xx. Then write a post: it appears here within
   seconds.

Discourse sends a failed delivery again only if the site setting `retry web hook events` is on:
switch it on.
"""

from __future__ import annotations

import re
import secrets
from urllib.parse import quote

from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.signatures import Signature
from integrations.source_contract import AuthorRef, CommentEvent, EventType, Source
from integrations.text import html_to_text, markdown_to_text

_QUOTE = re.compile(r"\[(/?)quote(?:=[^\]\n]{0,300})?\]", re.IGNORECASE)
_BBCODE = re.compile(
    r"\[/?(?:details|spoiler|poll|wrap|hide|grid)(?:=[^\]\n]{0,300}| [^\]\n]{0,300})?\]",
    re.IGNORECASE,
)
_IMAGE_SIZE = re.compile(r"(!\[[^\]\n|]{0,300})\|[^\]\n]{0,100}\]")

# At one time and version a post is created, edited, deleted and recovered in this order.
_ORDER = {
    "post.created": (EventType.created, "0"),
    "post.edited": (EventType.edited, "1"),
    "post.destroyed": (EventType.deleted, "2"),
    "post.recovered": (EventType.edited, "3"),
}

_IGNORED = {
    "ping": "The test that Discourse sends when somebody presses Ping.",
    "private_message.*": "Private messages are not for a product team.",
    "small_action.*": "A line that Discourse writes into a topic (closed, pinned), or a whisper among staff.",
    "topic.*": "A topic's words arrive with its posts; its state does not concern us.",
    "like.*": "Likes are not comments.",
    "notification.*": "Notifications repeat what posts already said.",
    "reviewable.*": "What waits for moderators is not published yet.",
    "solved.*": "An accepted solution is not a comment.",
    "assign.*": "Assignments are the forum team's own work.",
    "topic_voting.*": "Votes are not comments.",
    "chat_message.*": "Chat is not followed, only topics.",
    "user.*": "Accounts are not comments.",
    "user_badge.*": "Badges are not comments.",
    "user_promoted.*": "Trust levels are not comments.",
    "group.*": "Groups are not comments.",
    "group_user.*": "Group members are not comments.",
    "category.*": "Categories are not comments.",
    "tag.*": "Tags are not comments.",
    "calendar_event.*": "Calendar entries are not comments.",
    "custom.*": "Custom events have no documented shape.",
}

_NOT_WRITTEN_FOR_ALL = (
    3,
    4,
)  # post_type: 1 regular, 2 moderator action, 3 small action, 4 whisper of the staff


class Settings(BaseModel):
    """What a Discourse source needs to know."""

    base_url: payload.SettingAddress = Field(
        default="",
        description="Address of the forum (https://forum.example.com). Leave it blank to use what Discourse sends.",
    )


class PostVersion(payload.Shape):
    """Which state of which post it is."""

    id: payload.Identifier
    version: payload.Count = 1
    updated_at: payload.Time = None


class Post(PostVersion):
    """The part of Discourse's WebHookPostSerializer that we read."""

    topic_id: payload.OptionalId = ""
    topic_slug: payload.Line = ""
    topic_title: payload.Line = ""
    topic_archetype: payload.Line = ""
    post_number: payload.Count = 0
    reply_to_post_number: payload.Count = 0
    created_at: payload.Time = None
    user_id: payload.OptionalId = ""
    username: payload.Line = ""
    name: payload.Line = ""
    staff: payload.Flag = False
    admin: payload.Flag = False
    moderator: payload.Flag = False
    user_deleted: payload.Flag = False
    raw: payload.Text = ""
    cooked: payload.Text = ""


class Delivery(payload.Shape):
    """The body of a post event."""

    post: Post


class DeliveryVersion(payload.Shape):
    """The little of a post event that tells one delivery from another; read while its sender
    waits."""

    post: PostVersion


def event(inbound: Inbound) -> str:
    """``post.created`` for type ``post`` and event ``post_created``; posts we do not follow have
    names of their own."""
    kind = payload.name(inbound.headers.get("x-discourse-event-type", ""))
    action = payload.name(inbound.headers.get("x-discourse-event", "")).removeprefix(f"{kind}_")
    post = inbound.json().get("post")
    if kind == "post" and isinstance(post, dict):
        if post.get("topic_archetype") == "private_message":
            kind = "private_message"
        elif post.get("post_type") in _NOT_WRITTEN_FOR_ALL:
            kind = "small_action"
    return f"{kind}.{action}" if action and action != kind else kind


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The post as one comment. A post that its author deleted arrives as an edit with
    ``user_deleted``; a recovered one counts as edited.

    Versions order by ``updated_at`` first, since an edit within the grace period keeps ``version``.
    Discourse names a post's parent by its number in the topic, not by its id, so that is in
    ``extras``.
    """
    post = payload.read(Delivery, inbound.json()).post
    kind, order = _ORDER.get(event(inbound), (EventType.edited, "1"))
    if post.user_deleted and order == "1":
        kind = EventType.deleted
    version = payload.version(post.updated_at, f"{post.version:010d}", order)
    if kind is EventType.deleted:
        return [CommentEvent(type=kind, external_id=post.id, version=version)]
    if not post.topic_id:
        raise PayloadError("wrong_shape", "post.topic_id is missing.")
    text, extras = payload.cut(post.raw or post.cooked)
    return [
        CommentEvent(
            type=kind,
            external_id=post.id,
            version=version,
            thread_id=post.topic_id,
            thread_title=post.topic_title,
            permalink=_permalink(post, inbound, settings),
            author=_author(post),
            text=_raw_to_text(text) if post.raw else html_to_text(text),
            created_at=post.created_at,
            edited_at=post.updated_at if kind is EventType.edited else None,
            opens_thread=post.post_number == 1,
            extras={
                **extras,
                "post_number": post.post_number,
                "reply_to_post_number": post.reply_to_post_number,
            },
        )
    ]


def _author(post: Post) -> AuthorRef:
    """The post's author; Discourse's own accounts (``system``, the helper bots) have ids of 0 and
    below."""
    user_id = post.user_id or post.username
    if not user_id:
        raise PayloadError("wrong_shape", "post.user_id is missing.")
    return AuthorRef(
        external_id=user_id,
        handle=post.username or user_id,
        name=post.name,
        is_staff=post.staff or post.admin or post.moderator,
        is_bot=user_id == "0" or user_id.startswith("-"),
    )


def _permalink(post: Post, inbound: Inbound, settings: Settings) -> str:
    base = settings.base_url or payload.web_address(
        inbound.headers.get("x-discourse-instance", "")
    ).rstrip("/")
    slug = quote(post.topic_slug, safe="-") or "-"
    return f"{base}/t/{slug}/{quote(post.topic_id, safe='')}/{post.post_number}" if base else ""


def _raw_to_text(raw: str) -> str:
    """Discourse's Markdown as plain text, without BBCode marks and, unless there is nothing else,
    without quotes."""
    raw = _IMAGE_SIZE.sub(r"\1]", raw)
    own = markdown_to_text(_BBCODE.sub("", _without_quotes(raw)))
    return own or markdown_to_text(_BBCODE.sub("", _QUOTE.sub("", raw)))


def _without_quotes(raw: str) -> str:
    kept: list[str] = []
    depth = position = 0
    for mark in _QUOTE.finditer(raw):
        if depth == 0:
            kept.append(raw[position : mark.start()])
        depth = max(0, depth - 1) if mark[1] else depth + 1
        position = mark.end()
    return "".join([*kept, raw[position:]]) if depth == 0 else _QUOTE.sub("", raw)


def delivery_id(inbound: Inbound) -> str | None:
    """Post, version, time and event: a retry has a new X-Discourse-Event-Id, and an edit within the
    grace period keeps its version number. Anything that is not about a readable post is known by
    its body."""
    try:
        post = payload.read(DeliveryVersion, inbound.json()).post
    except PayloadError:
        return None
    action = payload.name(inbound.headers.get("x-discourse-event", ""))
    return payload.delivery_key(
        "post", post.id, payload.version(post.updated_at, str(post.version)), action
    )


SOURCE: Source[Settings] = Source(
    name="discourse",
    title="Discourse",
    settings=Settings,
    signature=Signature(header="x-discourse-event-signature", prefix="sha256="),
    handled=frozenset(_ORDER),
    ignored=_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    guide=__doc__,
    new_secret=lambda: secrets.token_urlsafe(32),
)
