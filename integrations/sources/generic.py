"""Any program can send comments here, as JSON signed according to Standard Webhooks
(https://www.standardwebhooks.com).

1. Give your program this address to send to: `{webhook_url}`
2. Store this secret where your program keeps its secrets: `{secret}`
3. For each new, edited or deleted comment (or a batch of them) send one `POST` with `Content-Type:
   application/json`. The body has a `type` (`comment.created`, `comment.edited` or
   `comment.deleted`), a `timestamp` and the comment as `data`; docs/sources/README.md lists every
   field and has an example to copy.
4. Sign it: the headers are `webhook-id` (unique per delivery), `webhook-timestamp` (Unix seconds)
   and `webhook-signature`, which is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
   Libraries for most languages do this for you.
5. Send one comment: the answer is 202, and the delivery appears on this source's page.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from integrations import payload
from integrations.contract import Inbound, PayloadError, Visibility
from integrations.poll_contract import PolledItem
from integrations.signatures import Signature
from integrations.source_contract import AuthorRef, CommentEvent, EventType, KeepPrivate, Source
from integrations.text.bbcode import without_quote_tags, without_quotes
from integrations.text.email_reply import own_reply
from integrations.text.html import html_to_text
from integrations.text.markdown import markdown_to_text

GENERIC_EVENTS = frozenset({"comment.created", "comment.edited", "comment.deleted"})

Format = Literal["text", "markdown", "html"]
_CONVERTERS: dict[str, Callable[[str], str]] = {
    "html": html_to_text,
    "markdown": markdown_to_text,
    "text": str,
}


def _own_words(raw: str, markup: str) -> str:
    """A comment's words without BBCode quotes of others, unless there is nothing else."""
    convert = _CONVERTERS[markup]
    own = without_quotes(raw)
    own = own if markup == "html" else own_reply(own)
    if own == raw:
        return convert(raw)
    return convert(own).strip() or convert(without_quote_tags(raw))


class Settings(BaseModel):
    """What a generic source needs to know."""

    default_format: Format = Field(
        default="text",
        description="How a comment's text is marked up where the comment does not say.",
    )
    default_visibility: Visibility = Field(
        default=Visibility.unknown,
        description="Who may read a comment where it was written, if the comment does not say: "
        "public, members or private; unknown is taken as public.",
    )
    keep_private: KeepPrivate = False


class Thread(payload.Shape):
    """The discussion a comment belongs to."""

    id: payload.Identifier
    title: payload.Line = ""
    url: payload.Url = ""


class Author(payload.Shape):
    """Who wrote a comment; ``handle`` defaults to the id. ``verified_email``: an address that the
    sender made sure is theirs, as a help desk does; only its hash is kept."""

    id: payload.Identifier
    handle: payload.Line = ""
    name: payload.Line = ""
    verified_email: payload.Line = ""
    is_staff: payload.Flag = False
    is_bot: payload.Flag = False


class Deletion(payload.Shape):
    """A comment that is gone: only its id is needed."""

    id: payload.Identifier
    deleted_at: payload.Time = None


class Comment(payload.Shape):
    """A comment as it is now. ``format`` says how ``text`` is marked up; ``opens_thread`` marks a
    thread's first; ``visibility`` says who may read it where it was written."""

    id: payload.Identifier
    thread: Thread
    author: Author
    text: payload.Text
    url: payload.Url = ""
    format: Format | None = None
    created_at: payload.Time = None
    edited_at: payload.Time = None
    parent_id: payload.OptionalId = ""
    opens_thread: payload.Flag = False
    likes: payload.Count = 0
    visibility: Visibility | None = None


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class CommentsDelivery(payload.Shape):
    """What is sent for comment.created and comment.edited: one comment, or a list of them."""

    type: Literal["comment.created", "comment.edited"]
    timestamp: payload.Time = None
    data: Annotated[list[Comment], BeforeValidator(_as_list)]


class DeletionsDelivery(payload.Shape):
    """What is sent for comment.deleted: one deletion, or a list of them."""

    type: Literal["comment.deleted"]
    timestamp: payload.Time = None
    data: Annotated[list[Deletion], BeforeValidator(_as_list)]


class _Id(payload.Shape):
    id: payload.Identifier


class _Ids(payload.Shape):
    data: list[_Id]


def event(inbound: Inbound) -> str:
    """The delivery's ``type``."""
    return payload.name(inbound.json().get("type"))


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The comments of a delivery. A version is the time of the edit, else of the delivery; at one
    time an edit follows the creation, and a deletion follows both."""
    body = inbound.json()
    if body.get("type") == "comment.deleted":
        deletions = payload.read(DeletionsDelivery, body)
        sent_at = deletions.timestamp or inbound.received_at
        return [_deletion(deletion, sent_at) for deletion in deletions.data]
    delivery = payload.read(CommentsDelivery, body)
    return [_comment(comment, delivery, inbound, settings) for comment in delivery.data]


def _deletion(deletion: Deletion, sent_at: datetime) -> CommentEvent:
    version = payload.version(deletion.deleted_at or sent_at, "2")
    return CommentEvent(type=EventType.deleted, external_id=deletion.id, version=version)


def _comment(
    comment: Comment, delivery: CommentsDelivery, inbound: Inbound, settings: Settings
) -> CommentEvent:
    event_type = EventType(delivery.type.removeprefix("comment."))
    # What is sent for the first time may have been edited before.
    edited = event_type is EventType.edited or comment.edited_at is not None
    sent_at = delivery.timestamp or inbound.received_at
    changed_at = (comment.edited_at if edited else comment.created_at) or sent_at
    raw, extras = payload.cut(comment.text)
    return CommentEvent(
        type=event_type,
        external_id=comment.id,
        version=payload.version(changed_at, "1" if edited else "0"),
        thread_id=comment.thread.id,
        thread_title=comment.thread.title,
        permalink=comment.url or comment.thread.url,
        author=AuthorRef(
            external_id=comment.author.id,
            handle=comment.author.handle or comment.author.id,
            name=comment.author.name,
            is_staff=comment.author.is_staff,
            is_bot=comment.author.is_bot,
            identities=payload.mail_identity(comment.author.verified_email),
        ),
        text=_own_words(raw, comment.format or settings.default_format),
        created_at=comment.created_at or sent_at,
        edited_at=changed_at if edited else None,
        parent_id=comment.parent_id,
        opens_thread=comment.opens_thread,
        likes=comment.likes,
        extras=extras,
        visibility=comment.visibility or settings.default_visibility,
    )


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read all of a delivery: private where each of its comments is; otherwise they are
    looked at one by one."""
    comments = _as_list(inbound.json().get("data"))
    assert isinstance(comments, list)
    seen = {
        str(comment.get("visibility") or settings.default_visibility)
        for comment in comments
        if isinstance(comment, dict)
    }
    return Visibility.private if seen == {Visibility.private.value} else Visibility.unknown


def validate(inbound: Inbound) -> None:
    """Tell the sender at once about a body that ``parse`` could not read. Raises PayloadError."""
    if payload.fits(CommentsDelivery, inbound.body):
        return  # as nearly every delivery does; this is half of the work
    body = inbound.json()
    kind = payload.name(body.get("type"))
    if kind == "comment.deleted":
        payload.read(DeletionsDelivery, body)
    elif kind in GENERIC_EVENTS:
        payload.read(CommentsDelivery, body)
    elif not kind:
        raise PayloadError(
            "wrong_shape",
            "type is missing; send comment.created, comment.edited or comment.deleted.",
        )


def without(inbound: Inbound, external_ids: Collection[str]) -> bytes:
    """The body without these comments; empty where it holds no other."""
    try:
        body = inbound.json()
        comments = _as_list(body.get("data"))
        ids = payload.read(_Ids, {"data": comments}).data
    except PayloadError:
        return b""
    assert isinstance(comments, list)
    remaining_items = [
        comment
        for comment, named in zip(comments, ids, strict=True)
        if named.id not in external_ids
    ]
    if not remaining_items:
        return b""
    return json.dumps(
        {**body, "data": remaining_items}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def delivery_id(inbound: Inbound) -> str | None:
    """The signed ``webhook-id``, which a sender repeats when it tries again."""
    return payload.delivery_key(inbound.headers.get("webhook-id", ""))


def sample(settings: Settings) -> PolledItem:
    """A comment that nobody wrote."""
    comment = {
        "id": "relay-test",
        "thread": {"id": "relay-test", "title": "A test"},
        "author": {"id": "relay-test"},
        "text": "A test of the way in.",
        "visibility": "public",
    }
    body = json.dumps({"type": "comment.created", "data": comment})
    return PolledItem({"content-type": "application/json"}, body.encode())


def new_secret() -> str:
    """A secret in the form that Standard Webhooks libraries expect: ``whsec_`` and base64 of 32
    random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


_NO_REPLIES = (
    "Comments come from a program of yours, which takes no answers: answer where they were written."
)

SOURCE: Source[Settings] = Source(
    name="generic",
    title="Generic webhook",
    settings=Settings,
    signature=Signature(
        header="webhook-signature",
        encoding="base64",
        prefix="v1,",
        signed="{id}.{timestamp}.{body}",
        id_header="webhook-id",
        timestamp_header="webhook-timestamp",
        separator=" ",
        secret_prefix="whsec_",  # noqa: S106 - the prefix of every such secret
    ),
    handled=GENERIC_EVENTS,
    ignored={"ping": "A test of the connection."},
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    guide=__doc__,
    no_replies=_NO_REPLIES,
    validate=validate,
    without=without,
    sample=sample,
    new_secret=new_secret,
)
