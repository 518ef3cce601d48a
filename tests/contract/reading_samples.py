"""Real payloads beside the repository, and what a source makes of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations import registry
from integrations.contract import Inbound
from integrations.source_contract import CommentEvent
from tests.paths import SHARED

SAMPLES_NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def each_sample(platform: str) -> list[Any]:
    """The files of a platform as parameters; one skipped parameter where there are none."""
    files = sorted((SHARED / "samples" / platform).glob("*.json"))
    missing = pytest.mark.skip(reason=f"no real payloads of {platform} are beside the repository")
    return [pytest.param(path, id=path.stem) for path in files] or [
        pytest.param(None, marks=missing)
    ]


def sample(path: Path) -> Any:
    """What a file holds; of a recorded exchange the body of its answer."""
    value = json.loads(path.read_bytes())
    if isinstance(value, dict) and {"request", "status"} <= set(value) and "body" in value:
        body = value["body"]
        return json.loads(body) if isinstance(body, str) and body[:1] in "[{" else body
    if isinstance(value, dict) and isinstance(value.get("interactions"), list):
        bodies = [exchange["response"]["body"]["string"] for exchange in value["interactions"]]
        return [json.loads(body) for body in bodies if body[:1] in ("[", "{")]
    return value


def comments_in(
    platform: str,
    body: object,
    headers: Mapping[str, str] | None = None,
    **settings: Any,
) -> list[CommentEvent]:
    """The comments that a source makes of a delivery, and none where it leaves it alone. Anything
    but PayloadError is a failure."""
    source = registry.source(platform)
    inbound = Inbound("POST", headers or {}, json.dumps(body).encode(), {}, SAMPLES_NOW)
    chosen = source.settings.model_validate(settings)
    source.delivery_id(inbound)
    event = source.event(inbound)
    if registry.outcome(source, event)[0] != "handled":
        return []
    if source.visibility is not None:
        source.visibility(inbound, chosen)
    if source.changes is not None:
        source.changes(inbound, chosen)
    return source.parse(inbound, chosen)


def outcome_of(platform: str, body: object, headers: Mapping[str, str] | None = None) -> str:
    """Whether a source handles, ignores or does not know a delivery."""
    source = registry.source(platform)
    inbound = Inbound("POST", headers or {}, json.dumps(body).encode(), {}, SAMPLES_NOW)
    return registry.outcome(source, source.event(inbound))[0]


def holders(value: Any, fits: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Every object inside a JSON value that fits, outermost first."""
    inside: list[dict[str, Any]] = []
    if isinstance(value, dict):
        if fits(value):
            inside.append(value)
        children: Any = value.values()
    else:
        children = value if isinstance(value, list) else ()
    for child in children:
        inside += holders(child, fits)
    return inside
