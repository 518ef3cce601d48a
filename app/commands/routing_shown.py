"""How `relay rule` shows rules and what they would make of what was said so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.commands import output

if TYPE_CHECKING:
    from app.setup.routing_rules import Rule
    from app.triage.routing_trial import Trial


def show_rules(rules: Sequence[Rule], as_json: bool) -> None:
    """The rules in their order."""
    if as_json:
        output.as_json([_fields(rule) for rule in rules])
        return
    output.table(
        ["", "rule", "matches", "policy"],
        [
            (place, rule.name, _sentence(rule), rule.policy)
            for place, rule in enumerate(rules, start=1)
        ],
        empty="No rules: the product's own policy decides about every theme.",
        cut="matches",
    )


def show_trial(trial: Trial, as_json: bool) -> None:
    """What a list of rules makes of what was said so far."""
    if as_json:
        output.as_json(
            {
                "themes": trial.themes,
                "tickets": trial.tickets,
                "rules": [
                    {
                        "rule_name": tried.rule_name,
                        "matched": tried.matched,
                        "counts": {str(outcome): n for outcome, n in tried.counts.items()},
                        "themes": tried.themes,
                    }
                    for tried in trial.rules
                ],
            }
        )
        return
    output.table(
        ["rule", "theme", "people", "outcome", "tracker"],
        [
            (
                tried.rule_name or "(own policy)",
                theme.title,
                theme.people,
                str(theme.outcome),
                ", ".join(theme.trackers),
            )
            for tried in trial.rules
            for theme in tried.themes
        ],
        empty="Nothing was said so far that a rule could match.",
        cut="theme",
    )
    output.say(
        f"{trial.themes:,} themes looked at; {trial.tickets:,} tickets would be made. Nothing was "
        "saved."
    )


def _sentence(rule: Rule) -> str:
    parts = [
        f"{name} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in rule.filters.stored().items()
    ]
    return "; ".join(parts) or "everything"


def _fields(rule: Rule) -> dict[str, Any]:
    return {**asdict(rule), "filters": asdict(rule.filters), "contents": asdict(rule.contents)}
