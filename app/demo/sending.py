"""Signed webhook requests, as the platforms of the sample community send them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.demo import discourse, generic, github, slack
from app.demo.community import DemoComment, DemoEvent, events
from integrations import registry
from integrations.signatures import sign


@dataclass(frozen=True, slots=True)
class DemoPlatform:
    """What a platform sends about an event (headers and body), and how its source is set up."""

    request: Callable[[DemoEvent], tuple[dict[str, str], dict[str, Any]]]
    settings: Mapping[str, str]


DEMO_PLATFORMS = {
    "discourse": DemoPlatform(discourse.request, discourse.FORUM_SETTINGS),
    "generic": DemoPlatform(generic.request, generic.FEEDBACK_BOX_SETTINGS),
    "github": DemoPlatform(github.request, github.REPOSITORY_SETTINGS),
    "slack": DemoPlatform(slack.request, slack.WORKSPACE_SETTINGS),
}


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where a platform's webhook goes and how it signs: the source's id and its active secret."""

    id: str
    platform: str
    secret: str


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """One webhook request, signed. ``source_name`` is the key of its source; header names are lower
    case."""

    source_name: str
    comment_key: str
    headers: Mapping[str, str]
    body: bytes


def settings(platform: str) -> dict[str, str]:
    """The settings that a source of the platform needs so that links and staff of the sample
    community are right."""
    return dict(DEMO_PLATFORMS[platform].settings)


def request(event: DemoEvent, name: str, source: SourceAddress, now: datetime) -> DemoRequest:
    """The request that the event's platform sends about it. ``now`` is signed where the platform
    signs a time; the rest depends on the event alone."""
    headers, payload = DEMO_PLATFORMS[source.platform].request(event)
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    signature = registry.source(source.platform).signature
    signed = sign(
        signature,
        source.secret,
        body,
        id=f"msg_{event.delivery.hex}",
        timestamp=int(now.timestamp()),
    )
    return DemoRequest(
        name, event.comment.key, {"content-type": "application/json", **headers, **signed}, body
    )


def requests(
    comments: Sequence[DemoComment],
    epoch: datetime,
    now: Callable[[], datetime],
    sources: Mapping[str, SourceAddress],
) -> Iterator[DemoRequest]:
    """Every request of the community in the order of events, signed at the moment it is taken from
    the iterator.

    A platform without a source is left out; one with several sources sends to the first.
    """
    names = by_platform(sources)
    for event in events(comments, epoch):
        if name := names.get(event.comment.platform):
            yield request(event, name, sources[name], now())


def by_platform(sources: Mapping[str, SourceAddress]) -> dict[str, str]:
    """The name of the first source of each platform."""
    return {source.platform: name for name, source in reversed(list(sources.items()))}
