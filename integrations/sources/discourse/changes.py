"""What Discourse says of whole topics, categories and accounts."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AccountChange, AuthorRef, Change, ScopeChange
from integrations.sources.discourse.events import event
from integrations.sources.discourse.settings import Settings
from integrations.sources.discourse.shapes import Account, AccountDelivery, Topic, TopicDelivery
from integrations.sources.discourse.visibility import (
    STAFF_WHISPER,
    is_private_message,
    is_restricted,
    place,
)

ANONYMOUS_NAME = re.compile(r"anon\d+", re.IGNORECASE)
"""What Discourse calls an account that it made anonymous."""
_ACCOUNT_NAMES = ("username", "display_username", "name")
_PICTURES = ("avatar_template", "user_avatar", "avatar_url")


def changes(inbound: Inbound, settings: Settings) -> list[Change]:
    """What a delivery says of more than its own post."""
    name, body = event(inbound), inbound.json()
    if name.startswith("user."):
        return _account(name, payload.read(AccountDelivery, body).user)
    if name.startswith("category."):
        return _category(body.get("category"))
    holder = body.get("topic") or body.get("post")
    if not isinstance(holder, dict):
        return []
    if name.startswith("topic."):
        topic = payload.read(TopicDelivery, body).topic
        if name == "topic.destroyed":
            return [ScopeChange(thread_id=topic.id, deleted=True)]
        return [_topic(topic, holder, settings, restored=name == "topic.recovered")]
    return [*_recovered(name, holder), *_post(holder, settings)]


def _recovered(name: str, post: dict[str, Any]) -> list[Change]:
    """A topic is recovered with its first post, and Discourse tells of that one first."""
    number, topic_id = post.get("post_number"), post.get("topic_id")
    is_id = isinstance(topic_id, int | str) and not isinstance(topic_id, bool)
    if name != "post.recovered" or number != 1 or not is_id:
        return []
    return [ScopeChange(thread_id=str(topic_id), restored=True)]


def _post(post: dict[str, Any], settings: Settings) -> list[Change]:
    """A post in a private topic says that the whole topic is private by now, whatever we heard of
    it before; a whisper says nothing of the topic that it stands in."""
    if post.get("post_type") == STAFF_WHISPER and not is_private_message(post):
        return []
    topic_id = post.get("topic_id")
    private = is_private_message(post) or is_restricted(post, settings)
    if not private or isinstance(topic_id, bool) or not isinstance(topic_id, int | str):
        return []
    return [ScopeChange(thread_id=str(topic_id), visibility=Visibility.private)]


def _topic(
    topic: Topic, holder: dict[str, Any], settings: Settings, *, restored: bool
) -> ScopeChange:
    """What a topic is called, where it stands, and who may read it."""
    visibility = None
    if is_private_message(holder) or is_restricted(holder, settings):
        visibility = Visibility.private
    elif holder.get("archetype"):
        visibility = Visibility.members if settings.login_required else Visibility.public
    pattern = link = ""
    if topic.slug:
        number = re.escape(quote(topic.id, safe=""))
        pattern = rf"/t/[^/]+/{number}/"
        link = f"/t/{quote(topic.slug, safe='-')}/{quote(topic.id, safe='')}/"
    return ScopeChange(
        thread_id=topic.id,
        visibility=visibility,
        restored=restored,
        title=topic.title,
        link_pattern=pattern,
        link=link,
    )


def _category(category: object) -> list[Change]:
    if not isinstance(category, dict) or category.get("read_restricted") is not True:
        return []
    here = place({"category_id": category.get("id")})
    return [ScopeChange(place=here, visibility=Visibility.private)] if here else []


def _account(name: str, account: Account) -> list[Change]:
    anonymous = ANONYMOUS_NAME.fullmatch(account.username) is not None
    if name in ("user.destroyed", "user.anonymized") or anonymous:
        handle = account.username if anonymous else ""
        return [AccountChange(AuthorRef(account.id, handle), forgotten=True)]
    if not account.username:
        return []
    return [AccountChange(AuthorRef(account.id, account.username, account.name))]


def renamed(inbound: Inbound, author: AuthorRef) -> bytes:
    """The body with the account's new names, and without its picture."""
    body = inbound.json()
    _rename(body, author)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _rename(node: object, author: AuthorRef) -> None:
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if str(part.get("user_id", part.get("id"))) == author.external_id:
                _rename_own(part, author)
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)


def _rename_own(part: dict[str, Any], author: AuthorRef) -> None:
    if "username" not in part:
        return
    for key in _ACCOUNT_NAMES:
        if key in part:
            part[key] = author.name if key == "name" else author.handle
    for key in _PICTURES:
        part.pop(key, None)
