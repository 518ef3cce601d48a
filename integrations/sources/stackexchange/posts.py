"""Questions, answers and comments of Stack Exchange, as comments of ours."""

from __future__ import annotations

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.stackexchange.settings import Settings
from integrations.text.html import html_to_text

STACK_KINDS = frozenset({"question", "answer", "comment"})
STACK_IGNORED = {
    "article": "An article of a collective is not a comment.",
    "revision": "What a post was before is not what it says.",
}


class Owner(payload.Shape):
    """Who wrote; a deleted account has no number."""

    user_id: payload.OptionalId = ""
    display_name: payload.Line = ""


class Post(payload.Shape):
    """What we read of a question, an answer or a comment."""

    id: payload.Identifier
    title: payload.Text = ""
    body: payload.Text = ""
    link: payload.Url = ""
    owner: Owner | None = None
    creation_date: payload.UnixTime = None
    last_edit_date: payload.UnixTime = None
    score: payload.Count = 0
    edited: payload.Flag = False
    post_id: payload.OptionalId = ""
    post_type: payload.Line = ""
    content_license: payload.Line = ""


class Question(payload.Shape):
    """The question that a post belongs to."""

    id: payload.Identifier
    title: payload.Text = ""
    host: payload.Line = ""


class StackDelivery(payload.Shape):
    """A post, and its question."""

    post: Post
    question: Question


def event(inbound: Inbound) -> str:
    """``question``, ``answer`` or ``comment``."""
    return payload.name(inbound.json().get("kind"))


def delivery_id(inbound: Inbound) -> str | None:
    """The post with the time of its last edit; None, for the body's hash, where a comment was
    edited, of which no time is told."""
    post = inbound.json().get("post")
    if not isinstance(post, dict) or post.get("edited"):
        return None
    number, moment = post.get("id"), post.get("last_edit_date") or post.get("creation_date")
    if not isinstance(number, int) or not isinstance(moment, int):
        return None
    return payload.delivery_key(event(inbound), str(number)[:40], str(moment)[:40])


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The post; a question's text is its title, an empty line and its body."""
    delivery = payload.read(StackDelivery, inbound.json())
    post, question, kind = delivery.post, delivery.question, event(inbound)
    title = " ".join(html_to_text(question.title or post.title).split())[:300]
    html, extras = payload.cut(post.body)
    text = html_to_text(html)
    is_question = kind == "question"
    is_edited = post.last_edit_date is not None or post.edited
    changed_at = post.last_edit_date or post.creation_date
    extras |= {"license": post.content_license} if post.content_license else {}
    return [
        CommentEvent(
            EventType.edited if is_edited else EventType.created,
            payload.joined(kind, post.id),
            version=payload.version(changed_at, "1" if is_edited else "0"),
            thread_id=payload.joined("question", question.id),
            thread_title=title,
            permalink=post.link or _permalink(kind, post, question.host),
            author=_author(post.owner or Owner(), settings),
            text=f"{title}\n\n{text}".strip() if is_question else text,
            created_at=post.creation_date,
            edited_at=post.last_edit_date,
            parent_id=_parent(kind, delivery),
            opens_thread=is_question,
            likes=post.score,
            extras=extras,
            visibility=Visibility.public,
        )
    ]


def _parent(kind: str, delivery: StackDelivery) -> str:
    post = delivery.post
    if kind == "answer":
        return payload.joined("question", delivery.question.id)
    is_on_a_post = kind == "comment" and post.post_id and post.post_type
    return payload.joined(post.post_type, post.post_id) if is_on_a_post else ""


def _permalink(kind: str, post: Post, host: str) -> str:
    paths = {"question": "q/", "answer": "a/", "comment": "posts/comments/"}
    is_known = bool(host) and kind in paths
    return payload.web_address(f"https://{host}/{paths[kind]}{post.id}") if is_known else ""


def _author(owner: Owner, settings: Settings) -> AuthorRef:
    name = " ".join(html_to_text(owner.display_name).split()) or owner.user_id or "somebody"
    number = owner.user_id or payload.joined("name", name)
    is_staff = owner.user_id in payload.listed(settings.staff)
    return AuthorRef(number, handle=name, is_staff=is_staff)
