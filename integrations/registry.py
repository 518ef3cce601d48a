"""Every source and tracker that is installed, found by folder: adding one means adding its
module."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from integrations.contract import IntegrationError
from integrations.source_contract import Source
from integrations.tracker_contract import TrackerType


def _found(package: str, attribute: str) -> list[Any]:
    """What the modules of a package expose under a name; modules without it are parts of another
    one."""
    folder = importlib.import_module(package)
    modules = [
        importlib.import_module(f"{package}.{info.name}")
        for info in pkgutil.iter_modules(folder.__path__)
    ]
    return [value for module in modules if (value := getattr(module, attribute, None)) is not None]


@cache
def sources() -> Mapping[str, Source[Any]]:
    """Every platform we listen to, by name, in alphabetical order. Imported at the first call."""
    found = {source.name: source for source in _found("integrations.sources", "SOURCE")}
    return MappingProxyType(dict(sorted(found.items())))


@cache
def trackers() -> Mapping[str, TrackerType[Any]]:
    """Every kind of tracker we push to, by name, in alphabetical order. Imported at the first
    call."""
    found = {tracker.name: tracker for tracker in _found("integrations.trackers", "TRACKER")}
    return MappingProxyType(dict(sorted(found.items())))


def source(name: str) -> Source[Any]:
    """The platform of that name. Raises IntegrationError ``unknown_platform``."""
    if found := sources().get(name):
        return found
    raise IntegrationError(
        "unknown_platform", f"There is no platform {name!r}: choose one of {', '.join(sources())}."
    )


def tracker(name: str) -> TrackerType[Any]:
    """The kind of tracker of that name. Raises IntegrationError ``unknown_tracker``."""
    if found := trackers().get(name):
        return found
    raise IntegrationError(
        "unknown_tracker", f"There is no tracker {name!r}: choose one of {', '.join(trackers())}."
    )


def outcome(
    source: Source[Any], event: str
) -> tuple[Literal["handled", "ignored", "unknown"], str]:
    """What a source does with an event, and why where it leaves it alone (else a blank reason).

    ``push.*`` in ``ignored`` matches ``push`` and ``push.anything``; an exact name wins over it.
    """
    if event in source.handled:
        return "handled", ""
    family = event.partition(".")[0] + ".*"
    reason = source.ignored.get(event) or source.ignored.get(family)
    return ("ignored", reason) if reason else ("unknown", "")
