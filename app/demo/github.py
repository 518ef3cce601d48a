"""The product's public repository on GitHub: webhooks about issues, discussions and their
comments."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.demo.community import DemoComment, DemoEvent
from integrations.source_contract import EventType

REPOSITORY_SETTINGS: dict[str, str] = {}

_REPOSITORY = "tidewater-app/tidewater"
_WEB = f"https://github.com/{_REPOSITORY}"
_API = f"https://api.github.com/repos/{_REPOSITORY}"


@dataclass(frozen=True, slots=True)
class Place:
    """How GitHub's webhooks speak of issues, or of discussions."""

    name: str
    opening_event: str
    comment_event: str
    opening_action: str
    node_prefix: str
    first_id: int
    first_comment_id: int


ISSUE = Place("issue", "issues", "issue_comment", "opened", "I", 3_100_000_000, 2_900_000_000)
DISCUSSION = Place(
    "discussion", "discussion", "discussion_comment", "created", "D", 8_600_000, 11_400_000
)
OTHER_REACTIONS = ("-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def request(event: DemoEvent) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers (without the signature) and body of a delivery: the thread itself where the comment
    opens it."""
    comment, opener = event.comment, event.opener
    place = ISSUE if comment.thread_id.startswith("issues/") else DISCUSSION
    text = event.old_text if event.type is EventType.deleted else event.text
    opens = comment is opener
    if opens:
        name, thread = place.opening_event, _thread(event, place, text, event.changed_at)
    else:
        name, thread = place.comment_event, _thread(event, place, opener.text, event.opened_at)
    action = str(event.type)
    if opens and event.type is EventType.created:
        action = place.opening_action
    body: dict[str, Any] = {
        "action": action,
        place.name: thread,
        "repository": _repository(),
        "organization": {
            "login": "tidewater-app",
            "id": 150_000_007,
            "url": "https://api.github.com/orgs/tidewater-app",
        },
        "sender": _user(comment),
    }
    if not opens:
        body["comment"] = _comment(event, place, text)
    if event.type is EventType.edited:
        body["changes"] = {"body": {"from": event.old_text}}
    headers = {
        "user-agent": "GitHub-Hookshot/7f2c1de",
        "x-github-event": name,
        "x-github-delivery": str(event.delivery),
        "x-github-hook-id": "504100023",
        "x-github-hook-installation-target-type": "repository",
        "x-github-hook-installation-target-id": "700100011",
    }
    return headers, body


def _thread(event: DemoEvent, place: Place, text: str, updated: datetime) -> dict[str, Any]:
    opener = event.opener
    number = int(opener.thread_id.partition("/")[2])
    thread: dict[str, Any] = {
        "id": place.first_id + number,
        "node_id": f"{place.node_prefix}_kwDOTW{number:06d}",
        "number": number,
        "title": opener.thread_title,
        "html_url": f"{_WEB}/{opener.thread_id}",
        "repository_url": _API,
        "user": _user(opener),
        "author_association": _association(opener),
        "state": "open",
        "locked": False,
        "labels": [],
        "comments": max(0, event.comment.position - 1),
        "created_at": _iso(event.opened_at),
        "updated_at": _iso(updated),
        "active_lock_reason": None,
        "body": text,
        "reactions": _reactions(opener, f"{_API}/{opener.thread_id}/reactions"),
    }
    if place is ISSUE:
        address = f"{_API}/issues/{number}"
        return thread | {
            "url": address,
            "comments_url": f"{address}/comments",
            "assignee": None,
            "closed_at": None,
        }
    category = {
        "id": 41_000_001,
        "emoji": ":bulb:",
        "name": "Ideas",
        "slug": "ideas",
        "is_answerable": False,
    }
    return thread | {
        "category": category,
        "answer_html_url": None,
        "answer_chosen_at": None,
        "answer_chosen_by": None,
    }


def _comment(event: DemoEvent, place: Place, text: str) -> dict[str, Any]:
    comment = event.comment
    identity = _comment_id(comment, place)
    shared = {
        "id": identity,
        "node_id": f"{place.node_prefix}C_kwDOTW{identity}",
        "html_url": f"{_WEB}/{comment.thread_id}#{place.name}comment-{identity}",
        "user": _user(comment),
        "author_association": _association(comment),
        "created_at": _iso(event.created_at),
        "updated_at": _iso(event.changed_at),
        "body": text,
        "reactions": _reactions(comment, f"{_API}/{place.name}s/comments/{identity}/reactions"),
    }
    if place is ISSUE:
        issue = f"{_API}/{comment.thread_id}"
        return shared | {
            "url": f"{_API}/issues/comments/{identity}",
            "issue_url": issue,
            "performed_via_github_app": None,
        }
    parent_id = None
    if event.parent and event.parent is not event.opener:
        parent_id = _comment_id(event.parent, place)
    number = int(comment.thread_id.partition("/")[2])
    return shared | {
        "parent_id": parent_id,
        "child_comment_count": 0,
        "repository_url": _REPOSITORY,
        "discussion_id": place.first_id + number,
    }


def _comment_id(comment: DemoComment, place: Place) -> int:
    return place.first_comment_id + comment.number


def _user(comment: DemoComment) -> dict[str, Any]:
    identity = 1_000_000 + zlib.crc32(comment.handle.encode()) % 200_000_000
    return {
        "login": comment.handle,
        "id": identity,
        "node_id": f"U_kgDO{identity:010d}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{identity}?v=4",
        "url": f"https://api.github.com/users/{comment.handle}",
        "html_url": f"https://github.com/{comment.handle}",
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def _association(comment: DemoComment) -> str:
    return "MEMBER" if comment.staff else "NONE"


def _reactions(comment: DemoComment, address: str) -> dict[str, Any]:
    return {
        "url": address,
        "total_count": comment.likes,
        "+1": comment.likes,
        **dict.fromkeys(OTHER_REACTIONS, 0),
    }


def _repository() -> dict[str, Any]:
    owner = _REPOSITORY.partition("/")[0]
    return {
        "id": 700_100_011,
        "node_id": "R_kgDOKboTCw",
        "name": "tidewater",
        "full_name": _REPOSITORY,
        "private": False,
        "owner": {"login": owner, "id": 150_000_007, "type": "Organization", "site_admin": False},
        "html_url": _WEB,
        "url": _API,
        "fork": False,
        "has_issues": True,
        "has_discussions": True,
        "default_branch": "main",
    }


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}Z"
