"""Every source and tracker that is installed, found by folder.

A module, or a folder, in ``integrations/sources`` that exposes ``SOURCE`` is a platform; one in
``integrations/trackers`` that exposes ``TRACKER`` is a tracker. Nothing else has to be told of it.
"""

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


def _declared(package: str, attribute: str) -> list[Any]:
    """What the modules of a package declare; a module without it is a part of another one."""
    folder = importlib.import_module(package)
    modules = [
        importlib.import_module(f"{package}.{info.name}")
        for info in pkgutil.iter_modules(folder.__path__)
    ]
    return [getattr(module, attribute) for module in modules if hasattr(module, attribute)]


@cache
def sources() -> Mapping[str, Source[Any]]:
    """Every platform we listen to, by name, in alphabetical order. Imported at the first call."""
    by_name = {source.name: source for source in _declared("integrations.sources", "SOURCE")}
    return MappingProxyType(dict(sorted(by_name.items())))


@cache
def trackers() -> Mapping[str, TrackerType[Any]]:
    """Every kind of tracker we push to, by name, in alphabetical order. Imported at the first
    call."""
    by_name = {tracker.name: tracker for tracker in _declared("integrations.trackers", "TRACKER")}
    return MappingProxyType(dict(sorted(by_name.items())))


def source(name: str) -> Source[Any]:
    """The platform of that name. Raises IntegrationError ``unknown_platform``."""
    if name in sources():
        return sources()[name]
    raise IntegrationError(
        "unknown_platform", f"There is no platform {name!r}: choose one of {', '.join(sources())}."
    )


def tracker(name: str) -> TrackerType[Any]:
    """The kind of tracker of that name. Raises IntegrationError ``unknown_tracker``."""
    if name in trackers():
        return trackers()[name]
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
