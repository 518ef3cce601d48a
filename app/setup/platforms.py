"""Looks up what is installed by the name that a person gave: platforms and kinds of tracker."""

from __future__ import annotations

from typing import Any

from app.errors import Invalid
from integrations import registry
from integrations.contract import IntegrationError
from integrations.source_contract import Source
from integrations.tracker_contract import TrackerType


def platform(name: str) -> Source[Any]:
    """The platform with this name. Raises Invalid."""
    try:
        return registry.source(name)
    except IntegrationError as error:
        raise Invalid(error.detail, reason=error.reason) from None


def tracker_type(name: str) -> TrackerType[Any]:
    """The kind of tracker with this name. Raises Invalid."""
    try:
        return registry.tracker(name)
    except IntegrationError as error:
        raise Invalid(error.detail, reason=error.reason) from None
