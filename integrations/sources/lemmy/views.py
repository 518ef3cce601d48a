"""Posts and comments of Lemmy, as comments of ours. What a list shows of one is a *view*: the words
with their writer and counts. Versions 0.19 and 1.0 name a few fields differently."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field

from integrations import payload
from integrations.contract import Inbound, PayloadError, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.lemmy.settings import Settings
from integrations.text.markdown import markdown_to_text

LEMMY_KINDS = frozenset({"post", "comment"})
LEMMY_IGNORED = {
    "private_message": "A private message to our account.",
    "mention": "A mention is read where it was written.",
}
_PATH_DEPTH = 2


class LemmyPerson(payload.Shape):
    """Who wrote."""

    actor_id: payload.Identifier = Field(validation_alias=AliasChoices("actor_id", "ap_id"))
    name: payload.Line = ""
    display_name: payload.Line = ""
    bot_account: payload.Flag = False


class LemmyWords(payload.Shape):
    """A post or a comment."""

    id: payload.Identifier
    ap_id: payload.Identifier
    name: payload.Line = ""
    body: payload.Text = ""
    content: payload.Text = ""
    url: payload.Url = ""
    path: payload.Line = ""
    published: payload.Time = Field(
        default=None, validation_alias=AliasChoices("published", "published_at")
    )
    updated: payload.Time = Field(
        default=None, validation_alias=AliasChoices("updated", "updated_at")
    )
    deleted: payload.Flag = False
    removed: payload.Flag = False
    distinguished: payload.Flag = False
    score: payload.Count = 0


class LemmyCounts(payload.Shape):
    """How much others like it."""

    score: payload.Count = 0


class View(payload.Shape):
    """A post, or a comment on it."""

    post: LemmyWords
    comment: LemmyWords | None = None
    creator: LemmyPerson
    counts: LemmyCounts | None = None
    creator_is_moderator: payload.Flag = False
    creator_is_admin: payload.Flag = False


def event(inbound: Inbound) -> str:
    """``post`` or ``comment``."""
    return payload.name(inbound.json().get("event"))


def delivery_id(inbound: Inbound) -> str | None:
    """The words with the time of their last change, and whether they are gone."""
    view = inbound.json().get("view")
    words: Any = view.get(event(inbound)) if isinstance(view, dict) else None
    if not isinstance(words, dict) or not isinstance(words.get("ap_id"), str):
        return None
    changed = next((words.get(one) for one in ("updated", "updated_at") if words.get(one)), "new")
    is_gone = bool(words.get("deleted") or words.get("removed"))
    return payload.delivery_key(event(inbound), words["ap_id"], str(changed)[:40], str(is_gone))


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Communities are public, but for those of one instance."""
    view = inbound.json().get("view")
    community = view.get("community") if isinstance(view, dict) else None
    named = community.get("visibility") if isinstance(community, dict) else None
    if named == "Private" or named == "private":
        return Visibility.private
    return Visibility.members if named in ("LocalOnly", "local_only") else Visibility.public


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The post or comment, or its deletion; a post's text is its title, an empty line and what it
    says."""
    view = payload.read(View, inbound.json().get("view"))
    is_post = event(inbound) == "post"
    words = view.post if is_post else view.comment
    if words is None:
        raise PayloadError("wrong_shape", "comment is missing.")
    changed_at = words.updated or words.published
    if words.deleted or words.removed:
        version = payload.version(changed_at, "2")
        return [CommentEvent(EventType.deleted, words.ap_id, version=version)]
    raw, extras = payload.cut(words.body if is_post else words.content)
    text = markdown_to_text(raw)
    depth = len(words.path.split("."))
    kind = "post" if is_post else "comment"
    return [
        CommentEvent(
            EventType.edited if words.updated else EventType.created,
            words.ap_id,
            version=payload.version(changed_at, "1" if words.updated else "0"),
            thread_id=view.post.ap_id,
            thread_title=view.post.name,
            permalink=payload.web_address(f"{settings.base_url}/{kind}/{words.id}"),
            author=_author(view, words, settings),
            text=f"{words.name}\n\n{text}".strip() if is_post else text,
            created_at=words.published,
            edited_at=words.updated,
            parent_id="" if is_post or depth > _PATH_DEPTH else view.post.ap_id,
            opens_thread=is_post,
            likes=view.counts.score if view.counts else words.score,
            extras={
                **extras,
                "post": view.post.id,
                **({} if is_post else {"comment": words.id}),
            },
            visibility=visibility(inbound, settings),
        )
    ]


def _author(view: View, words: LemmyWords, settings: Settings) -> AuthorRef:
    staff = {name.lower().removeprefix("@") for name in payload.listed(settings.staff)}
    creator = view.creator
    is_team = view.creator_is_moderator or view.creator_is_admin
    return AuthorRef(
        creator.actor_id,
        handle=creator.name or creator.actor_id,
        name=creator.display_name,
        is_staff=creator.name.lower() in staff or (words.distinguished and is_team),
        is_bot=creator.bot_account,
    )
