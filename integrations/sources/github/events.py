"""Which deliveries of GitHub are read, and why the others are not."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.own_marks import is_own_comment, is_own_ticket
from integrations.source_contract import EventType

GITHUB_EVENTS = {
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
"""The events of threads and comments, and what each does to a comment."""
GITHUB_WIDE_EVENTS = frozenset(
    {"repository.deleted", "repository.privatized", "repository.publicized", "public"}
)
"""The events that say what becomes of a whole repository; they bring no comment."""

# Source of the lists: GitHub, "Webhook events and payloads".
_ISSUE_ACTIONS = """
    assigned closed demilestoned field_added field_removed labeled locked milestoned pinned reopened
    typed unassigned unlabeled unlocked unpinned untyped
"""
_DISCUSSION_ACTIONS = """
    answered category_changed closed labeled locked pinned reopened unanswered unlabeled unlocked
    unpinned
"""
_CODE_EVENTS = """
    check_run check_suite code_scanning_alert commit_comment create delete dependabot_alert
    deployment deployment_protection_rule deployment_review deployment_status fork gollum
    merge_group package page_build pull_request pull_request_review pull_request_review_comment
    pull_request_review_thread push registry_package release repository_advisory
    repository_vulnerability_alert secret_scanning_alert secret_scanning_alert_location
    secret_scanning_scan security_advisory status workflow_dispatch workflow_job workflow_run
"""
_ADMIN_EVENTS = """
    branch_protection_configuration branch_protection_rule custom_property custom_property_values
    deploy_key github_app_authorization installation installation_repositories installation_target
    issue_dependencies label marketplace_purchase member membership meta milestone org_block
    organization personal_access_token_request project project_card project_column projects_v2
    projects_v2_item projects_v2_status_update repository repository_dispatch
    repository_import repository_ruleset security_and_analysis sponsorship star sub_issues team
    team_add watch
"""
_TRANSFER = "It moves to another repository, whose own webhook reports it."


def _ignored_for(reason: str, pattern: str, names: str) -> dict[str, str]:
    return {pattern.format(name): reason for name in names.split()}


GITHUB_IGNORED = {
    "ping": "The test that GitHub sends when a webhook is added.",
    "pull_request_comment.*": "A comment on a pull request speaks of code.",
    "pull_request_issue.*": "A pull request, reported as an issue, speaks of code.",
    "own_comment.*": "A comment that we wrote ourselves is not what the community says.",
    "own_ticket.*": "A ticket that we wrote ourselves is not what the community says.",
    "issues.transferred": _TRANSFER,
    "discussion.transferred": _TRANSFER,
    "issue_comment.pinned": "Pinning a comment does not change what it says.",
    "issue_comment.unpinned": "Unpinning a comment does not change what it says.",
    **_ignored_for("The state of an issue is not a comment.", "issues.{}", _ISSUE_ACTIONS),
    **_ignored_for("A discussion's state is not a comment.", "discussion.{}", _DISCUSSION_ACTIONS),
    **_ignored_for("Work on code is not community feedback.", "{}.*", _CODE_EVENTS),
    **_ignored_for("Running a repository is not community feedback.", "{}.*", _ADMIN_EVENTS),
}


def json_body(inbound: Inbound) -> dict[str, Any]:
    """The JSON object; GitHub's default content type is a form that holds it in the field
    ``payload``."""
    if not inbound.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return inbound.json()
    try:
        form = parse_qs(inbound.body.decode("utf-8-sig"), max_num_fields=10)
        value = json.loads(form["payload"][0].removeprefix("\ufeff"))
    except (ValueError, KeyError, RecursionError):
        raise PayloadError(
            "wrong_shape", "The form has no field named payload that holds JSON."
        ) from None
    if not isinstance(value, dict):
        raise PayloadError("wrong_shape", "The form's payload is JSON, but not an object.")
    return value


def event_kind(inbound: Inbound) -> str:
    """``issues``, ``issue_comment``, ``discussion``, ...: what GitHub calls the event."""
    return payload.name(inbound.headers.get("x-github-event", ""))


def event(inbound: Inbound) -> str:
    """``issues.opened`` for X-GitHub-Event ``issues`` and action ``opened``; pull requests, and
    tickets that we wrote, have names of their own."""
    kind = event_kind(inbound)
    body = json_body(inbound)
    action = payload.name(body.get("action"))
    issue = body.get("issue")
    if isinstance(issue, dict) and issue.get("pull_request"):
        names = {"issue_comment": "pull_request_comment", "issues": "pull_request_issue"}
        kind = names.get(kind, kind)
    if kind in ("issues", "discussion") and _is_ours(body.get("issue") or body.get("discussion")):
        kind = "own_ticket"
    comment = body.get("comment")
    if kind in ("issue_comment", "discussion_comment") and isinstance(comment, dict):
        kind = "own_comment" if is_own_comment(str(comment.get("body") or "")) else kind
    return f"{kind}.{action}" if action else kind


def _is_ours(thread: object) -> bool:
    if not isinstance(thread, dict):
        return False
    listed = thread.get("labels")
    labels = [
        str(label.get("name"))
        for label in (listed if isinstance(listed, list) else [])
        if isinstance(label, dict)
    ]
    return is_own_ticket(str(thread.get("body") or ""), labels)


def delivery_id(inbound: Inbound) -> str | None:
    """X-GitHub-Delivery, which stays the same when a delivery is sent again."""
    return payload.delivery_key(inbound.headers.get("x-github-delivery", ""))
