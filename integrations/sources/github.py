"""Listens to issues, discussions and their comments in one GitHub repository or in a whole
organization.

1. Open the repository (or the organization) on GitHub and go to **Settings → Webhooks → Add
   webhook**. You need to be its administrator.
2. Payload URL: `{webhook_url}`
3. Content type: **application/json**
4. Secret: `{secret}`
5. Leave **Enable SSL verification** on.
6. Choose **Let me select individual events** and tick **Issues**, **Issue comments**,
   **Discussions** and **Discussion comments**. Untick **Pushes**. Anything else is ignored.
7. Leave **Active** ticked and press **Add webhook**. GitHub sends a ping: **Recent Deliveries**
   shows its 2xx answer.

GitHub never sends a failed delivery again by itself: after a longer outage press **Redeliver**
there.
"""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import parse_qs

from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.signatures import Signature
from integrations.source_contract import AuthorRef, CommentEvent, EventType, Source
from integrations.text import markdown_to_text

_HANDLED = {
    "issues.opened": EventType.created,
    "issues.edited": EventType.edited,
    "issues.deleted": EventType.deleted,
    "issue_comment.created": EventType.created,
    "issue_comment.edited": EventType.edited,
    "issue_comment.deleted": EventType.deleted,
    "discussion.created": EventType.created,
    "discussion.edited": EventType.edited,
    "discussion.deleted": EventType.deleted,
    "discussion_comment.created": EventType.created,
    "discussion_comment.edited": EventType.edited,
    "discussion_comment.deleted": EventType.deleted,
}
_ORDER = {EventType.created: "0", EventType.edited: "1", EventType.deleted: "2"}
_STAFF = ("OWNER", "MEMBER", "COLLABORATOR")
_NO_ACCOUNT = AuthorRef(
    external_id="ghost", handle="ghost"
)  # GitHub shows a deleted account as @ghost

_ISSUE_ACTIONS = (
    "assigned closed demilestoned field_added field_removed labeled locked milestoned pinned "
    "reopened typed unassigned"
    " unlabeled unlocked unpinned untyped"
)
_DISCUSSION_ACTIONS = "answered category_changed closed labeled locked pinned reopened unanswered unlabeled unlocked unpinned"
_CODE_EVENTS = (
    "check_run check_suite code_scanning_alert commit_comment create delete dependabot_alert "
    "deployment"
    " deployment_protection_rule deployment_review deployment_status fork gollum merge_group "
    "package page_build"
    " pull_request pull_request_review pull_request_review_comment pull_request_review_thread push "
    "registry_package"
    " release repository_advisory repository_vulnerability_alert secret_scanning_alert "
    "secret_scanning_alert_location"
    " secret_scanning_scan security_advisory status workflow_dispatch workflow_job workflow_run"
)
_ADMIN_EVENTS = (
    "branch_protection_configuration branch_protection_rule custom_property custom_property_values "
    "deploy_key"
    " github_app_authorization installation installation_repositories installation_target "
    "issue_dependencies label"
    " marketplace_purchase member membership meta milestone org_block organization "
    "personal_access_token_request"
    " project project_card project_column projects_v2 projects_v2_item projects_v2_status_update "
    "public repository"
    " repository_dispatch repository_import repository_ruleset security_and_analysis sponsorship "
    "star sub_issues team"
    " team_add watch"
)
_MOVED = "It moves to another repository, whose own webhook reports it."

_IGNORED = {
    "ping": "The test that GitHub sends when a webhook is added.",
    "pull_request_comment.*": "A comment on a pull request speaks of code.",
    "pull_request_issue.*": "A pull request, reported as an issue, speaks of code.",
    "issues.transferred": _MOVED,
    "discussion.transferred": _MOVED,
    "issue_comment.pinned": "Pinning a comment does not change what it says.",
    "issue_comment.unpinned": "Unpinning a comment does not change what it says.",
    **dict.fromkeys(
        [f"issues.{a}" for a in _ISSUE_ACTIONS.split()], "The state of an issue is not a comment."
    ),
    **dict.fromkeys(
        [f"discussion.{a}" for a in _DISCUSSION_ACTIONS.split()],
        "A discussion's state is not a comment.",
    ),
    **dict.fromkeys(
        [f"{e}.*" for e in _CODE_EVENTS.split()], "Work on code is not community feedback."
    ),
    **dict.fromkeys(
        [f"{e}.*" for e in _ADMIN_EVENTS.split()], "Running a repository is not community feedback."
    ),
}


class Settings(BaseModel):
    """What a GitHub source needs to know."""

    repositories: str = Field(
        default="",
        description="Only these repositories (owner/name, separated by commas). Leave it blank to follow all.",
    )


class User(payload.Shape):
    """A GitHub account."""

    id: payload.Identifier
    login: payload.Identifier
    type: payload.Line = ""


class Item(payload.Shape):
    """An issue, a discussion or a comment: they share these fields."""

    id: payload.Identifier
    node_id: payload.OptionalId = ""
    html_url: payload.Url = ""
    title: payload.Line = ""
    number: payload.Count = 0
    body: payload.Text = ""
    user: User | None = None
    author_association: payload.Line = ""
    created_at: payload.Time = None
    updated_at: payload.Time = None
    parent_id: payload.OptionalId = ""
    reactions: dict[str, Any] | None = None


class Repository(payload.Shape):
    """Where it happened."""

    full_name: payload.Line = ""


class Delivery(payload.Shape):
    """The part of a delivery that we read."""

    issue: Item | None = None
    discussion: Item | None = None
    comment: Item | None = None
    repository: Repository = Repository()


def _body(inbound: Inbound) -> dict[str, Any]:
    """The JSON object; GitHub's default content type is a form that holds it in the field
    ``payload``."""
    if not inbound.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return inbound.json()
    try:
        value = json.loads(parse_qs(inbound.body.decode("utf-8"), max_num_fields=10)["payload"][0])
    except (ValueError, KeyError, RecursionError):
        raise PayloadError(
            "wrong_shape", "The form has no field named payload that holds JSON."
        ) from None
    if not isinstance(value, dict):
        raise PayloadError("wrong_shape", "The form's payload is JSON, but not an object.")
    return value


def event(inbound: Inbound) -> str:
    """``issues.opened`` for X-GitHub-Event ``issues`` and action ``opened``; pull requests have
    names of their own."""
    kind = payload.name(inbound.headers.get("x-github-event", ""))
    body = _body(inbound)
    action = payload.name(body.get("action"))
    issue = body.get("issue")
    if isinstance(issue, dict) and issue.get("pull_request"):
        kind = {"issue_comment": "pull_request_comment", "issues": "pull_request_issue"}.get(
            kind, kind
        )
    return f"{kind}.{action}" if action else kind


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The issue, discussion or comment as one comment; an issue's text is its title, an empty line
    and its body.

    Versions are ``updated_at`` and the order of created, edited and deleted within its second.
    """
    kind = _HANDLED.get(event(inbound), EventType.edited)
    delivery = payload.read(Delivery, _body(inbound))
    wanted = payload.listed(settings.repositories.lower())
    if wanted and delivery.repository.full_name.lower() not in wanted:
        return []
    place, thread = (
        ("issue", delivery.issue) if delivery.issue else ("discussion", delivery.discussion)
    )
    if thread is None:
        raise PayloadError("wrong_shape", "issue is missing.")
    is_comment = payload.name(inbound.headers.get("x-github-event", "")).endswith("_comment")
    item = delivery.comment if is_comment else thread
    if item is None:
        raise PayloadError("wrong_shape", "comment is missing.")
    prefix = f"{place}_comment" if is_comment else place
    external_id = payload.joined(prefix, item.id)
    version = payload.version(item.updated_at or item.created_at, _ORDER[kind])
    if kind is EventType.deleted:
        return [CommentEvent(type=kind, external_id=external_id, version=version)]
    text, extras = payload.cut(item.body)
    text = markdown_to_text(text)
    return [
        CommentEvent(
            type=kind,
            external_id=external_id,
            version=version,
            thread_id=payload.joined(place, thread.id),
            thread_title=thread.title,
            permalink=item.html_url,
            author=_author(item),
            text=text if is_comment else f"{item.title}\n\n{text}".strip(),
            created_at=item.created_at,
            edited_at=item.updated_at if kind is EventType.edited else None,
            parent_id=payload.joined(prefix, item.parent_id) if item.parent_id else "",
            opens_thread=not is_comment,
            likes=payload.count((item.reactions or {}).get("+1")),
            extras={
                **extras,
                "repository": delivery.repository.full_name,
                "number": thread.number,
                "node_id": item.node_id,
            },
        )
    ]


def _author(item: Item) -> AuthorRef:
    if item.user is None:
        return _NO_ACCOUNT
    return AuthorRef(
        external_id=item.user.id,
        handle=item.user.login,
        is_staff=item.author_association in _STAFF,
        is_bot=item.user.type == "Bot" or item.user.login.endswith("[bot]"),
    )


def delivery_id(inbound: Inbound) -> str | None:
    """X-GitHub-Delivery, which stays the same when a delivery is sent again."""
    return payload.delivery_key(inbound.headers.get("x-github-delivery", ""))


SOURCE: Source[Settings] = Source(
    name="github",
    title="GitHub",
    settings=Settings,
    signature=Signature(header="x-hub-signature-256", prefix="sha256="),
    handled=frozenset(_HANDLED),
    ignored=_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    guide=__doc__,
    global_authors=True,
    new_secret=lambda: secrets.token_urlsafe(32),
)
