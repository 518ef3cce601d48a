"""An issue that nobody opened, to try the way in with."""

from __future__ import annotations

from integrations import payload
from integrations.listing import json_item
from integrations.poll_contract import PolledItem
from integrations.sources.gitlab.settings import GITLAB_SITE, Settings


def sample(settings: Settings) -> PolledItem:
    """The issue as GitLab's webhook would send it, in a project that is followed."""
    followed = payload.listed(settings.projects)
    moment = "2026-01-01 00:00:00 UTC"
    issue = {
        "id": 1,
        "iid": 1,
        "title": "A test",
        "description": "A test of the way in.",
        "author_id": 1,
        "created_at": moment,
        "updated_at": moment,
        "url": settings.base_url or GITLAB_SITE,
        "action": "open",
    }
    path = followed[0] if followed else "relay/test"
    body = {
        "object_kind": "issue",
        "event_type": "issue",
        "user": {"id": 1, "username": "relay-test"},
        "project": {"id": 1, "path_with_namespace": path, "visibility_level": 20},
        "object_attributes": issue,
    }
    return json_item(body, {"x-gitlab-event": "Issue Hook"})
