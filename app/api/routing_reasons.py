"""Reasons for which routing rules are refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ROUTING_REASONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "rule_not_found": (404, "The product has no rule of this id, or it is named twice."),
        "tracker_in_rules": (
            409,
            "A routing rule sends tickets to the tracker: change or remove the rule first.",
        ),
        "rule_tracker_unknown": (422, "The rule names a tracker that the product does not have."),
        "filter_unknown": (422, "A rule has no filter of this name."),
        "filter_invalid": (422, "A filter of the rule cannot have this value."),
        "template_invalid": (422, "A template cannot be used; the sentence says why."),
        "field_unknown": (422, "The rule fills in a field that its tracker does not have."),
        "too_many_rules": (422, "A product has 100 rules at most."),
    }
)
