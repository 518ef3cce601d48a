"""A message that nobody wrote, to try the way in with."""

from __future__ import annotations

from integrations import payload
from integrations.poll_contract import PolledItem
from integrations.sources.slack.calls import as_delivery
from integrations.sources.slack.settings import Settings


def sample(settings: Settings) -> PolledItem:
    """The message as Slack's Events API would send it, in a channel that is followed."""
    followed = payload.listed(settings.channels)
    message = {
        "ts": "1767225600.000100",
        "user": "URELAYTEST",
        "text": "A test of the way in.",
        "type": "message",
    }
    return as_delivery("TRELAYTEST", followed[0] if followed else "CRELAYTEST", False, message)
