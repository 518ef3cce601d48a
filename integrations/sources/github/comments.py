"""Issues, discussions and their comments, as comments of ours."""

from __future__ import annotations

from dataclasses import replace

from integrations import payload
from integrations.contract import Inbound, PayloadError, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.github.events import (
    GITHUB_EVENTS,
    GITHUB_WIDE_EVENTS,
    event,
    event_kind,
    json_body,
)
from integrations.sources.github.settings import Settings
from integrations.sources.github.shapes import Delivery, Item
from integrations.sources.github.visibility import is_left_out, of_repository, place
from integrations.text.email_reply import own_reply
from integrations.text.markdown import markdown_to_text

# GitHub's times have whole seconds; within one, this is the order of what happened.
_ORDER_IN_SECOND = {EventType.created: "0", EventType.edited: "1", EventType.deleted: "2"}
_STAFF_ASSOCIATIONS = ("OWNER", "MEMBER", "COLLABORATOR")
_DELETED_ACCOUNT = AuthorRef(external_id="ghost", handle="ghost")  # GitHub shows it as @ghost


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The issue, discussion or comment as one comment; an issue's text is its title, an empty line
    and its body.

    Versions are ``updated_at`` and the order of created, edited and deleted within its second.
    """
    name = event(inbound)
    if name in GITHUB_WIDE_EVENTS:
        return []
    event_type = GITHUB_EVENTS.get(name, EventType.edited)
    body = json_body(inbound)
    delivery = payload.read(Delivery, body)
    followed = payload.listed(settings.repositories.lower())
    if followed and delivery.repository.full_name.lower() not in followed:
        return []
    prefix, thread = "issue", delivery.issue
    if thread is None:
        prefix, thread = "discussion", delivery.discussion
    if thread is None:
        raise PayloadError("wrong_shape", "issue is missing.")
    if event_type is not EventType.deleted and is_left_out(body[prefix], settings):
        return []
    item = thread
    if event_kind(inbound).endswith("_comment"):
        if delivery.comment is None:
            raise PayloadError("wrong_shape", "comment is missing.")
        item = delivery.comment
    comment = _event(event_type, delivery, prefix, thread, item=item)
    if event_type is EventType.deleted:
        return [comment]
    repository = body.get("repository")
    seen = of_repository(repository) if isinstance(repository, dict) else Visibility.unknown
    here = place(delivery.repository.full_name)
    return [replace(comment, visibility=seen, place=here)]


def _event(
    event_type: EventType, delivery: Delivery, kind: str, thread: Item, *, item: Item
) -> CommentEvent:
    opens_thread = item is thread
    prefix = kind if opens_thread else f"{kind}_comment"
    external_id = payload.joined(prefix, item.id)
    version = payload.version(item.updated_at or item.created_at, _ORDER_IN_SECOND[event_type])
    if event_type is EventType.deleted:
        return CommentEvent(type=event_type, external_id=external_id, version=version)
    body, extras = payload.cut(item.body)
    text = markdown_to_text(body if opens_thread else own_reply(body))
    return CommentEvent(
        type=event_type,
        external_id=external_id,
        version=version,
        thread_id=payload.joined(kind, thread.id),
        thread_title=thread.title,
        permalink=item.html_url,
        author=_author(item),
        text=f"{item.title}\n\n{text}".strip() if opens_thread else text,
        created_at=item.created_at,
        edited_at=item.updated_at if event_type is EventType.edited else None,
        parent_id=payload.joined(prefix, item.parent_id) if item.parent_id else "",
        opens_thread=opens_thread,
        likes=payload.count((item.reactions or {}).get("+1")),
        extras={
            **extras,
            "repository": delivery.repository.full_name,
            "number": thread.number,
            "node_id": item.node_id,
        },
    )


def _author(item: Item) -> AuthorRef:
    if item.user is None:
        return _DELETED_ACCOUNT
    return AuthorRef(
        external_id=item.user.id,
        handle=item.user.login,
        is_staff=item.author_association in _STAFF_ASSOCIATIONS,
        is_bot=item.user.type == "Bot" or item.user.login.endswith("[bot]"),
    )
