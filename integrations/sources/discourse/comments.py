"""Posts of a forum, as comments of ours."""

from __future__ import annotations

from urllib.parse import quote

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.discourse.events import DISCOURSE_EVENTS, DISCOURSE_WIDE_EVENTS, event
from integrations.sources.discourse.markup import raw_to_text
from integrations.sources.discourse.settings import Settings
from integrations.sources.discourse.shapes import Delivery, Post
from integrations.sources.discourse.visibility import place, visibility
from integrations.text.html import html_to_text


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The post as one comment. A post that its author deleted arrives as an edit with
    ``user_deleted``; a recovered one counts as edited.

    Versions order by ``updated_at`` first, since an edit within the grace period keeps ``version``.
    Discourse names a post's parent by its number in the topic, not by its id.
    """
    name = event(inbound)
    if name in DISCOURSE_WIDE_EVENTS:
        return []
    body = inbound.json()
    post = payload.read(Delivery, body).post
    event_type, order = DISCOURSE_EVENTS.get(name, (EventType.edited, "1"))
    if post.user_deleted and order == "1":
        event_type = EventType.deleted
    version = payload.version(post.updated_at, f"{post.version:010d}", order)
    if event_type is EventType.deleted:
        return [CommentEvent(type=event_type, external_id=post.id, version=version)]
    if not post.topic_id:
        raise PayloadError("wrong_shape", "post.topic_id is missing.")
    text, extras = payload.cut(post.raw or post.cooked)
    return [
        CommentEvent(
            type=event_type,
            external_id=post.id,
            version=version,
            thread_id=post.topic_id,
            thread_title=post.topic_title,
            permalink=_permalink(post, inbound, settings),
            author=_author(post, _site(inbound, settings)),
            text=raw_to_text(text) if post.raw else html_to_text(text),
            created_at=post.created_at,
            edited_at=post.updated_at if event_type is EventType.edited else None,
            opens_thread=post.post_number == 1,
            position=post.post_number,
            answers_position=post.reply_to_post_number,
            extras=extras,
            visibility=visibility(inbound, settings),
            place=place(body["post"]),
        )
    ]


def _site(inbound: Inbound, settings: Settings) -> str:
    """The forum's address, blank where neither the settings nor Discourse name it."""
    return settings.base_url or payload.web_address(
        inbound.headers.get("x-discourse-instance", "")
    ).rstrip("/")


def _author(post: Post, site: str) -> AuthorRef:
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
        identities=payload.account_identity("discourse", site, post.user_id),
    )


def _permalink(post: Post, inbound: Inbound, settings: Settings) -> str:
    """The address of the post, blank where the forum's is not known."""
    base_url = _site(inbound, settings)
    if not base_url:
        return ""
    slug = quote(post.topic_slug, safe="-") or "-"
    return f"{base_url}/t/{slug}/{quote(post.topic_id, safe='')}/{post.post_number}"
