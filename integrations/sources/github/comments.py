"""Issues, discussions and their comments, as comments of ours."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.github.events import GITHUB_EVENTS, event, event_kind, json_body
from integrations.sources.github.shapes import Delivery, Item
from integrations.text.markdown import markdown_to_text

# GitHub's times have whole seconds; within one, this is the order of what happened.
_ORDER_IN_SECOND = {EventType.created: "0", EventType.edited: "1", EventType.deleted: "2"}
_STAFF_ASSOCIATIONS = ("OWNER", "MEMBER", "COLLABORATOR")
_DELETED_ACCOUNT = AuthorRef(external_id="ghost", handle="ghost")  # GitHub shows it as @ghost


class Settings(BaseModel):
    """What a GitHub source needs to know."""

    repositories: str = Field(
        default="",
        description="Only these repositories (owner/name, separated by commas). "
        "Leave it blank to follow all.",
    )


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The issue, discussion or comment as one comment; an issue's text is its title, an empty line
    and its body.

    Versions are ``updated_at`` and the order of created, edited and deleted within its second.
    """
    event_type = GITHUB_EVENTS.get(event(inbound), EventType.edited)
    delivery = payload.read(Delivery, json_body(inbound))
    followed = payload.listed(settings.repositories.lower())
    if followed and delivery.repository.full_name.lower() not in followed:
        return []
    place, thread = "issue", delivery.issue
    if thread is None:
        place, thread = "discussion", delivery.discussion
    if thread is None:
        raise PayloadError("wrong_shape", "issue is missing.")
    if not event_kind(inbound).endswith("_comment"):
        return [_event(event_type, delivery, place, thread, item=thread)]
    if delivery.comment is None:
        raise PayloadError("wrong_shape", "comment is missing.")
    return [_event(event_type, delivery, place, thread, item=delivery.comment)]


def _event(
    event_type: EventType, delivery: Delivery, place: str, thread: Item, *, item: Item
) -> CommentEvent:
    opens_thread = item is thread
    prefix = place if opens_thread else f"{place}_comment"
    external_id = payload.joined(prefix, item.id)
    version = payload.version(item.updated_at or item.created_at, _ORDER_IN_SECOND[event_type])
    if event_type is EventType.deleted:
        return CommentEvent(type=event_type, external_id=external_id, version=version)
    body, extras = payload.cut(item.body)
    text = markdown_to_text(body)
    return CommentEvent(
        type=event_type,
        external_id=external_id,
        version=version,
        thread_id=payload.joined(place, thread.id),
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
