"""Posts of Mattermost, as comments of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qs

from pydantic import BeforeValidator, JsonValue

from integrations import payload
from integrations.contract import Inbound, PayloadError, Visibility
from integrations.listing import objects
from integrations.source_contract import AuthorRef, CommentEvent, EventType, Response
from integrations.sources.mattermost.settings import Settings
from integrations.text.markdown import markdown_to_text

MATTERMOST_IGNORED = {
    "system_post": "Mattermost's own note about a channel: who joined, what was renamed.",
    "slash_command": "A command is not a comment.",
    "own_post": "An answer that we wrote ourselves is not what the community says.",
}
CHANNEL_FIELD, AUTHOR_FIELD = "relay_place", "relay_author"
ANSWER_PROP = "relay_reply"
"""The property of a post that holds the key of an answer of ours."""
_SHORTEST_MILLISECONDS = 10**11
_WEBHOOK_FIELDS_MAX = 50


def _milliseconds(value: object) -> object:
    """Webhooks of older versions tell seconds."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    is_seconds = type(value) is int and 0 < value < _SHORTEST_MILLISECONDS
    return value * 1000 if is_seconds and isinstance(value, int) else value


PostTime = Annotated[payload.UnixMilliseconds, BeforeValidator(_milliseconds)]


class MattermostAuthor(payload.Shape):
    """Who wrote, where the post was asked for."""

    username: payload.Line = ""
    is_bot: payload.Flag = False


class MattermostPost(payload.Shape):
    """What we read of a post."""

    id: payload.Identifier
    user_id: payload.Identifier
    channel_id: payload.Identifier
    root_id: payload.OptionalId = ""
    message: payload.Text = ""
    create_at: PostTime = None
    edit_at: PostTime = None
    props: dict[str, JsonValue] | None = None
    metadata: dict[str, JsonValue] | None = None
    file_ids: Sequence[JsonValue] | None = None


def read_body(inbound: Inbound) -> dict[str, Any]:
    """The JSON object, or the form that an outgoing webhook sends unless it is told otherwise."""
    if not inbound.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return inbound.json()
    try:
        form = parse_qs(inbound.body.decode("utf-8-sig"), max_num_fields=_WEBHOOK_FIELDS_MAX)
    except ValueError:
        raise PayloadError("wrong_shape", "The form cannot be read.") from None
    return {name: values[0] for name, values in form.items()}


def _post(body: dict[str, Any]) -> dict[str, Any]:
    """The post, however it came."""
    if isinstance(post := body.get("post"), dict):
        return post
    return {
        "id": body.get("post_id"),
        "user_id": body.get("user_id"),
        "channel_id": body.get("channel_id"),
        "message": body.get("text"),
        "create_at": body.get("timestamp"),
    }


def event(inbound: Inbound) -> str:
    """``post``, or what else it is."""
    body = read_body(inbound)
    if "command" in body:
        return "slash_command"
    if "post" not in body and "post_id" not in body:
        return payload.name(body.get("event")) or "post"
    post = _post(body)
    kind, props = post.get("type"), post.get("props")
    if isinstance(props, dict) and ANSWER_PROP in props:
        return "own_post"
    return "system_post" if isinstance(kind, str) and kind.startswith("system_") else "post"


def delivery_id(inbound: Inbound) -> str | None:
    """The post with the time of its last edit."""
    post = _post(read_body(inbound))
    number, edited = post.get("id"), post.get("edit_at") or 0
    if not isinstance(number, str) or type(edited) is not int:
        return None
    return payload.delivery_key(event(inbound), number, str(edited)[:40])


def acknowledge(inbound: Inbound) -> Response:
    """What a webhook answers is posted: nothing is."""
    return Response(b"{}", "application/json")


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read a channel; webhooks tell of those alone that every member may join."""
    place = read_body(inbound).get(CHANNEL_FIELD)
    kind = place.get("type") if isinstance(place, dict) else "O"
    return Visibility.members if kind == "O" else Visibility.private


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The post as one comment."""
    body = read_body(inbound)
    post = payload.read(MattermostPost, _post(body))
    place = body.get(CHANNEL_FIELD)
    named = place.get("name") if isinstance(place, dict) else body.get("channel_name")
    if not settings.follows(post.channel_id, payload.name(named)):
        return []
    words = markdown_to_text(post.message) or "\n".join(_files(post))
    text, extras = payload.cut(words)
    thread = post.root_id or post.id
    return [
        CommentEvent(
            EventType.edited if post.edit_at else EventType.created,
            post.id,
            version=payload.version(post.edit_at or post.create_at, "1" if post.edit_at else "0"),
            thread_id=thread,
            permalink=permalink(settings, post.id),
            author=_author(post, body, settings),
            text=text,
            created_at=post.create_at,
            edited_at=post.edit_at,
            parent_id=post.root_id,
            opens_thread=thread == post.id,
            likes=_reactions(post),
            extras={**extras, "channel": post.channel_id},
            visibility=visibility(inbound, settings),
            place=payload.joined("channel", post.channel_id),
        )
    ]


def permalink(settings: Settings, number: str) -> str:
    """The address of a post, whatever team it is in."""
    if not settings.site_url or not number.isalnum():
        return ""
    return payload.web_address(f"{settings.site_url}/_redirect/pl/{number}")


def _files(post: MattermostPost) -> list[str]:
    listed = (post.metadata or {}).get("files")
    names = [one.get("name") for one in objects(listed)]
    return [f"[file: {name}]" for name in names] or ["[file]"] * bool(post.file_ids)


def _reactions(post: MattermostPost) -> int:
    listed = (post.metadata or {}).get("reactions")
    return min(len(listed), 10_000) if isinstance(listed, list) else 0


def _author(post: MattermostPost, body: dict[str, Any], settings: Settings) -> AuthorRef:
    """Whatever a program posts says so, also under the name of a person."""
    author = payload.read(MattermostAuthor, body.get(AUTHOR_FIELD) or {})
    username = author.username or payload.name(body.get("user_name")) or post.user_id
    props = post.props or {}
    is_posted = any(props.get(name) in ("true", True) for name in ("from_bot", "from_webhook"))
    staff = {name.lower().removeprefix("@") for name in payload.listed(settings.staff)}
    return AuthorRef(
        post.user_id,
        handle=" ".join(username.split())[:300] or post.user_id,
        is_staff=username.lower() in staff,
        is_bot=author.is_bot or is_posted,
    )
