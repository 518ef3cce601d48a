"""A post that nobody wrote, to try the way in with."""

from __future__ import annotations

from integrations.poll_contract import PolledItem
from integrations.sources.discourse.calls import Categories, as_delivery
from integrations.sources.discourse.settings import Settings


def sample(settings: Settings) -> PolledItem:
    """The post as the forum's webhook would send it."""
    post = {
        "id": 1,
        "post_number": 1,
        "post_type": 1,
        "topic_id": 1,
        "topic_slug": "a-test",
        "topic_title": "A test",
        "version": 1,
        "user_id": 1,
        "username": "relay_test",
        "raw": "A test of the way in.",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    return as_delivery(settings, post, Categories(frozenset(), frozenset()))
