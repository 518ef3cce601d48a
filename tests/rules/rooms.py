"""The rooms and their order, which the rules about imports and the docs are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ROOMS: Mapping[str, Sequence[Sequence[str]]] = {
    "app": [
        ("cli", "main", "commands", "demo"),
        ("web", "api"),
        ("running",),
        ("jobs", "queries"),
        ("learning",),
        ("triage",),
        ("replies",),
        ("tickets",),
        ("insights",),
        ("themes",),
        ("judging",),
        ("intake",),
        ("people",),
        ("setup",),
        ("storage",),
        ("models", "config", "errors", "logs", "metrics"),
    ],
    "classifiers": [
        ("training",),
        ("evaluation",),
        ("refits",),
        ("faces",),
        ("grouping",),
        ("kinds",),
        ("encoding",),
        ("texts",),
        ("stored_weights", "seeds"),
        ("contract",),
        ("middle", "kind_words"),
    ],
    "integrations": [
        ("sandbox",),
        ("registry",),
        ("sources", "trackers"),
        ("chat",),
        (
            "failures",
            "listing",
            "payload",
            "plain_words",
            "polling",
            "reply_calls",
            "requests_guard",
            "scrubbing",
        ),
        ("http", "neutralize", "refusals", "text"),
        ("source_contract", "tracker_contract"),
        ("poll_contract", "reply_contract"),
        ("weak_secrets",),
        (
            "signatures",
            "entered_tokens",
            "addresses",
            "retries",
            "certificates",
            "own_marks",
            "tracker_writes",
            "ticket_facts",
            "ticket_status",
            "complaints",
        ),
        ("network", "signed_times"),
        ("contract",),
    ],
}
"""The storeys of the house, from the roof down. Rooms on one storey stand side by side."""
