"""Issues of GitLab and what is written in them, as comments of ours."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from integrations import payload
from integrations.contract import Inbound, PayloadError, Visibility
from integrations.source_contract import AuthorRef, Change, CommentEvent, EventType, ScopeChange
from integrations.sources.gitlab.events import GITLAB_EVENTS, attributes, event, labels_of
from integrations.sources.gitlab.settings import Settings
from integrations.text.email_reply import own_reply
from integrations.text.markdown import markdown_to_text

_GITLAB_VISIBILITY = {20: Visibility.public, 10: Visibility.private, 0: Visibility.private}
_ORDER = {EventType.created: "0", EventType.edited: "1"}
_TOKEN_ACCOUNT = re.compile(r"(?:project|group)_\d+_bot")
_SERVICE_DESK = frozenset({"support-bot", "gitlab-support-bot"})


def _iso(value: object) -> object:
    """``2026-11-02 09:15:00 UTC``, as webhooks write it, as an ISO 8601 time."""
    return value.replace(" UTC", "+00:00") if isinstance(value, str) else value


GitLabTime = Annotated[payload.Time, BeforeValidator(_iso)]


class Account(payload.Shape):
    """Who wrote, or who changed an issue."""

    id: payload.OptionalId = ""
    username: payload.Line = ""
    name: payload.Line = ""


class Project(payload.Shape):
    """Where it stands."""

    path_with_namespace: payload.Line = ""


class Issue(payload.Shape):
    """The issue of a note."""

    id: payload.Identifier
    iid: payload.Count = 0
    title: payload.Line = ""


class Words(payload.Shape):
    """What we read of an issue or a note."""

    id: payload.Identifier
    iid: payload.Count = 0
    title: payload.Line = ""
    description: payload.Text = ""
    note: payload.Text = ""
    author_id: payload.OptionalId = ""
    external_author: payload.Line = ""
    discussion_id: payload.OptionalId = ""
    created_at: GitLabTime = None
    updated_at: GitLabTime = None
    upvotes: payload.Count = 0
    url: payload.Url = ""


class GitLabDelivery(payload.Shape):
    """A delivery about an issue, or about a note in ``issue``."""

    object_attributes: Words
    user: Account | None = None
    project: Project = Project()
    issue: Issue | None = None


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read it: confidential issues and internal notes are for members of the project, and
    so is all of a project that is not public."""
    body = inbound.json()
    issue, inner = body.get("issue"), attributes(body)
    holders = [inner, issue if isinstance(issue, dict) else {}]
    marked = any(one.get(name) is True for one in holders for name in ("confidential", "internal"))
    if marked or "confidential" in str(body.get("event_type")):
        return Visibility.private
    return _of_project(body)


def _of_project(body: dict[str, Any]) -> Visibility:
    project = body.get("project")
    level = project.get("visibility_level") if isinstance(project, dict) else None
    if not isinstance(level, int) or isinstance(level, bool):
        return Visibility.unknown
    return _GITLAB_VISIBILITY.get(level, Visibility.unknown)


def place(path: str) -> str:
    """A project as a place of comments."""
    return payload.joined("project", path.lower()) if path else ""


def changes(inbound: Inbound, settings: Settings) -> list[Change]:
    """A project or an issue that not everybody may read by now, whatever we heard of it before."""
    body = inbound.json()
    project = body.get("project")
    path = payload.name(project.get("path_with_namespace")) if isinstance(project, dict) else ""
    if path and _of_project(body) is Visibility.private:
        return [ScopeChange(place=place(path), visibility=Visibility.private)]
    inner, issue = attributes(body), body.get("issue")
    is_issue = body.get("object_kind") != "note"
    holder = inner if is_issue else issue
    if not isinstance(holder, dict) or not isinstance(holder.get("id"), int):
        return []
    thread = payload.joined("issue", str(holder["id"])[:40])
    if holder.get("confidential") is True:
        return [ScopeChange(thread_id=thread, visibility=Visibility.private)]
    changed = body.get("changes")
    if is_issue and isinstance(changed, dict) and "confidential" in changed:
        return [ScopeChange(thread_id=thread, visibility=_of_project(body))]
    return []


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The issue or note as one comment; an issue's text is its title, an empty line and its
    description."""
    body = inbound.json()
    event_type = GITLAB_EVENTS.get(event(inbound), EventType.edited)
    delivery = payload.read(GitLabDelivery, body)
    words, path = delivery.object_attributes, delivery.project.path_with_namespace
    followed = payload.listed(settings.projects.lower())
    if followed and path.lower() not in followed:
        return []
    left_out = {label.strip().lower() for label in settings.left_out_labels.split(",")} - {""}
    if labels_of(body) & left_out:
        return []
    is_note = body.get("object_kind") == "note"
    if is_note and delivery.issue is None:
        raise PayloadError("wrong_shape", "issue is missing.")
    thread = delivery.issue or Issue(id=words.id, iid=words.iid, title=words.title)
    raw, extras = payload.cut(words.note if is_note else words.description)
    text = markdown_to_text(own_reply(raw) if is_note else raw)
    changed_at = words.updated_at or words.created_at
    # Webhooks of older versions tell whole seconds.
    moment = changed_at.replace(microsecond=0) if changed_at else None
    is_edit = event_type is EventType.edited
    return [
        CommentEvent(
            event_type,
            payload.joined("note" if is_note else "issue", words.id),
            version=payload.version(moment, _ORDER[event_type]),
            thread_id=payload.joined("issue", thread.id),
            thread_title=thread.title,
            permalink=words.url,
            author=_author(delivery, settings),
            text=text if is_note else f"{words.title}\n\n{text}".strip(),
            created_at=words.created_at,
            edited_at=_edited_at(words.created_at, changed_at) if is_edit else None,
            opens_thread=not is_note,
            likes=words.upvotes,
            extras={
                **extras,
                "project": path,
                "number": thread.iid,
                **({"discussion": words.discussion_id} if words.discussion_id else {}),
            },
            visibility=visibility(inbound, settings),
            place=place(path),
        )
    ]


def _edited_at(created_at: datetime | None, changed_at: datetime | None) -> datetime | None:
    return changed_at if changed_at != created_at else None


def _author(delivery: GitLabDelivery, settings: Settings) -> AuthorRef:
    """``user`` did what the delivery tells; an issue that somebody else edits is still its
    author's, of whom it names the number alone."""
    words, user = delivery.object_attributes, delivery.user or Account()
    number = words.author_id or user.id
    if user.username.lower() in _SERVICE_DESK and words.external_author:
        # The writer of a mail: the address itself is nothing to be shown.
        writer = payload.fingerprinted("service-desk", words.external_author)
        return AuthorRef(writer, handle="by mail")
    if user.id and number != user.id:
        return AuthorRef(number, handle=number)
    if not number and not user.username:
        return AuthorRef("ghost", handle="ghost")  # as GitLab calls deleted accounts
    staff = {name.lower().removeprefix("@") for name in payload.listed(settings.staff)}
    is_bot = bool(_TOKEN_ACCOUNT.match(user.username)) or user.username.lower() in _SERVICE_DESK
    handle = user.username or user.name or number
    is_staff = user.username.lower() in staff
    return AuthorRef(number or handle, handle, user.name, is_staff=is_staff, is_bot=is_bot)
