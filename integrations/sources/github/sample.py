"""An issue that nobody opened, to try the way in with."""

from __future__ import annotations

import json

from integrations import payload
from integrations.poll_contract import PolledItem
from integrations.sources.github.settings import Settings


def sample(settings: Settings) -> PolledItem:
    """The issue as GitHub's webhook would send it, in a repository that is followed."""
    followed = payload.listed(settings.repositories)
    issue = {
        "id": 1,
        "number": 1,
        "title": "A test",
        "body": "A test of the way in.",
        "html_url": "https://github.com/",
        "user": {"id": 1, "login": "relay-test", "type": "User"},
        "labels": [],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    name = followed[0] if followed else "relay/test"
    repository = {"full_name": name, "private": False, "visibility": "public"}
    body = json.dumps({"action": "opened", "issue": issue, "repository": repository})
    headers = {"x-github-event": "issues", "content-type": "application/json"}
    return PolledItem(headers, body.encode())
