"""Tries routing rules against what was said so far, and applies them to it where a person asks.

Both decide by the same function over the same facts as the policy step and the ledger, so that
what was shown is what is done. Saving rules alone accepts nothing old: a theme is looked at when
somebody speaks of it again.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.models.states import Policy, ThemeStatus
from app.setup.routing_rules import Rule, checked_rules, replace_rules
from app.setup.trackers import list_trackers
from app.storage.db import Connection
from app.tickets.routing import Decision, ask_for_words, decide, read_own_policy, takers
from app.tickets.routing_facts import FACTS_AT_ONCE, ThemeFacts, history, read_facts

THEMES_SHOWN = 100
"""Themes of each rule that a trial names; all are counted."""

MARK_THEMES_DUE = """
    update theme set policy_due_at = now() where id = any(%s::uuid[]) and status = 'triage'
"""


class Outcome(StrEnum):
    """What rules make of a theme of the history."""

    ticket = "ticket"
    """It is accepted by itself, and gets tickets."""
    no_tracker = "no_tracker"
    """It is accepted by itself, and no tracker takes it."""
    stays = "stays"
    """It has a ticket, which stays where it is."""
    decided = "decided"
    """A person or a policy decided about it before."""
    held = "held"
    review = "review"
    """It waits for a person."""
    too_few = "too_few"
    """It waits for more people, or for surer ones."""


@dataclass(frozen=True, slots=True)
class TriedTheme:
    """What rules make of one theme. ``trackers`` are the names of those that take it."""

    theme_id: uuid.UUID
    title: str
    kind: str
    people: int
    outcome: Outcome
    trackers: tuple[str, ...]
    why: str


@dataclass(slots=True)
class TriedRule:
    """What one rule makes of the history; ``rule`` is None for the product's own policy. ``counts``
    are themes by outcome, ``themes`` the first of them, those that most people speak of first."""

    rule: Rule | None
    counts: Counter[Outcome] = field(default_factory=Counter)
    themes: list[TriedTheme] = field(default_factory=list)

    @property
    def rule_name(self) -> str:
        """Its name; blank for the product's own policy."""
        return self.rule.name if self.rule else ""

    @property
    def matched(self) -> int:
        """How many themes it decides about."""
        return self.counts.total()


@dataclass(slots=True)
class Trial:
    """What a list of rules makes of the history. ``due`` are the themes that they would accept by
    themselves, ``tickets`` counts the tickets that would be made."""

    rules: list[TriedRule]
    themes: int = 0
    tickets: int = 0
    due: list[uuid.UUID] = field(default_factory=list)


async def try_rules(
    connection: Connection,
    product_id: uuid.UUID,
    entered_rules: Sequence[Rule],
    *,
    shown: int = THEMES_SHOWN,
) -> Trial:
    """What these rules would make of every theme there is, if they were applied to what was said so
    far. Writes nothing. Raises as ``checked_rules``."""
    rules = await checked_rules(connection, product_id, entered_rules)
    trackers = [one for one in await list_trackers(connection, product_id) if one.enabled]
    tried: Mapping[uuid.UUID | None, TriedRule] = {
        **{rule.id: TriedRule(rule) for rule in rules},
        None: TriedRule(None),
    }
    trial = Trial(list(tried.values()))
    async for facts, decision in _decisions(connection, product_id, rules):
        taken_by = takers(decision, facts.kind, trackers)
        outcome = outcome_of(decision, facts, bool(taken_by))
        of_rule = tried[decision.rule_id]
        of_rule.counts[outcome] += 1
        trial.themes += 1
        if outcome in (Outcome.ticket, Outcome.no_tracker):
            trial.due.append(facts.id)
            trial.tickets += len(taken_by)
        if len(of_rule.themes) < shown:
            names = tuple(tracker.name for tracker in taken_by)
            of_rule.themes.append(
                TriedTheme(
                    facts.id, facts.title, facts.kind, facts.people, outcome, names, decision.why
                )
            )
    return trial


async def save_rules(
    connection: Connection,
    product_id: uuid.UUID,
    entered_rules: Sequence[Rule],
    *,
    apply_to_history: bool = False,
) -> list[Rule]:
    """Let these be the product's rules; with ``apply_to_history`` the themes that they accept by
    themselves are accepted as ``try_rules`` says, by the worker's next step. Raises as
    ``checked_rules``."""
    rules = await replace_rules(connection, product_id, entered_rules)
    if apply_to_history:
        trial = await try_rules(connection, product_id, rules, shown=0)
        await connection.execute(MARK_THEMES_DUE, [trial.due])
    return rules


def outcome_of(decision: Decision, facts: ThemeFacts, has_taker: bool) -> Outcome:
    """What becomes of a theme if the decision is applied to it now."""
    if facts.ticketed and facts.status is not ThemeStatus.triage:
        return Outcome.stays
    if facts.status is not ThemeStatus.triage:
        return Outcome.decided
    if decision.policy is Policy.hold:
        return Outcome.held
    if decision.policy is Policy.review:
        return Outcome.review
    if not decision.is_ripe(facts.people, facts.confidence):
        return Outcome.too_few
    if facts.ticketed:
        return Outcome.stays
    return Outcome.ticket if has_taker else Outcome.no_tracker


async def _decisions(
    connection: Connection, product_id: uuid.UUID, rules: Sequence[Rule]
) -> AsyncIterator[tuple[ThemeFacts, Decision]]:
    """Every theme of the product with what is decided about it, the most spoken of first."""
    own = await read_own_policy(connection, product_id)
    theme_ids = await history(connection, product_id)
    for start in range(0, len(theme_ids), FACTS_AT_ONCE):
        batch = theme_ids[start : start + FACTS_AT_ONCE]
        facts = await read_facts(connection, batch, texts=ask_for_words(rules))
        for theme_id in batch:
            yield facts[theme_id], decide(rules, own, facts[theme_id])
